#include "simulator/fleet/figures.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "simulator/board/snapshot.h"

namespace vfleet::fleet {

using board::Cell;
using board::cell_of;

namespace {

// The board's rows are in the order of the enumerations.
static_assert(cell_of(board::kShardFields, "failed.evicted") - cell_of(board::kShardFields, "acked") ==
              static_cast<std::uint32_t>(uplink::Fate::evicted));
static_assert(cell_of(board::kShardFields, "not_sent.forgone") -
                  cell_of(board::kShardFields, "not_sent.offline") ==
              static_cast<std::uint32_t>(NotSent::forgone));

constexpr std::uint32_t kNameCells = board::kNamedCountFields[0].cells;
constexpr std::uint32_t kCount = cell_of(board::kNamedCountFields, "count");

}  // namespace

Figures::Figures(board::Board board)
    : devices(board.cell(board::kShard, cell_of(board::kShardFields, "devices"))),
      online(board.cell(board::kShard, cell_of(board::kShardFields, "online"))),
      paused(board.cell(board::kShard, cell_of(board::kShardFields, "paused"))),
      queued(board.cell(board::kShard, cell_of(board::kShardFields, "queued"))),
      sent(board.cell(board::kShard, cell_of(board::kShardFields, "sent"))),
      commands_applied(board.cell(board::kShard, cell_of(board::kShardFields, "commands_applied"))),
      lateness(board.row(board::kLateness)),
      ack_latency(board.row(board::kAckLatency)),
      handed_over(board.cell(board::kShard, cell_of(board::kShardFields, "handed_over"))),
      board_(std::move(board)),  // its cells stay where they are
      settled_(&board_.cell(board::kShard, cell_of(board::kShardFields, "acked"))),
      not_sent_(&board_.cell(board::kShard, cell_of(board::kShardFields, "not_sent.offline"))) {}

Cell& Figures::named(Named& known, board::AreaIndex area, std::string_view name) {
  if (const auto at = known.find(name); at != known.end()) return *at->second;
  const auto last = static_cast<std::size_t>(board::kAreas[area].rows - 1);
  if (known.size() >= last && name != board::kOther) return named(known, area, board::kOther);
  Cell* const row = board_.row(area, static_cast<std::uint32_t>(known.size()));
  board::set_text(row, kNameCells, name);
  return *known.emplace(name, row + kCount).first->second;
}

void Figures::count_link_down(std::string_view reason) {
  ++named(link_downs_, board::kLinkDowns, reason);
}

void Figures::set_uplink(std::string_view name, std::uint64_t value) {
  named(uplinks_, board::kUplinks, name).set(value);
}

GroupFigures Figures::group(std::string_view name) {
  const auto known = groups_.find(name);
  if (known != groups_.end()) return GroupFigures(known->second);
  const std::uint32_t row = static_cast<std::uint32_t>(groups_.size()) + 1;
  if (row > board::kGroupsMax || !board_.reserve_group(row)) return GroupFigures(board_.row(board::kGroups));
  Cell* const cells = board_.row(board::kGroups, row);
  board::set_text(cells, board::kGroupFields[0].cells, name);
  groups_.emplace(name, cells);
  return GroupFigures(cells);
}

void ReportFigures::name(std::size_t report, std::string_view kind, std::string_view name) const {
  std::string whole(kind);
  whole += '.';
  whole += name;
  board::set_text(first_ + report * kRow, board::kReportFields[0].cells, whole);
}

std::string ReportFigures::shown_name(std::size_t report) const {
  std::array<std::uint64_t, board::kReportFields[0].cells> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = first_[report * kRow + i];
  const char* const text = reinterpret_cast<const char*>(words.data());
  return {text, ::strnlen(text, sizeof words)};
}

board::LatencyRow* Figures::latency(const std::string& name) {
  if (const auto known = latencies_.find(name); known != latencies_.end()) return known->second.get();
  std::unique_ptr<board::LatencyRow> row;
  if (latencies_.size() + 1 >= board::kLatenciesMax && name != board::kOther)
    return latency(std::string(board::kOther));
  if (const auto taken = board_.take_latency_row(name))
    row = std::make_unique<board::LatencyRow>(board_, *taken);
  return latencies_.emplace(name, std::move(row)).first->second.get();
}

ReportFigures Figures::reports(std::string_view kind, const std::vector<std::string_view>& names, bool open) {
  if (const auto known = reports_.find(kind); known != reports_.end()) return ReportFigures(known->second);
  const std::size_t rows = names.size() + (open ? kOpenNamesMax : 0);
  Cell* first = nullptr;
  if (reports_used_ + rows <= board::kAreas[board::kReports].rows) {
    first = board_.row(board::kReports, reports_used_);
    reports_used_ += static_cast<std::uint32_t>(rows);
  } else {
    first =
        unseen_.emplace_back(std::make_unique<Cell[]>(rows * board::cells_in(board::kReportFields))).get();
  }
  reports_.emplace(kind, first);
  const ReportFigures figures(first);
  for (std::size_t i = 0; i < names.size(); ++i) figures.name(i, kind, names[i]);
  return figures;
}

std::size_t Figures::open_report(const std::string& kind, const ReportFigures& figures, std::size_t described,
                                 std::string_view name) {
  std::vector<std::string>& names = open_names_[kind];
  const auto known = std::find(names.begin(), names.end(), name);
  if (known != names.end()) return static_cast<std::size_t>(known - names.begin());
  if (names.size() == kOpenNamesMax) return kOpenNamesMax - 1;
  names.emplace_back(names.size() + 1 < kOpenNamesMax ? name : board::kOther);
  figures.name(described + names.size() - 1, kind, names.back());
  return names.size() - 1;
}

std::uint64_t Figures::in_flight() const {
  std::uint64_t done = 0;
  for (std::size_t fate = 0; fate <= static_cast<std::size_t>(uplink::Fate::evicted); ++fate)
    done += settled_[fate];
  return sent - done;
}

metrics::Histogram Figures::lateness_so_far() const {
  return board::Snapshot::of(board_).histogram(board::kLateness);
}

}  // namespace vfleet::fleet
