#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "devices/charging_pile/dialects/ykc/picture.h"

namespace vfleet::pile::ykc {

/// What fields say: a field takes the fact that has its name, first one of its own frame, else one of any
/// frame. What no fact names stays zero.
struct Fact {
  std::uint8_t frame = 0;  ///< 0: any
  std::string_view field;
  std::int64_t Picture::*number = nullptr;
  int decimals = 0;                            ///< of the number
  std::string_view Picture::*text = nullptr;   ///< digits or characters
  std::string_view Picture::*bytes = nullptr;  ///< as on the wire
};

[[nodiscard]] std::span<const Fact> facts();
/// The fact for a field; null: none.
[[nodiscard]] const Fact* find_fact(std::uint8_t frame, std::string_view field);

}  // namespace vfleet::pile::ykc
