#include "simulator/config/fleet_spec.h"

namespace vfleet::config {

std::string GroupSpec::device_id(std::uint64_t index) const {
  if (!rows.empty()) return index < rows.size() ? rows[index].id : std::string();
  const auto pattern = IdPattern::parse(id);
  return pattern ? pattern->format(first + index) : std::string();
}

std::optional<std::string_view> GroupSpec::label(std::uint64_t index, std::string_view label) const {
  if (index < rows.size()) {
    if (const auto at = rows[index].labels.find(label); at != rows[index].labels.end()) return at->second;
  }
  std::uint64_t rest = index;
  for (const LabelList& list : labels) {
    if (list.values.empty()) continue;
    if (list.name == label) return list.values[rest % list.values.size()];
    rest /= list.values.size();
  }
  return std::nullopt;
}

std::optional<std::uint64_t> GroupSpec::ordinal(std::uint64_t index) const {
  for (const OrdinalRange& range : ordinals) {
    if (index >= range.index && index - range.index < range.count)
      return range.ordinal + (index - range.index);
  }
  return std::nullopt;
}

std::uint64_t FleetSpec::devices() const {
  std::uint64_t sum = 0;
  for (const GroupSpec& group : groups) sum += group.count;
  return sum;
}

const GroupSpec* FleetSpec::group(std::string_view wanted) const {
  for (const GroupSpec& group : groups) {
    if (group.name == wanted) return &group;
  }
  return nullptr;
}

}  // namespace vfleet::config
