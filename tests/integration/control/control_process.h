#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "simulator/bus/zmq_socket.h"
#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"
#include "tests/integration/control/scripted_worker.h"
#include "tests/integration/fleet/process.h"

namespace vfleet::control::server {

/// The real vfleet-control as a child, in a run directory that outlives it; an operator; scripted workers.
/// Its fleet: `devices` devices d0, d1, ... of a type that the test describes.
class ControlProcess {
 public:
  explicit ControlProcess(std::string run_dir);
  ~ControlProcess();

  /// Writes the fleet file.
  void fleet(const std::string& name, int devices, const std::string& every = "30s");
  /// Starts it and waits until it can be reached; false when it ended instead (see status() and said()).
  [[nodiscard]] bool start(std::vector<std::string> flags = {}, int workers = 1);
  void kill_hard();
  /// By SIGTERM.
  [[nodiscard]] std::optional<int> stop();
  [[nodiscard]] std::optional<int> status() { return child_->wait(std::chrono::seconds(20)); }
  /// Its log of this life.
  [[nodiscard]] std::string said() const;
  [[nodiscard]] pid_t pid() const { return child_->pid(); }
  [[nodiscard]] const std::string& run_dir() const { return run_dir_; }
  [[nodiscard]] std::string journal() const { return run_dir_ + "/journal.db"; }

  ScriptedWorker& add_worker();
  void end_workers() { workers_.clear(); }
  /// Waits until it has applied what control has published.
  [[nodiscard]] bool in_step(const ScriptedWorker& worker);

  void send(const std::string& id, const std::string& verb, nlohmann::json args = nlohmann::json::object());
  void set(const std::string& id, const std::string& selector = "d1");
  /// The final frame; null when none came in time.
  [[nodiscard]] nlohmann::json answer(const std::string& id);
  [[nodiscard]] nlohmann::json ask(const std::string& id, const std::string& verb,
                                   nlohmann::json args = nlohmann::json::object());
  [[nodiscard]] bool until(const std::function<bool()>& done);

  std::vector<nlohmann::json> frames;  ///< that the operator got, of all lives

 private:
  [[nodiscard]] bool reachable() const;

  fleet_test::TempDir files_;
  std::string run_dir_;
  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  bus::ZmqContext context_;
  std::unique_ptr<fleet_test::Process> child_;
  std::unique_ptr<bus::ZmqSocket> operator_;
  std::vector<std::unique_ptr<ScriptedWorker>> workers_;
};

}  // namespace vfleet::control::server
