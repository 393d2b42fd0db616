#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/logs/log_files.h"
#include "control/logs/record.h"
#include "control/logs/source_book.h"
#include "simulator/core/clock.h"

namespace vfleet::control::logs {

/// The fleet's log: takes lines from everybody, numbers those that bring no number, writes them to files on a
/// thread of its own, and keeps the last ones in memory. Adding never waits for the disk: when that is slow
/// the bounded queue fills and lines are refused (who has a ring tries again); when it is full they are
/// dropped and counted, readers of memory see them all the same, and the files get a gap. Every call from any
/// thread.
class LogStore {
 public:
  struct Options {
    std::string dir;
    LogFiles::Limits files;
    std::size_t queue_lines = 65'536;
    std::size_t queue_bytes = std::size_t{32} << 20U;
    std::size_t memory_lines = 10'000;
    std::size_t memory_bytes = std::size_t{16} << 20U;
  };
  struct Counters {
    std::uint64_t taken = 0;
    std::uint64_t repeated = 0;   ///< came twice: taken once
    std::uint64_t refused = 0;    ///< no room in the queue
    std::uint64_t unwritten = 0;  ///< taken, but the disk did not
  };
  enum class Added : std::uint8_t { taken, repeated, refused };

  /// Reads how far every source had come, which may take a moment, and starts the writer. A folder that
  /// cannot be used is no reason to stop: it is tried again with each write. `clock` must outlive this.
  /// `life` numbers control's own life, and rises.
  LogStore(Options options, const Clock& clock, std::uint64_t life);
  /// Writes what is queued, then ends the thread.
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  /// A line that has its number.
  Added add(std::string_view source, std::uint64_t boot, const log::Line& line);
  /// A line of `source` ("control", "up/NAME") that is numbered here.
  void note(std::string_view source, std::int64_t at_us, log::Level level, std::string_view text);

  /// Waits until everything that was added is written or given up. Blocks on the disk.
  void settle();

  /// How far `source` was written, or given up as lost.
  [[nodiscard]] std::optional<SourceBook::Place> handled(std::string_view source) const;
  /// Why the files are not written now; empty when they are.
  [[nodiscard]] std::string trouble() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] const Options& options() const;

  // ---- memory: records have positions that rise by one ----

  using Shared = std::shared_ptr<const Record>;  // in the queue and in memory, whoever is done last
  /// The position behind the newest record.
  [[nodiscard]] std::uint64_t end() const;
  /// The oldest position in memory.
  [[nodiscard]] std::uint64_t begin() const;
  /// Whether nothing older was ever written: memory is all there is.
  [[nodiscard]] bool memory_is_all() const;
  /// At most `most` records from `position` (not below begin()) on.
  [[nodiscard]] std::vector<Shared> read(std::uint64_t position, std::size_t most) const;

  /// Asks where in the files everything ends that was added before. The answer comes when the writer got
  /// there.
  [[nodiscard]] std::uint64_t mark();
  [[nodiscard]] std::optional<FilePlace> marked(std::uint64_t ticket);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::control::logs
