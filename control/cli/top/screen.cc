#include "control/cli/top/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <string>

namespace vfleet::cli {

Screen::Screen(const Environment& env) : env_(env) {
  termios now = {};
  if (::tcgetattr(STDIN_FILENO, &now) == 0) {
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  env_.out << "\x1b[?1049h\x1b[?25l";
}

Screen::~Screen() {
  env_.out << "\x1b[?25h\x1b[?1049l" << std::flush;
  if (before_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
}

Screen::Size Screen::size() const {
  winsize window = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

void Screen::show(std::string_view page) {
  std::string out = "\x1b[H";
  for (std::size_t begin = 0; begin < page.size();) {
    const std::size_t end = std::min(page.find('\n', begin), page.size());
    // The last line has no line break: it would scroll.
    if (begin != 0) out += "\r\n";
    out += page.substr(begin, end - begin);
    out += "\x1b[K";
    begin = end + 1;
  }
  env_.out << out << "\x1b[J" << std::flush;
}

Waited wait_for_keys(const Environment& env, Duration longest, bool keys) {
  const TimePoint end = env.clock.now() + longest;
  while (true) {
    if (env.signals.take()) return Waited::interrupted;
    const Duration left = end - env.clock.now();
    if (left <= Duration::zero()) return Waited::time_over;
    pollfd fds[] = {{env.signals.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    ::poll(fds, keys ? 2 : 1, static_cast<int>(std::min<std::int64_t>(ms, 60'000)));
    if (!keys || (fds[1].revents & (POLLIN | POLLHUP)) == 0) continue;
    char typed[64];
    const ssize_t size = ::read(STDIN_FILENO, typed, sizeof typed);
    if (size <= 0 || std::any_of(typed, typed + size, [](char c) { return c == 'q' || c == 'Q'; }))
      return Waited::quit;
  }
}

}  // namespace vfleet::cli
