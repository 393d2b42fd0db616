#include "simulator/config/fleet_file.h"

#include <algorithm>
#include <unordered_map>

#include "simulator/config/group_reader.h"
#include "simulator/config/measure_names.h"
#include "simulator/config/objections.h"
#include "simulator/config/suggest.h"
#include "simulator/config/threshold.h"
#include "simulator/config/value_text.h"
#include "simulator/config/yaml_tree.h"
#include "simulator/core/time_zone.h"

namespace vfleet::config {
namespace {

using NodeKind = YamlNode::Kind;

const std::vector<std::string> kKeys{"fleet",    "seed",   "time_scale", "time_zone",
                                     "platform", "groups", "thresholds", "limits"};

class FleetReader {
 public:
  FleetReader(const Catalogue& catalogue, LoadContext& context, const std::string& file)
      : catalogue_(catalogue), context_(context), file_(file), profiles_(catalogue, context) {}

  FleetSpec read() {
    const auto text = context_.read(file_, kYamlBytesMax, file_, {}, "");
    if (!text) return {};
    const auto root = parse_yaml(*text, file_, context_);
    if (root == nullptr) return {};
    if (!root->is(NodeKind::map)) {
      wrong(root->place, "", "expected a fleet: fleet, groups, ...");
      return {};
    }
    for (const YamlNode::Entry& entry : root->entries) {
      if (std::find(kKeys.begin(), kKeys.end(), entry.key) == kKeys.end()) {
        wrong(entry.place, entry.key,
              "unknown key; a fleet has fleet, seed, time_scale, time_zone, platform, groups, thresholds, "
              "limits",
              nearest_word(entry.key, kKeys));
      }
    }
    read_head(*root);
    read_platform(root->find("platform"));
    read_limits(root->find("limits"));
    read_groups(*root);
    check_groups();
    check_ids();
    ask_workers();
    read_thresholds(root->find("thresholds"));  // they name reports of the groups
    for (PlacedGroup& placed : groups_) fleet_.groups.push_back(std::move(placed.group));
    return std::move(fleet_);
  }

 private:
  void wrong(Place place, const std::string& path, std::string message, std::string hint = {}) {
    context_.mistake(file_, place, path, std::move(message), std::move(hint));
  }

  std::optional<Value> scalar(const YamlNode::Entry* entry, const Key& key, std::string path = {}) {
    if (entry == nullptr) return std::nullopt;
    if (path.empty()) path = entry->key;
    if (!entry->value->is(NodeKind::scalar)) {
      wrong(entry->value->place, path, "expected " + expectation(key));
      return std::nullopt;
    }
    auto value = read_scalar(key, entry->value->text);
    if (value) return std::move(*value);
    wrong(entry->value->place, path, value.error().detail);
    return std::nullopt;
  }

  void read_head(const YamlNode& root) {
    const YamlNode::Entry* name = root.find("fleet");
    if (name == nullptr) wrong(root.place, "fleet", "must be given: the fleet's name");
    Key text;
    if (const auto value = scalar(name, text)) {
      fleet_.name = std::get<std::string>(value->data);
      if (!valid_id(fleet_.name)) {
        wrong(name->value->place, "fleet",
              "'" + fleet_.name + "': a fleet's name is 1 to 64 of a-z A-Z 0-9 - _ .");
      }
    }
    Key seed;
    seed.kind = Kind::integer;
    seed.minimum = 0;
    if (const auto value = scalar(root.find("seed"), seed)) {
      fleet_.seed = static_cast<std::uint64_t>(std::get<std::int64_t>(value->data));
    }
    Key scale;
    scale.kind = Kind::number;
    scale.minimum = 0.001;
    scale.maximum = 100'000;
    if (const auto value = scalar(root.find("time_scale"), scale))
      fleet_.time_scale = std::get<double>(value->data);
    if (const auto value = scalar(root.find("time_zone"), text)) {
      fleet_.time_zone = std::get<std::string>(value->data);
      if (const auto known = zone_spans(fleet_.time_zone, {}, {}); !known)
        wrong(root.find("time_zone")->value->place, "time_zone", known.error().detail);
    }
  }

  void read_platform(const YamlNode::Entry* platform) {
    if (platform == nullptr || platform->value->is(NodeKind::null)) return;
    if (!platform->value->is(NodeKind::map))
      return wrong(platform->value->place, "platform", "expected {figures: URL}");
    for (const YamlNode::Entry& entry : platform->value->entries) {
      const std::string path = "platform." + entry.key;
      if (entry.key != "figures") {
        wrong(entry.place, path, "unknown key", nearest_word(entry.key, {"figures"}));
      } else if (!entry.value->is(NodeKind::scalar) || !entry.value->text.starts_with("http://")) {
        wrong(entry.value->place, path, "expected an address such as http://127.0.0.1:8080/figures");
      } else {
        fleet_.platform_figures = entry.value->text;
      }
    }
  }

  void read_thresholds(const YamlNode::Entry* thresholds) {
    if (thresholds == nullptr || thresholds->value->is(NodeKind::null)) return;
    if (!thresholds->value->is(NodeKind::list)) {
      return wrong(thresholds->value->place, "thresholds", "expected a list of texts");
    }
    const MeasureNames known = names();
    for (const auto& item : thresholds->value->items) {
      if (item->is(NodeKind::scalar))
        read_threshold(*item, known);
      else
        wrong(item->place, "thresholds", "expected a text");
    }
  }

  void read_threshold(const YamlNode& item, const MeasureNames& known) {
    const auto tell = [&](const TextMistake& mistake) {
      Place place = item.place;
      place.column += static_cast<int>(mistake.column) - 1;
      wrong(place, "thresholds", "'" + item.text + "': " + mistake.message, mistake.hint);
    };
    const auto threshold = parse_threshold(item.text);
    if (!threshold) return tell(threshold.error());
    if (const auto good = check_names(threshold->measure, item.text, known); !good) return tell(good.error());
    if (std::find(fleet_.thresholds.begin(), fleet_.thresholds.end(), threshold->text) !=
        fleet_.thresholds.end()) {
      return wrong(item.place, "thresholds", "'" + threshold->text + "' is there twice");
    }
    fleet_.thresholds.push_back(threshold->text);
  }

  /// What the devices of the groups can send, and over which uplinks.
  MeasureNames names() const {
    MeasureNames out;
    for (const PlacedGroup& placed : groups_)
      add_names(out, placed.group.type, placed.group.uplink, catalogue_);
    // Groups with mistakes are not here.
    if (groups_.empty() || !context_.mistakes().empty()) out.any_report = true;
    if (out.any_report && out.uplinks.empty())
      for (const auto& [name, entry] : catalogue_.uplinks) out.uplinks.push_back(name);
    return out;
  }

  void read_limits(const YamlNode::Entry* limits) {
    if (limits == nullptr || limits->value->is(NodeKind::null)) return;
    if (!limits->value->is(NodeKind::map))
      return wrong(limits->value->place, "limits", "expected {lateness_p99: 100ms, utilisation: 90%}");
    Key lateness;
    lateness.kind = Kind::duration;
    lateness.minimum = 0.000001;
    lateness.maximum = to_seconds(kLatenessLimitMax);
    Key utilisation;
    utilisation.kind = Kind::number;
    utilisation.unit = Unit::ratio;
    utilisation.minimum = 0.01;
    utilisation.maximum = 100;
    for (const YamlNode::Entry& entry : limits->value->entries) {
      const std::string path = "limits." + entry.key;
      if (entry.key == "lateness_p99") {
        if (const auto value = scalar(&entry, lateness, path))
          fleet_.limits.lateness_p99 = std::get<Duration>(value->data);
      } else if (entry.key == "utilisation") {
        if (const auto value = scalar(&entry, utilisation, path))
          fleet_.limits.utilisation = std::get<double>(value->data);
      } else {
        wrong(entry.place, path, "unknown key; limits are lateness_p99 and utilisation",
              nearest_word(entry.key, {"lateness_p99", "utilisation"}));
      }
    }
  }

  void read_groups(const YamlNode& root) {
    const YamlNode::Entry* groups = root.find("groups");
    if (groups == nullptr) return wrong(root.place, "groups", "must be given: a list of groups of devices");
    if (!groups->value->is(NodeKind::list) || groups->value->items.empty()) {
      return wrong(groups->place, "groups", "expected a list of at least one group");
    }
    for (std::size_t i = 0; i < groups->value->items.size(); ++i) {
      GroupReader reader(catalogue_, profiles_, context_, file_, "groups[" + std::to_string(i) + "]");
      const std::size_t before = context_.mistakes().size();
      if (auto group = reader.read(*groups->value->items[i])) groups_.push_back(std::move(*group));
      good_.resize(groups_.size(), context_.mistakes().size() == before);
    }
  }

  /// What only workers know, of the groups that are good as far as the schemas go.
  void ask_workers() {
    std::vector<const PlacedGroup*> good;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (good_[i]) good.push_back(&groups_[i]);
    }
    ask_about(good, context_, file_);
  }

  void check_groups() {
    std::unordered_map<std::string, int> lines;
    std::uint64_t devices = 0;
    for (const PlacedGroup& placed : groups_) {
      devices += placed.group.count;
      if (placed.group.name.empty()) continue;
      if (const auto [at, added] = lines.try_emplace(placed.group.name, placed.name_place.line); !added) {
        wrong(placed.name_place, "groups",
              "a group '" + placed.group.name + "' was given before, in line " + std::to_string(at->second));
      }
    }
    if (devices > kDevicesMax) {
      wrong({}, "groups",
            std::to_string(devices) + " devices: a fleet has at most " + std::to_string(kDevicesMax));
    }
  }

  struct Pattern {
    const PlacedGroup* placed;
    IdPattern pattern;
  };

  void check_ids() {
    std::vector<Pattern> patterns;
    for (const PlacedGroup& placed : groups_) {
      if (!placed.devices_file.empty() || placed.group.count == 0) continue;
      if (auto pattern = IdPattern::parse(placed.group.id))
        patterns.push_back({&placed, std::move(*pattern)});
    }
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (patterns[i].placed->group.name != patterns[k].placed->group.name)
          check_pair(patterns[k], patterns[i]);
      }
    }
    std::unordered_map<std::string_view, const PlacedGroup*> listed;
    for (const PlacedGroup& placed : groups_) {
      for (std::size_t i = 0; i < placed.group.rows.size(); ++i) {
        const std::string& id = placed.group.rows[i].id;
        const auto told = [&](const GroupSpec& other) {
          context_.mistake(placed.devices_file, placed.row_places[i], "id",
                           "'" + id + "' is in group '" + other.name + "' too");
        };
        const auto [at, added] = listed.try_emplace(id, &placed);
        if (!added && at->second != &placed) told(at->second->group);
        for (const Pattern& other : patterns) {
          const GroupSpec& group = other.placed->group;
          const auto number = other.pattern.number_of(id);
          if (number && *number >= group.first && *number - group.first < group.count) told(group);
        }
      }
    }
  }

  void check_pair(const Pattern& a, const Pattern& b) {
    const auto shared = shared_id({a.pattern, a.placed->group.first, a.placed->group.count},
                                  {b.pattern, b.placed->group.first, b.placed->group.count});
    if (!shared) return;
    wrong(b.placed->place, "groups",
          "groups '" + a.placed->group.name + "' and '" + b.placed->group.name + "' both have a device '" +
              *shared + "'");
  }

  const Catalogue& catalogue_;
  LoadContext& context_;
  const std::string& file_;
  ProfileFiles profiles_;
  FleetSpec fleet_;
  std::vector<PlacedGroup> groups_;
  std::vector<bool> good_;  // of each, whether reading it found no mistake
};

}  // namespace

tl::expected<FleetSpec, Mistakes> load_fleet(const std::string& path, const Catalogue& catalogue,
                                             const LoadOptions& options) {
  LoadContext context(options);
  FleetSpec fleet = FleetReader(catalogue, context, path).read();
  if (!context.mistakes().empty()) return tl::unexpected<Mistakes>(context.mistakes());
  return fleet;
}

tl::expected<Profile, Mistakes> load_profile(const std::string& path, const Catalogue& catalogue,
                                             const LoadOptions& options) {
  LoadContext context(options);
  ProfileFiles files(catalogue, context);
  const Profile* profile = files.load(path, path, {}, "");
  if (profile != nullptr && context.mistakes().empty()) ask_about(*profile, context, path);
  if (!context.mistakes().empty() || profile == nullptr) return tl::unexpected<Mistakes>(context.mistakes());
  return *profile;
}

}  // namespace vfleet::config
