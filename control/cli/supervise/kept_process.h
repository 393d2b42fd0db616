#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/cli/supervise/child.h"
#include "control/cli/supervise/output_capture.h"
#include "control/cli/supervise/restart_policy.h"

namespace vfleet::cli {

/// One process of a fleet under its name: the child that runs (or none, until it starts again), what it
/// printed, and how often it died.
struct KeptProcess {
  KeptProcess(std::string its_name, std::filesystem::path log, OutputCapture::OnLine on_line)
      : name(std::move(its_name)), output(std::move(log), std::move(on_line)) {}

  /// Starts `program`; what it prints is captured.
  [[nodiscard]] Outcome<void> spawn(const std::filesystem::path& helper, const std::filesystem::path& program,
                                    const std::vector<std::string>& args);
  /// Whether it has ended; what it had printed is then captured whole, and the child is gone.
  [[nodiscard]] std::optional<Exit> take_end();
  [[nodiscard]] bool runs() const { return child.has_value(); }
  /// "the end of /run/worker-0.log:\n..." as the process that runs or ran last left it.
  [[nodiscard]] std::string last_words() const;

  std::string name;
  OutputCapture output;
  std::optional<Child> child;
  RestartPolicy policy;
  TimePoint started_at{};
  TimePoint start_at = kNever;  ///< when it has to start again; kNever while it runs or need not
};

}  // namespace vfleet::cli
