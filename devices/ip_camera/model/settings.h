#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "devices/ip_camera/model/kinds.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

struct StreamSettings {
  bool enabled = true;
  Codec codec = Codec::h264;
  std::uint16_t width = 1920;
  std::uint16_t height = 1080;
  std::uint16_t fps = 25;
  std::uint16_t gop = 50;
  double bitrate_bps = 4e6;
};

/// A rectangle in the picture, parts of its width and height.
struct Region {
  int id = 1;
  double x = 0;
  double y = 0;
  double w = 1;
  double h = 1;
};

struct DayNightSettings {
  DayNightMode mode = DayNightMode::automatic;
  Duration day_from = std::chrono::hours(6);  ///< since local midnight
  Duration day_until = std::chrono::hours(18);
  Duration spread = std::chrono::minutes(10);  ///< each camera switches up to so much later
};

struct StorageSettings {
  bool present = true;
  double capacity_bytes = 128e9;
  bool recycle = true;         ///< overwrite the oldest when full
  double recycle_step = 0.05;  ///< so much of the capacity is freed at a time
  double used_at_start = 0.8;  ///< each camera starts with a random fill up to this
};

struct EventSettings {
  std::array<double, kArrivingKinds> rate_per_s{};  ///< on each channel, by day
  double night_factor = 0.4;
  Duration duration = std::chrono::seconds(12);  ///< mean
  Duration update_every = std::chrono::seconds(5);
  int max_active = 4;  ///< on a channel
};

struct Preset {
  int id = 1;
  double pan = 0;
  double tilt = 0;
  double zoom = 1;
};

/// Degrees, degrees per second, and zoom as a factor from 1.
struct PtzSettings {
  bool enabled = false;
  double pan_min = -180;
  double pan_max = 180;
  double tilt_min = -15;
  double tilt_max = 90;
  double zoom_max = 25;
  double pan_speed = 60;
  double tilt_speed = 40;
  double zoom_speed = 5;
  std::vector<Preset> presets;
};

struct OtaSettings {
  Duration queue = std::chrono::seconds(2);
  double image_bytes = 32e6;  ///< when the request does not say
  double download_bps = 8e6;
  double report_step = 0.2;  ///< a progress report each so much of the download
  Duration verify = std::chrono::seconds(3);
  Duration install = std::chrono::seconds(10);
  Duration reboot = std::chrono::seconds(20);
  double failure = 0;  ///< probability
};

/// What the model reads of a configuration. Shared by many cameras and never changed.
struct Settings {
  int channels = 1;
  double timezone_hours = 8;
  std::string firmware = "2.4.1";
  double ambient_c = 25;
  std::array<StreamSettings, 2> streams;  ///< main, sub
  DayNightSettings day_night;
  StorageSettings storage;
  RecordMode record_mode = RecordMode::continuous;
  bool motion_enabled = true;
  int motion_sensitivity = 50;  ///< 0..100; 50 is the configured rate of motion, 100 twice that
  EventSettings events;
  bool armed = true;
  bool ai_only_when_armed = true;
  PtzSettings ptz;
  OtaSettings ota;
  Duration reboot_down = std::chrono::seconds(20);
  bool ntp = false;  ///< the clock is right after each boot
};

}  // namespace vfleet::devices::ip_camera::model
