#include "control/cli/supervise/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <fstream>
#include <utility>

#include "simulator/child/spawn_plan.h"

extern char** environ;

namespace vfleet::cli {
namespace {

constexpr std::size_t kCaptureBytesMax = 16 << 20;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

int pidfd_of(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

Exit exit_of(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

Outcome<pid_t> start(const std::filesystem::path& program, std::vector<std::string> words,
                     const child::SpawnPlan& plan) {
  const std::vector<char*> argv = pointers(words);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &plan.files, &plan.attributes, argv.data(), environ);
  if (error != 0) {
    return give_up(ExitStatus::failed, "cannot_start",
                   fmt::format("cannot start {}: {}", program.string(), std::strerror(error)),
                   error == ENOENT ? "build it first: it must be next to vfleet" : "");
  }
  return pid;
}

}  // namespace

Outcome<Child> Child::spawn(const std::filesystem::path& helper, const std::filesystem::path& program,
                            const std::vector<std::string>& args, int output) {
  if (::access(program.c_str(), X_OK) != 0) {
    return give_up(ExitStatus::failed, "cannot_start",
                   fmt::format("cannot start {}: {}", program.string(), std::strerror(errno)),
                   "build it first: it must be next to vfleet");
  }
  child::SpawnPlan plan;
  plan.no_input();
  plan.give(output, STDOUT_FILENO);
  plan.give(output, STDERR_FILENO);
  std::vector<std::string> words = {helper.string(), std::string(kExecChild), std::to_string(::getpid()),
                                    program.string()};
  words.insert(words.end(), args.begin(), args.end());
  const auto pid = start(helper, std::move(words), plan);
  if (!pid) return tl::unexpected<Failure>(pid.error());
  const int fd = pidfd_of(*pid);
  if (fd < 0) {
    const int error = errno;
    ::kill(*pid, SIGKILL);
    ::waitpid(*pid, nullptr, 0);
    return give_up(ExitStatus::failed, "cannot_start",
                   fmt::format("cannot watch {}: {}", program.string(), std::strerror(error)));
  }
  return Child(*pid, fd);
}

Outcome<Child> Child::spawn(const std::filesystem::path& helper, const std::filesystem::path& program,
                            const std::vector<std::string>& args, const std::filesystem::path& log) {
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return give_up(ExitStatus::failed, "cannot_start",
                   fmt::format("cannot write {}: {}", log.string(), std::strerror(errno)));
  }
  auto child = spawn(helper, program, args, fd);
  ::close(fd);
  return child;
}

Child::~Child() {
  kill_and_reap();
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      fd_(std::exchange(other.fd_, -1)),
      exit_(std::exchange(other.exit_, std::nullopt)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  kill_and_reap();
  pid_ = std::exchange(other.pid_, -1);
  fd_ = std::exchange(other.fd_, -1);
  exit_ = std::exchange(other.exit_, std::nullopt);
  return *this;
}

void Child::kill_and_reap() {
  if (pid_ > 0 && !exit_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (fd_ >= 0) ::close(fd_);
  pid_ = fd_ = -1;
}

void Child::send(int signal) const {
  if (pid_ > 0 && !exit_) ::kill(pid_, signal);  // not reaped yet: the number is still ours
}

std::optional<Exit> Child::poll() {
  if (exit_ || pid_ <= 0) return exit_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) exit_ = exit_of(status);
  return exit_;
}

Outcome<std::string> capture(const std::filesystem::path& program, const std::vector<std::string>& args,
                             std::chrono::milliseconds limit) {
  std::array<int, 2> out = {-1, -1};
  std::array<int, 2> err = {-1, -1};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return give_up(ExitStatus::failed, "cannot_start", "no pipe left");
  if (::pipe2(err.data(), O_CLOEXEC) != 0) {
    ::close(out[0]);
    ::close(out[1]);
    return give_up(ExitStatus::failed, "cannot_start", "no pipe left");
  }
  child::SpawnPlan plan;
  plan.no_input();
  plan.give(out[1], STDOUT_FILENO);
  plan.give(err[1], STDERR_FILENO);
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), args.begin(), args.end());
  const auto pid = start(program, std::move(words), plan);
  ::close(out[1]);
  ::close(err[1]);
  std::string printed;
  std::string complaints;
  bool too_long = false;
  if (pid) {
    std::array<pollfd, 2> fds = {pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
    std::array<std::string*, 2> texts = {&printed, &complaints};
    std::array<char, 65536> buffer;
    while ((fds[0].fd >= 0 || fds[1].fd >= 0) && !too_long) {
      const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(limit.count()));
      if (ready < 0 && errno == EINTR) continue;
      too_long = ready <= 0;
      for (std::size_t i = 0; i < fds.size() && !too_long; ++i) {
        if (fds[i].fd < 0 || fds[i].revents == 0) continue;
        const ssize_t got = ::read(fds[i].fd, buffer.data(), buffer.size());
        if (got > 0) texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
        if (got == 0 || texts[i]->size() > kCaptureBytesMax) fds[i].fd = -1;
      }
    }
  }
  ::close(out[0]);
  ::close(err[0]);
  if (!pid) return tl::unexpected<Failure>(pid.error());
  if (too_long) ::kill(*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string name = program.filename().string();
  if (too_long)
    return give_up(ExitStatus::failed, "timed_out",
                   fmt::format("{} {} does not end", name, fmt::join(args, " ")));
  const Exit ended = exit_of(status);
  if (ended.clean()) return printed;
  while (!complaints.empty() && complaints.back() == '\n') complaints.pop_back();
  if (complaints.size() > 2000) complaints.erase(0, complaints.size() - 2000);
  return give_up(ExitStatus::failed, "child_failed",
                 fmt::format("{} {} {}{}{}", name, fmt::join(args, " "), ended.text(),
                             complaints.empty() ? "" : ": ", complaints));
}

std::string tail(const std::filesystem::path& file, std::size_t lines) {
  std::ifstream in(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(std::move(line));
    if (last.size() > lines) last.pop_front();
  }
  std::string out;
  for (const std::string& line : last) out += line + "\n";
  return out;
}

}  // namespace vfleet::cli
