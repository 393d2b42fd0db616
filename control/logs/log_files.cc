#include "control/logs/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "simulator/codec/json/writer.h"

namespace vfleet::control::logs {

using nlohmann::json;

namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10U;

tl::unexpected<Error> failed(const std::string& what) {
  return fail(Errc::unavailable, what + ": " + std::strerror(errno));
}

std::string head_of(const SourceBook& book, std::int64_t at_us) {
  std::string out;
  codec::json::Writer writer(out);
  writer.begin_object();
  writer.key("at_us").integer(at_us);
  writer.key("head").begin_object();
  writer.key("sources").begin_array();
  for (const auto& [source, place] : book.places()) {
    writer.begin_array();
    writer.text(source).raw(std::to_string(place.boot)).raw(std::to_string(place.seq));
    writer.end_array();
  }
  writer.end_array().end_object().end_object();
  return out += '\n';
}

void learn_head(const json& head, SourceBook& book) {
  const auto sources = head.find("sources");
  if (sources == head.end() || !sources->is_array()) return;
  for (const json& each : *sources) {
    if (each.is_array() && each.size() == 3 && each[0].is_string() && each[1].is_number_unsigned() &&
        each[2].is_number_unsigned()) {
      book.set(each[0].get<std::string>(), {each[1].get<std::uint64_t>(), each[2].get<std::uint64_t>()});
    }
  }
}

void learn_line(std::string_view text, SourceBook& book) {
  if (const auto record = parse_record(text)) {
    book.set(record->source, {record->boot, record->is_gap() ? record->gap_to : record->line.seq});
  } else if (text.find("\"head\":") != std::string_view::npos) {
    const json object = json::parse(text.begin(), text.end(), nullptr, false);
    if (object.is_object() && object.contains("head") && object["head"].is_object())
      learn_head(object["head"], book);
  }
}

/// Reads `path` line by line, in parts. Returns whether its last line has its end.
bool learn(const std::string& path, SourceBook& book) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  std::string rest;
  std::vector<char> part(kReadBytes);
  ssize_t got = 0;
  while ((got = ::read(fd, part.data(), part.size())) > 0) {
    rest.append(part.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1)
      learn_line(std::string_view(rest).substr(begin, end - begin), book);
    rest.erase(0, begin);
  }
  ::close(fd);
  return rest.empty();
}

}  // namespace

std::string log_file(const std::string& dir, unsigned number) {
  return dir + "/fleet.log" + (number == 0 ? "" : "." + std::to_string(number));
}

LogFiles::~LogFiles() {
  close_file();
}

void LogFiles::close_file() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Status LogFiles::open(SourceBook& book) {
  if (::mkdir(dir_.c_str(), 0700) != 0 && errno != EEXIST) return failed("cannot make " + dir_);
  // A file that was begun and never written to knows nothing: the one before it does.
  struct stat newest {};
  if (::stat(log_file(dir_, 0).c_str(), &newest) != 0 || newest.st_size == 0) learn(log_file(dir_, 1), book);
  const bool ended = learn(log_file(dir_, 0), book);
  if (auto opened = open_file(); !opened) return opened;
  return ended ? Status() : write_all("\n");
}

Status LogFiles::open_file() {
  const std::string path = log_file(dir_, 0);
  fd_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) return failed("cannot open " + path);
  struct stat state {};
  if (::fstat(fd_, &state) != 0) {
    auto error = failed("cannot look at " + path);
    close_file();
    return error;
  }
  inode_ = state.st_ino;
  size_ = static_cast<std::uint64_t>(state.st_size);
  return {};
}

Status LogFiles::append(std::string_view lines, const SourceBook& book, std::int64_t at_us) {
  if (fd_ < 0) {
    if (auto opened = open_file(); !opened) return opened;
  }
  if (size_ > 0 && size_ + lines.size() > limits_.file_bytes) {
    if (auto rotated = rotate(); !rotated) return rotated;
  }
  if (size_ == 0) {
    if (auto headed = write_all(head_of(book, at_us)); !headed) return headed;
  }
  return write_all(lines);
}

Status LogFiles::write_all(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::write(fd_, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote > 0) {
      done += static_cast<std::size_t>(wrote);
      continue;
    }
    if (wrote == 0) errno = ENOSPC;
    auto error = failed("cannot write " + log_file(dir_, 0));
    // Half a line would be taken for the begin of the next.
    if (done > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close_file();
    return error;
  }
  size_ += bytes.size();
  return {};
}

Status LogFiles::rotate() {
  for (unsigned number = limits_.files - 1; number > 0; --number) {
    const std::string to = log_file(dir_, number);
    if (::rename(log_file(dir_, number - 1).c_str(), to.c_str()) != 0 && errno != ENOENT)
      return failed("cannot rename to " + to);
  }
  if (limits_.files == 1) ::unlink(log_file(dir_, 0).c_str());
  close_file();
  return open_file();
}

}  // namespace vfleet::control::logs
