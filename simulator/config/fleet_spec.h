#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/catalogue.h"
#include "simulator/config/id_pattern.h"
#include "simulator/config/schema.h"
#include "simulator/core/time.h"

/// A fleet as data: what the fleet file says once it was read and checked. Wire form:
/// docs/control-protocol.md, "A group".
namespace vfleet::config {

inline constexpr std::uint64_t kDevicesMax = 10'000'000;  ///< of one group and of a fleet

/// A label and the values that the devices of a group take in turn.
struct LabelList {
  std::string name;
  std::vector<std::string> values;  ///< never empty
  friend bool operator==(const LabelList&, const LabelList&) = default;
};

/// A device that is listed by itself.
struct DeviceRow {
  std::string id;
  std::map<std::string, std::string, std::less<>> labels;  ///< over the group's
  Values values;                                           ///< over the group's
  friend bool operator==(const DeviceRow&, const DeviceRow&) = default;
};

/// Devices index .. index + count - 1 of the group have the ordinals `ordinal` and up. Assigned by control.
struct OrdinalRange {
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  std::uint64_t ordinal = 0;
  friend bool operator==(const OrdinalRange&, const OrdinalRange&) = default;
};

struct GroupSpec {
  std::string name;
  std::string type;
  std::string id;           ///< pattern, see IdPattern; not used when there are rows
  std::uint64_t first = 1;  ///< number of the first device
  std::uint64_t count = 0;
  std::optional<std::uint64_t> file_count;  ///< what the file says, when `vfleet scale` made it `count`
  std::vector<LabelList> labels;            ///< in the order of the file: the first varies fastest
  std::vector<OrdinalRange> ordinals;
  std::string uplink;           ///< kind
  std::string profile;          ///< file, as the fleet file names it; empty when there is none
  Values profile_values;        ///< what the profile and those it extends set
  Values values;                ///< what the group sets over it: config and uplink.KIND.*
  std::vector<DeviceRow> rows;  ///< as many as count, or none

  /// The id of device `index` (0 .. count-1). Formats anew: whoever needs many keeps the pattern.
  [[nodiscard]] std::string device_id(std::uint64_t index) const;
  /// Its value of label `label`; nullopt when it has no such label.
  [[nodiscard]] std::optional<std::string_view> label(std::uint64_t index, std::string_view label) const;
  /// The ordinal of device `index`; nullopt when control gave none yet.
  [[nodiscard]] std::optional<std::uint64_t> ordinal(std::uint64_t index) const;

  friend bool operator==(const GroupSpec&, const GroupSpec&) = default;
};

inline constexpr std::chrono::microseconds kLatenessLimitMax = std::chrono::hours(1);

/// How much the generator itself may be behind: past these a run says nothing about the platform.
struct Limits {
  Duration lateness_p99 = std::chrono::milliseconds(100);
  double utilisation = 0.9;  ///< of one core, of any worker, for five seconds
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct FleetSpec {
  std::string name;
  std::uint64_t seed = 1;
  double time_scale = 1;          ///< model time passes so many times faster
  std::string time_zone = "UTC";  ///< of schedules that follow the day; zone_spans() knows it
  std::string platform_figures;   ///< URL where the stand-in serves its figures; may be empty
  std::vector<GroupSpec> groups;
  std::vector<std::string> thresholds;  ///< that parse_threshold reads
  Limits limits;

  [[nodiscard]] std::uint64_t devices() const;
  [[nodiscard]] const GroupSpec* group(std::string_view name) const;

  friend bool operator==(const FleetSpec&, const FleetSpec&) = default;
};

/// `schema` is catalogue.schema(type, uplink) of the group. Errors: malformed; invalid_argument for values
/// that the schema does not take.
[[nodiscard]] nlohmann::json to_json(const GroupSpec& group, const Schema& schema);
[[nodiscard]] Result<GroupSpec> group_from_json(const nlohmann::json& json, const Schema& schema);
/// The same, with the schema looked up by the names in the JSON.
[[nodiscard]] Result<GroupSpec> group_from_json(const nlohmann::json& json, const Catalogue& catalogue);

[[nodiscard]] nlohmann::json to_json(const FleetSpec& fleet, const Catalogue& catalogue);
[[nodiscard]] Result<FleetSpec> fleet_from_json(const nlohmann::json& json, const Catalogue& catalogue);

}  // namespace vfleet::config
