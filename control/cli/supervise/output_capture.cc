#include "control/cli/supervise/output_capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vfleet::cli {

OutputCapture::OutputCapture(std::filesystem::path file, OnLine on_line)
    : file_(std::move(file)), on_line_(std::move(on_line)) {}

OutputCapture::~OutputCapture() {
  close();
}

Outcome<int> OutputCapture::open() {
  close();
  last_.clear();
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return give_up(ExitStatus::failed, "cannot_start", fmt::format("no pipe left: {}", std::strerror(errno)),
                   "a higher limit of open files (`ulimit -n`)");
  }
  ::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);  // more room where the system gives it
  fd_ = ends[0];
  return ends[1];
}

void OutputCapture::drain() {
  if (fd_ < 0) return;
  int waiting = 0;
  const int room = ::fcntl(fd_, F_GETPIPE_SZ);
  const bool full = ::ioctl(fd_, FIONREAD, &waiting) == 0 && room > 0 && waiting + 4096 >= room;
  std::array<char, 65536> buffer;
  for (std::size_t taken = 0; taken < static_cast<std::size_t>(kPipeBytes);) {
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) ::close(std::exchange(fd_, -1));  // nobody can write any more
    if (got <= 0) break;
    taken += static_cast<std::size_t>(got);
    splitter_.feed({buffer.data(), static_cast<std::size_t>(got)},
                   [this](std::string line) { take(std::move(line)); });
  }
  if (full) take("(the pipe was full: lines may be missing here)");
  flush();
}

void OutputCapture::close() {
  // The rest is there already: whoever wrote it has ended. A grandchild may still hold the pipe; what it
  // prints from now on is lost.
  drain();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  splitter_.end([this](std::string line) { take(std::move(line)); });
  flush();
}

void OutputCapture::take(std::string line) {
  pending_ += line;
  pending_ += '\n';
  ++pending_lines_;
  if (on_line_) on_line_(line);
  last_.push_back(std::move(line));
  if (last_.size() > kLastLines) last_.pop_front();
}

void OutputCapture::flush() {
  file_.append(pending_, pending_lines_);
  pending_.clear();
  pending_lines_ = 0;
}

std::string OutputCapture::last_lines() const {
  std::string out;
  for (const std::string& line : last_) out += line + "\n";
  return out;
}

}  // namespace vfleet::cli
