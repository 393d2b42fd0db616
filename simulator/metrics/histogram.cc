#include "simulator/metrics/histogram.h"

#include <cmath>

namespace vfleet::metrics {

Histogram Histogram::of(std::span<const std::uint64_t> counts, std::uint64_t sum, std::uint64_t max) {
  Histogram result;
  std::size_t last = 0;
  for (std::size_t i = 0; i < std::min(counts.size(), kBuckets); ++i) {
    if (counts[i] == 0) continue;
    result.counts_[i] = counts[i];
    result.count_ += counts[i];
    last = i;
  }
  if (result.count_ == 0) return result;
  result.sum_ = sum;
  // The last bucket is open at its upper end.
  result.max_ = std::clamp(max, lowest_of(last), last + 1 == kBuckets ? UINT64_MAX : highest_of(last));
  return result;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = sum_ = max_ = 0;
}

std::uint64_t Histogram::value_at_quantile(double quantile) const {
  if (count_ == 0) return 0;
  if (!(quantile < 1.0)) return max_;
  const double wanted = std::ceil(std::max(quantile, 0.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen < rank) continue;
    const std::uint64_t middle = lowest_of(i) + (highest_of(i) - lowest_of(i)) / 2;
    return std::min(middle, max_);
  }
  return max_;
}

}  // namespace vfleet::metrics
