#include "simulator/fleet/group.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "simulator/core/hash.h"
#include "simulator/uplink/all_uplinks.h"

namespace vfleet::fleet {

using nlohmann::json;

std::uint32_t shard_of(std::uint32_t ordinal, std::uint32_t shards) {
  return static_cast<std::uint32_t>((ordinal + mix(ordinal / shards) % shards) % shards);
}

Result<std::unique_ptr<Group>> Group::from_json(std::string_view text, const device::DeviceRegistry& types) {
  const json tree = json::parse(text, nullptr, false);
  if (!tree.is_object()) return fail(Errc::malformed, "a group is no JSON object");
  const auto text_of = [&](const char* name) {
    const auto at = tree.find(name);
    return at != tree.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  auto group = std::unique_ptr<Group>(new Group);
  Group& g = *group;
  g.text_ = text;
  const std::string where = "group '" + text_of("name") + "': ";
  g.type_ = types.find(text_of("type"));
  if (g.type_ == nullptr)
    return fail(Errc::invalid_argument, where + "unknown device type '" + text_of("type") + "'");
  g.uplink_ = uplink::find_uplink(text_of("uplink"));
  if (g.uplink_ == nullptr)
    return fail(Errc::invalid_argument, where + "unknown uplink '" + text_of("uplink") + "'");
  g.uplink_prefix_ = "uplink." + g.uplink_->name + ".";
  g.schema_ = g.type_->description().schema.with("uplink." + g.uplink_->name, g.uplink_->schema);
  auto spec = config::group_from_json(tree, g.schema_);
  if (!spec) return fail(spec.error().code, where + spec.error().detail);
  g.spec_ = std::move(*spec);
  std::uint64_t covered = 0;
  for (const config::OrdinalRange& range : g.spec_.ordinals) {
    if (range.index != covered) break;
    covered += range.count;
  }
  if (covered < g.spec_.count) return fail(Errc::invalid_argument, where + "a device has no ordinal");
  if (g.spec_.rows.empty()) {
    auto ids = config::IdPattern::parse(g.spec_.id);
    if (!ids) return tl::unexpected<Error>(std::move(ids.error()));
    g.ids_ = std::move(*ids);
  }
  for (std::uint32_t i = 0; i < g.spec_.rows.size(); ++i) g.row_index_.emplace(g.spec_.rows[i].id, i);
  g.base_hash_ = g.spec_.rows.empty()
                     ? hash(g.spec_.name + '\n' + g.type_name() + '\n' + g.uplink_->name + '\n' +
                            config::to_json(g.schema_, g.spec_.profile_values).dump() + '\n' +
                            config::to_json(g.schema_, g.spec_.values).dump())
                     : hash(g.text_);
  return group;
}

config::Values Group::base_values(std::uint32_t index) const {
  config::Values values = spec_.profile_values;
  for (const auto& [path, value] : spec_.values) values.insert_or_assign(path, value);
  if (const config::DeviceRow* own = row(index); own != nullptr) {
    for (const auto& [path, value] : own->values) values.insert_or_assign(path, value);
  }
  return values;
}

std::uint64_t Group::base_hash(std::uint32_t index) const {
  const config::DeviceRow* own = row(index);
  return own == nullptr || own->values.empty() ? base_hash_ : mix(base_hash_, index + 1);
}

bool Group::resize(const Group& next) {
  if (!spec_.rows.empty() || type_ != next.type_) return false;
  config::GroupSpec resized = spec_;
  resized.count = next.spec_.count;
  resized.file_count = next.spec_.file_count;
  resized.ordinals = next.spec_.ordinals;
  if (!(resized == next.spec_)) return false;
  // Control gives an ordinal once; one that has forgotten them gives others, and devices change their worker.
  const std::uint64_t both = std::min(spec_.count, next.spec_.count);
  for (const config::GroupSpec* each : {&std::as_const(spec_), &next.spec_}) {
    for (const config::OrdinalRange& range : each->ordinals) {
      for (const std::uint64_t index : {range.index, range.index + range.count - 1}) {
        if (range.count > 0 && index < both && spec_.ordinal(index) != next.spec_.ordinal(index))
          return false;
      }
    }
  }
  if (both > 0 && spec_.ordinal(both - 1) != next.spec_.ordinal(both - 1)) return false;
  spec_ = std::move(resized);
  text_ = next.text_;
  return true;
}

std::uint32_t Group::ordinal(std::uint32_t index) const {
  // from_json made sure that every index has one.
  return static_cast<std::uint32_t>(spec_.ordinal(index).value_or(0));
}

std::string_view Group::id(std::uint32_t index, IdBuffer& buffer) const {
  if (!spec_.rows.empty()) return spec_.rows[index].id;
  return {buffer.data(), ids_.write(spec_.first + index, buffer)};
}

std::optional<std::uint32_t> Group::index_of(std::string_view id) const {
  if (!spec_.rows.empty()) {
    const auto at = row_index_.find(std::string(id));
    return at == row_index_.end() ? std::nullopt : std::optional(at->second);
  }
  const auto number = ids_.number_of(id);
  if (!number || *number < spec_.first || *number - spec_.first >= spec_.count) return std::nullopt;
  return static_cast<std::uint32_t>(*number - spec_.first);
}

}  // namespace vfleet::fleet
