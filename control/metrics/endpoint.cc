#include "control/metrics/endpoint.h"

#include <charconv>

namespace vfleet::control::metrics {

std::string Endpoint::url() const {
  const bool six = host.find(':') != std::string::npos;
  return "http://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/metrics";
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [text] {
    return fail(Errc::invalid_argument,
                "'" + std::string(text) + "': expected ADDRESS:PORT such as 127.0.0.1:9464, or a port");
  };
  Endpoint endpoint;
  std::string_view port = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    port = text.substr(colon + 1);
    std::string_view host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    if (!brackets && host.find(':') != std::string_view::npos) return wrong();
    if (host == "localhost") host = "127.0.0.1";
    if (host.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos) return wrong();
    if (!host.empty()) endpoint.host = host;
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return wrong();
  return endpoint;
}

}  // namespace vfleet::control::metrics
