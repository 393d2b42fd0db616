#pragma once

#include <cstdint>

#include "simulator/board/board.h"

namespace vfleet::board {

/// Counts the latencies of one report type on one uplink, in a row of a board. A page of the row gets its
/// space when something is first counted in it: most latencies lie close together.
class LatencyRow {
 public:
  /// `row` from take_latency_row(); the board outlives this.
  LatencyRow(Board& board, std::uint32_t row)
      : board_(board), cells_(board.row(kLatencies, row)), row_(row) {}

  /// From due until the bytes went to the kernel.
  void sent(Duration latency) { record(kSend, kSendSum, latency); }
  /// From due until the platform accepted it.
  void acked(Duration latency) { record(kAck, kAckSum, latency); }

 private:
  static constexpr std::uint32_t kSend = cell_of(kLatencyFields, "send");
  static constexpr std::uint32_t kSendSum = cell_of(kLatencyFields, "send_sum");
  static constexpr std::uint32_t kAck = cell_of(kLatencyFields, "ack");
  static constexpr std::uint32_t kAckSum = cell_of(kLatencyFields, "ack_sum");
  static_assert(cell_of(kLatencyFields, "send_max") == kSendSum + 1 &&
                cell_of(kLatencyFields, "send_lost") == kSendSum + 2);
  static_assert(cell_of(kLatencyFields, "ack_max") == kAckSum + 1 &&
                cell_of(kLatencyFields, "ack_lost") == kAckSum + 2);
  static_assert(kAckSum + 2 < kPageCells && kLatencyCells / kPageCells <= 64);

  void record(std::uint32_t buckets, std::uint32_t sum, Duration latency) {
    const std::int64_t us = to_us(latency);
    const std::uint64_t value = us < 0 ? 0 : static_cast<std::uint64_t>(us);
    const std::uint32_t at = buckets + static_cast<std::uint32_t>(Fine::index_of(value));
    if ((pages_ >> (at / kPageCells) & 1U) == 0 && !reserve(at / kPageCells)) {
      ++cells_[sum + 2];
      return;
    }
    ++cells_[at];
    cells_[sum] += value;
    if (value > cells_[sum + 1].get()) cells_[sum + 1].set(value);
  }

  bool reserve(std::uint32_t page) {
    if (!board_.reserve_latency_page(row_, page)) return false;
    pages_ |= std::uint64_t{1} << page;
    return true;
  }

  Board& board_;
  Cell* cells_;
  std::uint32_t row_;
  std::uint64_t pages_ = 1;  // that may be touched
};

}  // namespace vfleet::board
