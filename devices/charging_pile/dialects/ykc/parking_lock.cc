// The lock of a gun's bay: 0x61 to 0x63.
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::int64_t kUp = 0x55;
constexpr std::int64_t kDown = 0xFF;

}  // namespace

void YkcConversation::on_parking_lock(const Heard& heard) {
  const std::int64_t wanted = heard.number("lock");
  const bool there = heard.gun != 0 && heard.host.config().ykc.parking_lock;
  // It does not rise below a car.
  const bool free =
      wanted == kDown || (wanted == kUp && there && !heard.host.station().connector(heard.gun).plugged());
  const bool good = there && free;
  const bool done = say(heard.host, type::kParkingLockControlAnswer, heard.frame.sequence,
                        {.gun = heard.raw_gun, .result = good ? 1 : 0});
  if (!done || !good) return;
  Gun& it = gun(heard.gun);
  it.lock_up = wanted == kUp;
  it.lock_news = true;
  work_ = true;
}

void YkcConversation::advance_lock(Host& host, ConnectorNumber number) {
  Gun& it = gun(number);
  const TimePoint now = host.context().now();
  if (!host.config().ykc.parking_lock) {
    it.lock_at = kNever;
    it.lock_news = false;
    return;
  }
  if (!ready() || (it.lock_at > now && !it.lock_news)) return;
  it.lock_news = false;
  it.lock_at = after(host, host.config().ykc.parking_lock_every);
  tell(host, type::kParkingLock, {.gun = number});
}

}  // namespace vfleet::pile::ykc
