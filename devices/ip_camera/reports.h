#pragma once

#include <array>
#include <string_view>

#include "simulator/device/device.h"

namespace vfleet::devices::ip_camera {

/// Report kinds by index; the order is part of the type's description.
enum : device::ReportIndex {
  kLogin,
  kHeartbeat,
  kStatus,
  kEvent,
  kSnapshot,
  kConfig,
  kOta,
  kLog,
  kAnswer,
  kConfigChanged,
  kReports,
};

inline constexpr std::array<std::string_view, kReports> kReportNames{
    "login", "heartbeat", "status", "event", "snapshot", "config", "ota", "log", "answer", "config_changed"};

}  // namespace vfleet::devices::ip_camera
