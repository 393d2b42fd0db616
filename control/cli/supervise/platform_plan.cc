#include "control/cli/supervise/platform_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

namespace vfleet::cli {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHint = "--platform-args='--http HOST:PORT' says where it listens";

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost" (port 80).
std::optional<HostPort> split(std::string_view authority) {
  HostPort out{.host = {}, .port = 80};
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  out.host = authority == "localhost" ? "127.0.0.1" : std::string(authority);
  if (out.host.empty()) return std::nullopt;
  return out;
}

// What the groups set `path` to; each value once.
std::set<std::string> values_of(const config::FleetSpec& fleet, std::string_view uplink,
                                std::string_view path) {
  std::set<std::string> out;
  const auto add = [&](const config::Values& values) {
    const auto at = values.find(path);
    if (at == values.end()) return false;
    if (const auto* text = std::get_if<std::string>(&at->second.data)) out.insert(*text);
    return true;
  };
  for (const config::GroupSpec& group : fleet.groups) {
    if (group.uplink != uplink) continue;
    for (const config::DeviceRow& row : group.rows) add(row.values);
    if (!add(group.values)) add(group.profile_values);
  }
  return out;
}

std::string authority_of(const std::string& url) {
  const std::string_view rest = std::string_view(url).substr(kHttp.size());
  return std::string(rest.substr(0, rest.find('/')));
}

bool is_here(const std::string& host) {
  return host == "::1" || host == "0.0.0.0" || host == "::" || host.starts_with("127.");
}

// HOST:PORT of all http uplinks; empty when there are none.
Outcome<std::string> http_address(const config::FleetSpec& fleet) {
  std::set<std::string> addresses;
  std::set<std::string> urls = values_of(fleet, "http", "uplink.http.url");
  if (!fleet.platform_figures.empty()) urls.insert(fleet.platform_figures);
  for (const std::string& url : urls) {
    if (!url.starts_with(kHttp)) {
      return wrong_usage(fmt::format("--platform: the stand-in speaks plain http, not {}", url));
    }
    addresses.insert(authority_of(url));
  }
  if (addresses.size() > 1) {
    return wrong_usage(
        fmt::format("--platform: the fleet file sends to several addresses: {}", fmt::join(addresses, ", ")),
        std::string(kHint));
  }
  return addresses.empty() ? std::string() : *addresses.begin();
}

}  // namespace

Outcome<FleetProcesses::PlatformPlan> platform_plan(const config::FleetSpec& fleet, const std::string& more) {
  FleetProcesses::PlatformPlan plan;
  std::istringstream words(more);
  for (std::string word; words >> word;) plan.args.push_back(std::move(word));
  const auto says = [&](std::string_view name) {
    return std::find_if(plan.args.begin(), plan.args.end(), [&](const std::string& word) {
      return word == name ||
             (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=');
    });
  };

  std::string http;
  if (const auto at = says("--http"); at != plan.args.end()) {
    const std::size_t equals = at->find('=');
    if (equals != std::string::npos) {
      http = at->substr(equals + 1);
    } else if (at + 1 != plan.args.end()) {
      http = *(at + 1);
    }
  } else {
    auto address = http_address(fleet);
    if (!address) return tl::unexpected<Failure>(address.error());
    http = std::move(*address);
    if (!http.empty()) plan.args.insert(plan.args.end(), {"--http", http});
  }
  if (says("--zmq") == plan.args.end()) {
    const auto endpoints = values_of(fleet, "zmq", "uplink.zmq.endpoint");
    if (endpoints.size() > 1) {
      return wrong_usage(fmt::format("--platform: the fleet file sends to several ZeroMQ endpoints: {}",
                                     fmt::join(endpoints, ", ")),
                         "--platform-args='--zmq ENDPOINT' says which one");
    }
    if (!endpoints.empty()) plan.args.insert(plan.args.end(), {"--zmq", *endpoints.begin()});
  }
  if (http.empty()) {
    // vfleet-platform always serves its figures over HTTP: on a port that nobody else wants.
    if (says("--http") == plan.args.end()) plan.args.insert(plan.args.end(), {"--http", "127.0.0.1:0"});
    return plan;
  }
  const auto address = split(http);
  if (!address) {
    return wrong_usage(fmt::format("--platform: '{}' is not HOST:PORT", http), std::string(kHint));
  }
  if (!is_here(address->host)) {
    return wrong_usage(fmt::format("--platform starts the stand-in on this machine, and the fleet file sends "
                                   "to {}",
                                   http),
                       "an address such as 127.0.0.1:8080 in the fleet file, or no --platform");
  }
  // Where the URL names no port the option must.
  for (std::string& word : plan.args) {
    if (word == http && http.rfind(':') == std::string::npos) word += ":80";
  }
  plan.host = address->host == "0.0.0.0" ? "127.0.0.1" : address->host == "::" ? "::1" : address->host;
  plan.port = address->port;
  return plan;
}

}  // namespace vfleet::cli
