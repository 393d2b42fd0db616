#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Ends the fleet in order: workers first, then the platform's last figures, then control itself.
class StopDesk {
 public:
  /// `core` must outlive this.
  explicit StopDesk(Core& core) : core_(core) {}

  /// What the run came to, told in the answer; asked with the platform's figures, or nothing, at the very
  /// end.
  using Results = std::function<api::JsonText(const std::optional<std::string>& platform)>;
  void on_results(Results results) { results_ = std::move(results); }
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
  Results results_;
  Phase phase_ = Phase::running;
  std::vector<CommandDesk::Asker> askers_;
  std::vector<std::uint32_t> told_;
  TimePoint deadline_;
};

}  // namespace vfleet::control::server
