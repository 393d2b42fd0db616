#include "control/server/held.h"

#include <map>

namespace vfleet::control::server {

namespace {

config::Values values_of(const config::GroupSpec& group) {
  config::Values out = group.values;
  out.insert(group.profile_values.begin(), group.profile_values.end());
  return out;
}

struct Held {
  const Rule* rule = nullptr;
  std::set<std::string> paths;
  std::uint64_t devices = 0;
};

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

std::set<std::string> changed_paths(const config::GroupSpec& before, const config::GroupSpec& after) {
  const config::Values was = values_of(before);
  const config::Values is = values_of(after);
  std::set<std::string> out;
  for (const auto& [path, value] : was) {
    const auto at = is.find(path);
    if (at == is.end() || !(at->second == value)) out.insert(path);
  }
  for (const auto& [path, value] : is) {
    if (!was.contains(path)) out.insert(path);
  }
  return out;
}

std::vector<std::string> held_lines(const config::FleetSpec& before, const config::FleetSpec& after,
                                    const FleetView& view, const DesiredState& desired) {
  std::map<std::uint64_t, Held> by_revision;
  for (const config::GroupSpec& group : after.groups) {
    const config::GroupSpec* was = before.group(group.name);
    if (was == nullptr) continue;
    std::map<std::uint64_t, Held> here;
    for (const std::string& path : changed_paths(*was, group)) {
      for (const Rule* rule : desired.setting(path)) {
        Held& held = here[rule->command.revision];
        held.rule = rule;
        held.paths.insert(path);
      }
    }
    for (auto& [revision, held] : here) {
      auto selector = bus::Selector::parse(held.rule->command.selector);
      const std::uint64_t devices = selector ? view.count(*selector, group) : 0;
      if (devices == 0) continue;
      Held& sum = by_revision[revision];
      sum.rule = held.rule;
      sum.paths.insert(held.paths.begin(), held.paths.end());
      sum.devices += devices;
    }
  }
  std::vector<std::string> lines;
  for (const auto& [revision, held] : by_revision) {
    std::string paths;
    for (const std::string& path : held.paths) paths += " " + path;
    lines.push_back(counted(held.paths.size(), "key") + " on " + counted(held.devices, "device") +
                    " stay as set by revision " + std::to_string(revision) + "; `vfleet unset '" +
                    held.rule->command.selector + "'" + paths + "` to drop");
  }
  return lines;
}

}  // namespace vfleet::control::server
