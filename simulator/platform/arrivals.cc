#include "simulator/platform/arrivals.h"

namespace vfleet::platform {

void Arrivals::record(Way way, std::uint16_t type, std::uint16_t stem, std::int64_t due_to_arrival_us) {
  row_of(way, type, stem).due.record(due_to_arrival_us);
}

Arrivals::Row& Arrivals::row_of(Way way, std::uint16_t type, std::uint16_t stem) {
  const std::uint64_t key = index_of(way) << 32U | std::uint64_t{type} << 16U | stem;
  if (const auto found = by_key_.find(key); found != by_key_.end()) return rows_[found->second];
  if (rows_.size() + 1 >= kRowsMax) {
    if (rows_.size() < kRowsMax) rows_.emplace_back();
    return rows_.back();
  }
  by_key_.emplace(key, static_cast<std::uint8_t>(rows_.size()));
  rows_.push_back({way, type, stem, {}});
  return rows_.back();
}

}  // namespace vfleet::platform
