#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Ends the fleet in order: workers first, then the platform's last figures, then control itself.
class StopDesk {
 public:
  /// `core` must outlive this.
  explicit StopDesk(Core& core) : core_(core) {}

  void on_stopped(std::function<void()> stopped) { stopped_ = std::move(stopped); }
  /// Begins; who asks later gets the same answer. An empty asker is a signal: the second one ends it at once.
  void handle(const CommandDesk::Asker& asker, Duration timeout);
  [[nodiscard]] bool stopping() const { return phase_ != Phase::running; }
  /// A worker has ended.
  void ended();
  void tick();

 private:
  enum class Phase { running, workers, platform, over };
  void ask_platform();
  void finish(const Result<std::string>& platform);

  Core& core_;
  std::function<void()> stopped_;
  Phase phase_ = Phase::running;
  std::vector<CommandDesk::Asker> askers_;
  std::vector<std::uint32_t> told_;
  TimePoint deadline_;
};

}  // namespace vfleet::control::server
