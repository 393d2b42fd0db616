#include "simulator/platform/roles/ykc/tariff.h"

#include <algorithm>

namespace vfleet::platform::ykc {
namespace {

constexpr std::int64_t kHalfHour_ms = 30 * 60 * 1000;

int price_field(const codec::ykc::FrameLayout& frame, std::size_t period, std::string_view kind) {
  return frame.find(std::string(kPeriodNames[period]) + "_" + std::string(kind) + "_price");
}

}  // namespace

Tariff Tariff::of(const YkcSettings& settings) {
  return {settings.model_code, settings.energy_prices, settings.service_prices, settings.periods};
}

bool Tariff::read(const codec::ykc::BodyReader& body, Tariff& out) {
  const codec::ykc::FrameLayout& frame = body.frame();
  out = {};
  body.append_text(frame.find("model"), 0, out.code);
  for (std::size_t i = 0; i < kPeriods; ++i) {
    const auto energy = body.number(price_field(frame, i, "energy"));
    const auto service = body.number(price_field(frame, i, "service"));
    if (!energy || !service) return false;
    out.energy[i] = static_cast<std::uint32_t>(*energy);
    out.service[i] = static_cast<std::uint32_t>(*service);
  }
  const int rate = frame.find("rates.rate");
  for (std::size_t i = 0; i < kHalfHours; ++i) {
    const auto period = body.number(rate, i);
    if (!period || *period < 0 || *period >= static_cast<std::int64_t>(kPeriods)) return false;
    out.periods += static_cast<char>('0' + *period);
  }
  return true;
}

void Tariff::write(codec::ykc::BodyWriter& body, const codec::ykc::FrameLayout& frame) const {
  body.text(frame.find("model"), code);
  for (std::size_t i = 0; i < kPeriods; ++i) {
    body.number(price_field(frame, i, "energy"), energy[i]);
    body.number(price_field(frame, i, "service"), service[i]);
  }
  const int rate = frame.find("rates.rate");
  for (std::size_t i = 0; i < periods.size(); ++i) body.number(rate, periods[i] - '0', i);
}

unsigned Tariff::between(std::int64_t from_ms, std::int64_t to_ms) const {
  unsigned out = 0;
  const std::int64_t first = from_ms / kHalfHour_ms;
  const std::int64_t last = std::min(to_ms / kHalfHour_ms, first + static_cast<std::int64_t>(kHalfHours));
  for (std::int64_t i = first; i <= last; ++i) {
    const auto at = static_cast<std::size_t>(i % static_cast<std::int64_t>(kHalfHours));
    if (at < periods.size()) out |= 1U << static_cast<unsigned>(periods[at] - '0');
  }
  return out;
}

}  // namespace vfleet::platform::ykc
