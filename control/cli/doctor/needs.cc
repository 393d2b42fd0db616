#include "control/cli/doctor/needs.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace vfleet::cli::doctor {
namespace {

// What the uplinks do when the file does not say.
constexpr std::uint64_t kInFlight = 100;
constexpr std::uint64_t kPoolSize = 16;

const config::Value* value_of(const config::GroupSpec& group, const std::string& key) {
  const std::string path = "uplink." + group.uplink + "." + key;
  for (const config::Values* layer : {&group.values, &group.profile_values}) {
    if (const auto at = layer->find(path); at != layer->end()) return &at->second;
  }
  return nullptr;
}

std::string text_of(const config::GroupSpec& group, const std::string& key) {
  const config::Value* value = value_of(group, key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->data);
  return text == nullptr ? std::string() : *text;
}

std::uint64_t number_of(const config::GroupSpec& group, const std::string& key, std::uint64_t otherwise) {
  const config::Value* value = value_of(group, key);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(&value->data);
  return number == nullptr || *number < 0 ? otherwise : static_cast<std::uint64_t>(*number);
}

/// Connects under way at once, of all workers: what `pacing` allows each of them and all together.
std::uint64_t connects_at_once(const config::GroupSpec& group, std::uint64_t workers) {
  const std::uint64_t all = number_of(group, "pacing.in_flight", kInFlight) * workers;
  const std::uint64_t fleet = number_of(group, "pacing.fleet_in_flight", 0);
  return fleet == 0 ? all : std::min(all, std::max(fleet, workers));
}

/// The last number of an IPv4 address.
std::optional<unsigned> last_of(std::string_view address) {
  const auto dot = address.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  unsigned number = 0;
  const char* end = address.data() + address.size();
  const auto [at, error] = std::from_chars(address.data() + dot + 1, end, number);
  return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

/// Of "127.0.0.1" one, of "127.0.0.1-127.0.0.9" nine.
std::uint64_t addresses_in(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return 1;
  const auto first = last_of(text.substr(0, dash));
  const auto last = last_of(text.substr(dash + 1));
  return first && last && *last >= *first ? *last - *first + 1 : 1;
}

std::uint64_t sources_of(const config::GroupSpec& group) {
  const config::Value* value = value_of(group, "source");
  const auto* list = value == nullptr ? nullptr : std::get_if<config::List>(&value->data);
  std::uint64_t sum = 0;
  if (list != nullptr) {
    for (const config::Value& each : *list) {
      if (const auto* text = std::get_if<std::string>(&each.data)) sum += addresses_in(*text);
    }
  }
  return std::max<std::uint64_t>(sum, 1);
}

}  // namespace

Needs needs_of(const config::FleetSpec& fleet, std::uint64_t workers) {
  Needs needs;
  needs.workers = workers;
  for (const config::GroupSpec& group : fleet.groups) {
    needs.devices += group.count;
    if (group.uplink == "ocpp" || group.uplink == "ykc") needs.conversing += group.count;
    const std::string url = text_of(group, "url");
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) continue;
    std::uint64_t connections = group.count;
    if (text_of(group, "connections") == "pool") {
      connections = std::min(connections, number_of(group, "pool.size", kPoolSize) * workers);
    }
    const std::string kind = url.substr(0, scheme);
    if (kind == "https" || kind == "wss" || kind == "mqtts" || kind == "tls") {
      needs.tls += connections;
      needs.handshakes += std::min(connections, connects_at_once(group, workers));
    }
    needs.connections += connections;
    const std::string rest = url.substr(scheme + 3);
    Needs::Target& target = needs.targets[rest.substr(0, rest.find_first_of("/?"))];
    target.connections += connections;
    target.addresses = std::max(target.addresses, sources_of(group));
  }
  return needs;
}

}  // namespace vfleet::cli::doctor
