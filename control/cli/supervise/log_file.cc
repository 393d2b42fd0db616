#include "control/cli/supervise/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vfleet::cli {

LogFile::LogFile(std::filesystem::path path, Limits limits) : path_(std::move(path)), limits_(limits) {}

LogFile::~LogFile() {
  if (fd_ >= 0) ::close(fd_);
}

bool LogFile::open() {
  if (fd_ >= 0) return true;
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) return false;
  struct stat info = {};
  size_ = ::fstat(fd_, &info) == 0 && info.st_size > 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  return true;
}

void LogFile::rotate() {
  ::close(std::exchange(fd_, -1));
  const auto numbered = [this](int number) { return fmt::format("{}.{}", path_.string(), number); };
  if (limits_.files_max <= 1) {
    ::unlink(path_.c_str());
  } else {
    for (int i = limits_.files_max - 1; i > 1; --i) ::rename(numbered(i - 1).c_str(), numbered(i).c_str());
    ::rename(path_.c_str(), numbered(1).c_str());
  }
  size_ = 0;
  broken_line_ = false;
}

bool LogFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd_, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
    size_ += static_cast<std::uint64_t>(put);
    broken_line_ = !text.empty();
  }
  return true;
}

void LogFile::failed(int error, std::uint64_t lines) {
  lost_ += lines;
  lost_now_ += lines;
  if (in_trouble_) return;
  in_trouble_ = true;
  complaint_ = fmt::format("cannot write {}: {}; what is printed is lost until that works again",
                           path_.string(), std::strerror(error));
}

void LogFile::append(std::string_view text, std::uint64_t lines) {
  if (text.empty()) return;
  if (!open()) return failed(errno, lines);
  if (size_ > 0 && size_ + text.size() > limits_.bytes_max) {
    rotate();
    if (!open()) return failed(errno, lines);
  }
  if (lost_now_ > 0) {
    const std::string gap = fmt::format("{}({} lines are missing here: they could not be written)\n",
                                        broken_line_ ? "\n" : "", lost_now_);
    if (!write(gap)) return failed(errno, lines);
    lost_now_ = 0;
    in_trouble_ = false;
  }
  if (!write(text)) failed(errno, lines);
}

std::optional<std::string> LogFile::take_complaint() {
  return std::exchange(complaint_, std::nullopt);
}

}  // namespace vfleet::cli
