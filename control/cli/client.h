#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control/cli/environment.h"
#include "control/cli/failure.h"
#include "control/cli/run_dir.h"
#include "simulator/core/time.h"

namespace vfleet::cli {

/// 128 random bits in hex: the id of a request.
[[nodiscard]] std::string new_command_id();

/// One operator's connection to control: a DEALER to RUN_DIR/operator.sock (docs/control-protocol.md). All
/// calls wait on the calling thread; a signal ends the wait.
class Client {
 public:
  /// Control accepts a command at once; the rows of a query come when the workers have walked their devices.
  static constexpr Duration kFirstAnswer = std::chrono::seconds(2);
  static constexpr Duration kFirstRows = std::chrono::seconds(10);

  /// Called with the frame; `answer["kind"]` is one of accepted, progress, rows.
  using OnAnswer = std::function<void(const nlohmann::json& answer)>;

  struct Call {
    std::string_view verb;
    std::string id = {};                          ///< empty: a new one
    Duration timeout = std::chrono::seconds(30);  ///< for the whole answer
    bool changes = false;                  ///< a command, whose outcome is unknown when the wait ends early
    Duration first_answer = kFirstAnswer;  ///< a control that is silent for so long counts as gone
    OnAnswer on_answer = {};               ///< may be empty
    std::function<bool()> on_end = {};  ///< asked after each answer: true ends the wait with an empty result
    /// When not empty, called each `idle_every`; a false ends the wait with an empty result.
    std::function<bool()> on_idle = {};
    Duration idle_every = Duration::max();
  };

  Client(const Environment& env, const RunDir& dir);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) = delete;

  /// Sends `args` and waits for the `result` frame. Fails with what an `error` frame says; with no_control
  /// when control does not answer or goes away; with interrupted on SIGINT and SIGTERM.
  [[nodiscard]] Outcome<nlohmann::json> call(const Call& call, const nlohmann::json& args);

  /// Sends a request and does not wait; answers come through receive(). Returns the id.
  std::string send(std::string_view verb, const nlohmann::json& args, std::string id = {});
  /// The next frame that is there already; nullopt when there is none.
  [[nodiscard]] std::optional<nlohmann::json> receive();
  /// Waits until a frame is there, one of `fds` is readable, or `longest` has passed.
  void wait(std::span<const int> fds, Duration longest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::cli
