#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "control/cli/app.h"
#include "control/cli/supervise/child.h"
#include "control/cli/supervise/detach.h"
#include "simulator/core/clock.h"

int main(int argc, char** argv) {
  namespace cli = vfleet::cli;
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == cli::kExecChild) {
    words.erase(words.begin());
    return cli::exec_child(words);
  }

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
  };
  return cli::run_cli(env, words);
}
