#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "devices/external/config.h"
#include "devices/external/message.h"
#include "simulator/child/child.h"
#include "simulator/child/line_splitter.h"
#include "simulator/core/random.h"
#include "simulator/device/type.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::devices::external {

/// A device that speaks through a program. Called outside the engine's calls: it keeps what it hears and asks
/// to be woken.
class ProgramUser {
 public:
  virtual ~ProgramUser() = default;
  [[nodiscard]] virtual const std::string& id() const = 0;
  virtual void program_up() = 0;  ///< the process runs and knows nothing of this device yet
  virtual void program_down() = 0;
  /// To be given back with Program::consumed().
  virtual void program_said(Message message) = 0;
};

/// At most so many lines a second; what is left out is counted.
class LineLimit {
 public:
  explicit LineLimit(unsigned per_second) : per_second_(per_second) {}
  /// Whether one more may pass. `left_out` is how many did not since the last that did.
  [[nodiscard]] bool pass(TimePoint now, std::uint64_t& left_out);

 private:
  unsigned per_second_;
  unsigned used_ = 0;
  TimePoint begin_{};
  std::uint64_t left_out_ = 0;
};

/// One program and its process: started, asked whether it lives, ended in order or by force, started again
/// with back-off. Speaks lines; what the lines mean is the devices' business.
class Program final : private child::ChildEvents {
 public:
  enum class State : std::uint8_t { stopped, running, ending, waiting };

  static constexpr std::size_t kLineBytesMax = 1 << 20;
  static constexpr unsigned kLinesPerTurn = 64;
  static constexpr std::size_t kUnreadMax = 256;        ///< messages that devices have not looked at
  static constexpr unsigned kMalformedPerSecond = 200;  ///< then it is not read until the second is over
  static constexpr unsigned kLogLinesPerSecond = 20;
  static constexpr unsigned kLastLines = 4096;  ///< that a program which ended may leave behind
  static constexpr Duration kKillAfter = std::chrono::seconds(5);
  static constexpr Duration kMemoryEvery = std::chrono::seconds(5);

  /// `name`: of the device, or of the group when `shared`. `idle` is called when it has stopped and nobody
  /// uses it, or it was told to stop; it may be destroyed in a later turn. `environment` with loop and
  /// launcher; it and `idle`'s owner outlive this.
  Program(const device::TypeEnvironment& environment, std::string name, bool shared, ProgramConfig config,
          std::function<void()> idle);

  void join(ProgramUser& user, TimePoint start);  ///< starts the process for the first, not before `start`
  void leave(ProgramUser& user);                  ///< ends it in order with the last
  /// A new configuration: another command starts it anew, the rest holds at once.
  void change(const ProgramConfig& config);
  /// Ends it in order for good, whoever uses it.
  void stop();

  /// One line, without its end. Errors: rejected ("program not running").
  Status send(std::string_view line);
  /// A device has looked at so many messages.
  void consumed(std::size_t messages);
  void log(device::LogLevel level, std::string_view device, std::string_view text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const ProgramConfig& config() const { return config_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool running() const { return state_ == State::running; }
  [[nodiscard]] bool unused() const { return users_.empty(); }
  [[nodiscard]] pid_t pid() const { return child_ == nullptr ? 0 : child_->pid(); }
  [[nodiscard]] std::uint64_t restarts() const { return restarts_; }
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  // child::ChildEvents
  void child_output(std::string_view bytes) override;
  void child_errors(std::string_view bytes) override;
  void child_exited(const child::Exit& exit) override;

  [[nodiscard]] bool wanted() const { return !users_.empty() && !stopping_; }
  [[nodiscard]] TimePoint now() const { return environment_.loop->now(); }
  void launch();
  void back_off();
  void quit();
  /// By force: SIGTERM, and SIGKILL if that does not help.
  void terminate(std::string_view why);
  void stopped();
  void tell_down();
  void pump();
  void hold(bool held);
  void handle(std::string_view line);
  void dispatch(Message message);
  void malformed(std::string_view why);
  void look_alive();
  void look_at_memory();

  const device::TypeEnvironment& environment_;
  std::string name_;
  bool shared_;
  ProgramConfig config_;
  std::function<void()> idle_;
  std::map<std::string, ProgramUser*, std::less<>> users_;
  State state_ = State::stopped;
  bool stopping_ = false;
  bool again_at_once_ = false;  // ending to be started anew with another command
  std::unique_ptr<child::Child> child_;
  std::unique_ptr<child::Child> dead_;  // ended: destroyed in a later turn
  child::LineSplitter lines_{kLineBytesMax};
  child::LineSplitter errors_{8192};
  TimePoint started_at_{};
  Random random_;
  unsigned failures_ = 0;  // in a row
  std::uint64_t restarts_ = 0;
  std::uint64_t malformed_ = 0;
  std::uint64_t too_long_seen_ = 0;
  std::size_t unread_ = 0;
  bool held_ = false;
  unsigned malformed_this_second_ = 0;
  TimePoint second_{};
  std::uint64_t ping_ = 0;
  bool ping_open_ = false;
  bool held_since_ping_ = false;
  LineLimit log_limit_{kLogLinesPerSecond};
  LineLimit complaint_limit_{kLogLinesPerSecond};
  loop::CallbackTimer launch_timer_;
  loop::CallbackTimer kill_timer_;
  loop::CallbackTimer pump_timer_;
  loop::CallbackTimer ping_timer_;
  loop::CallbackTimer memory_timer_;
  loop::CallbackTimer bury_timer_;
};

[[nodiscard]] std::string_view to_string(Program::State state);

}  // namespace vfleet::devices::external
