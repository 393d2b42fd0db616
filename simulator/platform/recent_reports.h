#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfleet::platform {

/// A report that tells of something that happened, as opposed to routine ones.
struct RecentReport {
  std::uint64_t number = 0;  ///< counts all that were ever added, from 1
  std::int64_t arrived_us = 0;
  std::string device;
  std::string type;
  std::string text;  ///< at most RecentReports::kTextMax bytes
};

/// Which reports are wanted; empty members take any.
struct ReportFilter {
  std::string device;
  std::string type;
  /// Dotted paths into the message and the text their value must have: {"data.code", "over_temperature"}.
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t limit = 100;  ///< the newest so many
};

/// The last kept reports of all devices, oldest forgotten first.
class RecentReports {
 public:
  static constexpr std::size_t kTextMax = 4096;

  /// `numbers`: where processes share the count of all that were ever added; nullptr: one of its own.
  explicit RecentReports(std::atomic<std::uint64_t>* numbers = nullptr, std::size_t capacity = 10'000)
      : capacity_(capacity), numbers_(numbers) {}

  /// Heartbeats, meter values and states come by the clock and would push out the rest.
  [[nodiscard]] static bool is_routine(std::string_view type) {
    return type == "heartbeat" || type == "meter" || type == "status" || type == "metric" || type == "log" ||
           type == "Heartbeat" || type == "MeterValues" || type == "StatusNotification" ||
           type == "ykc_heartbeat" || type == "ykc_realtime" || type == "ykc_bms_demand" ||
           type == "ykc_bms_info";
  }

  void add(std::string_view device, std::string_view type, std::int64_t arrived_us, std::string_view text);
  /// Those that match, newest last. Pointers stay valid until the next add() or clear().
  [[nodiscard]] std::vector<const RecentReport*> find(const ReportFilter& filter) const;
  [[nodiscard]] std::size_t size() const { return ring_.size(); }
  void clear();

 private:
  std::size_t capacity_;
  std::vector<RecentReport> ring_;
  std::atomic<std::uint64_t>* numbers_;
  std::uint64_t added_ = 0;  // the next goes to ring_[added_ % capacity_]
};

}  // namespace vfleet::platform
