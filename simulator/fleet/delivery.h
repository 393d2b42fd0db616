#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/text/template.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/device/device.h"
#include "simulator/uplink/delivery_config.h"

namespace vfleet::fleet {

/// What happens to the reports of devices of one configuration on their way to the uplink: payload templates,
/// and what is kept while they are offline. Immutable; shared by all configurations that say the same.
class Delivery {
 public:
  /// `values`: keys of uplink::delivery_keys(). Null: nothing happens to reports. Errors: invalid_argument.
  [[nodiscard]] static Result<std::unique_ptr<const Delivery>> make(const device::TypeDescription& type,
                                                                    const config::Values& values);

  /// The template for a report; null: the device's own message. `kind` counts for described reports, `name`
  /// for those of open types.
  [[nodiscard]] const codec::text::Template* payload(device::ReportIndex kind, std::string_view name) const {
    const Rule& rule = rule_of(kind, name);
    return rule.payload ? &*rule.payload : nullptr;
  }
  /// How many reports of a device may wait; 0: none.
  [[nodiscard]] std::uint32_t offline_max() const { return offline_max_; }
  [[nodiscard]] uplink::OfflinePolicy policy() const { return policy_; }
  [[nodiscard]] bool keeps(device::ReportIndex kind, std::string_view name) const {
    return rule_of(kind, name).keep;
  }
  [[nodiscard]] bool direct(device::ReportIndex kind, std::string_view name) const {
    return rule_of(kind, name).direct;
  }
  /// Between two kept reports of one device; zero: none.
  [[nodiscard]] Duration drain_interval() const { return drain_interval_; }

 private:
  struct Rule {
    std::optional<codec::text::Template> payload;
    bool keep = false;
    bool direct = false;
  };
  [[nodiscard]] const Rule& rule_of(device::ReportIndex kind, std::string_view name) const {
    if (kind < described_.size()) return described_[kind];
    const auto known = open_.find(name);
    return known != open_.end() ? known->second : others_;
  }

  std::vector<Rule> described_;                    // by ReportIndex
  std::map<std::string, Rule, std::less<>> open_;  // of an open type, those that the keys name
  Rule others_;
  std::uint32_t offline_max_ = 0;
  uplink::OfflinePolicy policy_ = uplink::OfflinePolicy::drop_oldest;
  Duration drain_interval_{0};
};

}  // namespace vfleet::fleet
