#include "control/cli/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace vfleet::cli {
namespace {

int g_write_end = -1;  // the only thing a handler may touch

void on_signal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const auto written = ::write(g_write_end, &byte, 1);
  errno = saved;
}

void handle(int number) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

ProcessSignals::ProcessSignals() {
  if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "a pipe for signals");
  }
  g_write_end = pipe_[1];
  handle(SIGINT);
  handle(SIGTERM);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
}

ProcessSignals::~ProcessSignals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::signal(number, SIG_DFL);
  g_write_end = -1;
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

std::optional<int> ProcessSignals::take() {
  unsigned char byte = 0;
  if (::read(pipe_[0], &byte, 1) != 1) return std::nullopt;
  return byte;
}

void watch_hangup() {
  handle(SIGHUP);
  handle(SIGUSR1);
}

}  // namespace vfleet::cli
