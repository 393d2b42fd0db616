#pragma once

#include <memory>
#include <string>

#include "devices/charging_pile/dialects/ocpp16/settings.h"
#include "devices/charging_pile/dialects/ykc/ykc_config.h"
#include "devices/charging_pile/model/settings.h"
#include "simulator/config/bind.h"
#include "simulator/core/result.h"
#include "simulator/device/type.h"
#include "simulator/schedule/pacing.h"

namespace vfleet::pile {

class Dialect;

/// What the device adds to its model: who it says it is, when it reports, how it speaks.
struct Front {
  enum class DialectName : std::uint8_t { json, ocpp16, ykc };

  std::string vendor = "vfleet";
  std::string model = "VP-120";
  std::string firmware = "1.0.0";
  DialectName dialect = DialectName::json;
  Duration reboot_time = std::chrono::seconds(15);
  schedule::Pacing heartbeat{.period = std::chrono::seconds(30)};
  schedule::Pacing status{.period = std::chrono::minutes(5)};
  schedule::Pacing meter{.period = std::chrono::seconds(15)};  ///< while a session runs
  schedule::Pacing meter_idle{.period = std::chrono::minutes(5)};
  ocpp16::Settings ocpp;
};

/// The configuration of a charging pile; shared by all piles that have the same.
struct PileConfig final : device::DeviceConfig {
  Settings settings;
  Front front;
  ykc::YkcConfig ykc;
  const Dialect* dialect = nullptr;  ///< lives as long as the process
};

/// Every key of the device type, described once.
[[nodiscard]] config::Schema pile_schema();
/// Errors: invalid_argument, with every mistake.
[[nodiscard]] Result<std::unique_ptr<const device::DeviceConfig>> build_config(const config::Values& values);

/// Whether the dialect of `config` can be carried by uplinks of that kind. Errors: invalid_argument.
[[nodiscard]] Status suits(const PileConfig& config, std::string_view uplink);

}  // namespace vfleet::pile
