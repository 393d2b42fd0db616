#include "control/cli/supervise/platform_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

namespace vfleet::cli {
namespace {

constexpr std::string_view kHint = "--platform-args='--http HOST:PORT' says where it listens";

// What an uplink's URL begins with, and the option of the stand-in that takes what is sent there.
struct Way {
  std::string_view uplink;
  std::string_view scheme;
  std::string_view option;
  std::string_view port;  ///< when the URL has none; empty: it has one
  bool tls = false;
};
constexpr Way kWays[] = {
    {"http", "http://", "--http", "80"},
    {"http", "https://", "--https", "443", true},
    {"mqtt", "mqtt://", "--mqtt", "1883"},
    {"mqtt", "mqtts://", "--mqtts", "8883", true},
    {"websocket", "ws://", "--ws", "80"},
    {"websocket", "wss://", "--wss", "443", true},
    {"tcp", "tcp://", "--tcp", ""},
    {"tcp", "tls://", "--tls", "", true},
    {"udp", "udp://", "--udp", ""},
    {"ocpp", "ws://", "--ocpp", "80"},
    {"ocpp", "wss://", "--ocpps", "443", true},
    {"ykc", "tcp://", "--ykc", ""},
    {"ykc", "tls://", "--ykcs", "", true},
};

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

// HOST:PORT of a URL of this way.
std::string authority_of(const std::string& url, const Way& way) {
  const std::string_view rest = std::string_view(url).substr(way.scheme.size());
  std::string out(rest.substr(0, rest.find('/')));
  const std::size_t colon = out.rfind(':');
  if (colon == std::string::npos || out.find(']', colon) != std::string::npos)
    out += fmt::format(":{}", way.port);
  return out;
}

bool is_here(const std::string& host) {
  return host == "::1" || host == "0.0.0.0" || host == "::" || host.starts_with("127.");
}

// Whether groups with this uplink set a key that begins with `path`, to something that is not empty.
bool sets(const config::FleetSpec& fleet, std::string_view uplink, std::string_view path) {
  const auto in = [&](const config::Values& values) {
    return std::any_of(values.begin(), values.end(), [&](const auto& value) {
      const auto* text = std::get_if<std::string>(&value.second.data);
      return std::string_view(value.first).starts_with(path) && (text == nullptr || !text->empty());
    });
  };
  return std::any_of(fleet.groups.begin(), fleet.groups.end(), [&](const config::GroupSpec& group) {
    return group.uplink == uplink && (in(group.values) || in(group.profile_values));
  });
}

bool has_uplink(const config::FleetSpec& fleet, std::string_view uplink) {
  return std::any_of(fleet.groups.begin(), fleet.groups.end(),
                     [uplink](const config::GroupSpec& group) { return group.uplink == uplink; });
}

// HOST:PORT of what is sent this way; empty when nothing is.
Outcome<std::string> address_of(const config::FleetSpec& fleet, const Way& way) {
  std::set<std::string> addresses;
  std::set<std::string> urls = values_of(fleet, way.uplink, fmt::format("uplink.{}.url", way.uplink));
  if (way.uplink == "ocpp") urls.merge(values_of(fleet, way.uplink, "uplink.ocpp.secure_url"));
  if (way.option == "--http" && !fleet.platform_figures.empty()) urls.insert(fleet.platform_figures);
  for (const std::string& url : urls) {
    if (url.starts_with(way.scheme)) addresses.insert(authority_of(url, way));
  }
  if (addresses.size() > 1) {
    return wrong_usage(
        fmt::format("--platform: the fleet file sends to several addresses: {}", fmt::join(addresses, ", ")),
        fmt::format("--platform-args='{} HOST:PORT' says where it listens", way.option));
  }
  return addresses.empty() ? std::string() : *addresses.begin();
}

std::string listen_host(std::string host) {
  return host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
}

// The options of the stand-in: those that an operator gave, and what the fleet file adds to them.
class Options {
 public:
  explicit Options(const std::string& given) {
    std::istringstream words(given);
    for (std::string word; words >> word;) words_.push_back(std::move(word));
  }

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != words_.end(); }
  // Of `--name VALUE` and `--name=VALUE`; empty when it is not there.
  [[nodiscard]] std::string value(std::string_view name) const {
    const auto at = find(name);
    if (at == words_.end()) return {};
    const std::size_t equals = at->find('=');
    if (equals != std::string::npos) return at->substr(equals + 1);
    return at + 1 != words_.end() ? *(at + 1) : std::string();
  }
  // What the operator said goes before.
  void add(std::string_view name) {
    if (!has(name)) words_.emplace_back(name);
  }
  void add(std::string_view name, const std::string& value) {
    if (!has(name)) words_.insert(words_.end(), {std::string(name), value});
  }
  [[nodiscard]] std::vector<std::string> words() && { return std::move(words_); }

 private:
  [[nodiscard]] std::vector<std::string>::const_iterator find(std::string_view name) const {
    return std::find_if(words_.begin(), words_.end(), [&](const std::string& word) {
      return word == name ||
             (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=');
    });
  }

  std::vector<std::string> words_;
};

// Where it listens for what is sent this way; nullopt when nothing is.
Outcome<std::optional<HostPort>> listen(const config::FleetSpec& fleet, const Way& way, Options& options) {
  std::string address = options.value(way.option);
  if (address.empty()) {
    auto found = address_of(fleet, way);
    if (!found) return tl::unexpected<Failure>(found.error());
    address = std::move(*found);
    if (address.empty()) return std::nullopt;
    options.add(way.option, address);
  }
  auto at = split(address);
  if (!at) return wrong_usage(fmt::format("--platform: '{}' is not HOST:PORT", address), std::string(kHint));
  if (!is_here(at->host)) {
    return wrong_usage(
        fmt::format("--platform starts the stand-in on this machine, and the fleet file sends to {}",
                    address),
        "an address such as 127.0.0.1:8080 in the fleet file, or no --platform");
  }
  return at;
}

// Whether devices that send this way trust a certificate that is made for the stand-in.
Outcome<void> check_trust(const config::FleetSpec& fleet, const Way& way, const Options& options) {
  const auto trusted = values_of(fleet, way.uplink, fmt::format("uplink.{}.tls.ca", way.uplink));
  if (options.has("--cert") || trusted.empty() || trusted.begin()->empty()) return {};
  return wrong_usage(
      fmt::format("--platform: the fleet file trusts {} alone, and the stand-in has no certificate of it",
                  *trusted.begin()),
      "--platform-args='--cert FILE --key FILE', or no tls.ca in the fleet file");
}

bool waits_for_acks(const config::FleetSpec& fleet, std::string_view uplink) {
  const auto by = values_of(fleet, uplink, fmt::format("uplink.{}.ack.by", uplink));
  return std::any_of(by.begin(), by.end(), [](const std::string& how) { return how != "none"; });
}

// Whether somebody sends other than vfleet's own envelope.
bool shapes_payloads(const config::FleetSpec& fleet) {
  return std::any_of(std::begin(kWays), std::end(kWays), [&](const Way& way) {
    return has_uplink(fleet, way.uplink) &&
           (sets(fleet, way.uplink, fmt::format("uplink.{}.payload", way.uplink)) ||
            sets(fleet, way.uplink, fmt::format("uplink.{}.multipart.", way.uplink)));
  });
}

Outcome<void> add_zmq(const config::FleetSpec& fleet, Options& options) {
  const auto endpoints = values_of(fleet, "zmq", "uplink.zmq.endpoint");
  if (endpoints.empty() || options.has("--zmq")) return {};
  if (endpoints.size() > 1) {
    return wrong_usage(fmt::format("--platform: the fleet file sends to several ZeroMQ endpoints: {}",
                                   fmt::join(endpoints, ", ")),
                       "--platform-args='--zmq ENDPOINT' says which one");
  }
  options.add("--zmq", *endpoints.begin());
  return {};
}

}  // namespace

Outcome<PlatformPlan> platform_plan(const config::FleetSpec& fleet, const std::string& more) {
  PlatformPlan plan;
  Options options(more);
  bool acks_wanted = false;
  bool acks_unwanted = false;
  for (const Way& way : kWays) {
    auto at = listen(fleet, way, options);
    if (!at) return tl::unexpected<Failure>(at.error());
    if (!*at) continue;
    if (way.tls) {
      plan.tls = true;
      if (auto good = check_trust(fleet, way, options); !good) return tl::unexpected<Failure>(good.error());
    }
    if (way.uplink == "websocket" || way.uplink == "tcp") {
      (waits_for_acks(fleet, way.uplink) ? acks_wanted : acks_unwanted) = true;
    }
    if (way.uplink == "udp" && waits_for_acks(fleet, "udp")) options.add("--udp-acks");
    if (way.uplink == "tcp") {
      const auto framing = values_of(fleet, "tcp", "uplink.tcp.framing");
      if (framing.size() == 1) options.add("--framing", *framing.begin());
    }
    // The first one that can be asked tells that it is ready.
    if (plan.port == 0 && way.uplink != "udp") {
      plan.host = listen_host((*at)->host);
      plan.port = (*at)->port;
    }
  }
  // Devices that wait for no answer would take it for a message of the platform's.
  if (acks_unwanted && !acks_wanted) options.add("--no-acks");
  if (shapes_payloads(fleet)) options.add("--any-payload");
  if (auto good = add_zmq(fleet, options); !good) return tl::unexpected<Failure>(good.error());
  // vfleet-platform always serves its figures over HTTP: otherwise on a port that nobody else wants.
  options.add("--http", "127.0.0.1:0");
  if (const auto http = split(options.value("--http"))) plan.http_host = listen_host(http->host);
  plan.port_file = options.value("--port-file");
  plan.args = std::move(options).words();
  return plan;
}

}  // namespace vfleet::cli
