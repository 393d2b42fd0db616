#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "control/cli/app.h"
#include "control/cli/supervise/child.h"
#include "control/cli/supervise/detach.h"
#include "simulator/core/clock.h"

namespace {

// `vfleet ... >&-`: without this the next socket would be number 1, and what is printed would go there. Each
// number is given to something that refuses to be used as what it should be.
void hold_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    [[maybe_unused]] const int held = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = vfleet::cli;
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == cli::kExecChild) {
    words.erase(words.begin());
    return cli::exec_child(words);
  }

  hold_standard_descriptors();
  const bool detached = !words.empty() && words.front() == cli::kExecDetached;
  if (detached) {
    words.erase(words.begin());
    ::fcntl(cli::kReadyFd, F_SETFD, FD_CLOEXEC);  // control and workers must not hold it open
  }

  const vfleet::RealClock clock;
  cli::ProcessSignals signals;
  winsize window = {};
  ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
  std::error_code ignored;
  const cli::Environment env{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .clock = clock,
      .signals = signals,
      .variable = [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string(name).c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      },
      .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
      .columns = window.ws_col > 0 ? window.ws_col : 100,
      .bin_dir = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path(),
      .uid = ::geteuid(),
      .detached = detached,
      .out_is_gone =
          [] {
            pollfd item{STDOUT_FILENO, 0, 0};
            return ::poll(&item, 1, 0) == 1 && (item.revents & (POLLERR | POLLNVAL)) != 0;
          },
  };
  return cli::run_cli(env, words);
}
