#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include "devices/charging_pile/dialects/ocpp16/sample.h"
#include "devices/charging_pile/dialects/ocpp16/words.h"

/// What transaction messages keep until they are sent (codec::ocpp::TransactionMessage::body).
namespace vfleet::pile::ocpp16 {

struct StartBody {
  Sample sample;
  CardNumber card;
  std::int32_t reservation = 0;
  bool reserved = false;  ///< it ends `reservation`
};

struct MeterBody {
  Sample sample;
  Context context = Context::periodic;
};

/// Followed by `samples` of TimedSample, by time.
struct StopBody {
  Sample end;
  CardNumber card;  ///< that stopped it; empty: none
  Reason reason = Reason::Local;
  std::uint8_t samples = 0;
};

template <class Body>
[[nodiscard]] std::span<const std::byte> bytes_of(const Body& body) {
  static_assert(std::is_trivially_copyable_v<Body>);
  return std::as_bytes(std::span(&body, 1));
}

/// Element `index` of those that lie behind `offset`. What is too short gives one of zeros.
template <class Body>
[[nodiscard]] Body body_of(std::span<const std::byte> bytes, std::size_t offset = 0, std::size_t index = 0) {
  static_assert(std::is_trivially_copyable_v<Body>);
  Body body;
  const std::size_t at = offset + index * sizeof body;
  if (at + sizeof body <= bytes.size())
    std::memcpy(static_cast<void*>(&body), bytes.data() + at, sizeof body);
  return body;
}

}  // namespace vfleet::pile::ocpp16
