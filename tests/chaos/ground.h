#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/chaos/chaos.h"

namespace vfleet::chaos {

using Time = std::chrono::steady_clock::time_point;

/// What all parts of a run stand on: its options, the one random stream, and what has come out so far.
struct Ground {
  explicit Ground(const Options& asked_for) : options(asked_for), random(asked_for.seed) {}

  std::uint64_t pick(std::uint64_t below) { return random() % below; }
  std::chrono::milliseconds pick_ms(int from, int to) {
    return std::chrono::milliseconds(from + static_cast<int>(pick(static_cast<std::uint64_t>(to - from))));
  }
  /// Notes what must not be.
  void violate(std::string text) {
    options.say("VIOLATION: " + text);
    if (outcome.violations.size() < 20) outcome.violations.push_back(std::move(text));
  }
  [[nodiscard]] std::uint64_t all_devices() const {
    return groups.size() * static_cast<std::uint64_t>(options.devices_per_group);
  }

  Options options;
  std::mt19937_64 random;
  Outcome outcome;
  const std::vector<std::string> groups{"alpha", "beta"};
};

}  // namespace vfleet::chaos
