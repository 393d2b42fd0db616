#pragma once

#include <functional>
#include <memory>

namespace vfleet::control::logs {

/// Runs what may block, one after the other, on a thread of its own.
class ReaderThread {
 public:
  using Task = std::function<void()>;

  /// `post` brings a task to the loop; it is called on the thread.
  explicit ReaderThread(std::function<void(Task)> post);
  /// Waits for the task that runs; no `done` follows.
  ~ReaderThread();
  ReaderThread(const ReaderThread&) = delete;
  ReaderThread& operator=(const ReaderThread&) = delete;

  /// `work` on the thread, then `done` on the loop.
  void run(Task work, Task done);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // the tasks on the loop hold it weakly
};

}  // namespace vfleet::control::logs
