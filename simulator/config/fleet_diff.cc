#include "simulator/config/fleet_diff.h"

#include <set>

#include "simulator/config/layers.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kRowLinesMax = 10;  // of listed devices; the rest is counted

std::string devices(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " device" : " devices");
}

std::string listed(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) text += (text.size() > 1 ? ", " : "") + value;
  return text + "]";
}

class GroupDiff {
 public:
  GroupDiff(const GroupSpec& before, const GroupSpec& after, const Catalogue& catalogue, FleetDiff& out)
      : before_(before), after_(after), catalogue_(catalogue), out_(out) {}

  void run() {
    const std::size_t lines = out_.lines.size();
    identity();
    labels();
    values();
    rows();
    // The profile's name shows in `explain` only, but there it does.
    if (before_.profile != after_.profile) note("profile", before_.profile, after_.profile);
    if (out_.lines.size() != lines) out_.changed.push_back(after_.name);
  }

 private:
  void line(const std::string& text, bool refused = false) {
    out_.lines.push_back("group " + after_.name + ": " + text);
    if (refused) out_.refused.push_back(out_.lines.back());
  }
  void note(const std::string& what, const std::string& from, const std::string& to, bool refused = false) {
    line(what + " " + (from.empty() ? "(none)" : from) + " -> " + (to.empty() ? "(none)" : to), refused);
  }

  void identity() {
    if (before_.type != after_.type) note("type", before_.type, after_.type, true);
    if (before_.count != after_.count)
      note("devices", std::to_string(before_.count), std::to_string(after_.count));
    const bool by_pattern = before_.rows.empty() && after_.rows.empty();
    if (by_pattern && before_.id != after_.id) note("id", before_.id, after_.id);
    if (by_pattern && before_.first != after_.first) {
      note("first", std::to_string(before_.first), std::to_string(after_.first));
    }
    if (before_.uplink != after_.uplink) note("uplink", before_.uplink, after_.uplink);
  }

  void labels() {
    const auto find = [](const GroupSpec& group, const std::string& name) {
      for (const LabelList& list : group.labels) {
        if (list.name == name) return listed(list.values);
      }
      return std::string();
    };
    const std::size_t lines = out_.lines.size();
    for (const LabelList& list : before_.labels) {
      const std::string to = find(after_, list.name);
      if (to != listed(list.values)) note("labels." + list.name, listed(list.values), to);
    }
    for (const LabelList& list : after_.labels) {
      if (find(before_, list.name).empty()) note("labels." + list.name, "", listed(list.values));
    }
    if (lines == out_.lines.size() && before_.labels != after_.labels) line("labels are in another order");
  }

  void compare(const Layers& from, const Layers& to, const std::string& place) {
    const auto tell_path = [&](const Key& key, const std::string& path) {
      const Value* a = effective_value(from, path);
      const Value* b = effective_value(to, path);
      if (a == nullptr && b == nullptr) return;
      if (a != nullptr && b != nullptr && *a == *b) return;
      const bool refused = key.effect == Effect::fleet;
      if (key.secret) return line(place + path + " changed (secret)", refused);
      note(place + path, a == nullptr ? "" : format_value(key, *a), b == nullptr ? "" : format_value(key, *b),
           refused);
    };
    const auto tell = [&](const Key& key) {
      if (!is_open(key)) return tell_path(key, key.path);
      const std::string prefix = key.path.substr(0, key.path.size() - 1);
      std::set<std::string> paths;
      for (const Layers* layers : {&from, &to}) {
        const Values all = effective_values(*layers);
        for (auto at = all.lower_bound(prefix); at != all.end() && at->first.starts_with(prefix); ++at)
          paths.insert(at->first);
      }
      for (const std::string& path : paths) tell_path(key, path);
    };
    for (const Key& key : from.schema.keys()) {
      // Settings of an uplink that is no longer used are no news.
      if (is_open(key) || to.schema.find(key.path) != nullptr) tell(key);
    }
    for (const Key& key : to.schema.keys()) {
      if (is_open(key)) continue;
      if (from.schema.find(key.path) == nullptr && *effective_value(to, key.path) != key.initial) tell(key);
    }
  }

  void values() { compare({schema(before_), &before_}, {schema(after_), &after_}, ""); }

  void rows() {
    if (before_.rows == after_.rows) return;
    std::map<std::string_view, const DeviceRow*> old_rows;
    for (const DeviceRow& row : before_.rows) old_rows.emplace(row.id, &row);
    const std::vector<std::string> before_lines = out_.lines;
    for (const DeviceRow& row : after_.rows) {
      const auto at = old_rows.find(row.id);
      if (at == old_rows.end()) {
        line("device " + row.id + " added");
        continue;
      }
      const DeviceRow& old_row = *at->second;
      old_rows.erase(at);
      if (old_row == row) continue;
      if (old_row.labels != row.labels) line("device " + row.id + ": labels changed");
      // Both over the new group: what changed for the whole group was told already.
      compare({schema(after_), &after_, &old_row}, {schema(after_), &after_, &row},
              "device " + row.id + ": ");
    }
    for (const auto& [id, row] : old_rows) line("device " + std::string(id) + " removed");
    const std::size_t told = out_.lines.size() - before_lines.size();
    if (told == 0) return line("devices are in another order");
    if (told <= kRowLinesMax) return;
    out_.lines.resize(before_lines.size() + kRowLinesMax);
    line("and " + std::to_string(told - kRowLinesMax) + " more changes of listed devices");
  }

  const Schema& schema(const GroupSpec& group) {
    const auto [at, added] = schemas_.try_emplace({group.type, group.uplink});
    if (added) at->second = catalogue_.schema(group.type, group.uplink).value_or(Schema());
    return at->second;
  }

  const GroupSpec& before_;
  const GroupSpec& after_;
  const Catalogue& catalogue_;
  FleetDiff& out_;
  std::map<std::pair<std::string, std::string>, Schema> schemas_;
};

}  // namespace

FleetDiff diff(const FleetSpec& before, const FleetSpec& after, const Catalogue& catalogue) {
  FleetDiff out;
  const auto fleet_wide = [&](const char* what, const std::string& from, const std::string& to,
                              bool refused) {
    if (from == to) return;
    out.lines.push_back(std::string(what) + " " + from + " -> " + to);
    if (refused) out.refused.push_back(out.lines.back());
  };
  fleet_wide("fleet", before.name, after.name, true);
  fleet_wide("seed", std::to_string(before.seed), std::to_string(after.seed), true);
  fleet_wide("time_scale", format_quantity(before.time_scale, Unit::none),
             format_quantity(after.time_scale, Unit::none), true);
  fleet_wide("time_zone", before.time_zone, after.time_zone, true);
  fleet_wide("platform.figures", before.platform_figures, after.platform_figures, false);
  fleet_wide("thresholds", listed(before.thresholds), listed(after.thresholds), false);
  fleet_wide("limits.lateness_p99", format_duration(before.limits.lateness_p99),
             format_duration(after.limits.lateness_p99), false);
  fleet_wide("limits.utilisation", format_quantity(before.limits.utilisation, Unit::ratio),
             format_quantity(after.limits.utilisation, Unit::ratio), false);
  for (const GroupSpec& group : before.groups) {
    if (after.group(group.name) != nullptr) continue;
    out.removed.push_back(group.name);
    out.lines.push_back("group " + group.name + ": removed, " + devices(group.count));
  }
  for (const GroupSpec& group : after.groups) {
    if (const GroupSpec* old_group = before.group(group.name)) {
      GroupDiff(*old_group, group, catalogue, out).run();
      continue;
    }
    out.added.push_back(group.name);
    out.lines.push_back("group " + group.name + ": added, " + devices(group.count));
  }
  return out;
}

}  // namespace vfleet::config
