#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/cli/supervise/child.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::cli {

namespace fs = std::filesystem;
using platform::kPatience;

[[nodiscard]] bool becomes_true(const std::function<bool()>& condition, Duration within = kPatience);

/// Ended, or waiting for its parent to notice.
[[nodiscard]] bool is_gone(int pid);

/// A folder with a fleet of forty piles, a stand-in for them, and `vfleet` to be called.
class Up : public testing::Test {
 protected:
  Up();
  ~Up() override;

  [[nodiscard]] static std::string fleet_text(std::uint16_t port);
  /// The child of `vfleet up` that runs `program`; 0 when there is none.
  [[nodiscard]] int pid_of(const std::string& program) const;
  [[nodiscard]] fs::path run_dir() const { return dir_ / "run"; }
  [[nodiscard]] fs::path log() const { return dir_ / "vfleet.log"; }
  [[nodiscard]] std::string printed() const;

  [[nodiscard]] Child vfleet(std::vector<std::string> args) const;
  [[nodiscard]] Child up(std::vector<std::string> options = {}) const;
  /// The exit status; -1 when it does not end or a signal ended it.
  [[nodiscard]] static int status_of(Child& child, Duration within = kPatience);
  [[nodiscard]] bool gets_online() const;
  /// A killed process shows as ended while its last threads still hold its sockets.
  [[nodiscard]] bool nobody_listens() const;
  [[nodiscard]] nlohmann::json summary() const;
  /// Control and both workers, as the logs of control and the kernel know them.
  [[nodiscard]] std::vector<int> fleet_pids() const;

  [[nodiscard]] int worker_pid(int shard) const;
  /// What `vfleet WORDS --json` prints, without what is no JSON.
  [[nodiscard]] nlohmann::json ask(std::vector<std::string> words) const;
  /// Runs a shell command with $vfleet and $dir; its status.
  [[nodiscard]] int shell(const std::string& command) const;
  [[nodiscard]] std::string file(const fs::path& path) const;

  platform::PlatformProcess platform_;
  fs::path dir_;
  fs::path bin_;
};

}  // namespace vfleet::cli
