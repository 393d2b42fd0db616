#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vfleet::net {

/// Where to connect to: an address and a port.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};  ///< network order; IPv4 in the first four bytes
  std::uint16_t port = 0;
  bool v6 = false;
  std::uint32_t scope = 0;  ///< the interface of a link-local IPv6 address

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Reads "127.0.0.1", "::1", "fe80::1%2"; nothing when `text` is not an address (but perhaps a name).
[[nodiscard]] std::optional<Endpoint> parse_address(std::string_view text, std::uint16_t port);

}  // namespace vfleet::net
