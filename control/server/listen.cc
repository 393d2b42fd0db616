#include "control/server/listen.h"

#include <charconv>

namespace vfleet::control::server {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::uint32_t kPortMax = 65'535;

}  // namespace

std::string Listen::endpoint(int offset) const {
  return std::string(kTcp) + host + ":" + std::to_string(port + offset);
}

Result<Listen> parse_listen(std::string_view endpoint, const std::string& keys, bool insecure) {
  const std::string text(endpoint);
  const std::size_t colon = endpoint.rfind(':');
  if (!endpoint.starts_with(kTcp) || colon == std::string_view::npos || colon < kTcp.size() + 1)
    return fail(Errc::invalid_argument, "--listen takes tcp://HOST:PORT, not '" + text + "'");
  Listen out;
  out.host = endpoint.substr(kTcp.size(), colon - kTcp.size());
  const std::string_view port = endpoint.substr(colon + 1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size() ||
      number + kWorkersPort > kPortMax) {
    return fail(Errc::invalid_argument,
                "'" + text + "' needs a port from 0 to 65533: three ports in a row are used, 0 chooses them");
  }
  out.port = static_cast<std::uint16_t>(number);
  out.keys = keys;
  if (keys.empty() && !insecure) {
    return fail(Errc::invalid_argument,
                "--listen " + text +
                    " needs --keys DIR: make keys with `vfleet keygen DIR --server`. Without keys " +
                    "everybody who reaches the port owns the fleet: that is --insecure");
  }
  if (!keys.empty() && insecure)
    return fail(Errc::invalid_argument, "--keys and --insecure exclude each other");
  return out;
}

}  // namespace vfleet::control::server
