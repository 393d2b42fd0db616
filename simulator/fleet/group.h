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

#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/device/type.h"
#include "simulator/fleet/figures.h"
#include "simulator/fleet/id_pattern.h"
#include "simulator/uplink/registry.h"

namespace vfleet::fleet {

/// A group of the fleet as this worker knows it: names, labels, ordinals and base configuration of all its
/// devices, also of those that live in other shards. Read from the "group" of docs/control-protocol.md.
class Group {
 public:
  /// A device of `devices: {from: FILE}`.
  struct Row {
    std::string id;
    std::vector<std::pair<std::string, std::string>> labels;
    config::Values values;
  };

  /// Errors: malformed, invalid_argument (unknown type, uplink or key; a value out of range).
  [[nodiscard]] static Result<std::unique_ptr<Group>> from_json(std::string_view text,
                                                                const device::DeviceRegistry& types);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const device::DeviceType& type() const { return *type_; }
  [[nodiscard]] const std::string& type_name() const { return type_->description().name; }
  [[nodiscard]] const uplink::UplinkKind& uplink() const { return *uplink_; }
  /// "uplink.http."
  [[nodiscard]] const std::string& uplink_prefix() const { return uplink_prefix_; }
  /// The type's keys and those of the group's uplink.
  [[nodiscard]] const config::Schema& schema() const { return schema_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool has_rows() const { return !rows_.empty(); }
  [[nodiscard]] const Row* row(std::uint32_t index) const { return rows_.empty() ? nullptr : &rows_[index]; }
  [[nodiscard]] const std::string& profile_name() const { return profile_name_; }
  [[nodiscard]] const config::Values& profile_values() const { return profile_values_; }
  [[nodiscard]] const config::Values& fleet_values() const { return fleet_values_; }
  /// The JSON it was read from: equal texts are equal groups.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// Profile, fleet file and row, later wins; without defaults.
  [[nodiscard]] config::Values base_values(std::uint32_t index) const;
  /// Devices with the same key share their base configuration: 0, or index + 1 for a row with values of its
  /// own.
  [[nodiscard]] std::uint32_t base_key(std::uint32_t index) const;

  [[nodiscard]] std::uint32_t ordinal(std::uint32_t index) const;
  /// The id of device `index`; the view is of `buffer` or of the group.
  using IdBuffer = std::array<char, 96>;
  [[nodiscard]] std::string_view id(std::uint32_t index, IdBuffer& buffer) const;
  [[nodiscard]] std::optional<std::uint32_t> index_of(std::string_view id) const;
  [[nodiscard]] std::optional<std::string_view> label(std::uint32_t index, std::string_view name) const;
  // What the shard keeps for the group.
  static constexpr std::uint32_t kNoKey = UINT32_MAX;
  std::vector<std::uint32_t> keys;                             // by index: the device's key in this shard
  std::vector<Figures::ReportCount>* report_counts = nullptr;  // of its type

  /// Calls visit(name, value) for each label.
  template <class Visit>
  void visit_labels(std::uint32_t index, Visit&& visit) const {
    if (!rows_.empty()) {
      for (const auto& [name, value] : rows_[index].labels) visit(name, value);
    }
    for (const LabelList& list : labels_) visit(list.name, list.value(index));
  }

 private:
  struct OrdinalRange {
    std::uint32_t index, count, ordinal;
  };
  // Lists combine as a mixed-radix number: `stride` is the product of the sizes of the lists before.
  struct LabelList {
    std::string name;
    std::vector<std::string> values;
    std::uint64_t stride = 1;
    [[nodiscard]] const std::string& value(std::uint32_t index) const {
      return values[(index / stride) % values.size()];
    }
  };

  std::string text_;
  std::string name_;
  const device::DeviceType* type_ = nullptr;
  const uplink::UplinkKind* uplink_ = nullptr;
  std::string uplink_prefix_;
  config::Schema schema_;
  IdPattern ids_;
  std::uint64_t first_ = 1;
  std::uint32_t count_ = 0;
  std::vector<LabelList> labels_;
  std::vector<OrdinalRange> ordinals_;
  std::string profile_name_;
  config::Values profile_values_;
  config::Values fleet_values_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, std::uint32_t> row_index_;
};

/// The shard that device `ordinal` lives in: balanced, one each when there are as many shards as devices, and
/// unrelated to labels.
[[nodiscard]] std::uint32_t shard_of(std::uint32_t ordinal, std::uint32_t shards);

}  // namespace vfleet::fleet
