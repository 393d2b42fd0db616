#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "simulator/core/time.h"

namespace vfleet::pile::ykc {

/// As on the wire.
using Order = std::array<char, 16>;
using Card = std::array<char, 8>;
using Pair = std::array<char, 6>;

template <std::size_t N>
[[nodiscard]] std::string_view as_view(const std::array<char, N>& bytes) {
  return {bytes.data(), bytes.size()};
}
template <std::size_t N>
[[nodiscard]] bool is_zero(const std::array<char, N>& bytes) {
  return bytes == std::array<char, N>{};
}
/// As many as there are; the rest is zero.
template <std::size_t N>
void assign(std::array<char, N>& bytes, std::string_view from) {
  bytes = {};
  from.copy(bytes.data(), N);
}

/// A frame that waits for its answer.
struct Open {
  std::uint32_t seq = 0;   ///< of the report; 0: nothing waits
  std::uint16_t wire = 0;  ///< its sequence

  [[nodiscard]] explicit operator bool() const { return seq != 0; }
};

/// What a gun waits for before it charges.
enum class Wait : std::uint8_t {
  nothing,
  cable,    ///< started by the platform, the vehicle is not plugged yet
  partner,  ///< of a paired start
  answer,   ///< of the platform, to 0x31 or 0xA1
};

/// What the protocol keeps of one gun, beside the model's connector.
struct Gun {
  // What outlives the power and the process.
  Order order{};  ///< of the session, or of the start that waits; zeros: none
  Card card{};    ///< physical
  Card logical{};
  std::uint32_t balance_e2 = 0;  ///< what the session may cost; 0: not limited
  std::uint8_t trade_mark = 1;
  std::uint8_t stop_code = 0;  ///< why the pile itself stops the session; 0: as the model says

  // What does not.
  Wait wait = Wait::nothing;
  std::uint8_t how = 1;      ///< it asked by card, account or VIN
  std::uint8_t role = 0;     ///< of a paired start: 0 main, 1 auxiliary
  bool news : 1 = false;     ///< 0x13 is to be told now
  bool began : 1 = false;    ///< 0x15 and 0x17 are to be told
  bool swiped : 1 = false;   ///< a driver's card is to be asked for
  bool away : 1 = false;     ///< the driver is to be turned away
  bool plugged : 1 = false;  ///< as last seen
  bool lock_news : 1 = false;
  bool lock_up : 1 = true;
  Pair pair{};
  Open asked;                   ///< 0x31 or 0xA1
  Open beat;                    ///< 0x03
  TimePoint until = kNever;     ///< how long it waits
  TimePoint spent_at = kNever;  ///< when the cost is looked at
  TimePoint lock_at = kNever;   ///< the next 0x61
};

}  // namespace vfleet::pile::ykc
