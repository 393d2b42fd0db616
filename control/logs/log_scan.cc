#include "control/logs/log_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vfleet::control::logs {

namespace {

constexpr unsigned kFilesMax = 1000;

}  // namespace

bool LineFilter::passes(const Record& record) const {
  if (record.line.at_us < since_us) return false;
  if (!source.empty() && !is_of_source(record.source, source)) return false;
  if (record.is_gap()) return true;
  return record.line.level >= least && (!devices_only || !record.line.device.empty());
}

Result<std::unique_ptr<LogScan>> LogScan::open(const std::string& dir, LineFilter filter,
                                               std::optional<FilePlace> end) {
  std::vector<File> files;
  // From the newest on: when they are renamed meanwhile, one comes twice, but none is missed.
  for (unsigned number = 0; number < kFilesMax; ++number) {
    const std::string path = log_file(dir, number);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && number > 0) break;
    if (fd < 0 && errno == ENOENT) continue;  // between two files
    struct stat state {};
    if (fd < 0 || ::fstat(fd, &state) != 0) {
      const std::string why = std::strerror(errno);
      for (const File& each : files) ::close(each.fd);
      if (fd >= 0) ::close(fd);
      return fail(Errc::unavailable, "cannot read " + path + ": " + why);
    }
    const bool twice =
        std::any_of(files.begin(), files.end(), [&](const File& each) { return each.inode == state.st_ino; });
    if (twice) {
      ::close(fd);
      continue;
    }
    files.push_back({fd, state.st_ino, static_cast<std::uint64_t>(state.st_size)});
  }
  if (files.empty()) return fail(Errc::not_found, "no log files in " + dir);
  std::reverse(files.begin(), files.end());
  if (end) {
    const auto last =
        std::find_if(files.begin(), files.end(), [&](const File& each) { return each.inode == end->file; });
    if (last != files.end()) {
      last->size = std::min(last->size, end->offset);
      for (auto each = last + 1; each != files.end(); ++each) ::close(each->fd);
      files.erase(last + 1, files.end());
    }
  }
  return std::unique_ptr<LogScan>(new LogScan(std::move(filter), std::move(files)));
}

LogScan::LogScan(LineFilter filter, std::vector<File> files)
    : filter_(std::move(filter)), files_(std::move(files)), back_file_(files_.size() - 1) {
  back_offset_ = files_.back().size;
}

LogScan::~LogScan() {
  for (const File& each : files_) ::close(each.fd);
}

std::string LogScan::read(std::size_t file, std::uint64_t from, std::size_t bytes) const {
  std::string out(bytes, '\0');
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got =
        ::pread(files_[file].fd, out.data() + done, bytes - done, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // what cannot be read is as if it were not there
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

void LogScan::keep(std::string_view line, std::size_t file, std::uint64_t offset, Slice& out) const {
  auto record = parse_record(line);
  if (!record) return;
  out.oldest_us = std::min(out.oldest_us, record->line.at_us);
  if (filter_.passes(*record)) out.found.push_back({std::move(*record), file, offset});
}

LogScan::Slice LogScan::older() {
  Slice slice;
  if (back_offset_ == 0) {
    if (back_file_ == 0) {
      slice.end = true;
      return slice;
    }
    --back_file_;
    back_offset_ = files_[back_file_].size;
  }
  const std::uint64_t from = back_offset_ > kSliceBytes ? back_offset_ - kSliceBytes : 0;
  const std::string bytes = read(back_file_, from, back_offset_ - from);
  // The first line may have begun before; unless nothing else is here, it is read with the next slice.
  std::size_t begin = 0;
  if (from > 0) {
    const std::size_t first_end = bytes.find('\n');
    begin = first_end == std::string::npos || first_end + 1 == bytes.size() ? bytes.size() : first_end + 1;
  }
  const std::uint64_t next = begin == bytes.size() ? from : from + begin;
  for (std::size_t end = 0; begin < bytes.size(); begin = end + 1) {
    end = std::min(bytes.find('\n', begin), bytes.size());
    keep(std::string_view(bytes).substr(begin, end - begin), back_file_, from + begin, slice);
  }
  std::reverse(slice.found.begin(), slice.found.end());
  back_offset_ = next;
  slice.end = back_offset_ == 0 && back_file_ == 0;
  return slice;
}

void LogScan::go_to(std::size_t file, std::uint64_t offset) {
  file_ = file;
  offset_ = offset;
}

LogScan::Slice LogScan::newer() {
  Slice slice;
  while (file_ < files_.size() && offset_ >= files_[file_].size) {
    ++file_;
    offset_ = 0;
  }
  if (file_ >= files_.size()) {
    slice.end = true;
    return slice;
  }
  const std::uint64_t left = files_[file_].size - offset_;
  const std::string bytes = read(file_, offset_, std::min<std::uint64_t>(left, kSliceBytes));
  // The last line may go on behind the slice; it is read with the next one, unless nothing else is here.
  const std::size_t last_end = bytes.rfind('\n');
  const bool whole = last_end == std::string::npos || bytes.size() == left;
  const std::size_t size = whole ? bytes.size() : last_end + 1;
  for (std::size_t begin = 0, end = 0; begin < size; begin = end + 1) {
    end = std::min(bytes.find('\n', begin), size);
    keep(std::string_view(bytes).substr(begin, end - begin), file_, offset_ + begin, slice);
  }
  // What shrank under us ends here.
  offset_ = bytes.empty() ? files_[file_].size : offset_ + size;
  slice.end = file_ + 1 == files_.size() && offset_ >= files_[file_].size;
  return slice;
}

}  // namespace vfleet::control::logs
