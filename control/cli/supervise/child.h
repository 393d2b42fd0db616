#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/failure.h"
#include "simulator/child/child.h"
#include "simulator/child/exec_child.h"
#include "simulator/core/time.h"

/// Child processes: posix_spawn and a pidfd.
///
/// A child runs in its own process group, so that Ctrl-C on the terminal reaches the parent alone. It also
/// must not outlive a parent that is killed with SIGKILL: see simulator/child/exec_child.h.
namespace vfleet::cli {

using child::exec_child;
using child::Exit;
using child::kExecChild;

class Child {
 public:
  /// Starts `program`; the descriptor `output` becomes its stdout and stderr, stdin is /dev/null. `helper` is
  /// the binary that understands kExecChild; it must be a path that stays valid.
  [[nodiscard]] static Outcome<Child> spawn(const std::filesystem::path& helper,
                                            const std::filesystem::path& program,
                                            const std::vector<std::string>& args, int output);
  /// The same; stdout and stderr are appended to the file `log`.
  [[nodiscard]] static Outcome<Child> spawn(const std::filesystem::path& helper,
                                            const std::filesystem::path& program,
                                            const std::vector<std::string>& args,
                                            const std::filesystem::path& log);

  /// A child that still runs is killed and reaped.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the child has ended.
  [[nodiscard]] int fd() const { return fd_; }
  void send(int signal) const;
  /// Reaps it; nullopt while it runs. Afterwards the same answer again.
  [[nodiscard]] std::optional<Exit> poll();
  /// What poll() said last.
  [[nodiscard]] const std::optional<Exit>& ended() const { return exit_; }

 private:
  Child(pid_t pid, int fd) : pid_(pid), fd_(fd) {}
  void kill_and_reap();

  pid_t pid_ = -1;
  int fd_ = -1;  // pidfd
  std::optional<Exit> exit_;
};

/// Runs `program` to its end and returns what it printed on stdout. Fails when it cannot be started, ends with
/// another status than 0 (the message holds the end of its stderr), or is silent for `limit`.
[[nodiscard]] Outcome<std::string> capture(const std::filesystem::path& program,
                                           const std::vector<std::string>& args,
                                           std::chrono::milliseconds limit);

/// The last `lines` lines of a file; empty when it cannot be read.
[[nodiscard]] std::string tail(const std::filesystem::path& file, std::size_t lines);

}  // namespace vfleet::cli
