#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "simulator/metrics/histogram.h"
#include "simulator/platform/type_table.h"
#include "simulator/platform/way.h"

namespace vfleet::platform {

/// How long reports took from when they were due until they arrived, by the way they came, their type and
/// the form of their device's id (its group, mostly: see id_stem). Of constant memory: kRowsMax rows, all
/// further ones share one.
class Arrivals {
 public:
  static constexpr std::size_t kRowsMax = 64;

  struct Row {
    Way way = Way::http;
    std::uint16_t type = TypeTable::kOther;
    std::uint16_t stem = TypeTable::kOther;
    metrics::Histogram due;
  };

  /// `type` and `stem` are numbers of TypeTables.
  void record(Way way, std::uint16_t type, std::uint16_t stem, std::int64_t due_to_arrival_us);
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  Row& row_of(Way way, std::uint16_t type, std::uint16_t stem);

  std::vector<Row> rows_;
  std::unordered_map<std::uint64_t, std::uint8_t> by_key_;  // those of rows_, but the shared one
};

}  // namespace vfleet::platform
