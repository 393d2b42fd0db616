#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::codec::http {

/// A scheme that an uplink takes: "ws", 80.
struct Scheme {
  std::string_view name;
  std::uint16_t port = 0;  ///< when the URL has none; 0: it must have one
  bool tls = false;
};

struct Url {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 80;
  std::string authority;     ///< as the Host header wants it: brackets kept, the scheme's own port left out
  std::string target = "/";  ///< path and query, as written; may hold templates
  bool tls = false;          ///< the scheme's

  friend bool operator==(const Url&, const Url&) = default;
};

/// Reads "http://host[:port][/path][?query]" or https; a fragment is dropped. Errors: invalid_argument with
/// the reason (no scheme, a template or user name in the host, a bad port, a character that must be escaped).
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// The same with one of `schemes` in the place of these.
[[nodiscard]] Result<Url> parse_url(std::string_view text, std::span<const Scheme> schemes);

}  // namespace vfleet::codec::http
