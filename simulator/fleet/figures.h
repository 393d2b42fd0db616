#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/board/board.h"
#include "simulator/board/latency_row.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/log_linear.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::fleet {

/// Why a report became due, or was asked for, and never got a sequence number.
enum class NotSent : std::uint8_t {
  offline,
  paused,
  queue_full,
  late,
  encode_failed,
  forgone,  ///< the device's protocol had no place for it
};

[[nodiscard]] constexpr std::string_view to_string(NotSent reason) {
  switch (reason) {
    case NotSent::offline:
      return "offline";
    case NotSent::paused:
      return "paused";
    case NotSent::queue_full:
      return "queue_full";
    case NotSent::late:
      return "late";
    case NotSent::encode_failed:
      return "encode_failed";
    case NotSent::forgone:
      return "forgone";
  }
  return "unknown";
}

/// What is counted of one group's devices in this shard: a row of the board. A view; copies mean the same
/// row.
class GroupFigures {
 public:
  GroupFigures() = default;
  explicit GroupFigures(board::Cell* row) : row_(row) {}

  [[nodiscard]] board::Cell& devices() const { return row_[board::cell_of(board::kGroupFields, "devices")]; }
  [[nodiscard]] board::Cell& online() const { return row_[board::cell_of(board::kGroupFields, "online")]; }
  [[nodiscard]] board::Cell& paused() const { return row_[board::cell_of(board::kGroupFields, "paused")]; }
  [[nodiscard]] board::Cell& sent() const { return row_[board::cell_of(board::kGroupFields, "sent")]; }
  [[nodiscard]] board::Cell& acked() const { return row_[board::cell_of(board::kGroupFields, "acked")]; }
  [[nodiscard]] board::Cell& failed() const { return row_[board::cell_of(board::kGroupFields, "failed")]; }
  [[nodiscard]] board::Cell& not_sent() const {
    return row_[board::cell_of(board::kGroupFields, "not_sent")];
  }
  [[nodiscard]] board::Cell& late() const { return row_[board::cell_of(board::kGroupFields, "late")]; }
  [[nodiscard]] metrics::CellHistogram<board::kCoarseBits> lateness() const {
    return metrics::CellHistogram<board::kCoarseBits>(row_ +
                                                      board::cell_of(board::kGroupFields, "lateness_sum"));
  }

 private:
  board::Cell* row_ = nullptr;
};

/// What is counted of each report of one type on one uplink: rows of the board, one after the other. A view.
class ReportFigures {
 public:
  ReportFigures() = default;
  explicit ReportFigures(board::Cell* first) : first_(first) {}
  [[nodiscard]] board::Cell& sent(std::size_t report) const {
    return first_[report * kRow + board::cell_of(board::kReportFields, "sent")];
  }
  [[nodiscard]] board::Cell& acked(std::size_t report) const {
    return first_[report * kRow + board::cell_of(board::kReportFields, "acked")];
  }
  /// Of the sent ones; those neither acked nor failed are in flight.
  [[nodiscard]] board::Cell& failed(std::size_t report) const {
    return first_[report * kRow + board::cell_of(board::kReportFields, "failed")];
  }
  /// Of the failed ones.
  [[nodiscard]] board::Cell& refused(std::size_t report) const {
    return first_[report * kRow + board::cell_of(board::kReportFields, "refused")];
  }
  [[nodiscard]] board::Cell& dropped(std::size_t report) const {
    return first_[report * kRow + board::cell_of(board::kReportFields, "dropped")];
  }
  /// Shown as KIND.REPORT from now on; KIND is UPLINK/TYPE.
  void name(std::size_t report, std::string_view kind, std::string_view name) const;
  /// UPLINK/TYPE.REPORT.
  [[nodiscard]] std::string shown_name(std::size_t report) const;

 private:
  static constexpr std::size_t kRow = board::cells_in(board::kReportFields);
  board::Cell* first_ = nullptr;
};

/// Where the latencies of one group's reports are counted, by report; found when they are first needed.
using LatencyRows = std::vector<std::optional<board::LatencyRow*>>;

/// What a shard counts, in the cells of a board: whoever kills the process does not take it away. `sent` are
/// reports that got a sequence number and were accepted by the uplink; each of them ends as acked, as failed,
/// or is in flight.
class Figures {
 public:
  explicit Figures(board::Board board);

  board::Cell& devices;
  board::Cell& online;
  board::Cell& paused;
  board::Cell& queued;
  board::Cell& sent;
  board::Cell& commands_applied;
  metrics::CellHistogram<board::kFineBits> lateness;     // from due to the send, scheduled reports
  metrics::CellHistogram<board::kFineBits> ack_latency;  // from due to the acknowledgement, all reports

  board::Cell& handed_over;  // of the acked

  [[nodiscard]] board::Cell& settled(uplink::Fate fate) { return settled_[static_cast<std::size_t>(fate)]; }
  [[nodiscard]] board::Cell& not_sent(NotSent reason) { return not_sent_[static_cast<std::size_t>(reason)]; }
  /// `reason` is a snake_case word; those beyond the table's size share "other".
  void count_link_down(std::string_view reason);
  /// A counter of the uplinks, as they keep it.
  void set_uplink(std::string_view name, std::uint64_t value);

  /// The cells of a group of this name; the first 64 names have their own, the others share "other".
  [[nodiscard]] GroupFigures group(std::string_view name);
  /// The cells of the reports of a kind, UPLINK/TYPE. When the table is full they are counted, but nobody
  /// sees it. An open type gets rows for kOpenNamesMax more, which get their names as they come.
  [[nodiscard]] ReportFigures reports(std::string_view kind, const std::vector<std::string_view>& names,
                                      bool open);
  static constexpr std::size_t kOpenNamesMax = 64;
  /// Which of the rows behind the `described` ones counts reports of this name, from 0. At most
  /// kOpenNamesMax; further ones are counted as the last, "other".
  [[nodiscard]] std::size_t open_report(const std::string& kind, const ReportFigures& figures,
                                        std::size_t described, std::string_view name);

  /// The row of latencies of that name (UPLINK/TYPE.REPORT), null when there is no space for it. When there
  /// are as many names as rows, further ones share "other".
  [[nodiscard]] board::LatencyRow* latency(const std::string& name);

  [[nodiscard]] std::uint64_t acked() { return settled(uplink::Fate::acked); }
  [[nodiscard]] std::uint64_t in_flight() const;
  [[nodiscard]] metrics::Histogram lateness_so_far() const;

  [[nodiscard]] board::Board& board() { return board_; }
  [[nodiscard]] const board::Board& board() const { return board_; }

 private:
  using Named = std::map<std::string, board::Cell*, std::less<>>;
  /// The count cell of the row of `area` with this name, made when it is not there.
  board::Cell& named(Named& known, board::AreaIndex area, std::string_view name);

  board::Board board_;
  board::Cell* settled_;   // by uplink::Fate
  board::Cell* not_sent_;  // by NotSent
  Named link_downs_;       // their count cells
  Named uplinks_;
  Named groups_;                                                             // their rows
  Named reports_;                                                            // first rows, by kind
  std::map<std::string, std::vector<std::string>, std::less<>> open_names_;  // by kind
  std::uint32_t reports_used_ = 0;
  std::map<std::string, std::unique_ptr<board::LatencyRow>> latencies_;
  std::vector<std::unique_ptr<board::Cell[]>> unseen_;
};

}  // namespace vfleet::fleet
