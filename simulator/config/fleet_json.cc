#include <nlohmann/json.hpp>

#include "simulator/config/fleet_spec.h"

// FleetSpec as JSON. What is read came from another process: nothing here throws.
namespace vfleet::config {
namespace {

using nlohmann::json;

/// Reads members of an object and remembers the first that is missing or of another type.
class Reader {
 public:
  explicit Reader(const json& from) : from_(from) {
    if (!from.is_object()) wrong_ = "not an object";
  }

  void text(const char* name, std::string& out) {
    if (const json* at = member(name, true))
      set(at->is_string(), name, [&] { out = at->get<std::string>(); });
  }
  void count(const char* name, std::uint64_t& out) {
    if (const json* at = member(name, true)) {
      set(at->is_number_unsigned() || (at->is_number_integer() && at->get<std::int64_t>() >= 0), name,
          [&] { out = at->get<std::uint64_t>(); });
    }
  }
  void optional_count(const char* name, std::optional<std::uint64_t>& out) {
    if (member(name, false) != nullptr) count(name, out.emplace());
  }
  void number(const char* name, double& out) {
    if (const json* at = member(name, true)) set(at->is_number(), name, [&] { out = at->get<double>(); });
  }
  void texts(const char* name, std::vector<std::string>& out) {
    const json* list = array(name);
    if (list == nullptr) return;
    for (const json& each : *list)
      set(each.is_string(), name, [&] { out.push_back(each.get<std::string>()); });
  }
  void values(const char* name, const Schema& schema, Values& out) {
    const json* at = member(name, false);
    if (at == nullptr) return;
    auto read = values_from_json(schema, *at);
    if (read) {
      out = std::move(*read);
    } else {
      fail_with(std::string(name) + ": " + read.error().detail);
    }
  }
  /// The list `name`, which may be missing.
  const json* array(const char* name) {
    const json* at = member(name, false);
    if (at != nullptr && !at->is_array()) fail_with(std::string(name) + " is not a list");
    return at != nullptr && at->is_array() ? at : nullptr;
  }
  const json* object(const char* name) {
    const json* at = member(name, false);
    if (at != nullptr && !at->is_object()) fail_with(std::string(name) + " is not an object");
    return at != nullptr && at->is_object() ? at : nullptr;
  }

  void fail_with(std::string text) {
    if (wrong_.empty()) wrong_ = std::move(text);
  }
  [[nodiscard]] bool good() const { return wrong_.empty(); }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  const json* member(const char* name, bool needed) {
    if (!from_.is_object()) return nullptr;
    const auto at = from_.find(name);
    if (at != from_.end()) return &*at;
    if (needed) fail_with(std::string(name) + " is missing");
    return nullptr;
  }
  template <class Set>
  void set(bool fits, const char* name, Set set) {
    if (fits) {
      set();
    } else {
      fail_with(std::string(name) + " has another type");
    }
  }

  const json& from_;
  std::string wrong_;
};

void read_labels(Reader& reader, GroupSpec& group) {
  const json* lists = reader.array("labels");
  if (lists == nullptr) return;
  for (const json& each : *lists) {
    LabelList& list = group.labels.emplace_back();
    bool good =
        each.is_array() && each.size() == 2 && each[0].is_string() && each[1].is_array() && !each[1].empty();
    if (good) {
      list.name = each[0].get<std::string>();
      for (const json& value : each[1]) {
        if (value.is_string()) list.values.push_back(value.get<std::string>());
      }
      good = list.values.size() == each[1].size();
    }
    if (!good) return reader.fail_with("labels are not lists of [NAME, [VALUE...]]");
  }
}

void read_ordinals(Reader& reader, GroupSpec& group) {
  const json* ranges = reader.array("ordinals");
  if (ranges == nullptr) return;
  for (const json& each : *ranges) {
    bool good = each.is_array() && each.size() == 3;
    for (std::size_t i = 0; good && i < 3; ++i) {
      good = each[i].is_number_integer() && each[i].get<std::int64_t>() >= 0;
    }
    if (!good) return reader.fail_with("ordinals are not lists of [INDEX, COUNT, ORDINAL]");
    group.ordinals.push_back(
        {each[0].get<std::uint64_t>(), each[1].get<std::uint64_t>(), each[2].get<std::uint64_t>()});
  }
}

void read_rows(Reader& reader, const Schema& schema, GroupSpec& group) {
  const json* rows = reader.array("rows");
  if (rows == nullptr) return;
  for (const json& each : *rows) {
    DeviceRow& row = group.rows.emplace_back();
    Reader of_row(each);
    of_row.text("id", row.id);
    if (!valid_id(row.id)) of_row.fail_with("'" + row.id + "' is no id");
    if (const json* labels = of_row.object("labels")) {
      for (const auto& [name, value] : labels->items()) {
        if (!value.is_string()) of_row.fail_with("a label is no text");
        if (value.is_string()) row.labels.emplace(name, value.get<std::string>());
      }
    }
    of_row.values("values", schema, row.values);
    if (!of_row.good()) return reader.fail_with("row " + row.id + ": " + of_row.wrong());
  }
  if (!group.rows.empty() && group.rows.size() != group.count) reader.fail_with("count and rows differ");
}

std::string text_member(const json& from, const char* name) {
  if (!from.is_object()) return {};
  const auto at = from.find(name);
  return at != from.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

json to_json(const GroupSpec& group, const Schema& schema) {
  json labels = json::array();
  for (const LabelList& list : group.labels) labels.push_back(json::array({list.name, list.values}));
  json ordinals = json::array();
  for (const OrdinalRange& range : group.ordinals) {
    ordinals.push_back(json::array({range.index, range.count, range.ordinal}));
  }
  json rows = json::array();
  for (const DeviceRow& row : group.rows) {
    json row_labels = json::object();
    for (const auto& [name, value] : row.labels) row_labels[name] = value;
    rows.push_back(
        {{"id", row.id}, {"labels", std::move(row_labels)}, {"values", to_json(schema, row.values)}});
  }
  json out = {{"name", group.name},
              {"type", group.type},
              {"id", group.id},
              {"first", group.first},
              {"count", group.count},
              {"labels", std::move(labels)},
              {"ordinals", std::move(ordinals)},
              {"uplink", group.uplink},
              {"profile", group.profile},
              {"profile_values", to_json(schema, group.profile_values)},
              {"values", to_json(schema, group.values)},
              {"rows", std::move(rows)}};
  if (group.file_count) out["file_count"] = *group.file_count;
  return out;
}

Result<GroupSpec> group_from_json(const json& from, const Schema& schema) {
  GroupSpec group;
  Reader reader(from);
  reader.text("name", group.name);
  reader.text("type", group.type);
  reader.text("id", group.id);
  reader.count("first", group.first);
  reader.count("count", group.count);
  reader.optional_count("file_count", group.file_count);
  reader.text("uplink", group.uplink);
  reader.text("profile", group.profile);
  if (group.count > kDevicesMax || group.first > UINT64_MAX / 2)
    reader.fail_with("count or first is too large");
  read_labels(reader, group);
  read_ordinals(reader, group);
  reader.values("profile_values", schema, group.profile_values);
  reader.values("values", schema, group.values);
  read_rows(reader, schema, group);
  if (!reader.good()) return fail(Errc::malformed, "group " + group.name + ": " + reader.wrong());
  if (!valid_id(group.name)) return fail(Errc::malformed, "group '" + group.name + "': no valid name");
  if (group.rows.empty()) {
    if (auto pattern = IdPattern::parse(group.id); !pattern) {
      return fail(Errc::malformed, "group " + group.name + ": id " + pattern.error().detail);
    }
  }
  return group;
}

Result<GroupSpec> group_from_json(const json& from, const Catalogue& catalogue) {
  auto schema = catalogue.schema(text_member(from, "type"), text_member(from, "uplink"));
  if (!schema) {
    return fail(Errc::invalid_argument, "group " + text_member(from, "name") + ": " + schema.error().detail);
  }
  return group_from_json(from, *schema);
}

json to_json(const FleetSpec& fleet, const Catalogue& catalogue) {
  json groups = json::array();
  for (const GroupSpec& group : fleet.groups) {
    groups.push_back(to_json(group, catalogue.schema(group.type, group.uplink).value_or(Schema())));
  }
  return {
      {"fleet", fleet.name},
      {"seed", fleet.seed},
      {"time_scale", fleet.time_scale},
      {"time_zone", fleet.time_zone},
      {"platform", {{"figures", fleet.platform_figures}}},
      {"groups", std::move(groups)},
      {"thresholds", fleet.thresholds},
      {"limits",
       {{"lateness_p99_us", to_us(fleet.limits.lateness_p99)}, {"utilisation", fleet.limits.utilisation}}}};
}

Result<FleetSpec> fleet_from_json(const json& from, const Catalogue& catalogue) {
  FleetSpec fleet;
  Reader reader(from);
  reader.text("fleet", fleet.name);
  reader.count("seed", fleet.seed);
  reader.number("time_scale", fleet.time_scale);
  if (from.contains("time_zone")) reader.text("time_zone", fleet.time_zone);
  if (!(fleet.time_scale > 0)) reader.fail_with("time_scale is not above 0");
  if (const json* platform = reader.object("platform"))
    fleet.platform_figures = text_member(*platform, "figures");
  reader.texts("thresholds", fleet.thresholds);
  if (from.contains("limits")) {
    if (const json* limits = reader.object("limits")) {
      Reader of_limits(*limits);
      std::uint64_t lateness_us = 0;
      of_limits.count("lateness_p99_us", lateness_us);
      of_limits.number("utilisation", fleet.limits.utilisation);
      if (!of_limits.good() || lateness_us > std::uint64_t{kLatenessLimitMax.count()} ||
          !(fleet.limits.utilisation > 0)) {
        reader.fail_with("limits are not {lateness_p99_us, utilisation}");
      } else {
        fleet.limits.lateness_p99 = std::chrono::microseconds(lateness_us);
      }
    }
  }
  if (const json* groups = reader.array("groups")) {
    for (const json& each : *groups) {
      auto group = group_from_json(each, catalogue);
      if (!group) return tl::unexpected<Error>(std::move(group.error()));
      fleet.groups.push_back(std::move(*group));
    }
  }
  if (!reader.good()) return fail(Errc::malformed, "fleet: " + reader.wrong());
  return fleet;
}

}  // namespace vfleet::config
