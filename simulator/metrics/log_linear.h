#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "simulator/core/time.h"
#include "simulator/metrics/cell.h"
#include "simulator/metrics/histogram.h"

namespace vfleet::metrics {

/// Buckets for values below 2^32: those below 2^bits have one each, every power of two above is cut into
/// 2^(bits-1). A quantile is wrong by less than 2^-bits. LogLinear<10> is Histogram's.
template <unsigned bits>
struct LogLinear {
  static constexpr std::size_t kExact = std::size_t{1} << bits;
  static constexpr std::size_t kPerOctave = kExact / 2;
  static constexpr std::size_t kBuckets = kExact + (32 - bits) * kPerOctave;

  [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t value) {
    if (value < kExact) return static_cast<std::size_t>(value);
    value = std::min(value, Histogram::kHighest);
    const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
    return kExact + (octave - bits) * kPerOctave + static_cast<std::size_t>(value >> (octave - bits + 1)) -
           kPerOctave;
  }
  [[nodiscard]] static constexpr std::uint64_t lowest_of(std::size_t index) {
    if (index < kExact) return index;
    return (kPerOctave + (index - kExact) % kPerOctave) << ((index - kExact) / kPerOctave + 1);
  }
  [[nodiscard]] static constexpr std::uint64_t highest_of(std::size_t index) {
    if (index < kExact) return index;
    return lowest_of(index) + (std::uint64_t{2} << ((index - kExact) / kPerOctave)) - 1;
  }

  /// As Histogram's, of counts by bucket; 0 when nothing was counted.
  [[nodiscard]] static std::uint64_t value_at_quantile(std::span<const std::uint64_t> counts,
                                                       double quantile) {
    std::uint64_t total = 0;
    for (const std::uint64_t n : counts) total += n;
    if (total == 0) return 0;
    const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(total));
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t seen = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      last = i;
      seen += counts[i];
      if (seen >= rank) break;
    }
    return lowest_of(last) + (highest_of(last) - lowest_of(last)) / 2;
  }
};

static_assert(LogLinear<10>::kBuckets == Histogram::kBuckets);

/// A histogram whose numbers lie in cells that somebody else owns: sum, max, then the buckets. The count is
/// that of the buckets, so that a writer that was killed halfway leaves nothing that does not add up.
template <unsigned bits>
class CellHistogram {
 public:
  static constexpr std::size_t kBuckets = LogLinear<bits>::kBuckets;
  static constexpr std::size_t kCells = 2 + kBuckets;

  /// `cells` are kCells many and outlive this.
  explicit CellHistogram(Cell* cells) : cells_(cells) {}

  /// Negative values (the wall clock jumped) count as 0.
  void record(std::int64_t us) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0));
    ++cells_[2 + LogLinear<bits>::index_of(value)];
    cells_[0] += value;
    if (value > cells_[1].get()) cells_[1].set(value);
  }
  void record(Duration latency) { record(to_us(latency)); }
  void clear() {
    for (std::size_t i = 0; i < kCells; ++i) cells_[i].set(0);
  }

  [[nodiscard]] std::uint64_t sum() const { return cells_[0]; }
  [[nodiscard]] std::uint64_t max() const { return cells_[1]; }
  [[nodiscard]] std::uint64_t count_at(std::size_t bucket) const { return cells_[2 + bucket]; }

 private:
  Cell* cells_;
};

}  // namespace vfleet::metrics
