#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/board/layout.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/metrics/cell.h"

namespace vfleet::board {

using metrics::Cell;

/// A worker's figures, written by its loop thread: cells in a file that others read at any time, also after
/// the writer was killed; or, without a file, the same cells in memory. No lock is ever waited for. The file
/// itself is locked while the writer lives, which is how others see that it does.
class Board {
 public:
  struct Place {
    std::string run_dir;
    std::string name;  ///< "worker-0"
    std::uint32_t shard = 0;
    WallTime started;
  };

  /// Makes RUN_DIR/board/NAME.PID.board and reserves its space (a full file system would otherwise end the
  /// process later, by SIGBUS). Errors: unavailable; nothing is left behind then.
  [[nodiscard]] static Result<Board> create(const Place& place);
  /// Figures that nobody else sees.
  [[nodiscard]] static Board in_memory();

  Board(Board&& other) noexcept;
  Board& operator=(Board&&) = delete;
  /// The file stays: it is for others to read. See directory.h.
  ~Board();

  [[nodiscard]] Cell* row(AreaIndex area, std::uint32_t row = 0) { return cells_ + row_of(area, row); }
  [[nodiscard]] const Cell* row(AreaIndex area, std::uint32_t row = 0) const {
    return cells_ + row_of(area, row);
  }
  [[nodiscard]] Cell& cell(AreaIndex area, std::uint32_t offset) { return cells_[row_of(area) + offset]; }
  /// Makes rows of groups up to `row` usable; false when there is no space for it.
  [[nodiscard]] bool reserve_group(std::uint32_t row);
  /// How many cells in front of the latencies may be touched: those that have space.
  [[nodiscard]] std::uint32_t usable_cells() const { return usable_; }

  /// A row of latencies called `name` (UPLINK/TYPE.REPORT); its first page may be touched, the others after
  /// reserve_latency_page(). The last row goes to everybody else, as "other". None: no space.
  [[nodiscard]] std::optional<std::uint32_t> take_latency_row(std::string_view name);
  /// Makes page `page` of a row usable; false when there is no space for it.
  [[nodiscard]] bool reserve_latency_page(std::uint32_t row, std::uint32_t page);
  [[nodiscard]] std::uint32_t latency_rows() const { return latency_rows_; }

  void set_state(State state);
  /// The life that control gave.
  void set_life(std::string_view fleet, std::uint64_t boot, std::uint32_t shard, std::uint32_t shards);

  /// Empty when in memory.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Board(Cell* cells, int file, std::string path) : cells_(cells), file_(file), path_(std::move(path)) {}

  Cell* cells_;
  int file_;  // -1: in memory. Holds the lock
  std::uint32_t usable_ = kFixedCells;
  std::uint32_t latency_rows_ = 0;
  std::string path_;
};

/// Puts `text` (cut to fit, one zero at its end) into the `cells` cells at `at`. The first cell goes last, so
/// that a reader of it sees the whole.
void set_text(Cell* at, std::uint32_t cells, std::string_view text);

}  // namespace vfleet::board
