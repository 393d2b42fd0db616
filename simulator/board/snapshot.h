#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/board/board.h"
#include "simulator/board/layout.h"
#include "simulator/core/result.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/latency.h"

namespace vfleet::board {

/// Figures without latencies are 300 KiB, latencies another 400 KiB for each row.
enum class Detail : std::uint8_t { figures, latencies };

/// How long the reports of one type took on one uplink; `arrival` by echoes.
struct Latency {
  std::string name;  ///< UPLINK/TYPE.REPORT
  metrics::Latency times;
};

/// All cells of a board as they were at one moment (cells that changed meanwhile may be a little apart). It
/// is a copy: what the file does afterwards does not matter.
class Snapshot {
 public:
  /// Of one's own board.
  [[nodiscard]] static Snapshot of(const Board& board, Detail detail = Detail::figures);
  /// Of a file's first bytes: all but the latencies, and any number of whole rows of these. Errors: malformed
  /// (no board, cut off, a size that is not so), invalid_argument (another layout: written by another
  /// version).
  [[nodiscard]] static Result<Snapshot> parse(std::span<const std::byte> bytes);

  /// A field of one cell. `offset` comes from cell_of().
  [[nodiscard]] std::uint64_t get(AreaIndex area, std::uint32_t offset, std::uint32_t row = 0) const {
    return cells_[row_of(area, row) + offset];
  }
  /// The text in `cells` cells; whatever it is, it ends before its first zero.
  [[nodiscard]] std::string_view text(AreaIndex area, std::uint32_t offset, std::uint32_t cells,
                                      std::uint32_t row = 0) const;
  [[nodiscard]] std::span<const std::uint64_t> cells(AreaIndex area, std::uint32_t offset, std::size_t count,
                                                     std::uint32_t row = 0) const {
    return std::span(cells_).subspan(row_of(area, row) + offset, count);
  }

  [[nodiscard]] std::int64_t pid() const;
  [[nodiscard]] std::uint64_t boot() const;
  [[nodiscard]] std::uint32_t shard() const;
  [[nodiscard]] State state() const;
  [[nodiscard]] std::string_view name() const;
  /// How many rows of an area this snapshot has: of latencies, those that were asked for and are in use.
  [[nodiscard]] std::uint32_t rows(AreaIndex area) const {
    return area == kLatencies ? latency_rows_ : kAreas[area].rows;
  }
  /// Whether a row (below rows()) of a table with names is in use.
  [[nodiscard]] bool used(AreaIndex area, std::uint32_t row) const {
    return (cells_[row_of(area, row)] & 0xFFU) != 0;
  }
  [[nodiscard]] std::uint64_t shard_figure(std::uint32_t offset) const { return get(kShard, offset); }
  [[nodiscard]] std::uint64_t in_flight() const;
  /// kLateness or kAckLatency.
  [[nodiscard]] metrics::Histogram histogram(AreaIndex area) const;
  /// One for each row(kLatencies).
  [[nodiscard]] std::vector<Latency> latencies() const;

 private:
  std::vector<std::uint64_t> cells_;  // the areas, the last one as far as it is there
  std::uint32_t latency_rows_ = 0;
};

/// Reads a board's file: any bytes, a file that is cut while it is read, a pipe or a directory in its place
/// are an error, never a crash (the file is not mapped) and never a wait. Errors: not_found, unavailable, and
/// those of Snapshot::parse.
[[nodiscard]] Result<Snapshot> read(const std::string& path, Detail detail = Detail::figures);

}  // namespace vfleet::board
