#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

#include <algorithm>

#include "devices/charging_pile/dialects/ykc/codes.h"
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::pile::ykc {

YkcConversation::YkcConversation(const PileConfig& config)
    : guns_(static_cast<std::size_t>(config.settings.supply.connectors)) {}

void YkcConversation::identify(Host& host) {
  const PileNumber digits = host.config().ykc.number.of(host.context().id());
  std::string bytes;
  (void)codec::ykc::append_bytes({digits.data(), digits.size()}, bytes);
  assign(pile_, bytes);
}

void YkcConversation::booted(Host& host) {
  identify(host);
  guns_.resize(static_cast<std::size_t>(host.config().settings.supply.connectors));
  for (ConnectorNumber n = 1; n <= count(); ++n) {
    if (gun(n).wait == Wait::partner) give_up(host, n, /*bill=*/true);
  }
  for (Gun& each : guns_) {
    each.wait = Wait::nothing;
    each.until = each.lock_at = kNever;
    each.news = each.swiped = each.away = each.plugged = false;
    each.asked = each.beat = {};
  }
  held_.clear();
  bills_.hang_up();
  login_ = model_ = odd_ = {};
  drop_update(host);
  restart_ = false;
  refusals_ = 0;
  stage_at_ = kNever;
  stage_ = Stage::offline;
  host.context().want_link(true);
  work_ = true;
}

void YkcConversation::reconfigured(Host& host, const PileConfig& before) {
  const bool locks = host.config().ykc.parking_lock;
  if (locks == before.ykc.parking_lock) return;
  for (Gun& each : guns_) each.lock_at = locks ? host.context().now() : kNever;
}

// What the model tells: noted here, said by advance().

void YkcConversation::happened_status(Host& /*host*/, ConnectorNumber connector) {
  if (connector > count()) return;
  gun(connector).news = true;
  work_ = true;
}

void YkcConversation::happened_start(Host& host, ConnectorNumber connector) {
  Gun& it = gun(connector);
  // Somebody was quicker than what the gun waited for.
  if (it.wait != Wait::nothing) give_up(host, connector, /*bill=*/it.wait == Wait::partner);
  // Nobody was asked: the cable started it, or somebody at the pile.
  if (is_zero(it.order)) {
    it.order = make_order(host, connector);
    it.trade_mark = kByApp;
  }
  it.stop_code = 0;
  it.began = host.config().settings.supply.kind == SupplyKind::dc;
  it.spent_at = it.balance_e2 != 0 && host.config().ykc.balance_limits ? host.context().now() : kNever;
  it.news = true;
  work_ = true;
}

void YkcConversation::happened_end(Host& host, ConnectorNumber connector, StopReason reason) {
  // Now, while what the session came to can still be read.
  Gun& it = gun(connector);
  tell_ended(host, connector, reason);
  const std::uint8_t code =
      it.stop_code != 0 ? it.stop_code : stop_code(reason, host.station().fault(connector));
  const bool pulled = reason == StopReason::ev_disconnected;
  make_bill(host, connector, code, pulled ? Duration(0) : host.config().ykc.bill_delay);
  it.order = {};
  it.card = it.logical = {};
  it.balance_e2 = 0;
  it.stop_code = 0;
  it.began = false;
  it.spent_at = kNever;
  it.news = true;
  work_ = true;
}

void YkcConversation::happened_fault(Host& /*host*/, ConnectorNumber connector, FaultCode /*code*/,
                                     bool /*raised*/) {
  for (ConnectorNumber n = 1; n <= count(); ++n) gun(n).news |= connector == 0 || connector == n;
  work_ = true;
}

TimePoint YkcConversation::after(Host& host, Duration real) {
  return host.context().now() + device::in_model_time(real, host.context().time_scale());
}

TimePoint YkcConversation::next_event() const {
  if (work_) return TimePoint{};  // at once
  TimePoint next = stage_at_;
  for (const Gun& each : guns_) {
    next = std::min({next, each.until, each.spent_at});
    if (ready()) next = std::min(next, each.lock_at);
  }
  for (const Held& each : held_) next = std::min(next, each.at);
  if (update_ != nullptr && update_->stage != Update::Stage::done) next = std::min(next, update_->at);
  return ready() ? std::min(next, bills_.next()) : next;
}

void YkcConversation::advance(Host& host) {
  work_ = false;
  advance_link(host);
  say_held(host);
  for (ConnectorNumber n = 1; n <= count(); ++n) advance_gun(host, n);
  advance_bills(host);
  advance_update(host);
  advance_orders(host);
}

void YkcConversation::advance_gun(Host& host, ConnectorNumber number) {
  advance_wait(host, number);
  look_at_vehicle(host, number);
  decide_driver(host, number);
  if (gun(number).news && ready()) tell_realtime(host, number);
  if (gun(number).began && ready()) tell_began(host, number);
  look_at_cost(host, number);
  advance_lock(host, number);
}

bool YkcConversation::charging(Host& host) {
  for (ConnectorNumber n = 1; n <= host.station().connector_count(); ++n) {
    if (host.station().connector(n).active()) return true;
  }
  return false;
}

const schedule::Pacing* YkcConversation::pacing(ReportKind kind, bool in_session,
                                                const PileConfig& config) const {
  const YkcConfig& ykc = config.ykc;
  switch (kind) {
    case ReportKind::heartbeat:
      return &ykc.heartbeat;
    case ReportKind::status:
      return in_session ? &ykc.realtime : &ykc.realtime_idle;
    case ReportKind::meter:
      return in_session && config.settings.supply.kind == SupplyKind::dc ? &ykc.bms : nullptr;
    default:
      return nullptr;
  }
}

void YkcConversation::due(Host& host, ReportKind kind, ConnectorNumber connector, TimePoint due) {
  switch (kind) {
    case ReportKind::heartbeat:
      return beat(host, due);
    case ReportKind::status:
      return ready() ? tell_realtime(host, connector, due) : keep_realtime(host, connector, due);
    default:
      return tell_bms(host, connector, due);
  }
}

std::int64_t YkcConversation::clock_ms(const PileView& at, WallTime wall) const {
  const std::int64_t zone_ms = std::int64_t{at.config.settings.tariff.utc_offset_min} * 60'000;
  return to_us(wall) / 1000 + zone_ms + clock_offset_ms_;
}

}  // namespace vfleet::pile::ykc
