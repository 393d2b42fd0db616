#include "simulator/fleet/layers.h"

namespace vfleet::fleet {

void forget_paths(const Rule& rule, const Group& group, config::Values& platform) {
  if (platform.empty()) return;
  for (const std::string& path : rule.paths()) platform.erase(path);
  if (rule.command().verb != bus::Verb::set) return;
  if (const auto& patch = rule.patch(group); patch) {
    for (const auto& [path, value] : *patch) platform.erase(path);
  }
}

Result<Layers> changed_layers(const Rule& rule, const Group& group, const EffectiveConfig& config) {
  Layers out{config.overlay(), config.platform()};
  if (auto laid = lay_over(rule, group, out.overlay); !laid) return tl::unexpected<Error>(laid.error());
  forget_paths(rule, group, out.platform);
  return out;
}

}  // namespace vfleet::fleet
