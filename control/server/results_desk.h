#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/results/document.h"
#include "control/results/recorder.h"
#include "control/server/command_desk.h"
#include "control/server/masking.h"

namespace vfleet::control::server {

/// Records what the run comes to, a sample a second, and tells it. In RUN_DIR/results/recorder.jsonl it keeps
/// what a control that is started again goes on with.
class ResultsDesk {
 public:
  /// Both must outlive this.
  ResultsDesk(Core& core, const Masking& masking);

  /// See Controller::keep_account. Nothing is written before this.
  void keep_in(const std::string& run_dir, bool resume);
  void tick();
  /// A command was published.
  void heard(const bus::Command& command);

  void handle(const CommandDesk::Asker& asker);
  /// All of it, after the fleet has stopped; `platform`: its last figures.
  [[nodiscard]] api::JsonText last(const std::optional<std::string>& platform);

 private:
  void look_at_workers();
  void ask_platform();
  void gather();
  /// `boards`: null when they could not be read.
  void take(std::shared_ptr<results::Latencies> boards);
  void save();
  [[nodiscard]] std::optional<results::Sample> sample() const;
  [[nodiscard]] api::JsonText document(bool running) const;

  Core& core_;
  const Masking& masking_;
  results::Recorder recorder_;
  std::optional<results::PlatformFigures> platform_;  // since the last sample
  bool platform_asked_ = false;
  bool gathering_ = false;
  TimePoint due_{};
  std::string run_dir_;
  bool saving_ = false;
  std::vector<std::uint64_t> boots_;  // by shard, as far as a mark was made of them
};

}  // namespace vfleet::control::server
