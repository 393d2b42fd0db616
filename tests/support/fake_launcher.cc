#include "tests/support/fake_launcher.h"

#include <csignal>

namespace vfleet::test {

class FakeChild final : public child::Child {
 public:
  FakeChild(std::shared_ptr<FakeProcess> process, pid_t pid) : process_(std::move(process)), pid_(pid) {}
  ~FakeChild() override {
    process_->events_ = nullptr;
    if (process_->running_) process_->signals.push_back(SIGKILL);
    process_->running_ = false;
  }

  [[nodiscard]] pid_t pid() const override { return pid_; }
  Status write(std::string_view bytes) override {
    FakeProcess& me = *process_;
    if (!me.running_ || me.input_closed) return fail(Errc::link_down, "its input is closed");
    if (!me.reads) {
      if (me.unread_ + bytes.size() > kInputBytesMax)
        return fail(Errc::too_large, "it does not read its input");
      me.unread_ += bytes.size();
      return {};
    }
    me.input_ += bytes;
    me.loop_.post([process = process_] {
      for (auto end = process->input_.find('\n'); end != std::string::npos;
           end = process->input_.find('\n')) {
        const std::string line = process->input_.substr(0, end);
        process->input_.erase(0, end + 1);
        if (!process->running_) return;
        process->lines.push_back(line);
        if (process->behaviour_) process->behaviour_(*process, line);
      }
    });
    return {};
  }
  void close_input() override { process_->input_closed = true; }
  void pause_output(bool paused) override {
    if (process_->paused_ == paused) return;
    process_->paused_ = paused;
    if (!paused) process_->deliver();
  }
  void signal(int number) override {
    if (!process_->running_) return;
    process_->signals.push_back(number);
    if (number == SIGKILL || (number == SIGTERM && process_->dies_of_term)) process_->exit(0, number);
  }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return process_->memory_bytes; }

 private:
  std::shared_ptr<FakeProcess> process_;
  pid_t pid_;
};

void FakeProcess::say(std::string_view line) {
  print(std::string(line) + "\n");
}

void FakeProcess::print(std::string_view bytes) {
  while (!bytes.empty()) {
    output_.emplace_back(bytes.substr(0, child::Child::kReadBytes));
    bytes.remove_prefix(output_.back().size());
  }
  deliver();
}

// A piece a turn, like a real one.
void FakeProcess::deliver() {
  loop_.post([self = self_.lock()] {
    if (self->paused_ || self->events_ == nullptr || self->output_.empty()) return;
    const std::string bytes = std::move(self->output_.front());
    self->output_.pop_front();
    self->events_->child_output(bytes);
    if (!self->output_.empty()) self->deliver();
  });
}

void FakeProcess::complain(std::string_view bytes) {
  loop_.post([self = self_.lock(), text = std::string(bytes)] {
    if (self->events_ != nullptr) self->events_->child_errors(text);
  });
}

void FakeProcess::exit(int code, int signal) {
  if (!running_) return;
  running_ = false;
  loop_.post([self = self_.lock(), code, signal] {
    while (self->events_ != nullptr && !self->output_.empty()) {
      const std::string bytes = std::move(self->output_.front());
      self->output_.pop_front();
      self->events_->child_output(bytes);
    }
    if (self->events_ != nullptr) self->events_->child_exited({code, signal});
  });
}

Result<std::unique_ptr<child::Child>> FakeLauncher::launch(const child::Command& command,
                                                           child::ChildEvents& events) {
  if (!refusal.empty()) return fail(Errc::unavailable, refusal);
  auto process = std::make_shared<FakeProcess>(loop_, command, events, behaviour);
  process->self_ = process;
  started.push_back(process);
  return std::make_unique<FakeChild>(std::move(process), next_pid_++);
}

}  // namespace vfleet::test
