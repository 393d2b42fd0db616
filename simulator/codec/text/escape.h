#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulator/codec/json/writer.h"

namespace vfleet::codec::text {

/// How a value stands in the text around it.
enum class Escape : std::uint8_t {
  raw,     ///< as it is; a string without its quotes
  line,    ///< the same without control characters: for headers and topics
  url,     ///< percent-encoded, all but unreserved characters (RFC 3986)
  json,    ///< a JSON value; nothing is null
  quoted,  ///< a JSON string, whatever the value is
  inside,  ///< what stands between the quotes of a JSON string
};

/// Appends plain text.
void append_text(std::string_view text, Escape escape, Buffer& out);
/// Takes the control characters out of what `out` has from `begin` on. Valid JSON stays the same JSON: they
/// stand between its parts alone.
void drop_control_characters(Buffer& out, std::size_t begin);
/// Appends a value that is JSON text itself; an empty one stands for a value that is not there. Escapes that
/// make no sense are left out or become U+FFFD.
void append_value(std::string_view json, Escape escape, Buffer& out);

}  // namespace vfleet::codec::text
