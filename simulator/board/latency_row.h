#pragma once

#include <array>
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
  void sent(Duration latency) { record(kSend, latency); }
  /// From due until the platform accepted it.
  void acked(Duration latency) { record(kAck, latency); }
  /// From when the kernel had it until the platform accepted it.
  void answered(Duration latency) { record(kAnswer, latency); }
  /// From due until it came back as an echo.
  void arrived(Duration latency) { record(kArrival, latency); }

 private:
  /// Where one histogram's cells are: sum, max, lost; and its buckets.
  struct Place {
    std::uint32_t sum;
    std::uint32_t buckets;
  };
  static constexpr Place kSend{cell_of(kLatencyFields, "send_sum"), cell_of(kLatencyFields, "send")};
  static constexpr Place kAck{cell_of(kLatencyFields, "ack_sum"), cell_of(kLatencyFields, "ack")};
  static constexpr Place kAnswer{cell_of(kLatencyFields, "answer_sum"), cell_of(kLatencyFields, "answer")};
  static constexpr Place kArrival{cell_of(kLatencyFields, "arrival_sum"), cell_of(kLatencyFields, "arrival")};
  static_assert(cell_of(kLatencyFields, "send_max") == kSend.sum + 1 &&
                cell_of(kLatencyFields, "send_lost") == kSend.sum + 2);
  static_assert(cell_of(kLatencyFields, "ack_max") == kAck.sum + 1 &&
                cell_of(kLatencyFields, "ack_lost") == kAck.sum + 2);
  static_assert(cell_of(kLatencyFields, "answer_max") == kAnswer.sum + 1 &&
                cell_of(kLatencyFields, "answer_lost") == kAnswer.sum + 2);
  static_assert(cell_of(kLatencyFields, "arrival_max") == kArrival.sum + 1 &&
                cell_of(kLatencyFields, "arrival_lost") == kArrival.sum + 2);
  static_assert(kArrival.sum + 2 < kPageCells && kLatencyCells / kPageCells <= 128);

  void record(const Place& place, Duration latency) {
    const std::int64_t us = to_us(latency);
    const std::uint64_t value = us < 0 ? 0 : static_cast<std::uint64_t>(us);
    const std::uint32_t at = place.buckets + static_cast<std::uint32_t>(Fine::index_of(value));
    const std::uint32_t page = at / kPageCells;
    if ((pages_[page / 64] >> (page % 64) & 1U) == 0 && !reserve(page)) {
      ++cells_[place.sum + 2];
      return;
    }
    ++cells_[at];
    cells_[place.sum] += value;
    if (value > cells_[place.sum + 1].get()) cells_[place.sum + 1].set(value);
  }

  bool reserve(std::uint32_t page) {
    if (!board_.reserve_latency_page(row_, page)) return false;
    pages_[page / 64] |= std::uint64_t{1} << (page % 64);
    return true;
  }

  Board& board_;
  Cell* cells_;
  std::uint32_t row_;
  std::array<std::uint64_t, 2> pages_ = {1, 0};  // that may be touched
};

}  // namespace vfleet::board
