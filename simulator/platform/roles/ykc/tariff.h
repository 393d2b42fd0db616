#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/body_writer.h"
#include "simulator/platform/converse_settings.h"

namespace vfleet::platform::ykc {

inline constexpr std::size_t kPeriods = 4;  ///< sharp, peak, flat, valley
inline constexpr std::array<std::string_view, kPeriods> kPeriodNames = {"sharp", "peak", "flat", "valley"};

/// A billing model (frames 0x0A and 0x58). Prices are in 0.00001 yuan a kWh.
struct Tariff {
  static constexpr std::size_t kHalfHours = 48;

  std::string code;
  std::array<std::uint32_t, kPeriods> energy{};
  std::array<std::uint32_t, kPeriods> service{};
  std::string periods;  ///< '0' sharp to '3' valley, for each half hour from 00:00

  [[nodiscard]] static Tariff of(const YkcSettings& settings);
  /// From the body of a 0x58; false: it is not whole.
  [[nodiscard]] static bool read(const codec::ykc::BodyReader& body, Tariff& out);
  void write(codec::ykc::BodyWriter& body, const codec::ykc::FrameLayout& frame) const;

  [[nodiscard]] std::uint32_t price(std::size_t period) const { return energy[period] + service[period]; }
  /// Which periods there are between two times of the pile's clock (milliseconds, civil_time.h): bit n for n.
  [[nodiscard]] unsigned between(std::int64_t from_ms, std::int64_t to_ms) const;
  bool operator==(const Tariff&) const = default;
};

}  // namespace vfleet::platform::ykc
