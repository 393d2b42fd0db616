#include "simulator/child/process_launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "simulator/child/exec_child.h"
#include "simulator/child/spawn_plan.h"

extern char** environ;

namespace vfleet::child {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;
using boost::system::error_code;

// What an ended child may leave in its pipes and still be heard.
constexpr std::size_t kLastBytes = 256 * 1024;

/// Both ends of a pipe; what is not released is closed.
struct Pipe {
  Pipe() = default;
  ~Pipe() {
    for (const int fd : ends) {
      if (fd >= 0) ::close(fd);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  /// `ours` (0 or 1) is the end that stays here and never blocks.
  bool open(int ours) {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    return ::fcntl(ends[static_cast<std::size_t>(ours)], F_SETFL, O_NONBLOCK) == 0;
  }
  int release(std::size_t end) { return std::exchange(ends[end], -1); }

  std::array<int, 2> ends = {-1, -1};
};

tl::unexpected<Error> cannot_start(const std::string& program, int error) {
  return fail(Errc::unavailable, "cannot start " + program + ": " + std::strerror(error));
}

/// Lives on in its handlers until the process is reaped, also when its owner has let go of it.
class Running : public std::enable_shared_from_this<Running> {
 public:
  Running(boost::asio::io_context& context, ChildEvents& events, pid_t pid, int pidfd, int in, int out,
          int err)
      : events_(&events),
        pid_(pid),
        pidfd_(context, pidfd),
        in_(context, in),
        out_(context, out),
        err_(context, err) {}

  void start() {
    wait_exit();
    wait_read(out_);
    wait_read(err_);
  }

  /// The owner lets go: whatever still runs is killed, and reaped when it has ended.
  void abandon() {
    events_ = nullptr;
    signal(SIGKILL);
    error_code ignored;
    in_.close(ignored);
    out_.close(ignored);
    err_.close(ignored);
    queue_.clear();
  }

  void signal(int number) {
    // Not reaped yet: the number is still ours.
    if (!ended_) ::kill(-pid_, number);
  }

  Status write(std::string_view bytes) {
    if (ended_ || !in_.is_open() || closing_) return fail(Errc::link_down, "its input is closed");
    if (queue_.size() - written_ + bytes.size() > Child::kInputBytesMax) {
      return fail(Errc::too_large, "it does not read its input");
    }
    queue_ += bytes;
    if (!writing_) flush();
    return {};
  }

  void close_input() {
    closing_ = true;
    if (!writing_) flush();
  }

  void pause(bool paused) {
    if (paused == paused_) return;
    paused_ = paused;
    if (!paused_ && !reading_out_) wait_read(out_);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  void wait_exit() {
    pidfd_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
      if (!error) self->exited();
    });
  }

  void exited() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return wait_exit();
    ended_ = true;
    error_code ignored;
    pidfd_.close(ignored);
    for (Descriptor* each : {&out_, &err_}) {
      // A grandchild may hold the other end: what is there now is all that counts.
      for (std::size_t got = 0; events_ != nullptr && got < kLastBytes;) {
        const std::size_t more = read(*each);
        if (more == 0) break;
        got += more;
      }
    }
    in_.close(ignored);
    out_.close(ignored);
    err_.close(ignored);
    if (events_ == nullptr) return;
    events_->child_exited(WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0});
  }

  /// Returns how much there was.
  std::size_t read(Descriptor& from) {
    if (!from.is_open()) return 0;
    std::array<char, Child::kReadBytes> buffer;
    const ssize_t got = ::read(from.native_handle(), buffer.data(), buffer.size());
    if (got > 0) {
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (&from == &out_) {
        events_->child_output(bytes);
      } else {
        events_->child_errors(bytes);
      }
      return bytes.size();
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      error_code ignored;
      from.close(ignored);
    }
    return 0;
  }

  // One read a wake: other devices have their turn in between.
  void wait_read(Descriptor& from) {
    if (!from.is_open() || events_ == nullptr || ended_) return;
    const bool is_out = &from == &out_;
    if (is_out && paused_) return;
    if (is_out) reading_out_ = true;
    from.async_wait(Descriptor::wait_read,
                    [self = shared_from_this(), &from, is_out](const error_code& error) {
                      if (is_out) self->reading_out_ = false;
                      if (error || self->events_ == nullptr || self->ended_) return;
                      if (!is_out || !self->paused_) (void)self->read(from);
                      self->wait_read(from);
                    });
  }

  void flush() {
    writing_ = false;
    while (written_ < queue_.size()) {
      const ssize_t put = ::write(in_.native_handle(), queue_.data() + written_, queue_.size() - written_);
      if (put > 0) {
        written_ += static_cast<std::size_t>(put);
        continue;
      }
      if (put < 0 && errno == EINTR) continue;
      if (put < 0 && errno == EAGAIN) {
        compact();
        writing_ = true;
        in_.async_wait(Descriptor::wait_write, [self = shared_from_this()](const error_code& error) {
          if (!error && self->in_.is_open()) self->flush();
        });
        return;
      }
      closing_ = true;  // it closed its end; that it ends is told elsewhere
      break;
    }
    queue_.clear();
    written_ = 0;
    error_code ignored;
    if (closing_) in_.close(ignored);
  }

  void compact() {
    queue_.erase(0, written_);
    written_ = 0;
  }

  ChildEvents* events_;  // null when the owner has let go
  pid_t pid_;
  Descriptor pidfd_;
  Descriptor in_;
  Descriptor out_;
  Descriptor err_;
  std::string queue_;  // for its input; the first written_ bytes are gone
  std::size_t written_ = 0;
  bool writing_ = false;
  bool closing_ = false;
  bool paused_ = false;
  bool reading_out_ = false;
  bool ended_ = false;
};

class ProcessChild final : public Child {
 public:
  explicit ProcessChild(std::shared_ptr<Running> running) : running_(std::move(running)) {}
  ~ProcessChild() override { running_->abandon(); }

  [[nodiscard]] pid_t pid() const override { return running_->pid(); }
  Status write(std::string_view bytes) override { return running_->write(bytes); }
  void close_input() override { running_->close_input(); }
  void pause_output(bool paused) override { running_->pause(paused); }
  void signal(int number) override { running_->signal(number); }

  [[nodiscard]] std::uint64_t memory_bytes() const override {
    if (running_->ended()) return 0;
    const std::string path = "/proc/" + std::to_string(running_->pid()) + "/statm";
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    std::array<char, 128> text;
    const ssize_t size = ::read(file, text.data(), text.size());
    ::close(file);
    // "size resident shared ...", in pages.
    const std::string_view line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto gap = line.find(' ');
    std::uint64_t pages = 0;
    if (gap == std::string_view::npos) return 0;
    std::from_chars(line.data() + gap + 1, line.data() + line.size(), pages);
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }

 private:
  std::shared_ptr<Running> running_;  // shared with its handlers
};

class ProcessLauncher final : public Launcher {
 public:
  ProcessLauncher(loop::AsioLoop& loop, std::string helper) : loop_(loop), helper_(std::move(helper)) {
    ::signal(SIGPIPE, SIG_IGN);
  }

  Result<std::unique_ptr<Child>> launch(const Command& command, ChildEvents& events) override {
    if (command.words.empty()) return fail(Errc::unavailable, "there is no command to start");
    Pipe in;
    Pipe out;
    Pipe err;
    if (!in.open(1) || !out.open(0) || !err.open(0)) return cannot_start(command.words[0], errno);
    SpawnPlan plan;
    plan.give(in.ends[0], STDIN_FILENO);
    plan.give(out.ends[1], STDOUT_FILENO);
    plan.give(err.ends[1], STDERR_FILENO);
    // Sockets of devices are not marked close-on-exec: a child that held them would keep connections open.
    ::posix_spawn_file_actions_addclosefrom_np(&plan.files, STDERR_FILENO + 1);
    if (!command.directory.empty())
      ::posix_spawn_file_actions_addchdir_np(&plan.files, command.directory.c_str());

    std::vector<std::string> words;
    if (!helper_.empty()) words = {helper_, std::string(kExecChild), std::to_string(::getpid())};
    words.insert(words.end(), command.words.begin(), command.words.end());
    std::vector<std::string> variables;
    for (char** each = environ; *each != nullptr; ++each) {
      const std::string_view variable = *each;
      const std::string_view name = variable.substr(0, variable.find('='));
      bool replaced = false;
      for (const auto& [own, value] : command.environment) replaced = replaced || own == name;
      if (!replaced) variables.emplace_back(variable);
    }
    for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);

    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, words[0].c_str(), &plan.files, &plan.attributes,
                                     pointers(words).data(), pointers(variables).data());
    if (error != 0) return cannot_start(command.words[0], error);
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) {
      const int why = errno;
      ::kill(-pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      return cannot_start(command.words[0], why);
    }
    auto running = std::make_shared<Running>(loop_.context(), events, pid, pidfd, in.release(1),
                                             out.release(0), err.release(0));
    running->start();
    return std::make_unique<ProcessChild>(std::move(running));
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }

  loop::AsioLoop& loop_;
  std::string helper_;
};

}  // namespace

std::unique_ptr<Launcher> make_process_launcher(loop::AsioLoop& loop, std::string helper) {
  return std::make_unique<ProcessLauncher>(loop, std::move(helper));
}

}  // namespace vfleet::child
