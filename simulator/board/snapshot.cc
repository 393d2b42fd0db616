#include "simulator/board/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace vfleet::board {
namespace {

constexpr std::uint32_t kSent = cell_of(kShardFields, "sent");
constexpr std::uint32_t kAcked = cell_of(kShardFields, "acked");
constexpr std::uint32_t kSettled = 5;

/// Where the histograms of a row of latencies are, in the order of metrics::kLatencyWays.
struct LatencyCells {
  std::uint32_t sum;
  std::uint32_t max;
  std::uint32_t buckets;
};
constexpr std::array kLatencyPlaces = {
    LatencyCells{cell_of(kLatencyFields, "send_sum"), cell_of(kLatencyFields, "send_max"),
                 cell_of(kLatencyFields, "send")},
    LatencyCells{cell_of(kLatencyFields, "ack_sum"), cell_of(kLatencyFields, "ack_max"),
                 cell_of(kLatencyFields, "ack")},
    LatencyCells{cell_of(kLatencyFields, "answer_sum"), cell_of(kLatencyFields, "answer_max"),
                 cell_of(kLatencyFields, "answer")},
    LatencyCells{cell_of(kLatencyFields, "arrival_sum"), cell_of(kLatencyFields, "arrival_max"),
                 cell_of(kLatencyFields, "arrival")},
};
static_assert(kLatencyPlaces.size() == metrics::kLatencyWays.size());

}  // namespace

Snapshot Snapshot::of(const Board& board, Detail detail) {
  Snapshot out;
  if (detail == Detail::latencies) out.latency_rows_ = board.latency_rows();
  out.cells_.resize(kMainCells + out.latency_rows_ * kLatencyCells);
  const Cell* const first = board.row(kHeader);
  // Touching more would take space that nobody reserved. In the rows of latencies reading is harmless: what
  // has no space reads as nothing.
  for (std::uint32_t i = 0; i < board.usable_cells(); ++i) out.cells_[i] = first[i].get();
  for (std::uint32_t i = kMainCells; i < out.cells_.size(); ++i) out.cells_[i] = first[i].get();
  return out;
}

Result<Snapshot> Snapshot::parse(std::span<const std::byte> bytes) {
  const auto word = [&](std::uint32_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + std::size_t{row_of(kHeader) + offset} * 8, 8);
    return value;
  };
  if (bytes.size() < cells_in(kHeaderFields) * 8) return fail(Errc::malformed, "no board: too short");
  if (word(cell_of(kHeaderFields, "magic")) != kMagic)
    return fail(Errc::malformed, "no board: another magic");
  if (word(cell_of(kHeaderFields, "layout")) != layout_hash())
    return fail(Errc::invalid_argument, "a board of another version of vfleet");
  const bool whole = bytes.size() >= kMainBytes && bytes.size() <= kBoardBytes &&
                     (bytes.size() - kMainBytes) % kLatencyBytes == 0;
  if (word(cell_of(kHeaderFields, "size")) != kBoardBytes || !whole)
    return fail(Errc::malformed, "the board is not as long as it says");
  if (word(cell_of(kHeaderFields, "shard")) > UINT32_MAX ||
      word(cell_of(kHeaderFields, "pid")) > std::uint64_t{INT32_MAX} ||
      word(cell_of(kHeaderFields, "state")) > static_cast<std::uint64_t>(State::ended) ||
      word(cell_of(kHeaderFields, "latency_rows")) > kLatenciesMax) {
    return fail(Errc::malformed, "the board's header does not hold together");
  }
  Snapshot out;
  out.latency_rows_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      (bytes.size() - kMainBytes) / kLatencyBytes, word(cell_of(kHeaderFields, "latency_rows"))));
  out.cells_.resize(kMainCells + out.latency_rows_ * kLatencyCells);
  std::memcpy(out.cells_.data(), bytes.data(), out.cells_.size() * 8);
  return out;
}

std::string_view Snapshot::text(AreaIndex area, std::uint32_t offset, std::uint32_t cells,
                                std::uint32_t row) const {
  const char* const first = reinterpret_cast<const char*>(cells_.data() + row_of(area, row) + offset);
  return {first, ::strnlen(first, std::size_t{cells} * 8)};
}

std::int64_t Snapshot::pid() const {
  return static_cast<std::int64_t>(get(kHeader, cell_of(kHeaderFields, "pid")));
}
std::uint64_t Snapshot::boot() const {
  return get(kHeader, cell_of(kHeaderFields, "boot"));
}
std::uint32_t Snapshot::shard() const {
  return static_cast<std::uint32_t>(get(kHeader, cell_of(kHeaderFields, "shard")));
}
State Snapshot::state() const {
  return static_cast<State>(get(kHeader, cell_of(kHeaderFields, "state")));
}
std::string_view Snapshot::name() const {
  return text(kHeader, cell_of(kHeaderFields, "name"), 8);
}

std::uint64_t Snapshot::in_flight() const {
  std::uint64_t done = 0;
  for (const std::uint64_t n : cells(kShard, kAcked, kSettled)) done += n;
  const std::uint64_t sent = get(kShard, kSent);
  return sent > done ? sent - done : 0;
}

metrics::Histogram Snapshot::histogram(AreaIndex area) const {
  return metrics::Histogram::of(cells(area, cell_of(kFineFields, "buckets"), Fine::kBuckets),
                                get(area, cell_of(kFineFields, "sum")),
                                get(area, cell_of(kFineFields, "max")));
}

std::vector<Latency> Snapshot::latencies() const {
  std::vector<Latency> out;
  out.reserve(latency_rows_);
  for (std::uint32_t row = 0; row < latency_rows_; ++row) {
    const auto figure = [&](std::uint32_t offset) { return get(kLatencies, offset, row); };
    Latency& latency = out.emplace_back();
    latency.name = text(kLatencies, 0, kLatencyFields[0].cells, row);
    for (std::size_t i = 0; i < kLatencyPlaces.size(); ++i) {
      const LatencyCells& at = kLatencyPlaces[i];
      latency.times.*metrics::kLatencyWays[i].histogram = metrics::Histogram::of(
          cells(kLatencies, at.buckets, Fine::kBuckets, row), figure(at.sum), figure(at.max));
    }
  }
  return out;
}

Result<Snapshot> read(const std::string& path, Detail detail) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable,
                path + ": " + std::generic_category().message(errno));
  }
  struct stat info = {};
  std::vector<std::byte> bytes;
  std::size_t got = 0;
  int error = 0;
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    error = EINVAL;
  } else {
    const auto size = static_cast<std::size_t>(info.st_size);
    const auto read_up_to = [&](std::size_t end) {
      bytes.resize(std::min(size, end));
      while (got < bytes.size()) {
        const ssize_t n = ::pread(file, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) error = errno;
        if (n <= 0) break;
        got += static_cast<std::size_t>(n);
      }
    };
    // A file of another length than a board cannot be right: its header says what it is.
    read_up_to(size == kBoardBytes ? kMainBytes : kMainBytes - 1);
    if (detail == Detail::latencies && size == kBoardBytes && got == kMainBytes) {
      std::uint64_t rows = 0;
      std::memcpy(&rows, bytes.data() + std::size_t{cell_of(kHeaderFields, "latency_rows")} * 8, 8);
      read_up_to(kMainBytes + std::min<std::uint64_t>(rows, kLatenciesMax) * kLatencyBytes);
    }
  }
  ::close(file);
  if (error != 0) return fail(Errc::unavailable, path + ": " + std::generic_category().message(error));
  auto parsed = Snapshot::parse(std::span(bytes).first(got));
  if (!parsed) return fail(parsed.error().code, path + ": " + parsed.error().detail);
  return parsed;
}

}  // namespace vfleet::board
