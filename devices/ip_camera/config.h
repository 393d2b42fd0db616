#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "devices/ip_camera/model/settings.h"
#include "simulator/config/bind.h"
#include "simulator/config/schema.h"
#include "simulator/device/type.h"
#include "simulator/schedule/pacing.h"

namespace vfleet::devices::ip_camera {

struct OsdSettings {
  bool time = true;
  std::string title = "camera";
  double x = 0.02;
  double y = 0.03;
};

/// What cameras of one configuration share. Immutable once built.
struct CameraConfig : device::DeviceConfig {
  model::Settings model;
  std::string vendor = "vfleet";
  std::string model_name = "IPC-2M";
  std::string hardware = "1.0";
  std::string address = "192.168.1.64";
  std::string ntp_server = "pool.ntp.org";
  std::string secret;  ///< empty: login carries no sign
  OsdSettings osd;
  bool mirror = false;
  bool wdr = false;
  std::vector<model::Region> motion_regions;
  std::vector<model::Region> masks;
  int snapshot_quality = 60;
  bool accept_intervals = false;
  bool send_log = false;
  bool status_on_change = true;
  schedule::Pacing heartbeat{.period = std::chrono::seconds(30)};
  schedule::Pacing status{.period = std::chrono::minutes(5)};
  schedule::Pacing snapshot{};
  config::Values values;  ///< as given: to tell what a change changed
};

/// The keys of a profile. Made once; alive as long as the process.
[[nodiscard]] const config::Struct<CameraConfig>& camera_keys();
/// Their description.
[[nodiscard]] const config::Schema& camera_schema();

/// The paths whose values differ, sorted.
[[nodiscard]] std::vector<std::string> changed_paths(const CameraConfig& before, const CameraConfig& after);

}  // namespace vfleet::devices::ip_camera
