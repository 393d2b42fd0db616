#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "simulator/core/clock.h"

namespace vfleet::bench {

/// A fleet of real processes in a run directory of its own: control and workers, killed at the end. What goes
/// wrong ends the program with a word and the logs' place.
class Processes {
 public:
  /// Starts vfleet-control of `bin_dir` with the fleet file `yaml`, and waits until it can be reached.
  Processes(std::filesystem::path bin_dir, const std::string& yaml, unsigned workers);
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  pid_t start_worker(unsigned shard);
  /// Until every shard lives and `devices` are online.
  void wait_live(std::uint64_t devices);
  /// One request of an operator; the `result` frame. `args` is a JSON object.
  nlohmann::json call(const std::string& verb, const std::string& args);
  /// `times` requests, `ahead` of them unanswered at a time; `args` gives the i-th one's. Every answer must
  /// be a `result` that is `good`.
  void call_many(const std::string& verb, std::uint64_t times, std::uint64_t ahead,
                 const std::function<std::string(std::uint64_t i)>& args,
                 const std::function<bool(const nlohmann::json& result)>& good);

  [[nodiscard]] static std::uint64_t rss_bytes(pid_t pid);

 private:
  pid_t spawn(const std::string& program, const std::vector<std::string>& args, const std::string& log);
  void wait_ms(int ms);
  std::string send(const std::string& verb, const std::string& args);

  RealClock clock_;
  std::filesystem::path bin_;
  std::filesystem::path dir_;
  unsigned workers_;
  std::vector<pid_t> pids_;
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
  std::uint64_t calls_ = 0;
};

/// --bin-dir, or the folder bin next to that of this program, where a build puts its programs.
[[nodiscard]] std::filesystem::path bin_dir(int argc, char** argv);

}  // namespace vfleet::bench
