#include "control/cli/supervise/detach.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>

extern char** environ;

namespace vfleet::cli {
namespace {

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] bool good() const { return ends_[0] >= 0; }
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_read() { close_end(ends_[0]); }
  void close_write() { close_end(ends_[1]); }

 private:
  static void close_end(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  std::array<int, 2> ends_ = {-1, -1};
};

// Starts the second process with the pipes' write ends as 1, 2 and kReadyFd.
Outcome<pid_t> start(const Environment& env, const std::vector<std::string>& words, const Pipe& out,
                     const Pipe& err, const Pipe& ready) {
  const std::string program = (env.bin_dir / "vfleet").string();
  std::vector<std::string> all = {program, std::string(kExecDetached)};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : all) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all_signals;
  ::sigemptyset(&none);
  ::sigfillset(&all_signals);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all_signals);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  // Out of the way of the numbers that they become.
  const int aside = ::fcntl(ready.write_end(), F_DUPFD_CLOEXEC, 16);
  const int out_aside = ::fcntl(out.write_end(), F_DUPFD_CLOEXEC, 16);
  const int err_aside = ::fcntl(err.write_end(), F_DUPFD_CLOEXEC, 16);
  ::posix_spawn_file_actions_adddup2(&files, aside, kReadyFd);
  ::posix_spawn_file_actions_adddup2(&files, out_aside, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err_aside, STDERR_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &files, &attributes, argv.data(), environ);
  for (const int fd : {aside, out_aside, err_aside}) ::close(fd);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error == 0) return pid;
  return give_up(ExitStatus::failed, "cannot_start",
                 fmt::format("cannot start {}: {}", program, std::strerror(error)));
}

}  // namespace

Outcome<ExitStatus> run_detached(const Environment& env, const std::vector<std::string>& words) {
  Pipe out;
  Pipe err;
  Pipe ready;
  if (!out.good() || !err.good() || !ready.good()) {
    return give_up(ExitStatus::failed, "cannot_start", "no pipe left");
  }
  const auto pid = start(env, words, out, err, ready);
  if (!pid) return tl::unexpected<Failure>(pid.error());
  for (Pipe* pipe : {&out, &err, &ready}) pipe->close_write();

  bool is_up = false;
  std::array<pollfd, 4> items = {pollfd{out.read_end(), POLLIN, 0}, pollfd{err.read_end(), POLLIN, 0},
                                 pollfd{ready.read_end(), POLLIN, 0}, pollfd{env.signals.fd(), POLLIN, 0}};
  std::array<char, 4096> buffer;
  while (items[0].fd >= 0 || items[1].fd >= 0 || items[2].fd >= 0) {
    if (::poll(items.data(), items.size(), -1) < 0 && errno != EINTR) break;
    while (const auto number = env.signals.take()) ::kill(*pid, *number);
    for (std::size_t i = 0; i < 3; ++i) {
      if (items[i].fd < 0 || items[i].revents == 0) continue;
      const ssize_t got = ::read(items[i].fd, buffer.data(), buffer.size());
      if (got <= 0) {
        items[i].fd = -1;
        continue;
      }
      if (i == 2) {
        is_up = true;
        continue;
      }
      std::ostream& to = i == 0 ? env.out : env.err;
      to.write(buffer.data(), got);
      to.flush();
    }
  }
  if (is_up) return ExitStatus::done;
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) return static_cast<ExitStatus>(WEXITSTATUS(status));
  if (WIFEXITED(status)) return ExitStatus::done;
  return give_up(ExitStatus::failed, "child_failed",
                 fmt::format("the detached process was killed by signal {}", WTERMSIG(status)));
}

void let_go(const Environment& env, const std::string& log) {
  env.out.flush();
  env.err.flush();
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    ::close(fd);
  }
  [[maybe_unused]] const auto written = ::write(kReadyFd, "1", 1);
  ::close(kReadyFd);
}

}  // namespace vfleet::cli
