#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simulator/core/time.h"

namespace vfleet::metrics {

/// Latencies in microseconds, in constant memory (96 KiB): recording is a few nanoseconds and never
/// allocates.
///
/// Buckets are log-linear. Values below 1024 us have a bucket each (index = value). Above, each power of two
/// 2^e .. 2^(e+1)-1 (e = 10 .. 31) is cut into 512 buckets of 2^(e-9) us: index = 1024 + (e - 10) * 512 +
/// (value >> (e - 9)) - 512. A quantile is the middle of its bucket, so it is wrong by less than 0.1 %.
/// Values of 2^32 us (71 min) and more share the last bucket; sum and max are exact for them too. Not thread
/// safe.
class Histogram {
 public:
  static constexpr std::size_t kExact = 1024;
  static constexpr std::size_t kPerOctave = 512;
  static constexpr std::size_t kBuckets = kExact + 22 * kPerOctave;
  static constexpr std::uint64_t kHighest = (std::uint64_t{1} << 32) - 1;

  Histogram() : counts_(kBuckets) {}
  /// From counts by bucket (at most kBuckets), as a CellHistogram has them. Sum and max may be a report behind
  /// or ahead: they are made to fit the buckets.
  [[nodiscard]] static Histogram of(std::span<const std::uint64_t> counts, std::uint64_t sum,
                                    std::uint64_t max);

  /// The bucket that `us` is counted in.
  [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t us) {
    if (us < kExact) return static_cast<std::size_t>(us);
    us = std::min(us, kHighest);
    const int octave = std::bit_width(us) - 1;
    return kExact + static_cast<std::size_t>(octave - 10) * kPerOctave +
           static_cast<std::size_t>(us >> (octave - 9)) - kPerOctave;
  }
  /// The lowest and the highest value of bucket `index` (< kBuckets).
  [[nodiscard]] static constexpr std::uint64_t lowest_of(std::size_t index) {
    if (index < kExact) return index;
    const std::size_t octave = (index - kExact) / kPerOctave;
    return (kPerOctave + (index - kExact) % kPerOctave) << (octave + 1);
  }
  [[nodiscard]] static constexpr std::uint64_t highest_of(std::size_t index) {
    if (index < kExact) return index;
    return lowest_of(index) + (std::uint64_t{2} << ((index - kExact) / kPerOctave)) - 1;
  }

  /// Counts `us` microseconds, `times` times. Negative values (the wall clock jumped) count as 0.
  void record(std::int64_t us, std::uint64_t times = 1) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0));
    counts_[index_of(value)] += times;
    count_ += times;
    sum_ += value * times;
    if (times != 0) max_ = std::max(max_, value);
  }
  void record(Duration latency) { record(to_us(latency)); }

  /// Adds all that `other` has counted: the same as if it had been recorded here.
  void merge(const Histogram& other);
  void clear();

  /// The value below or at which the part `quantile` (0 .. 1, clamped) of all recorded values lies;
  /// 0 when nothing was recorded. quantile 1 is max() exactly.
  [[nodiscard]] std::uint64_t value_at_quantile(double quantile) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  /// How many values bucket `index` (< kBuckets) has counted.
  [[nodiscard]] std::uint64_t count_at(std::size_t index) const { return counts_[index]; }

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  friend class HistogramReader;

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace vfleet::metrics
