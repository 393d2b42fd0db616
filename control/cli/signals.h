#pragma once

#include <optional>

namespace vfleet::cli {

/// Signals as something to poll for. Tests put in their own.
class Signals {
 public:
  virtual ~Signals() = default;
  /// Readable when a signal is there to take.
  [[nodiscard]] virtual int fd() const = 0;
  /// The oldest signal not taken yet; nullopt when there is none. Never blocks.
  virtual std::optional<int> take() = 0;
};

/// SIGINT and SIGTERM of this process; SIGHUP and SIGUSR1 too once `watch_hangup` was called. One object at a
/// time.
class ProcessSignals final : public Signals {
 public:
  ProcessSignals();
  ~ProcessSignals() override;
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  [[nodiscard]] int fd() const override { return pipe_[0]; }
  std::optional<int> take() override;

 private:
  int pipe_[2] = {-1, -1};
};

/// From now on SIGHUP and SIGUSR1 are delivered through the ProcessSignals instead of ending the process.
void watch_hangup();

}  // namespace vfleet::cli
