#include "devices/charging_pile/dialects/ocpp16/charge_point.h"

#include <algorithm>

#include "devices/charging_pile/dialects/ocpp16/reports.h"
#include "devices/charging_pile/dialects/ocpp16/upkeep.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;
using namespace std::chrono_literals;

ChargePoint::ChargePoint(std::uint64_t identity, const PileConfig& config)
    : calls_(identity, 0, config.front.ocpp.calls), identity_(identity) {}

ChargePoint::~ChargePoint() = default;

// Before anything else in each call: the configuration may be another object than in the last one.
void ChargePoint::enter(Host& host) {
  now_ = host.context().now();
  time_scale_ = host.context().time_scale();
  calls_.use(host.config().front.ocpp.calls, time_scale_);
}

ChargePoint::Outlet& ChargePoint::outlet(ConnectorNumber connector) {
  const auto i = static_cast<std::size_t>(connector);
  if (i >= outlets_.size()) outlets_.resize(i + 1);
  return outlets_[i];
}

void ChargePoint::reconfigured(Host& host, const PileConfig& before) {
  enter(host);
  if (before.front.ocpp.clock_aligned_data_interval != host.config().front.ocpp.clock_aligned_data_interval) {
    plan_aligned(host);
  }
  if (!host.config().front.ocpp.set_clock && clock_offset_.count() != 0) shift_clock(host, -clock_offset_);
  note_work();
}

TimePoint ChargePoint::next_event() const {
  if (work_) return now_;
  TimePoint next = std::min({boot_at_, aligned_at_, reset_at_});
  for (const Outlet& each : outlets_) next = std::min(next, each.tell_at);
  for (const Delayed& each : delayed_) next = std::min(next, each.at);
  if (upkeep_ != nullptr) next = std::min(next, std::max(upkeep_->wake(), now_));
  if (profiles_ != nullptr) next = std::min(next, std::max(profiles_->look_at, now_));
  if (online_) next = std::min(next, std::max({calls_.wake(), stalled_until_, now_}));
  return next;
}

void ChargePoint::advance(Host& host) {
  enter(host);
  work_ = false;
  if (const auto expired = calls_.expire(now_)) settled(host, *expired, {});
  answer_delayed(host);
  for (ConnectorNumber n = 1; n <= host.station().connector_count(); ++n) decide(host, n);
  if (boot_at_ <= now_) {
    boot_at_ = kNever;
    if (online_ && registration_ != Registration::accepted) ask_to_boot();
  }
  follow_profiles(host);
  end_rations(host);
  if (aligned_at_ <= now_) tell_aligned(host);
  tell_due_statuses(host);
  advance_upkeep(host);
  if (carry_out_reset(host)) return;
  pump(host);
}

const schedule::Pacing* ChargePoint::pacing(ReportKind kind, bool in_session,
                                            const PileConfig& config) const {
  if (kind == ReportKind::heartbeat) return &config.front.heartbeat;
  return kind == ReportKind::meter && in_session ? &config.front.meter : nullptr;
}

void ChargePoint::due(Host& host, ReportKind kind, ConnectorNumber connector, TimePoint due) {
  enter(host);
  if (kind == ReportKind::meter) {
    add_meter_values(host, connector, Context::periodic, due);
    return pump(host);
  }
  // One that waits is as good as two, unless an operator waits for it.
  const auto place = wanted_.empty() ? wire::Calls::Place::newest : wire::Calls::Place::own;
  if (!speaks() || !calls_.add(wire::Call{.action = Action::Heartbeat, .due = due}, place)) {
    host.context().forgo(report_of(Action::Heartbeat));
  }
  pump(host);
}

void ChargePoint::pump(Host& host) {
  // Before a hard reset nothing more is said: it would be cut off, and said again.
  const bool falls = reset_at_ != kNever && resets_as_ == StopReason::hard_reset;
  if (!online_ || stalled_until_ > now_ || falls) return;
  while (const auto out = calls_.next(now_)) {
    if (!send(host, *out)) return;
  }
}

bool ChargePoint::send(Host& host, const wire::Outgoing& out) {
  const Wanted* asked = out.of_transaction ? nullptr : wanted(out.detail);
  device::Telling telling{.kind = report_of(out.action),
                          .channel = static_cast<device::Channel>(out.connector),
                          .detail = out.detail,
                          .due = out.due};
  device::AnswerId answers = 0;
  if (asked != nullptr) {
    answers = telling.answers = asked->answers;
    telling.overrides = asked->fields;
  }
  const std::uint32_t detail = out.detail;
  outgoing_ = &out;
  const auto told = host.context().tell(telling);
  outgoing_ = nullptr;
  if (told) {
    calls_.sent(now_, *told);
    if (asked != nullptr) forget_wanted(detail);
    if (answers != 0) host.context().answer(answers, {});
    return true;
  }
  if (told.error().code == Errc::link_down || told.error().code == Errc::rejected) {
    stalled_until_ = after(1s);
    return false;
  }
  // It cannot be made: fields that an operator gave and that are not allowed.
  if (answers != 0) host.context().answer(answers, tl::unexpected(told.error()));
  if (asked != nullptr) forget_wanted(detail);
  calls_.discard(now_);
  return true;
}

const ChargePoint::Wanted* ChargePoint::wanted(std::uint32_t detail) const {
  if (detail >> 16 == 0) return nullptr;
  const auto at = std::find_if(wanted_.begin(), wanted_.end(),
                               [&](const Wanted& each) { return each.number == detail >> 16; });
  return at == wanted_.end() ? nullptr : &*at;
}

void ChargePoint::forget_wanted(std::uint32_t detail) {
  std::erase_if(wanted_, [&](const Wanted& each) { return each.number == detail >> 16; });
}

void ChargePoint::drop_wanted(Host& host, std::string_view why) {
  for (const Wanted& each : wanted_) {
    host.context().answer(each.answers, fail(Errc::link_down, std::string(why)));
  }
  wanted_.clear();
}

wire::Rules ChargePoint::reading_rules(const Host& host) const {
  const bool lenient = !host.config().front.ocpp.strict;
  wire::Rules rules;
  rules.unknown_fields = rules.null_is_absent = rules.times_without_zone = rules.any_decimals = lenient;
  return rules;
}

}  // namespace vfleet::pile::ocpp16
