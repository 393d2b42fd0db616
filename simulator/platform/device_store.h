#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/platform/register_checker.h"
#include "simulator/platform/sequence_checker.h"
#include "simulator/platform/type_table.h"
#include "simulator/platform/way.h"

namespace vfleet::platform {

/// A report as it is kept for look-up.
struct KeptReport {
  std::uint64_t boot = 0;
  std::uint64_t seq = 0;
  std::int64_t sent_us = 0;
  std::int64_t arrived_us = 0;
  std::uint16_t type = TypeTable::kOther;
  bool cut = false;  ///< the text was too long or the store is full: `text` is its beginning or empty
  std::string text;
};

class DownLink;
class SharedDevice;

struct Device {
  std::string id;
  SequenceChecker sequence;
  RegisterChecker registers;
  Way way = Way::http;       ///< of its last report
  DownLink* down = nullptr;  ///< where its last report came from, when the platform may speak first there
  std::uint64_t link = 0;    ///< the connection there
  SharedDevice* shared = nullptr;  ///< its sequence, when processes share it; `sequence` is unused then
  std::uint64_t received = 0;
  std::optional<std::uint16_t> stem;     ///< of its id, in a TypeTable; found when it first reports
  std::vector<KeptReport> last_by_type;  ///< one a type, at most StoreLimits::types_per_device
  std::vector<KeptReport> history;       ///< a ring; the next one goes to `history_next`
  std::size_t history_next = 0;
};

struct StoreLimits {
  std::size_t devices_max = 1'000'000;
  std::size_t device_id_max = 128;                  ///< bytes; longer ids are not tracked
  std::size_t kept_bytes_max = 256U * 1024 * 1024;  ///< of all kept reports of all devices
  std::size_t last_text_max = 256U * 1024;          ///< of the last report of a type
  std::size_t history_text_max = 1024;              ///< of a report in the history
  std::size_t history_length = 16;
  std::size_t types_per_device = 32;
};

/// The devices that have reported, by id. Memory is bounded: past kept_bytes_max reports are kept without
/// text or not at all, and past devices_max new devices are not tracked.
class DeviceStore {
 public:
  explicit DeviceStore(StoreLimits limits = {}) : limits_(limits) {}

  /// The device with this id, added when it is new; nullptr past the limits. Stays valid until clear().
  Device* find_or_add(std::string_view id);
  [[nodiscard]] const Device* find(std::string_view id) const;
  [[nodiscard]] Device* find(std::string_view id);

  /// Keeps `text` as the device's last report of its type and in its history.
  void keep(Device& device, const codec::envelope::Head& head, std::uint16_t type, std::int64_t arrived_us,
            std::string_view text);

  [[nodiscard]] std::size_t size() const { return devices_.size(); }
  [[nodiscard]] const StoreLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }
  [[nodiscard]] std::deque<Device>& devices() { return devices_; }
  void clear();

 private:
  KeptReport* slot_for_type(Device& device, std::uint16_t type);
  KeptReport* slot_in_history(Device& device);
  void fill(KeptReport& slot, const codec::envelope::Head& head, std::uint16_t type, std::int64_t arrived_us,
            std::string_view text, std::size_t text_max);

  StoreLimits limits_;
  std::deque<Device> devices_;  // addresses stay; index_ views their ids
  std::unordered_map<std::string_view, Device*> index_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace vfleet::platform
