#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/child/child.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::test {

/// A child process on virtual time: does what the test, or its `behaviour`, says. Everything that it does is
/// told in a later turn of the loop, as with a real one.
class FakeProcess {
 public:
  /// Called with each line that it reads.
  using Behaviour = std::function<void(FakeProcess&, const std::string& line)>;

  FakeProcess(loop::EventLoop& loop, child::Command what, child::ChildEvents& events, Behaviour behaviour)
      : command(std::move(what)), loop_(loop), events_(&events), behaviour_(std::move(behaviour)) {}

  void say(std::string_view line);  ///< a line on its standard output
  void print(std::string_view bytes);
  void complain(std::string_view bytes);  ///< on its standard error
  void exit(int code = 0, int signal = 0);

  const child::Command command;
  std::vector<std::string> lines;  ///< that it has read
  std::vector<int> signals;        ///< that it got
  bool reads = true;               ///< false: its input fills
  bool dies_of_term = true;
  bool input_closed = false;
  std::uint64_t memory_bytes = 10 << 20;
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool output_paused() const { return paused_; }

 private:
  friend class FakeChild;
  friend class FakeLauncher;
  void deliver();

  loop::EventLoop& loop_;
  child::ChildEvents* events_;  // null when its owner let go
  Behaviour behaviour_;
  std::weak_ptr<FakeProcess> self_;
  std::deque<std::string> output_;
  std::string input_;
  std::size_t unread_ = 0;
  bool running_ = true;
  bool paused_ = false;
};

class FakeLauncher final : public child::Launcher {
 public:
  explicit FakeLauncher(loop::EventLoop& loop) : loop_(loop) {}

  Result<std::unique_ptr<child::Child>> launch(const child::Command& command,
                                               child::ChildEvents& events) override;

  FakeProcess::Behaviour behaviour;                   ///< of processes that are launched from now on
  std::string refusal;                                ///< not empty: nothing can be started
  std::vector<std::shared_ptr<FakeProcess>> started;  ///< all of them, in order
  [[nodiscard]] FakeProcess& last() { return *started.back(); }

 private:
  loop::EventLoop& loop_;
  pid_t next_pid_ = 1000;
  friend class FakeChild;
};

}  // namespace vfleet::test
