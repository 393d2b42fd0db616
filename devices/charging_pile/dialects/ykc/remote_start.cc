// Charges that the platform starts and stops.
#include <fmt/format.h>
#include <algorithm>

#include "devices/charging_pile/dialects/ykc/codes.h"
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

// Why a start is refused, in 0x33.
constexpr std::int64_t kNone = 0;
constexpr std::int64_t kWrongPile = 1;
constexpr std::int64_t kAlreadyCharging = 2;
constexpr std::int64_t kFault = 3;
constexpr std::int64_t kOffline = 4;
constexpr std::int64_t kNotPlugged = 5;

// And a stop, in 0x35.
constexpr std::int64_t kNotCharging = 2;

}  // namespace

std::int64_t YkcConversation::why_not(Host& host, const Heard& heard) const {
  if (!heard.ours || heard.gun == 0) return kWrongPile;
  const Gun& it = gun(heard.gun);
  const Connector& connector = host.station().connector(heard.gun);
  // The platform may not have heard that it was accepted, and says it again.
  if (connector.active()) return as_view(it.order) == heard.bytes("order") ? kNone : kAlreadyCharging;
  if (connector.status == ConnectorStatus::faulted) return kFault;
  if (connector.status == ConnectorStatus::unavailable || locked_ || !ready()) return kOffline;
  if (it.wait == Wait::partner) return kAlreadyCharging;
  return connector.plugged() ? kNone : kNotPlugged;
}

void YkcConversation::take_order(Gun& gun, const Heard& heard) {
  assign(gun.order, heard.bytes("order"));
  assign(gun.logical, heard.bytes("logical_card"));
  if (heard.body.has(heard.body.frame().find("physical_card")))
    assign(gun.card, heard.bytes("physical_card"));
  gun.balance_e2 = static_cast<std::uint32_t>(heard.number("balance"));
}

void YkcConversation::on_start(const Heard& heard) {
  const bool paired = heard.frame.type == type::kPairedRemoteStart;
  const std::uint8_t answer = paired ? type::kPairedRemoteStartAnswer : type::kRemoteStartAnswer;
  const std::string_view pair = heard.bytes("pair");
  Words words{.gun = heard.raw_gun, .order = heard.bytes("order"), .pair = pair};
  if (paired) {
    for (const Gun& each : guns_) {
      if (each.wait == Wait::partner && as_view(each.pair) == pair) words.role = 1;
    }
  }
  words.reason = why_not(heard.host, heard);
  words.result = words.reason == kNone ? 1 : 0;
  const bool accepted = say(heard.host, answer, heard.frame.sequence, words) && words.result == 1;
  if (words.reason == kWrongPile) return;
  Gun& it = gun(heard.gun);
  if (accepted && heard.host.station().connector(heard.gun).active()) return;  // it was said again
  if (!accepted && paired) {
    assign(it.pair, pair);
    return leave_pair(heard.host, heard.gun);
  }
  if (!accepted && words.reason != kNotPlugged) return;
  const Duration patience = heard.host.config().ykc.plug_timeout;
  if (!accepted && patience == Duration(0)) return;
  settle(heard.host, it.asked, device::Verdict::timed_out);
  it.wait = Wait::nothing;
  take_order(it, heard);
  it.trade_mark = kByApp;
  if (!accepted) {
    it.wait = Wait::cable;
    it.until = after(heard.host, patience);
  } else if (paired) {
    assign(it.pair, pair);
    it.role = static_cast<std::uint8_t>(words.role);
    begin_pair(heard.host, heard.gun);
  } else {
    begin(heard.host, heard.gun, StartedBy::remote);
  }
}

void YkcConversation::on_stop(const Heard& heard) {
  Words words{.gun = heard.raw_gun, .result = 1};
  Station& station = heard.host.station();
  const bool there = heard.ours && heard.gun != 0;
  const Wait wait = there ? gun(heard.gun).wait : Wait::nothing;
  const bool waits = wait == Wait::cable || wait == Wait::partner;
  if (!there) {
    words.reason = kWrongPile;
  } else if (!station.connector(heard.gun).active() && !waits) {
    words.reason = kNotCharging;
  }
  if (words.reason != kNone) words.result = 0;
  const bool stops =
      say(heard.host, type::kRemoteStopAnswer, heard.frame.sequence, words) && words.result == 1;
  if (!stops) return;
  if (waits) return give_up(heard.host, heard.gun, /*bill=*/wait == Wait::partner);
  if (auto stopped = station.stop(heard.host.turn(), heard.gun, StopReason::remote); !stopped) {
    heard.host.context().note("remote stop: " + stopped.error().detail);
  }
}

void YkcConversation::begin(Host& host, ConnectorNumber number, StartedBy by) {
  Gun& it = gun(number);
  it.wait = Wait::nothing;
  it.until = kNever;
  const bool reversed = speech(host.config()).layout().settings().card_reversed;
  const std::string card = is_zero(it.card) ? std::string() : card_text(it.card, reversed);
  if (auto started = host.station().start(host.turn(), number, by, card, {}, false); !started) {
    host.context().note("start: " + started.error().detail);
    give_up(host, number, /*bill=*/true);
  }
}

void YkcConversation::begin_pair(Host& host, ConnectorNumber number) {
  Gun& it = gun(number);
  // The other gun is another pile's: whether it starts is for the platform to see.
  if (count() == 1 || host.config().ykc.pair_timeout == Duration(0))
    return begin(host, number, StartedBy::remote);
  it.wait = Wait::partner;
  it.until = after(host, host.config().ykc.pair_timeout);
  for (ConnectorNumber n = 1; n <= count(); ++n) {
    if (n == number || gun(n).wait != Wait::partner || gun(n).pair != it.pair) continue;
    begin(host, n, StartedBy::remote);
    return begin(host, number, StartedBy::remote);
  }
}

// One of them cannot: then none starts.
void YkcConversation::leave_pair(Host& host, ConnectorNumber number) {
  for (ConnectorNumber n = 1; n <= count(); ++n) {
    if (n != number && gun(n).wait == Wait::partner && gun(n).pair == gun(number).pair) {
      give_up(host, n, /*bill=*/true);
    }
  }
}

void YkcConversation::give_up(Host& host, ConnectorNumber number, bool bill) {
  Gun& it = gun(number);
  settle(host, it.asked, device::Verdict::timed_out);
  if (bill) make_bill(host, number, kNotReady, host.config().ykc.bill_delay);
  it.wait = Wait::nothing;
  it.until = kNever;
  it.order = {};
  it.card = it.logical = {};
  it.balance_e2 = 0;
  it.stop_code = 0;
  it.news = it.away = true;
  work_ = true;
}

void YkcConversation::advance_wait(Host& host, ConnectorNumber number) {
  Gun& it = gun(number);
  const bool late = it.until <= host.context().now();
  switch (it.wait) {
    case Wait::nothing:
      it.until = kNever;
      return;
    case Wait::cable: {
      const Connector& connector = host.station().connector(number);
      if (connector.plugged() && connector.status != ConnectorStatus::faulted && ready()) {
        tell(host, type::kRemoteStartAnswer, {.gun = number, .result = 1});
        return begin(host, number, StartedBy::remote);
      }
      if (late) give_up(host, number, /*bill=*/false);
      return;
    }
    case Wait::partner:
      if (late) give_up(host, number, /*bill=*/true);
      return;
    case Wait::answer:
      if (!late) return;
      settle(host, it.asked, device::Verdict::timed_out);
      host.context().note(fmt::format("gun {}: the platform does not answer the request to start", number));
      give_up(host, number, /*bill=*/false);
  }
}

}  // namespace vfleet::pile::ykc
