#include "control/cli/supervise/descriptors.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "simulator/net/source_addresses.h"

namespace vfleet::cli {
namespace {

/// What holds a TCP connection for each device.
bool is_stream_uplink(std::string_view uplink) {
  return uplink == "http" || uplink == "mqtt" || uplink == "websocket" || uplink == "tcp";
}

const config::Value* find_value(const config::GroupSpec& group, const std::string& path) {
  if (const auto at = group.values.find(path); at != group.values.end()) return &at->second;
  const auto at = group.profile_values.find(path);
  return at == group.profile_values.end() ? nullptr : &at->second;
}

std::string value_of(const config::GroupSpec& group, const std::string& path) {
  const config::Value* found = find_value(group, path);
  const auto* text = found == nullptr ? nullptr : std::get_if<std::string>(&found->data);
  return text == nullptr ? std::string() : *text;
}

std::vector<std::string> texts_of(const config::GroupSpec& group, const std::string& path) {
  const config::Value* found = find_value(group, path);
  const auto* list = found == nullptr ? nullptr : std::get_if<config::List>(&found->data);
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const config::Value& each : *list) {
    if (const auto* text = std::get_if<std::string>(&each.data)) texts.push_back(*text);
  }
  return texts;
}

/// "http://host:port" of a URL.
std::string server_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  return scheme == std::string::npos ? url : url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace

std::uint64_t connections_of(const config::FleetSpec& fleet) {
  std::uint64_t sum = 0;
  for (const config::GroupSpec& group : fleet.groups) {
    const bool shared = group.uplink == "zmq" || group.uplink == "null";  // one socket a worker, or none
    if (!shared) sum += group.count;
  }
  return sum;
}

std::uint64_t workers_needed(std::uint64_t connections, std::uint64_t limit) {
  if (limit <= kOtherDescriptors) return connections == 0 ? 1 : 0;
  const std::uint64_t each = limit - kOtherDescriptors;
  return connections == 0 ? 1 : (connections + each - 1) / each;
}

Outcome<void> check_descriptors(std::uint64_t connections, std::uint64_t workers, std::uint64_t limit) {
  const std::uint64_t needed = workers_needed(connections, limit);
  if (needed != 0 && needed <= workers) return {};
  return wrong_usage(
      fmt::format("{} devices hold a connection each, and a process may open {} descriptors: {} worker{} "
                  "cannot hold them",
                  connections, limit, workers, workers == 1 ? "" : "s"),
      needed == 0 ? "`ulimit -Hn` with a higher limit"
                  : fmt::format("--workers {}, or a higher limit (`ulimit -Hn`)", needed));
}

Outcome<void> check_ports(const config::FleetSpec& fleet, std::uint64_t ports) {
  // Groups that go to the same server from the same addresses share their ports.
  std::map<std::pair<std::string, std::vector<std::string>>, std::uint64_t> users;
  for (const config::GroupSpec& group : fleet.groups) {
    if (!is_stream_uplink(group.uplink)) continue;
    const std::string prefix = "uplink." + group.uplink + ".";
    users[{server_of(value_of(group, prefix + "url")), texts_of(group, prefix + "source")}] += group.count;
  }
  for (const auto& [way, devices] : users) {
    const auto& [server, texts] = way;
    const auto sources = net::parse_sources(texts);
    if (!sources) continue;  // the worker says what is wrong with it
    const std::uint64_t addresses = std::max<std::uint64_t>(sources->size(), 1);
    if (devices <= ports * addresses) continue;
    return wrong_usage(
        fmt::format("{} devices connect to {} from {} address{}, and each has {} ports "
                    "(net.ipv4.ip_local_port_range)",
                    devices, server.empty() ? "the uplink's default" : server, addresses,
                    addresses == 1 ? "" : "es", ports),
        fmt::format(
            "give the uplink more addresses of this machine, at least {}: source: [127.0.0.2-127.0.0.{}] "
            "on loopback",
            (devices + ports - 1) / ports, 1 + (devices + ports - 1) / ports));
  }
  return {};
}

std::uint64_t local_ports() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint64_t first = 32768;
  std::uint64_t last = 60999;
  file >> first >> last;
  return last >= first ? last - first + 1 : 0;
}

std::uint64_t descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return limit.rlim_max;
}

void raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace vfleet::cli
