#include "control/server/describe_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

extern char** environ;

namespace vfleet::control::server {

namespace {

constexpr std::size_t kOutputMax = std::size_t{16} << 20U;

/// Reads until the end; false when time or size ran out. The time-out is one for each wait: a program that
/// prints is at work.
Result<std::string> read_all(int pipe, int timeout_ms) {
  std::string out;
  char buffer[65536];
  while (true) {
    pollfd ready{pipe, POLLIN, 0};
    const int count = ::poll(&ready, 1, timeout_ms);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail(Errc::timed_out, "no description within the time-out");
    const ssize_t size = ::read(pipe, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(Errc::unavailable, std::strerror(errno));
    if (size == 0) return out;
    out.append(buffer, static_cast<std::size_t>(size));
    if (out.size() > kOutputMax) return fail(Errc::too_large, "the description is over 16 MiB");
  }
}

}  // namespace

Result<std::string> describe_worker(const std::string& program, Duration timeout) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return fail(Errc::unavailable, std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  std::string name = program;
  std::string argument = "--describe";
  char* argv[] = {name.data(), argument.data(), nullptr};
  pid_t child = -1;
  const int spawned = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (spawned != 0) {
    ::close(pipe[0]);
    return fail(Errc::unavailable, "cannot run " + program + ": " + std::strerror(spawned));
  }
  const int timeout_ms =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
  Result<std::string> output = read_all(pipe[0], timeout_ms);
  ::close(pipe[0]);
  if (!output) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output) return fail(output.error().code, program + " --describe: " + output.error().detail);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(Errc::unavailable, program + " --describe failed");
  }
  return output;
}

std::string sister_program(const std::string& name) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? name : (own.parent_path() / name).string();
}

}  // namespace vfleet::control::server
