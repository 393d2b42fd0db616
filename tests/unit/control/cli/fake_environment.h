#pragma once

#include <poll.h>
#include <unistd.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "control/cli/app.h"
#include "control/cli/environment.h"
#include "tests/unit/control/cli/temp_dir.h"

namespace vfleet::cli {

/// Signals that the test sends by hand.
class FakeSignals final : public Signals {
 public:
  FakeSignals() { [[maybe_unused]] const int made = ::pipe(pipe_); }
  ~FakeSignals() override {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  void send(int number) {
    const auto byte = static_cast<unsigned char>(number);
    [[maybe_unused]] const auto written = ::write(pipe_[1], &byte, 1);
  }
  /// From now on the descriptor is always readable: nobody can wait for it.
  void make_restless() {
    send(0);
    restless_ = true;
  }
  [[nodiscard]] int fd() const override { return pipe_[0]; }
  std::optional<int> take() override {
    if (restless_) return std::nullopt;
    pollfd ready = {pipe_[0], POLLIN, 0};
    unsigned char byte = 0;
    if (::poll(&ready, 1, 0) != 1 || ::read(pipe_[0], &byte, 1) != 1) return std::nullopt;
    return byte;
  }

 private:
  int pipe_[2] = {-1, -1};
  bool restless_ = false;
};

/// Time that jumps ahead by `step` each time somebody looks at it: with FakeSignals::restless, waits end
/// without anybody waiting.
class SteppingClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_ += step; }
  [[nodiscard]] WallTime wall_now() const override { return WallTime{}; }

  Duration step = Duration::zero();

 private:
  mutable TimePoint now_{std::chrono::hours(1000)};
};

/// A process for run_cli: its own temporary directory, streams that are kept, variables that the test sets.
struct FakeEnvironment {
  TempDir dir;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  RealClock real_clock;
  const Clock* clock = &real_clock;
  FakeSignals signals;
  std::map<std::string, std::string, std::less<>> variables;
  bool terminal = false;
  bool out_is_gone = false;  ///< nobody reads `out` any more

  [[nodiscard]] Environment environment() {
    return {.in = in,
            .out = out,
            .err = err,
            .clock = *clock,
            .signals = signals,
            .variable = [this](std::string_view name) -> std::optional<std::string> {
              const auto at = variables.find(name);
              return at == variables.end() ? std::nullopt : std::optional<std::string>(at->second);
            },
            .out_is_terminal = terminal,
            .err_is_terminal = terminal,
            .columns = 100,
            .bin_dir = dir.path() / "bin",
            .tmp_dir = dir.path(),
            .uid = ::geteuid(),
            .out_is_gone = [this] { return out_is_gone; }};
  }

  /// Lets time run by itself, `step` at a look.
  void run_ahead(SteppingClock& stepping, Duration step) {
    stepping.step = step;
    clock = &stepping;
    signals.make_restless();
  }

  int run(const std::vector<std::string>& words) {
    const Environment env = environment();
    return run_cli(env, words);
  }
};

}  // namespace vfleet::cli
