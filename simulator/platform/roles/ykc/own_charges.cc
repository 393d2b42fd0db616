// Charges that the platform begins and ends by itself.
#include <algorithm>

#include "simulator/platform/roles/ykc/ykc_platform.h"

namespace vfleet::platform::ykc {
namespace {

constexpr Duration kPatience = std::chrono::seconds(120);  // from asking for a charge until it begins
constexpr Duration kAskAgain = std::chrono::seconds(5);    // for the end of one
constexpr std::size_t kLooks = 64;                         // at piles, for one charge

// One that is idle, 0: none; `plugged`: where a vehicle waits.
std::int64_t idle_gun(const Pile& pile, bool plugged, TimePoint now) {
  for (std::size_t i = 1; i < pile.guns.size(); ++i) {
    const Gun& gun = pile.guns[i];
    const bool asked = gun.asked != TimePoint::min() && now - gun.asked < kPatience;
    const bool busy = std::any_of(pile.orders.begin(), pile.orders.end(), [i](const Order& order) {
      return order.gun == i && order.accepted && !order.over;
    });
    if (gun.state != Gun::State::idle || asked || busy) continue;
    if (gun.plugged || !plugged) return static_cast<std::int64_t>(i);
  }
  return 0;
}

}  // namespace

void YkcPlatform::begin_charges(TimePoint now) {
  const double rate = settings_.sessions_per_s / place_.count;
  // What could not be begun in a second is given up: it must not come in a burst.
  credit_ = std::min(credit_ + rate * to_seconds(now - ticked_), std::max(rate, 1.0));
  while (credit_ >= 1 && !connected_.empty()) {
    credit_ -= 1;
    const std::size_t looks = std::min(kLooks, connected_.size());
    // As with an app: first for those whose vehicle is plugged in, then for those who are about to come.
    bool begun = false;
    for (const bool plugged : {true, false}) {
      for (std::size_t i = 0; i < looks && !begun; ++i) {
        looked_at_ = (looked_at_ + 1) % connected_.size();
        begun = begin_charge(*connected_[looked_at_], plugged, now);
      }
    }
  }
}

bool YkcPlatform::begin_charge(Pile& pile, bool plugged, TimePoint now) {
  const std::int64_t number = idle_gun(pile, plugged, now);
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
