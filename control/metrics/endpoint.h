#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::control::metrics {

/// Where metrics are served.
struct Endpoint {
  std::string host = "127.0.0.1";  ///< an address, no name
  std::uint16_t port = 0;          ///< 0: a free one

  /// "http://127.0.0.1:9464/metrics"
  [[nodiscard]] std::string url() const;
};

/// Reads "127.0.0.1:9464", "[::1]:9464", or "9464" and ":9464", which mean this machine alone.
/// Errors: invalid_argument, saying what was expected.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace vfleet::control::metrics
