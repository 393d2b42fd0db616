// Charges that the platform begins and ends by itself.
#include <algorithm>

#include "simulator/platform/roles/ykc/ykc_platform.h"

namespace vfleet::platform::ykc {
namespace {

constexpr Duration kPatience = std::chrono::seconds(120);  // from asking for a charge until it begins
constexpr Duration kAskAgain = std::chrono::seconds(5);    // for the end of one
constexpr std::size_t kLooks = 64;                         // at piles, for one charge

// One where a vehicle waits, if there is one; 0: none.
std::int64_t idle_gun(const Pile& pile, TimePoint now) {
  std::int64_t out = 0;
  for (std::size_t i = 1; i < pile.guns.size(); ++i) {
    const Gun& gun = pile.guns[i];
    const bool asked = gun.asked != TimePoint::min() && now - gun.asked < kPatience;
    const bool busy = std::any_of(pile.orders.begin(), pile.orders.end(), [i](const Order& order) {
      return order.gun == i && order.accepted && !order.over;
    });
    if (gun.state != Gun::State::idle || asked || busy) continue;
    if (gun.plugged) return static_cast<std::int64_t>(i);
    if (out == 0) out = static_cast<std::int64_t>(i);
  }
  return out;
}

}  // namespace

void YkcPlatform::begin_charges(TimePoint now) {
  const double rate = settings_.sessions_per_s / place_.count;
  // What could not be begun in a second is given up: it must not come in a burst.
  credit_ = std::min(credit_ + rate * to_seconds(now - ticked_), std::max(rate, 1.0));
  while (credit_ >= 1 && !connected_.empty()) {
    credit_ -= 1;
    const std::size_t looks = std::min(kLooks, connected_.size());
    for (std::size_t i = 0; i < looks; ++i) {
      looked_at_ = (looked_at_ + 1) % connected_.size();
      if (begin_charge(*connected_[looked_at_], now)) break;
    }
  }
}

bool YkcPlatform::begin_charge(Pile& pile, TimePoint now) {
  const std::int64_t number = idle_gun(pile, now);
  if (number == 0) return false;
  pile.gun(number)->asked = now;
  ++counts_.sessions_asked;
  std::string bytes;
  outgoing_.remote_start(pile, number, true, bytes);
  return pile.line->send(pile.link, bytes);
}

void YkcPlatform::end_charges(TimePoint now) {
  while (!endings_.empty() && endings_.begin()->first <= now) {
    const Ending ending = endings_.begin()->second;
    endings_.erase(endings_.begin());
    Pile& pile = *ending.pile;
    const Order* const order = pile.order({ending.order.data(), ending.order.size()});
    if (order == nullptr || order->over) continue;
    // Asked again until it has ended.
    endings_.emplace(now + kAskAgain, ending);
    if (pile.line == nullptr) continue;
    ++counts_.sessions_stopped;
    std::string bytes;
    outgoing_.remote_stop(pile, order->gun, bytes);
    (void)pile.line->send(pile.link, bytes);
  }
}

}  // namespace vfleet::platform::ykc
