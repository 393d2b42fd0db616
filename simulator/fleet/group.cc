#include "simulator/fleet/group.h"

#include <nlohmann/json.hpp>

#include "simulator/core/hash.h"
#include "simulator/uplink/all_uplinks.h"

namespace vfleet::fleet {

using nlohmann::json;

namespace {

// Reads the members of one JSON object; the first thing that is not as expected is the error.
class Members {
 public:
  Members(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

  std::string text(const char* name, std::string fallback = {}) {
    const json* at = find(name);
    if (at == nullptr) return fallback;
    if (!at->is_string()) return wrong(name, "a text"), fallback;
    return at->get<std::string>();
  }
  std::uint64_t integer(const char* name, std::uint64_t fallback) {
    const json* at = find(name);
    if (at == nullptr) return fallback;
    if (!at->is_number_unsigned()) return wrong(name, "a whole number"), fallback;
    return at->get<std::uint64_t>();
  }
  config::Values values(const char* name, const config::Schema& schema) {
    const json* at = find(name);
    if (at == nullptr) return {};
    auto read = config::values_from_json(schema, *at);
    if (read) return std::move(*read);
    if (error.empty()) error = where_ + ": " + read.error().detail;
    return {};
  }
  const json* find(const char* name) {
    const auto at = object_.find(name);
    return at == object_.end() || at->is_null() ? nullptr : &*at;
  }
  void wrong(const char* name, const char* expected) {
    if (error.empty()) error = where_ + ": '" + name + "': expected " + expected;
  }

  std::string error;

 private:
  const json& object_;
  std::string where_;
};

}  // namespace

std::uint32_t shard_of(std::uint32_t ordinal, std::uint32_t shards) {
  return static_cast<std::uint32_t>((ordinal + mix(ordinal / shards) % shards) % shards);
}

Result<std::unique_ptr<Group>> Group::from_json(std::string_view text, const device::DeviceRegistry& types) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return fail(Errc::malformed, "a group is no JSON object");
  auto group = std::unique_ptr<Group>(new Group);
  Group& g = *group;
  g.text_ = text;
  Members in(object, "group");
  g.name_ = in.text("name");
  const std::string type_name = in.text("type");
  g.type_ = types.find(type_name);
  if (g.type_ == nullptr) {
    return fail(Errc::invalid_argument, "group '" + g.name_ + "': unknown device type '" + type_name + "'");
  }
  const std::string uplink_name = in.text("uplink", "null");
  g.uplink_ = uplink::find_uplink(uplink_name);
  if (g.uplink_ == nullptr) {
    return fail(Errc::invalid_argument, "group '" + g.name_ + "': unknown uplink '" + uplink_name + "'");
  }
  g.uplink_prefix_ = "uplink." + uplink_name + ".";
  g.schema_ = g.type_->description().schema.with("uplink." + uplink_name, g.uplink_->schema);
  auto ids = IdPattern::parse(in.text("id", g.name_ + "-{:05}"));
  if (!ids) return tl::unexpected<Error>(std::move(ids.error()));
  g.ids_ = std::move(*ids);
  g.first_ = in.integer("first", 1);
  const std::uint64_t count = in.integer("count", 0);
  if (count > 100'000'000) return fail(Errc::too_large, "group '" + g.name_ + "': count is too large");
  g.count_ = static_cast<std::uint32_t>(count);
  if (const json* profile = in.find("profile"); profile != nullptr && profile->is_string())
    g.profile_name_ = profile->get<std::string>();
  g.profile_values_ = in.values("profile_values", g.schema_);
  g.fleet_values_ = in.values("values", g.schema_);

  if (const json* labels = in.find("labels"); labels != nullptr) {
    // A list of [NAME, VALUES], because their order counts; an object where there is one label at most.
    std::vector<std::pair<std::string, json>> lists;
    if (labels->is_object()) {
      for (const auto& [name, list] : labels->items()) lists.emplace_back(name, list);
    } else if (labels->is_array()) {
      for (const json& pair : *labels) {
        if (pair.is_array() && pair.size() == 2 && pair[0].is_string()) {
          lists.emplace_back(pair[0].get<std::string>(), pair[1]);
        } else {
          in.wrong("labels", "lists of [NAME, [VALUE...]]");
        }
      }
    } else {
      in.wrong("labels", "lists of [NAME, [VALUE...]]");
    }
    std::uint64_t stride = 1;
    for (const auto& [name, list] : lists) {
      LabelList out{name, {}, stride};
      if (list.is_string()) out.values.push_back(list.get<std::string>());
      if (list.is_array()) {
        for (const json& value : list) {
          if (value.is_string()) out.values.push_back(value.get<std::string>());
        }
      }
      if (out.values.empty()) {
        in.wrong("labels", "a text or a list of texts a label");
        continue;
      }
      stride *= out.values.size();
      g.labels_.push_back(std::move(out));
    }
  }
  std::uint64_t covered = 0;
  if (const json* ordinals = in.find("ordinals"); ordinals != nullptr && ordinals->is_array()) {
    for (const json& range : *ordinals) {
      if (!range.is_array() || range.size() != 3 || !range[0].is_number_unsigned() ||
          !range[1].is_number_unsigned() || !range[2].is_number_unsigned() ||
          range[0].get<std::uint64_t>() != covered) {
        in.wrong("ordinals", "ranges [index, count, ordinal] without holes");
        break;
      }
      g.ordinals_.push_back(
          {range[0].get<std::uint32_t>(), range[1].get<std::uint32_t>(), range[2].get<std::uint32_t>()});
      covered += range[1].get<std::uint64_t>();
    }
  }
  if (covered < g.count_) in.wrong("ordinals", "an ordinal for each device");
  if (const json* rows = in.find("rows"); rows != nullptr && rows->is_array() && !rows->empty()) {
    if (rows->size() != g.count_) in.wrong("rows", "as many rows as devices");
    for (const json& each : *rows) {
      if (!each.is_object()) {
        in.wrong("rows", "objects");
        break;
      }
      Members row_in(each, "group '" + g.name_ + "' row");
      Row row{row_in.text("id"), {}, row_in.values("values", g.schema_)};
      if (const json* labels = row_in.find("labels"); labels != nullptr && labels->is_object()) {
        for (const auto& [name, value] : labels->items()) {
          if (value.is_string()) row.labels.emplace_back(name, value.get<std::string>());
        }
      }
      if (in.error.empty()) in.error = row_in.error;
      g.row_index_.emplace(row.id, static_cast<std::uint32_t>(g.rows_.size()));
      g.rows_.push_back(std::move(row));
    }
  }
  if (!in.error.empty()) return fail(Errc::invalid_argument, "group '" + g.name_ + "': " + in.error);
  return group;
}

config::Values Group::base_values(std::uint32_t index) const {
  config::Values values = profile_values_;
  for (const auto& [path, value] : fleet_values_) values.insert_or_assign(path, value);
  if (const Row* own = row(index); own != nullptr) {
    for (const auto& [path, value] : own->values) values.insert_or_assign(path, value);
  }
  return values;
}

std::uint32_t Group::base_key(std::uint32_t index) const {
  const Row* own = row(index);
  return own == nullptr || own->values.empty() ? 0 : index + 1;
}

std::uint32_t Group::ordinal(std::uint32_t index) const {
  for (const OrdinalRange& range : ordinals_) {
    if (index - range.index < range.count) return range.ordinal + (index - range.index);
  }
  return 0;  // from_json made sure that every index has one
}

std::string_view Group::id(std::uint32_t index, IdBuffer& buffer) const {
  if (!rows_.empty()) return rows_[index].id;
  return {buffer.data(), ids_.write(first_ + index, buffer)};
}

std::optional<std::uint32_t> Group::index_of(std::string_view id) const {
  if (!rows_.empty()) {
    const auto at = row_index_.find(std::string(id));
    return at == row_index_.end() ? std::nullopt : std::optional(at->second);
  }
  const auto number = ids_.number_of(id);
  if (!number || *number < first_ || *number - first_ >= count_) return std::nullopt;
  return static_cast<std::uint32_t>(*number - first_);
}

std::optional<std::string_view> Group::label(std::uint32_t index, std::string_view name) const {
  if (!rows_.empty()) {
    for (const auto& [label, value] : rows_[index].labels) {
      if (label == name) return value;
    }
  }
  for (const LabelList& list : labels_) {
    if (list.name == name) return list.value(index);
  }
  return std::nullopt;
}

}  // namespace vfleet::fleet
