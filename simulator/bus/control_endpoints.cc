#include "simulator/bus/control_endpoints.h"

#include <charconv>

namespace vfleet::bus {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::uint32_t kPortMax = 65'533;  // two more come after it

}  // namespace

Result<ControlEndpoints> control_endpoints(std::string_view control) {
  const std::size_t colon = control.rfind(':');
  std::uint32_t port = 0;
  if (control.starts_with(kTcp) && colon != std::string_view::npos && colon > kTcp.size()) {
    const std::string_view digits = control.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port > kPortMax) port = 0;
  }
  if (port == 0) {
    return fail(Errc::invalid_argument,
                "a control is named tcp://HOST:PORT, with the port of its --listen, not '" +
                    std::string(control) + "'");
  }
  const std::string host(control.substr(0, colon + 1));
  return ControlEndpoints{host + std::to_string(port), host + std::to_string(port + 1),
                          host + std::to_string(port + 2)};
}

}  // namespace vfleet::bus
