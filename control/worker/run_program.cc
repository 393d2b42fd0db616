#include "control/worker/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "simulator/child/child.h"
#include "simulator/child/spawn_plan.h"

extern char** environ;

namespace vfleet::control::worker {
namespace {

constexpr std::size_t kComplaintMax = 2000;

/// Our end of a child's stream, and the child's. A socket: writing to one whose reader has gone is an error
/// and no signal.
class Stream {
 public:
  Stream() = default;
  ~Stream() {
    close_ours();
    close_theirs();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] bool open() {
    std::array<int, 2> ends = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
    ours_ = ends[0];
    theirs_ = ends[1];
    return ::fcntl(ours_, F_SETFL, O_NONBLOCK) == 0;
  }
  void close_ours() { close(ours_); }
  void close_theirs() { close(theirs_); }
  [[nodiscard]] int ours() const { return ours_; }
  [[nodiscard]] int theirs() const { return theirs_; }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ours_ = -1;
  int theirs_ = -1;
};

std::string last_words(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() > kComplaintMax) text.erase(0, text.size() - kComplaintMax);
  return text.empty() ? text : ": " + text;
}

/// A child that is told, and what it says.
class Talk {
 public:
  explicit Talk(const Run& run) : run_(run) {}

  [[nodiscard]] Result<std::string> run() {
    if (!in_.open() || !out_.open() || !err_.open()) return fail(Errc::unavailable, std::strerror(errno));
    child::SpawnPlan plan;
    plan.give(in_.theirs(), STDIN_FILENO);
    plan.give(out_.theirs(), STDOUT_FILENO);
    plan.give(err_.theirs(), STDERR_FILENO);
    std::vector<std::string> words = run_.words;
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int spawned = ::posix_spawn(&pid_, argv[0], &plan.files, &plan.attributes, argv.data(), environ);
    if (spawned != 0)
      return fail(Errc::unavailable, "cannot run " + words[0] + ": " + std::strerror(spawned));
    for (Stream* each : {&in_, &out_, &err_}) each->close_theirs();
    Status talked = exchange();
    if (!talked) ::kill(pid_, SIGKILL);
    return ended(talked);
  }

 private:
  [[nodiscard]] Status exchange() {
    std::string_view left = run_.input;
    if (left.empty()) in_.close_ours();
    const int quiet_ms =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(run_.quiet_max).count());
    while (out_.ours() >= 0 || err_.ours() >= 0) {
      std::array<pollfd, 3> fds = {pollfd{out_.ours(), POLLIN, 0}, pollfd{err_.ours(), POLLIN, 0},
                                   pollfd{in_.ours(), POLLOUT, 0}};
      const int ready = ::poll(fds.data(), fds.size(), quiet_ms);
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return fail(Errc::unavailable, std::strerror(errno));
      if (ready == 0) return fail(Errc::timed_out, "it does nothing");
      if (fds[0].revents != 0) read_from(out_, printed_, run_.output_max + 1);
      if (fds[1].revents != 0) read_from(err_, complaints_, std::size_t{1} << 20U);
      if (fds[2].revents != 0) write_some(left);
      if (printed_.size() > run_.output_max) {
        return fail(Errc::too_large,
                    "it prints more than " + std::to_string(run_.output_max >> 20U) + " MiB");
      }
    }
    return {};
  }

  static void read_from(Stream& stream, std::string& text, std::size_t most) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(stream.ours(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return stream.close_ours();
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > most) stream.close_ours();
  }

  void write_some(std::string_view& left) {
    const ssize_t put = ::send(in_.ours(), left.data(), left.size(), MSG_NOSIGNAL);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (put > 0) left.remove_prefix(static_cast<std::size_t>(put));
    // One that does not read to the end is judged by how it ends.
    if (put <= 0 || left.empty()) in_.close_ours();
  }

  [[nodiscard]] Result<std::string> ended(const Status& talked) {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    std::string name;
    for (const std::string& word : run_.words) name += (name.empty() ? "" : " ") + word;
    if (!talked)
      return fail(talked.error().code, name + ": " + talked.error().detail + last_words(complaints_));
    const child::Exit exit =
        WIFSIGNALED(status) ? child::Exit{0, WTERMSIG(status)} : child::Exit{WEXITSTATUS(status), 0};
    if (!exit.clean()) return fail(Errc::unavailable, name + " " + exit.text() + last_words(complaints_));
    return std::move(printed_);
  }

  const Run& run_;
  Stream in_;
  Stream out_;
  Stream err_;
  pid_t pid_ = -1;
  std::string printed_;
  std::string complaints_;
};

}  // namespace

Result<std::string> run_program(const Run& run) {
  return Talk(run).run();
}

}  // namespace vfleet::control::worker
