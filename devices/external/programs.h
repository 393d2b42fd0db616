#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "devices/external/program.h"

namespace vfleet::devices::external {

/// The programs of a worker: one for each device, or one for each group.
class Programs {
 public:
  explicit Programs(const device::TypeEnvironment& environment) : environment_(environment) {}

  /// The program that speaks for `user`, joined; null when this process runs no programs. It lives at least
  /// until leave().
  [[nodiscard]] Program* join(ProgramUser& user, const std::string& group, const ProgramConfig& config);
  /// Ends all in order; `done` when none runs any more.
  void stop(std::function<void()> done);
  [[nodiscard]] std::size_t size() const { return programs_.size(); }

 private:
  void forget(const std::string& key);

  /// Starting a process takes a millisecond or so: devices that run already have their turns in between.
  static constexpr Duration kBetweenStarts = std::chrono::milliseconds(4);

  device::TypeEnvironment environment_;
  std::map<std::string, std::unique_ptr<Program>> programs_;
  TimePoint next_start_{};
  std::function<void()> stopped_;
};

}  // namespace vfleet::devices::external
