#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/log/device_log.h"
#include "simulator/log/line_ring.h"

namespace vfleet::worker {

/// Where a worker's lines go: to control through the ring, to standard error, or both.
enum class LogTo : std::uint8_t {
  control,  ///< to control; to standard error as well while control is not there
  stderr_only,
  both,
};
[[nodiscard]] std::optional<LogTo> parse_log_to(std::string_view name);

/// The log of a worker process. It becomes spdlog's default logger, and the devices write to it too.
class WorkerLog {
 public:
  /// `clock` must outlive this.
  WorkerLog(const Clock& clock, std::string name, log::Level least, LogTo to);
  ~WorkerLog();
  WorkerLog(const WorkerLog&) = delete;
  WorkerLog& operator=(const WorkerLog&) = delete;

  /// Whether control is there to take lines.
  void control_is_there(bool there) { there_ = there; }
  /// Why the process ends: always to standard error.
  void last_words(std::string_view text);

  /// Null when control gets no lines.
  [[nodiscard]] log::LineRing* ring() { return to_ == LogTo::stderr_only ? nullptr : &ring_; }
  [[nodiscard]] log::DeviceLog& devices() { return devices_; }

 private:
  void write(std::int64_t at_us, log::Level level, std::string_view device, std::string_view text);
  void print(std::int64_t at_us, log::Level level, std::string_view device, std::string_view text);

  const Clock& clock_;
  std::string name_;
  LogTo to_;
  bool there_ = false;
  log::LineRing ring_;
  log::DeviceLog devices_;
};

}  // namespace vfleet::worker
