#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/logs/log_files.h"
#include "control/logs/record.h"
#include "simulator/core/result.h"

namespace vfleet::control::logs {

/// Which records a reader wants. Gaps have no level and no device: they always count.
struct LineFilter {
  log::Level least = log::Level::trace;
  std::string source;  ///< "worker-0", "up" with its parts; empty: all
  std::int64_t since_us = INT64_MIN;
  bool devices_only = false;  ///< lines of devices (and gaps): which devices is for somebody else to say

  [[nodiscard]] bool passes(const Record& record) const;
};

/// Reads the log's files in slices, from the end back or from a place on. It holds them open, so that what is
/// rotated away meanwhile can still be read. Blocks: not for a loop.
class LogScan {
 public:
  static constexpr std::size_t kSliceBytes = std::size_t{256} << 10U;

  struct Found {
    Record record;
    std::size_t file = 0;  ///< with `offset`: where it stands, for go_to()
    std::uint64_t offset = 0;
  };
  struct Slice {
    std::vector<Found> found;
    std::int64_t oldest_us = INT64_MAX;  ///< of all that was read, found or not
    bool end = false;                    ///< nothing is left in this direction
  };

  /// Opens DIR/fleet.log and its older ones. What stands behind `end` is not read. Errors: not_found (no file
  /// there), unavailable.
  [[nodiscard]] static Result<std::unique_ptr<LogScan>> open(const std::string& dir, LineFilter filter,
                                                             std::optional<FilePlace> end);
  ~LogScan();
  LogScan(const LogScan&) = delete;
  LogScan& operator=(const LogScan&) = delete;

  /// What stands before the place read last, the newest first; at the beginning that is the end of
  /// everything.
  [[nodiscard]] Slice older();
  /// The next newer() begins here.
  void go_to(std::size_t file, std::uint64_t offset);
  [[nodiscard]] Slice newer();

 private:
  struct File {
    int fd;
    ino_t inode;
    std::uint64_t size;
  };
  LogScan(LineFilter filter, std::vector<File> files);
  [[nodiscard]] std::string read(std::size_t file, std::uint64_t from, std::size_t bytes) const;
  void keep(std::string_view line, std::size_t file, std::uint64_t offset, Slice& out) const;

  LineFilter filter_;
  std::vector<File> files_;  // the oldest first
  std::size_t back_file_;    // older() reads before this place
  std::uint64_t back_offset_ = 0;
  std::size_t file_ = 0;  // newer() reads from this place on
  std::uint64_t offset_ = 0;
};

}  // namespace vfleet::control::logs
