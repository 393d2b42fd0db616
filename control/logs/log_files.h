#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "control/logs/source_book.h"
#include "simulator/core/result.h"

namespace vfleet::control::logs {

/// A point in the log's files. A file keeps its inode when it is renamed.
struct FilePlace {
  ino_t file = 0;
  std::uint64_t offset = 0;
};

/// The files that the log is written to: DIR/fleet.log, and older ones fleet.log.1 (the youngest) to
/// fleet.log.N. Blocks: for the writer's thread only. A file begins with a head that says how far every
/// source had come: {"at_us":5,"head":{"sources":[["worker-0",3,17],...]}}.
class LogFiles {
 public:
  struct Limits {
    std::uint64_t file_bytes = std::uint64_t{16} << 20U;  ///< a file that is larger is closed
    unsigned files = 8;                                   ///< fleet.log included
  };

  LogFiles(std::string dir, Limits limits) : dir_(std::move(dir)), limits_(limits) {}
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  /// Makes the folder (mode 0700) and opens fleet.log behind what it holds; `book` learns how far the sources
  /// came. A torn last line is ended. Errors: unavailable, with the system's words.
  [[nodiscard]] Status open(SourceBook& book);
  /// Appends whole lines, all or none, and opens the next file when this one is full. `book` and `at_us` are
  /// for the head of a new file. Errors: unavailable (disk full, ...): nothing was written.
  [[nodiscard]] Status append(std::string_view lines, const SourceBook& book, std::int64_t at_us);
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] FilePlace end() const { return {inode_, size_}; }

 private:
  [[nodiscard]] Status open_file();
  [[nodiscard]] Status write_all(std::string_view bytes);
  [[nodiscard]] Status rotate();
  void close_file();

  std::string dir_;
  Limits limits_;
  int fd_ = -1;
  ino_t inode_ = 0;
  std::uint64_t size_ = 0;
};

/// DIR/fleet.log for 0, DIR/fleet.log.N for others.
[[nodiscard]] std::string log_file(const std::string& dir, unsigned number);

}  // namespace vfleet::control::logs
