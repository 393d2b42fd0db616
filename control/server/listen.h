#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::control::server {

/// The tcp:// endpoints of a control: operators at the port, commands at the next, workers at the one after.
struct Listen {
  std::string host;        ///< "10.0.0.1", "*", "[::1]"
  std::uint16_t port = 0;  ///< 0: three free ones in a row are chosen
  std::string keys;  ///< folder with server.key and allowed.yaml; empty: no keys, everybody may do everything

  [[nodiscard]] std::string endpoint(int offset) const;
};

inline constexpr int kOperatorsPort = 0;
inline constexpr int kPublishPort = 1;
inline constexpr int kWorkersPort = 2;

/// Reads "tcp://HOST:PORT" and checks that there are keys or `insecure` was said by name. Errors:
/// invalid_argument.
[[nodiscard]] Result<Listen> parse_listen(std::string_view endpoint, const std::string& keys, bool insecure);

}  // namespace vfleet::control::server
