#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "control/api/caller.h"
#include "control/server/core.h"

namespace vfleet::control::server {

/// The control process without its sockets: what operators and workers say comes in, what they are told goes
/// out through Ports. On one thread; nothing blocks.
class Controller {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(50);
  static constexpr Duration kStopTimeout = std::chrono::seconds(5);

  /// Everything given must outlive this. With `options.restored` it goes on where that ended; how `fleet`
  /// differs from it is submitted as a reload. Errors: as begin() and restore().
  [[nodiscard]] static Result<std::unique_ptr<Controller>> make(ControllerOptions options, const Clock& clock,
                                                                Ports& ports, const TypeCatalogue& catalogue,
                                                                const config::Catalogue& keys,
                                                                journal::Journal& journal,
                                                                config::FleetSpec fleet);
  ~Controller();

  void from_worker(std::string_view identity, std::string_view letter, std::string_view body);
  void from_operator(const std::string& identity, std::string_view frame, const api::Caller& caller = {});
  /// Where workers' boards are; see Statistics::keep_in.
  void keep_account(std::string run_dir, bool resume);
  /// Call every kTick.
  void tick();

  /// As `reload` without arguments, answered in the log. `why`: "signal", "saved"; a part of the command's
  /// id.
  void reload(std::string_view why);
  /// As the verb `stop`. Again: at once.
  void stop();
  /// Answers and settles what is open; for the very end.
  void close();
  /// `stopped` is called once, when every worker has ended or time is over, and the answers are out.
  void on_stopped(std::function<void()> stopped);

  [[nodiscard]] const Core& core() const;

 private:
  struct Parts;
  explicit Controller(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace vfleet::control::server
