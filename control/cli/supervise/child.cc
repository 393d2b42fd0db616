#include "control/cli/supervise/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <fstream>
#include <utility>

#include "control/worker/run_program.h"
#include "simulator/child/spawn_plan.h"

extern char** environ;

namespace vfleet::cli {
namespace {

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
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), args.begin(), args.end());
  auto printed = control::worker::run_program({.words = std::move(words), .quiet_max = limit});
  if (printed) return std::move(*printed);
  const bool late = printed.error().code == Errc::timed_out;
  return give_up(ExitStatus::failed, late ? "timed_out" : "child_failed", printed.error().detail);
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
