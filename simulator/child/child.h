#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/core/result.h"

/// Child processes on the event loop. All calls are on the loop thread; nothing here blocks or throws.
namespace vfleet::child {

/// What to start.
struct Command {
  std::vector<std::string> words;  ///< the program (found in PATH when it has no slash) and its arguments
  std::string directory;           ///< its working directory; empty: the parent's
  /// Added to the parent's environment, which it gets whole.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// How a child ended.
struct Exit {
  int code = 0;    ///< exit status; meaningless when a signal ended it
  int signal = 0;  ///< 0 when it exited by itself

  [[nodiscard]] bool clean() const { return signal == 0 && code == 0; }
  /// "exited with status 3", "was killed by signal 9 (Killed)"
  [[nodiscard]] std::string text() const;
};

/// Whom a child tells. A child must not be destroyed within these calls; EventLoop::post does that later.
class ChildEvents {
 public:
  virtual ~ChildEvents() = default;
  /// Bytes of its standard output: at most Child::kReadBytes a turn of the loop.
  virtual void child_output(std::string_view bytes) = 0;
  virtual void child_errors(std::string_view bytes) = 0;  ///< of its standard error
  /// It has ended and was reaped; what it had written before has been told. The last call.
  virtual void child_exited(const Exit& exit) = 0;
};

/// A running child: its own process group, pipes on its standard streams. Destroying it kills the whole
/// group.
class Child {
 public:
  static constexpr std::size_t kReadBytes = 16 * 1024;
  static constexpr std::size_t kInputBytesMax = 1 << 20;  ///< what may wait for a child that does not read

  virtual ~Child() = default;
  [[nodiscard]] virtual pid_t pid() const = 0;
  /// Writes to its standard input, or queues. Errors: too_large (more than kInputBytesMax would wait: it does
  /// not read), link_down (it closed its input or has ended). All of `bytes` or nothing.
  virtual Status write(std::string_view bytes) = 0;
  /// End of file at its standard input, after what is queued.
  virtual void close_input() = 0;
  /// While paused nothing is read from its standard output: it fills its pipe and waits.
  virtual void pause_output(bool paused) = 0;
  /// To its process group. No-op once it has ended.
  virtual void signal(int number) = 0;
  /// Its resident memory; 0 when it is not known.
  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  /// `events` outlives the child. Errors: unavailable, with the system's words; a program that is not there
  /// may also show as a child that exits with status 127 at once.
  [[nodiscard]] virtual Result<std::unique_ptr<Child>> launch(const Command& command,
                                                              ChildEvents& events) = 0;
};

}  // namespace vfleet::child
