#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The words of a camera: what it can see, undergo and be.
namespace vfleet::devices::ip_camera::model {

using Channel = std::uint16_t;

enum class EventKind : std::uint8_t {
  motion,
  person,
  vehicle,
  face,
  plate,
  intrusion,
  tripwire,
  loitering,
  audio,
  tamper,
  covered,
  video_lost,
  storage_full,
  storage_error,
};
inline constexpr std::size_t kEventKinds = 14;
/// The first kinds happen on a channel and arrive by themselves; the rest are states of the storage.
inline constexpr std::size_t kArrivingKinds = 12;

struct KindTraits {
  std::string_view name;   ///< as operators and keys spell it
  std::string_view label;  ///< what the detector calls the thing in the box; empty: no boxes
  bool analytic;           ///< found by AI analysis: subject to the guard
  bool needs_picture;      ///< cannot be seen while the channel is dark
  std::uint8_t level;      ///< 1 (information) .. 4 (act now)
};

inline constexpr std::array<KindTraits, kEventKinds> kKinds{{
    {"motion", "object", false, true, 1},
    {"person", "person", true, true, 2},
    {"vehicle", "vehicle", true, true, 2},
    {"face", "face", true, true, 2},
    {"plate", "plate", true, true, 2},
    {"intrusion", "person", true, true, 3},
    {"tripwire", "person", true, true, 3},
    {"loitering", "person", true, true, 3},
    {"audio", "", false, false, 2},
    {"tamper", "", false, false, 4},
    {"covered", "", false, false, 3},
    {"video_lost", "", false, false, 4},
    {"storage_full", "", false, false, 3},
    {"storage_error", "", false, false, 4},
}};

[[nodiscard]] constexpr const KindTraits& traits(EventKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

enum class Phase : std::uint8_t { start, update, end };

/// Faults that last until they are cleared.
enum class Fault : std::uint8_t {
  sensor_failure,    ///< no channel has a picture
  fan_failure,       ///< runs 12 degrees hotter
  over_temperature,  ///< runs 35 degrees hotter
  ptz_jammed,        ///< does not turn
  network_degraded,  ///< its link figure is poor
  ir_failure,        ///< no infrared light at night
};
inline constexpr std::array<std::string_view, 6> kFaults{
    "sensor_failure", "fan_failure", "over_temperature", "ptz_jammed", "network_degraded", "ir_failure"};

enum class RecordMode : std::uint8_t { continuous, event, off };
inline constexpr std::array<std::string_view, 3> kRecordModes{"continuous", "event", "off"};

enum class StorageState : std::uint8_t { ok, full, error, none };
inline constexpr std::array<std::string_view, 4> kStorageStates{"ok", "full", "error", "none"};

enum class DayNightMode : std::uint8_t { automatic, day, night };

enum class Codec : std::uint8_t { h264, h265 };

/// Finds a word in its list; -1 when it is not there.
template <std::size_t N>
[[nodiscard]] constexpr int index_of(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<int>(i);
  }
  return -1;
}

[[nodiscard]] constexpr int kind_of(std::string_view name) {
  for (std::size_t i = 0; i < kEventKinds; ++i) {
    if (kKinds[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace vfleet::devices::ip_camera::model
