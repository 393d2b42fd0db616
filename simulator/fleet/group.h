#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "simulator/config/fleet_spec.h"
#include "simulator/config/id_pattern.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/device/type.h"
#include "simulator/fleet/figures.h"
#include "simulator/uplink/registry.h"

namespace vfleet::fleet {

/// A group of the fleet as this worker knows it: names, labels, ordinals and base configuration of all its
/// devices, also of those that live in other shards. Read from the "group" of docs/control-protocol.md.
class Group {
 public:
  /// Errors: malformed, invalid_argument (unknown type, uplink or key; a value out of range).
  [[nodiscard]] static Result<std::unique_ptr<Group>> from_json(std::string_view text,
                                                                const device::DeviceRegistry& types);

  [[nodiscard]] const std::string& name() const { return spec_.name; }
  [[nodiscard]] const device::DeviceType& type() const { return *type_; }
  [[nodiscard]] const std::string& type_name() const { return type_->description().name; }
  [[nodiscard]] const uplink::UplinkKind& uplink() const { return *uplink_; }
  /// "uplink.http."
  [[nodiscard]] const std::string& uplink_prefix() const { return uplink_prefix_; }
  /// The type's keys and those of the group's uplink.
  [[nodiscard]] const config::Schema& schema() const { return schema_; }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(spec_.count); }
  [[nodiscard]] const config::GroupSpec& spec() const { return spec_; }
  /// Its row in the devices file; null when the group has none.
  [[nodiscard]] const config::DeviceRow* row(std::uint32_t index) const {
    return spec_.rows.empty() ? nullptr : &spec_.rows[index];
  }
  /// The JSON it was read from: equal texts are equal groups.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// Profile, fleet file and row, later wins; without defaults.
  [[nodiscard]] config::Values base_values(std::uint32_t index) const;
  /// Devices with the same one share their base configuration; it does not depend on how many there are.
  [[nodiscard]] std::uint64_t base_hash(std::uint32_t index) const;

  /// Takes over from `next` how many devices there are, when nothing else is different: the devices that stay
  /// keep their index. False, with nothing changed, when more than that is different.
  [[nodiscard]] bool resize(const Group& next);

  [[nodiscard]] std::uint32_t ordinal(std::uint32_t index) const;
  /// The id of device `index`; the view is of `buffer` or of the group.
  using IdBuffer = std::array<char, 96>;
  [[nodiscard]] std::string_view id(std::uint32_t index, IdBuffer& buffer) const;
  [[nodiscard]] std::optional<std::uint32_t> index_of(std::string_view id) const;
  [[nodiscard]] std::optional<std::string_view> label(std::uint32_t index, std::string_view name) const {
    return spec_.label(index, name);
  }
  /// Calls visit(name, value) for each label.
  template <class Visit>
  void visit_labels(std::uint32_t index, Visit&& visit) const {
    const config::DeviceRow* own = row(index);
    for (const config::LabelList& list : spec_.labels) {
      if (own != nullptr && own->labels.contains(list.name)) continue;
      visit(list.name, *spec_.label(index, list.name));
    }
    if (own == nullptr) return;
    for (const auto& [name, value] : own->labels) visit(name, value);
  }

  // What the shard keeps for the group.
  static constexpr std::uint32_t kNoKey = UINT32_MAX;
  std::vector<std::uint32_t> keys;  // by index: the device's key in this shard
  GroupFigures figures;
  std::string kind;       // UPLINK/TYPE, as the names of its rows begin
  ReportFigures reports;  // of its kind
  LatencyRows latencies;  // of its reports on its uplink

 private:
  std::string text_;
  config::GroupSpec spec_;
  const device::DeviceType* type_ = nullptr;
  const uplink::UplinkKind* uplink_ = nullptr;
  std::string uplink_prefix_;
  config::Schema schema_;
  config::IdPattern ids_;
  std::unordered_map<std::string, std::uint32_t> row_index_;
  std::uint64_t base_hash_ = 0;
};

/// The shard that device `ordinal` lives in: balanced, one each when there are as many shards as devices, and
/// unrelated to labels.
[[nodiscard]] std::uint32_t shard_of(std::uint32_t ordinal, std::uint32_t shards);

}  // namespace vfleet::fleet
