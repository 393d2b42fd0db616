#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::codec::http {

struct Url {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 80;
  std::string authority;     ///< as the Host header wants it: brackets kept, port 80 left out
  std::string target = "/";  ///< path and query, as written; may hold templates

  friend bool operator==(const Url&, const Url&) = default;
};

/// Reads "http://host[:port][/path][?query]"; a fragment is dropped. Errors: invalid_argument with the reason
/// (no scheme, https, a template or user name in the host, a bad port, a character that must be escaped).
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace vfleet::codec::http
