#pragma once

#include <cstdint>

#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

inline constexpr int kBoxUnit = 10000;

/// A rectangle in ten-thousandths of the picture: whole numbers, so that x + w <= 10000 and y + h <= 10000
/// hold in the printed text as well.
struct Box {
  int x = 0;
  int y = 0;
  int w = 0;
  int h = 0;
};

/// Where object `index` of the event `key` is, `age` after the event began: it walks straight on and turns at
/// the picture's edges. The same arguments give the same box.
[[nodiscard]] Box box_at(std::uint64_t key, int index, Duration age);

/// How many things the event `key` shows: 1..3, mostly one.
[[nodiscard]] int object_count(std::uint64_t key);

}  // namespace vfleet::devices::ip_camera::model
