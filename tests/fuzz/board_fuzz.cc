// A board file is input from outside: any bytes are an error or figures, never a crash. So that the fuzzer
// gets past the checks it cannot guess, an input is also laid over the front of a whole board, from the
// offset that its first two bytes say.
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "simulator/board/figures_json.h"
#include "simulator/board/snapshot.h"

namespace {

using namespace vfleet;

void look(std::span<const std::byte> bytes) {
  const auto parsed = board::Snapshot::parse(bytes);
  if (!parsed) return;
  const auto replace = nlohmann::json::error_handler_t::replace;
  if (board::statistics(*parsed).dump(-1, ' ', false, replace).empty()) __builtin_trap();
  if (board::dump(*parsed).dump(-1, ' ', false, replace).empty()) __builtin_trap();
  for (const board::Latency& latency : parsed->latencies()) {
    for (const metrics::LatencyWay& way : metrics::kLatencyWays) {
      const metrics::Histogram& times = latency.times.*way.histogram;
      if (times.value_at_quantile(0.99) > times.max()) __builtin_trap();
    }
    if (latency.name.size() > std::size_t{board::kLatencyFields[0].cells} * 8) __builtin_trap();
  }
  for (std::uint32_t row = 0; row <= board::kGroupsMax; ++row) {
    constexpr std::uint32_t kAt = board::cell_of(board::kGroupFields, "lateness");
    const auto counts = parsed->cells(board::kGroups, kAt, board::Coarse::kBuckets, row);
    if (board::Coarse::value_at_quantile(counts, 0.99) > metrics::Histogram::kHighest) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  look(std::as_bytes(std::span(data, size)));
  static const std::vector<std::byte> whole = [] {
    board::Board board = board::Board::in_memory();
    if (!board.take_latency_row("http/charging_pile.meter")) __builtin_trap();
    std::vector<std::byte> bytes(board::kMainBytes + board::kLatencyBytes);
    std::memcpy(bytes.data(), static_cast<const void*>(board.row(board::kHeader)), bytes.size());
    return bytes;
  }();
  if (size < 2) return 0;
  std::vector<std::byte> changed = whole;
  const std::size_t at = (std::size_t{data[0]} << 8U | data[1]) * 8 % changed.size();
  const std::size_t room = std::min(size - 2, changed.size() - at);
  std::memcpy(changed.data() + at, data + 2, room);
  look(changed);
  return 0;
}
