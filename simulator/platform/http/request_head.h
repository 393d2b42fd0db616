#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::platform::http {

/// What the server needs of the head of an HTTP/1.x request (RFC 9112). Views point into the input.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< origin form: starts with '/', no spaces or control characters
  std::uint64_t content_length = 0;
  bool keep_alive = true;  ///< HTTP/1.1 without "Connection: close", or 1.0 with "keep-alive"
  bool chunked = false;    ///< a Transfer-Encoding is there: the body's length is not known
  bool expects_continue = false;
  /// How the body is compressed; `other` is anything but gzip and identity.
  enum class Encoding : std::uint8_t { none, gzip, other };
  Encoding encoding = Encoding::none;
  std::string_view authorization;  ///< value of the field; empty: there is none
};

/// Reads the head at the front of `in`; returns its length with the empty line, 0 when more bytes are needed.
/// Strict: line ends are CRLF, names are tokens, folded lines, two lengths that differ, or a length next to a
/// Transfer-Encoding are refused. Errors: malformed; too_large (no end within `head_bytes_max`).
[[nodiscard]] Result<std::size_t> read_request_head(std::string_view in, std::size_t head_bytes_max,
                                                    RequestHead& head);

}  // namespace vfleet::platform::http
