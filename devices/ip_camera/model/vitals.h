#pragma once

#include <cstdint>

#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

/// What the health of a camera follows from.
struct Load {
  double ambient_c = 25;
  Duration time_of_day{0};
  TimePoint now;
  std::uint64_t key = 0;  ///< of the camera: its own noise
  int channels = 1;
  int active_events = 0;
  bool recording = false;
  bool infrared = false;
  bool upgrading = false;
  double extra_c = 0;  ///< by faults
  bool bad_network = false;
};

struct Vitals {
  float temperature_c = 0;
  std::uint8_t cpu_percent = 0;
  std::uint8_t memory_percent = 0;
  std::int8_t rssi_dbm = 0;
};

/// A function of the load alone: nothing is stored, so that a sleeping camera costs nothing.
[[nodiscard]] Vitals vitals(const Load& load);

}  // namespace vfleet::devices::ip_camera::model
