#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "simulator/core/random.h"

/// Where a random stream stands, to go on there in another process. Its key follows from its labels.
namespace vfleet {

[[nodiscard]] inline std::uint64_t draws_of(const Random& random) {
  return std::bit_cast<std::array<std::uint64_t, 2>>(random)[1];
}

/// `random`, as if it had been drawn from `draws` times.
[[nodiscard]] inline Random after_draws(const Random& random, std::uint64_t draws) {
  return std::bit_cast<Random>(
      std::array<std::uint64_t, 2>{std::bit_cast<std::array<std::uint64_t, 2>>(random)[0], draws});
}

}  // namespace vfleet
