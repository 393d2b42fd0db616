#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "simulator/metrics/log_linear.h"

/// What a board holds and where: one table, from which the writer's cells, the reader, the JSON dump and the
/// layout's hash come. A board is an array of 8-byte cells in areas; an area has rows of the same fields; a
/// row of a table with names is in use once its name is set, and keeps its name for ever.
///
/// Whoever changes a name, a unit, a size or an order changes the hash: a reader of another layout says so
/// and shows nothing wrong.
namespace vfleet::board {

enum class Kind : std::uint8_t {
  text,     ///< UTF-8, padded with zeros
  counter,  ///< only rises
  gauge,    ///< of the moment
  buckets,  ///< a counter for each bucket of a LogLinear histogram
};

struct Field {
  std::string_view name;
  std::string_view unit;
  Kind kind = Kind::counter;
  std::uint32_t cells = 1;
};

struct Area {
  std::string_view name;
  std::span<const Field> fields;
  std::uint32_t rows = 1;
  std::uint32_t row_cells = 0;  ///< the fields' and padding
  std::uint32_t first = 0;      ///< cell of the first row
};

inline constexpr std::uint32_t kPageCells = 512;
/// "vfboard1", as the bytes stand in the file of a little-endian machine.
inline constexpr std::uint64_t kMagic = 0x316472616f626676ULL;

/// How a worker's life goes, in header.state.
enum class State : std::uint64_t { starting = 0, running = 1, ended = 2 };

/// Fine buckets for the shard, as the wire's HIST; coarse ones (3 %) for each group, so that a group is a
/// page.
inline constexpr unsigned kFineBits = 10;
inline constexpr unsigned kCoarseBits = 5;
using Fine = metrics::LogLinear<kFineBits>;
using Coarse = metrics::LogLinear<kCoarseBits>;

inline constexpr std::uint32_t kLatenciesMax = 64;  ///< rows; once there is only one left, it is "other"
inline constexpr std::uint32_t kGroupsMax = 64;  ///< with a row of their own; the others share row 0, "other"
inline constexpr std::string_view kOther = "other";

inline constexpr std::array kHeaderFields = {
    Field{"magic", "", Kind::gauge},
    Field{"layout", "hash", Kind::gauge},
    Field{"size", "bytes", Kind::gauge},
    Field{"pid", "", Kind::gauge},
    Field{"boot", "", Kind::gauge},  // 0 until control has given one
    Field{"shard", "", Kind::gauge},
    Field{"shards", "", Kind::gauge},
    Field{"started_us", "us", Kind::gauge},  // wall clock
    Field{"state", "", Kind::gauge},
    Field{"name", "", Kind::text, 8},
    Field{"fleet", "", Kind::text, 8},
    Field{"latency_rows", "rows", Kind::gauge},  // in use, from the first
};
/// Refreshed once a second.
inline constexpr std::array kProcessFields = {
    Field{"updated_us", "us", Kind::gauge},  // wall clock
    Field{"rss_bytes", "bytes", Kind::gauge},     Field{"cpu_us", "us", Kind::counter},
    Field{"utilisation", "ppm", Kind::gauge},     Field{"open_fds", "descriptors", Kind::gauge},
    Field{"loop_turn_max_us", "us", Kind::gauge}, Field{"configs", "configurations", Kind::gauge},
};
inline constexpr std::array kShardFields = {
    Field{"devices", "devices", Kind::gauge},
    Field{"online", "devices", Kind::gauge},
    Field{"paused", "devices", Kind::gauge},
    Field{"queued", "reports", Kind::gauge},  // waiting for their device to come online
    Field{"commands_applied", "commands"},
    Field{"sent", "reports"},
    Field{"acked", "reports"},  // from here by uplink::Fate
    Field{"failed.refused", "reports"},
    Field{"failed.timed_out", "reports"},
    Field{"failed.connection_lost", "reports"},
    Field{"failed.evicted", "reports"},
    Field{"not_sent.offline", "reports"},  // from here by fleet::NotSent
    Field{"not_sent.paused", "reports"},
    Field{"not_sent.queue_full", "reports"},
    Field{"not_sent.late", "reports"},
    Field{"not_sent.encode_failed", "reports"},
    Field{"not_sent.forgone", "reports"},
    Field{"handed_over", "reports"},  // of the acked: nobody acknowledges them
};
inline constexpr std::array kNamedCountFields = {
    Field{"name", "", Kind::text, 7},
    Field{"count", ""},
};
inline constexpr std::array kReportFields = {
    Field{"name", "", Kind::text, 12},  // UPLINK/TYPE.REPORT
    Field{"sent", "reports"},          Field{"acked", "reports"},
    Field{"failed", "reports"},        Field{"refused", "reports"},  // of the failed: the platform said no
    Field{"dropped", "reports"},                                     // of the failed: evicted from a queue
};
inline constexpr std::array kFineFields = {
    Field{"sum", "us"},
    Field{"max", "us", Kind::gauge},
    Field{"buckets", "us", Kind::buckets, Fine::kBuckets},
};
inline constexpr std::array kGroupFields = {
    Field{"name", "", Kind::text, 8},
    Field{"devices", "devices", Kind::gauge},
    Field{"online", "devices", Kind::gauge},
    Field{"paused", "devices", Kind::gauge},
    Field{"sent", "reports"},
    Field{"acked", "reports"},
    Field{"failed", "reports"},
    Field{"not_sent", "reports"},  // late ones too
    Field{"late", "reports"},
    Field{"lateness_sum", "us"},
    Field{"lateness_max", "us", Kind::gauge},
    Field{"lateness", "us", Kind::buckets, Coarse::kBuckets},
};
/// Of the reports of one type that went by one uplink. `lost` are those that found no space to be counted in.
inline constexpr std::array kLatencyFields = {
    Field{"name", "", Kind::text, 12},  // UPLINK/TYPE.REPORT
    Field{"send_sum", "us"},            // from due until the bytes went to the kernel
    Field{"send_max", "us", Kind::gauge},
    Field{"send_lost", "reports"},
    Field{"ack_sum", "us"},  // from due until the platform accepted it
    Field{"ack_max", "us", Kind::gauge},
    Field{"ack_lost", "reports"},
    Field{"answer_sum", "us"},  // from the kernel until the platform accepted it
    Field{"answer_max", "us", Kind::gauge},
    Field{"answer_lost", "reports"},
    Field{"arrival_sum", "us"},  // from due until it came back as an echo
    Field{"arrival_max", "us", Kind::gauge},
    Field{"arrival_lost", "reports"},
    Field{"send", "us", Kind::buckets, Fine::kBuckets},
    Field{"ack", "us", Kind::buckets, Fine::kBuckets},
    Field{"answer", "us", Kind::buckets, Fine::kBuckets},
    Field{"arrival", "us", Kind::buckets, Fine::kBuckets},
};

/// Where `name` begins in a row. Does not compile when there is no such field.
consteval std::uint32_t cell_of(std::span<const Field> fields, std::string_view name) {
  std::uint32_t at = 0;
  for (const Field& field : fields) {
    if (field.name == name) return at;
    at += field.cells;
  }
  throw "no such field";
}

[[nodiscard]] constexpr std::uint32_t cells_in(std::span<const Field> fields) {
  std::uint32_t sum = 0;
  for (const Field& field : fields) sum += field.cells;
  return sum;
}

enum AreaIndex : std::uint8_t {
  kHeader,
  kProcess,
  kShard,
  kLinkDowns,
  kUplinks,
  kReports,
  kLateness,
  kAckLatency,
  kGroups,
  kLatencies,
  kAreaCount
};

/// A row of latencies: whole pages.
inline constexpr std::uint32_t kLatencyCells =
    (cells_in(kLatencyFields) + kPageCells - 1) / kPageCells * kPageCells;

/// In the order of the file, each on a page of its own: what changes with every report lies apart from the
/// rest.
inline constexpr std::array<Area, kAreaCount> kAreas = [] {
  std::array<Area, kAreaCount> areas = {{
      {"header", kHeaderFields, 1},
      {"process", kProcessFields, 1},
      {"shard", kShardFields, 1},
      {"link_downs", kNamedCountFields, 64},
      {"uplinks", kNamedCountFields, 128},
      {"reports", kReportFields, 384},
      {"lateness", kFineFields, 1},
      {"ack_latency", kFineFields, 1},
      {"groups", kGroupFields, kGroupsMax + 1, kPageCells},
      {"latencies", kLatencyFields, kLatenciesMax, kLatencyCells},
  }};
  const auto whole = [](std::uint32_t cells, std::uint32_t unit) { return (cells + unit - 1) / unit * unit; };
  std::uint32_t at = 0;
  for (Area& area : areas) {
    if (area.row_cells == 0) area.row_cells = cells_in(area.fields);
    area.first = at;
    // Small single rows share a page, a cache line each at least.
    const bool small = area.rows * area.row_cells < kPageCells / 4;
    at = whole(at + area.rows * area.row_cells, small && &area < &areas[kShard] ? 64 : kPageCells);
  }
  return areas;
}();
static_assert(cells_in(kGroupFields) <= kPageCells);
static_assert(kAreas[kGroups].first % kPageCells == 0);

/// All but the latencies; rows of groups that are not in use are holes in the file.
inline constexpr std::uint32_t kMainCells = kAreas[kLatencies].first;
static_assert(kMainCells == kAreas[kGroups].first + kAreas[kGroups].rows * kPageCells);
/// All of it. Of the latencies, pages that never counted anything are holes.
inline constexpr std::uint32_t kBoardCells = kMainCells + kLatenciesMax * kLatencyCells;
inline constexpr std::size_t kBoardBytes = std::size_t{kBoardCells} * 8;
inline constexpr std::size_t kMainBytes = std::size_t{kMainCells} * 8;
inline constexpr std::size_t kLatencyBytes = std::size_t{kLatencyCells} * 8;
/// Up to and with the row "other" of the groups: reserved when the board is made.
inline constexpr std::uint32_t kFixedCells = kAreas[kGroups].first + kPageCells;

/// The cell where row `row` of `area` begins.
[[nodiscard]] constexpr std::uint32_t row_of(AreaIndex area, std::uint32_t row = 0) {
  return kAreas[area].first + row * kAreas[area].row_cells;
}

/// Of all names, units, kinds, sizes and places.
[[nodiscard]] std::uint64_t layout_hash(std::span<const Area> areas = kAreas);

}  // namespace vfleet::board
