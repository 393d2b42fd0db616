#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::platform {

/// How reports stand in a byte stream.
enum class Framing : std::uint8_t {
  lines,      ///< each ends with "\n"; a "\r" before it is not part of it
  length2be,  ///< two bytes say its length, the most significant one first
  length4be,
};

[[nodiscard]] std::optional<Framing> framing_of(std::string_view name);

struct Frame {
  std::size_t consumed = 0;  ///< 0: more bytes are needed
  std::size_t needed = 0;    ///< how many there must be, when that is known
  std::string_view content;
};

/// The frame at the front of `in`. Errors: too_large (more than `content_max` bytes).
[[nodiscard]] Result<Frame> next_frame(std::string_view in, Framing framing, std::size_t content_max);
/// Appends a frame; a content too long for its length field is cut.
void append_frame(std::string_view content, Framing framing, std::string& out);

}  // namespace vfleet::platform
