// Cards, vehicles that are known by their number, and starts at the pile.
#include <fmt/format.h>
#include <algorithm>

#include "devices/charging_pile/dialects/ykc/codes.h"
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"
#include "simulator/codec/ykc/civil_time.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::uint8_t kByCardHow = 1;
constexpr std::uint8_t kByVinHow = 3;

}  // namespace

void YkcConversation::driver_card(Host& host, ConnectorNumber connector, std::string_view card) {
  Gun& it = gun(connector);
  it.swiped = true;
  it.card = card.empty() ? Card{} : card_of(card, speech(host.config()).layout().settings().card_reversed);
  work_ = true;
}

void YkcConversation::decide_driver(Host& host, ConnectorNumber number) {
  Gun& it = gun(number);
  if (it.away) {
    it.away = false;
    (void)host.station().turn_away(host.turn(), number);  // who is not there has left by himself
  }
  if (!it.swiped) return;
  it.swiped = false;
  if (it.wait != Wait::nothing || host.station().connector(number).active()) return;
  const bool no_card = is_zero(it.card);
  if (locked_) {
    it.away = work_ = true;
  } else if (ready() && (!no_card || host.config().ykc.ask_by_vin)) {
    ask_platform(host, number, no_card ? kByVinHow : kByCardHow);
  } else if (const CardList::Entry* known = cards_.find(it.card)) {
    it.logical = known->logical;
    it.order = make_order(host, number);
    it.trade_mark = kByOfflineCard;
    begin(host, number, StartedBy::card);
  } else if (no_card) {
    begin(host, number, StartedBy::local);
  } else {
    it.away = work_ = true;
  }
}

void YkcConversation::look_at_vehicle(Host& host, ConnectorNumber number) {
  Gun& it = gun(number);
  const Connector& connector = host.station().connector(number);
  const bool came = connector.plugged() && !it.plugged;
  if (it.plugged != connector.plugged()) it.lock_news = true;  // the bay, too
  it.plugged = connector.plugged();
  const bool free = it.wait == Wait::nothing && !connector.active() && !it.swiped;
  if (came && free && ready() && !locked_ && host.config().ykc.ask_by_vin)
    ask_platform(host, number, kByVinHow);
}

void YkcConversation::ask_platform(Host& host, ConnectorNumber number, std::uint8_t how) {
  Gun& it = gun(number);
  it.how = how;
  it.wait = Wait::answer;
  it.until = after(host, host.config().ykc.answer_timeout);
  if (!ask(host, type::kStartRequest, {.gun = number, .how = how}, it.asked)) {
    give_up(host, number, /*bill=*/false);
  }
}

Status YkcConversation::card(Host& host, ConnectorNumber connector, std::string_view text) {
  Station& station = host.station();
  if (connector < 1 || connector > count()) return station.may_start(connector, false);
  Gun& it = gun(connector);
  const Card card = card_of(text, speech(host.config()).layout().settings().card_reversed);
  if (station.connector(connector).active()) {
    if (it.card == card) return station.stop(host.turn(), connector, StopReason::card);
    return fail(Errc::rejected, fmt::format("connector {} is charged with another card", connector));
  }
  if (auto may = station.may_start(connector, false, text); !may) return may;
  if (locked_) return fail(Errc::rejected, "the platform has locked the pile (0x52)");
  if (it.wait != Wait::nothing) {
    return fail(Errc::rejected, fmt::format("connector {} waits for another start", connector));
  }
  const CardList::Entry* known = cards_.find(card);
  if (!ready() && known == nullptr) {
    return fail(Errc::rejected,
                fmt::format("the pile is not logged in, and {} is none of its {} offline cards", text,
                            cards_.size()));
  }
  it.card = card;
  it.logical = {};
  it.swiped = true;  // as a driver's: advance() follows at once
  work_ = true;
  return {};
}

Status YkcConversation::start(Host& host, ConnectorNumber connector, SessionLimits limits) {
  if (locked_) return fail(Errc::rejected, "the platform has locked the pile (0x52)");
  return host.station().start(host.turn(), connector, StartedBy::local, {}, limits,
                              /*cable_may_follow=*/false);
}

Status YkcConversation::stop(Host& host, ConnectorNumber connector) {
  return host.station().stop(host.turn(), connector, StopReason::local);
}

void YkcConversation::on_start_answer(const Heard& heard) {
  if (heard.gun == 0 || gun(heard.gun).wait != Wait::answer) {
    // An operator asked beside what the gun does: the answer is all that comes of it.
    if (heard.gun != 0 && gun(heard.gun).asked) {
      Open& asked = gun(heard.gun).asked;
      if (!answers(heard, asked)) return;
      return settle(heard, asked, heard.number("result") == 1);
    }
    return not_understood(heard.host,
                          codec::ykc::type_text(heard.frame.type) + " answers nothing that was asked");
  }
  Gun& it = gun(heard.gun);
  if (!answers(heard, it.asked)) return;
  if (heard.number("result") != 1) {
    settle(heard, it.asked, false);
    heard.host.context().note(
        fmt::format("gun {}: the platform refuses the start, reason {}", heard.gun, heard.number("reason")));
    return give_up(heard.host, heard.gun, /*bill=*/false);
  }
  settle(heard.host, it.asked, device::Verdict::acked);
  take_order(it, heard);
  it.trade_mark = it.how == kByVinHow ? kByVin : kByCard;
  if (heard.frame.type == type::kPairedStartRequestAnswer) {
    assign(it.pair, heard.bytes("pair"));
    return begin_pair(heard.host, heard.gun);
  }
  begin(heard.host, heard.gun, it.how == kByVinHow ? StartedBy::local : StartedBy::card);
}

Order YkcConversation::make_order(Host& host, ConnectorNumber number) {
  const PileView at = look(host);
  std::string time;
  codec::ykc::append_time(clock_ms(at, at.wall), time);
  // "2020-03-16T17:14:47" without its century.
  std::string digits;
  for (const char c : time.substr(2, 17)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  orders_ = static_cast<std::uint16_t>((orders_ + 1) % 10'000);
  std::string bytes(as_view(pile_));
  (void)codec::ykc::append_bytes(fmt::format("{:02}{}{:04}", number, digits, orders_), bytes);
  Order order{};
  assign(order, bytes);
  return order;
}

}  // namespace vfleet::pile::ykc
