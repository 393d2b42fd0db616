#include "control/server/scale_groups.h"

#include <algorithm>

#include "simulator/config/id_pattern.h"
#include "simulator/config/suggest.h"

namespace vfleet::control::server {

using config::GroupSpec;

namespace {

/// An id that both would have. `scaled` has a pattern.
std::optional<std::string> common_id(const GroupSpec& scaled, const GroupSpec& other) {
  const auto ids = config::IdPattern::parse(scaled.id);
  if (!ids || scaled.count == 0 || other.count == 0) return std::nullopt;
  if (other.rows.empty()) {
    const auto others = config::IdPattern::parse(other.id);
    if (!others) return std::nullopt;
    return config::shared_id({*ids, scaled.first, scaled.count}, {*others, other.first, other.count});
  }
  for (const config::DeviceRow& row : other.rows) {
    const auto number = ids->number_of(row.id);
    if (number && *number >= scaled.first && *number - scaled.first < scaled.count) return row.id;
  }
  return std::nullopt;
}

std::string counted(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " device" : " devices");
}

}  // namespace

std::string scale_line(const GroupSpec& before, const GroupSpec& after) {
  if (before.count == after.count && before.file_count == after.file_count) return {};
  std::string out = "group " + after.name + ": ";
  if (after.count > before.count) {
    out += counted(before.count) + " -> " + std::to_string(after.count) + ", " +
           std::to_string(after.count - before.count) + " come";
  } else if (after.count < before.count) {
    out += counted(before.count) + " -> " + std::to_string(after.count) + ", " +
           std::to_string(before.count - after.count) + " go";
  } else {
    out += "stays at " + counted(after.count);
  }
  return out + (after.file_count ? " (the file says " + std::to_string(*after.file_count) + ")"
                                 : ", as the file says");
}

Status scale_groups(config::FleetSpec& fleet,
                    const std::map<std::string, std::optional<std::uint64_t>>& counts) {
  std::vector<std::string> names;
  for (const GroupSpec& group : fleet.groups) names.push_back(group.name);
  for (const auto& [name, count] : counts) {
    const auto at = std::find_if(fleet.groups.begin(), fleet.groups.end(),
                                 [&, &wanted = name](const GroupSpec& each) { return each.name == wanted; });
    if (at == fleet.groups.end()) {
      return fail(Errc::invalid_argument, "there is no group '" + name + "'" +
                                              config::did_you_mean(config::nearest_word(name, names)) +
                                              "; a new one is added to the fleet file, then `vfleet reload`");
    }
    if (!at->rows.empty()) {
      return fail(Errc::invalid_argument, "group " + name +
                                              " lists its devices one by one: edit its devices file, then "
                                              "`vfleet reload`");
    }
    const std::uint64_t in_file = at->file_count.value_or(at->count);
    at->count = count.value_or(in_file);
    at->file_count = count ? std::optional(in_file) : std::nullopt;
    if (at->count > 0 && !config::valid_id(at->device_id(at->count - 1))) {
      return fail(Errc::invalid_argument,
                  "group " + name + ": '" + at->device_id(at->count - 1) + "' is too long for an id");
    }
  }
  if (fleet.devices() > config::kDevicesMax) {
    return fail(Errc::invalid_argument, "the fleet would have " + counted(fleet.devices()) + ", at most " +
                                            std::to_string(config::kDevicesMax) + " are possible");
  }
  for (const GroupSpec& scaled : fleet.groups) {
    if (!counts.contains(scaled.name)) continue;
    for (const GroupSpec& other : fleet.groups) {
      if (&other == &scaled) continue;
      if (const auto id = common_id(scaled, other)) {
        return fail(Errc::invalid_argument, "groups " + scaled.name + " and " + other.name +
                                                " would both have a device '" + *id + "'");
      }
    }
  }
  return {};
}

std::vector<std::string> keep_scaled(const config::FleetSpec& before, config::FleetSpec& next) {
  std::vector<std::string> lines;
  for (GroupSpec& group : next.groups) {
    const GroupSpec* was = before.group(group.name);
    if (was == nullptr || !was->file_count || !group.rows.empty()) continue;
    group.file_count = group.count;
    group.count = was->count;
    if (*group.file_count == *was->file_count) continue;
    lines.push_back("group " + group.name + " stays at " + counted(group.count) +
                    " as scaled, the file says " + std::to_string(*group.file_count) + "; `vfleet scale " +
                    group.name + "=file` to drop");
  }
  return lines;
}

std::vector<std::string> only_file_count_changed(const config::FleetSpec& before,
                                                 const config::FleetSpec& next) {
  std::vector<std::string> out;
  for (const GroupSpec& group : next.groups) {
    const GroupSpec* was = before.group(group.name);
    if (was != nullptr && was->file_count != group.file_count) out.push_back(group.name);
  }
  return out;
}

}  // namespace vfleet::control::server
