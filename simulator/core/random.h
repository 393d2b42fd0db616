#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "simulator/core/hash.h"

namespace vfleet {

/// A labelled random stream of 16 bytes: draw n is a hash of (key, n). Streams with different labels are
/// independent, so a new consumer never shifts the draws of the others.
class Random {
 public:
  Random() = default;
  Random(std::uint64_t seed, std::uint64_t device, std::string_view purpose)
      : key_(mix(mix(seed, device), hash(purpose))) {}

  /// 64 uniform bits.
  std::uint64_t next() { return mix(key_, counter_++); }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform in 0 .. n-1; n >= 1.
  std::uint64_t below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
  }

  bool chance(double probability) { return uniform() < probability; }

  /// Exponential with the given mean: the gaps of a Poisson process.
  double exponential(double mean) { return -mean * std::log1p(-uniform()); }

  /// Normal, by Box-Muller; draws twice.
  double normal(double mean, double deviation) {
    const double u = 1.0 - uniform();
    const double v = uniform();
    return mean + deviation * std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
  }

  friend bool operator==(const Random&, const Random&) = default;

 private:
  std::uint64_t key_ = 0;
  std::uint64_t counter_ = 0;
};

static_assert(sizeof(Random) == 16);

}  // namespace vfleet
