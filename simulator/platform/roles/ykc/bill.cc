#include "simulator/platform/roles/ykc/bill.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace vfleet::platform::ykc {
namespace {

using codec::ykc::BodyReader;

constexpr std::int64_t kRounding = 4;  // in 0.0001: each of four parts may be rounded
constexpr std::int64_t kCents = 100;   // in 0.0001 yuan: piles in the field cut amounts to two decimals
constexpr double kPowerMax_kw = 1000;  // of what may have flowed after the last 0x13
constexpr std::int64_t kClockSlack_ms = 60'000;
constexpr std::int64_t kMinute_ms = 60'000;

double units(std::int64_t value) {
  return static_cast<double>(value) / 10'000;
}

// Price in 0.00001 yuan, energy and amount in 0.0001.
double cost_of(std::int64_t price, std::int64_t energy) {
  return static_cast<double>(price) * static_cast<double>(energy) / 100'000;
}

bool is_price_of(std::int64_t amount, std::int64_t price, std::int64_t energy) {
  return std::abs(static_cast<double>(amount) - cost_of(price, energy)) <= static_cast<double>(kCents);
}

struct Part {
  std::int64_t price = 0;
  std::int64_t energy = 0;
  std::int64_t adjusted = 0;
  std::int64_t amount = 0;
};

class Bill {
 public:
  Bill(const BodyReader& body, const Tariff* tariff) : body_(body), tariff_(tariff) {}

  std::string mistake(const Order* order) {
    for (std::size_t i = 0; i < kPeriods; ++i) {
      if (std::string wrong = part(i); !wrong.empty()) return wrong;
    }
    if (std::string wrong = sums(); !wrong.empty()) return wrong;
    if (std::string wrong = times(); !wrong.empty()) return wrong;
    return order == nullptr ? std::string() : while_it_ran(*order);
  }

 private:
  std::int64_t number(std::string_view field) const {
    return body_.number(body_.frame().find(field)).value_or(0);
  }

  std::string part(std::size_t period) {
    const std::string name(kPeriodNames[period]);
    const Part found{number(name + "_price"), number(name + "_energy"), number(name + "_adjusted_energy"),
                     number(name + "_amount")};
    parts_[period] = found;
    if (found.energy == 0 && found.amount == 0) return {};
    if (tariff_ != nullptr && found.price != tariff_->price(period)) {
      return fmt::format("the {} price is {:.5f}, the tariff's {:.5f}", name,
                         static_cast<double>(found.price) / 100'000,
                         static_cast<double>(tariff_->price(period)) / 100'000);
    }
    if (is_price_of(found.amount, found.price, found.energy) ||
        (found.adjusted != 0 && is_price_of(found.amount, found.price, found.adjusted))) {
      return {};
    }
    return fmt::format("{:.4f} kWh at {:.5f} cost {:.4f} yuan, not {:.4f} ({})", units(found.energy),
                       static_cast<double>(found.price) / 100'000,
                       cost_of(found.price, found.energy) / 10'000, units(found.amount), name);
  }

  std::string sums() const {
    std::int64_t energy = 0;
    std::int64_t amount = 0;
    for (const Part& part : parts_) {
      energy += part.energy;
      amount += part.amount;
    }
    const std::int64_t total = number("energy");
    const std::int64_t metered = number("meter_end") - number("meter_start");
    if (std::abs(total - energy) > kRounding)
      return fmt::format("energy is {:.4f} kWh, its periods make {:.4f}", units(total), units(energy));
    if (std::abs(total - metered) > kRounding)
      return fmt::format("energy is {:.4f} kWh, the meter went on by {:.4f}", units(total), units(metered));
    if (std::abs(number("cost") - amount) > kRounding)
      return fmt::format("cost is {:.4f} yuan, its periods make {:.4f}", units(number("cost")),
                         units(amount));
    return {};
  }

  std::string times() const {
    const auto start = body_.number(body_.frame().find("start_time"));
    const auto end = body_.number(body_.frame().find("end_time"));
    if (!start || !end) return {};
    if (*end < *start) return "it ends before it starts";
    if (tariff_ == nullptr) return {};
    const unsigned there = tariff_->between(*start - kClockSlack_ms, *end + kClockSlack_ms);
    for (std::size_t i = 0; i < kPeriods; ++i) {
      if (parts_[i].energy > kRounding && (there >> i & 1U) == 0)
        return fmt::format("{:.4f} kWh in {} time, which there was not between begin and end",
                           units(parts_[i].energy), kPeriodNames[i]);
    }
    return {};
  }

  // What 0x13 told last is a part of it, and not more can have come after that than time was for, by the
  // pile's own clock.
  std::string while_it_ran(const Order& order) const {
    if (!order.told) return {};
    const std::int64_t total = number("energy");
    if (total + kRounding < order.energy)
      return fmt::format("energy is {:.4f} kWh, 0x13 told {:.4f}", units(total), units(order.energy));
    if (number("cost") + kCents < order.cost)
      return fmt::format("cost is {:.4f} yuan, 0x13 told {:.4f}", units(number("cost")), units(order.cost));
    const std::int64_t lasted_ms = number("end_time") - number("start_time");
    const std::int64_t after_ms =
        std::max<std::int64_t>(lasted_ms - order.minutes * kMinute_ms, 0) + kMinute_ms;
    const double most = units(order.energy) + kPowerMax_kw * static_cast<double>(after_ms) / 3.6e6;
    if (units(total) > most)
      return fmt::format("energy is {:.4f} kWh, 0x13 told {:.4f} shortly before the end", units(total),
                         units(order.energy));
    return {};
  }

  const BodyReader& body_;
  const Tariff* tariff_;
  std::array<Part, kPeriods> parts_;
};

}  // namespace

std::string mistake_in(const BodyReader& bill, const Tariff* tariff, const Order* order) {
  return Bill(bill, tariff).mistake(order);
}

std::string mistake_in(const Tariff* tariff, std::int64_t energy, std::int64_t cost) {
  if (tariff == nullptr) return {};
  std::int64_t low = tariff->price(0);
  std::int64_t high = low;
  for (std::size_t i = 1; i < kPeriods; ++i) {
    low = std::min<std::int64_t>(low, tariff->price(i));
    high = std::max<std::int64_t>(high, tariff->price(i));
  }
  const auto told = static_cast<double>(cost);
  if (told + static_cast<double>(kCents) >= cost_of(low, energy) &&
      told - static_cast<double>(kCents) <= cost_of(high, energy)) {
    return {};
  }
  return fmt::format("{:.4f} kWh cannot cost {:.4f} yuan", units(energy), units(cost));
}

}  // namespace vfleet::platform::ykc
