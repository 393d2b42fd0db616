// Login, billing model, heartbeats: what has to be before a pile may work.
#include <algorithm>

#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"
#include "devices/charging_pile/dialects/ykc/ykc_dialect.h"

namespace vfleet::pile::ykc {
namespace {

constexpr int kDoublingsMax = 4;

}  // namespace

void YkcConversation::link_up(Host& host) {
  sequence_ = 0;
  misses_ = 0;
  login_ = model_ = odd_ = {};
  bills_.hang_up();
  for (ConnectorNumber n = 1; n <= count(); ++n) {
    Gun& it = gun(n);
    it.asked = it.beat = {};
    // An order of a session or of a start that the last life of the pile did not come to.
    if (it.wait == Wait::nothing && !host.station().connector(n).active()) it.order = {};
  }
  log_in(host);
}

void YkcConversation::link_down(Host& /*host*/) {
  if (stage_ != Stage::refused) {
    stage_ = Stage::offline;
    stage_at_ = kNever;
  }
  // What was in flight has failed by itself.
  login_ = model_ = odd_ = {};
  held_.clear();
  bills_.hang_up();
  for (Gun& each : guns_) {
    each.asked = each.beat = {};
    if (each.wait != Wait::answer) continue;
    each.wait = Wait::nothing;
    each.until = kNever;
    each.away = true;
  }
  work_ = true;
}

void YkcConversation::log_in(Host& host) {
  stage_ = Stage::login;
  stage_at_ = after(host, host.config().ykc.answer_timeout);
  ask(host, type::kLogin, {}, login_);
}

void YkcConversation::refuse_login(Host& host) {
  const Duration wait = host.config().ykc.login_retry * (1 << std::min<int>(refusals_, kDoublingsMax));
  if (refusals_ < UINT8_MAX) ++refusals_;
  stage_ = Stage::refused;
  stage_at_ = after(host, wait);
  host.context().want_link(false);
}

void YkcConversation::on_login(const Heard& heard) {
  if (!answers(heard, login_)) return;
  const bool good = heard.good();
  settle(heard, login_, good);
  if (stage_ != Stage::login) return;  // an operator sent it
  if (good) {
    refusals_ = 0;
    return check_model(heard.host);
  }
  heard.host.context().note("the platform refuses the login");
  refuse_login(heard.host);
}

void YkcConversation::check_model(Host& host) {
  stage_ = Stage::model;
  stage_at_ = after(host, host.config().ykc.model_retry);
  // A fork may know no check of the model.
  if (speech(host.config()).frame(type::kModelCheck) == nullptr) return be_ready(host);
  ask(host, type::kModelCheck, {}, model_);
}

void YkcConversation::on_model_check(const Heard& heard) {
  if (!answers(heard, model_)) return;
  settle(heard.host, model_, device::Verdict::acked);
  if (heard.good()) {
    if (stage_ == Stage::model) be_ready(heard.host);
    return;
  }
  if (stage_ == Stage::model) stage_at_ = after(heard.host, heard.host.config().ykc.model_retry);
  ask(heard.host, type::kModelRequest, {}, model_);
}

void YkcConversation::on_model(const Heard& heard) {
  if (!answers(heard, model_)) return;
  const bool good = take_model(heard);
  settle(heard, model_, good);
  // Without a good one it is asked for again when stage_at_ comes.
  if (good && stage_ == Stage::model) be_ready(heard.host);
}

void YkcConversation::on_set_model(const Heard& heard) {
  const bool good = take_model(heard);
  say(heard.host, type::kSetModelAnswer, heard.frame.sequence, {.result = good ? 1 : 0});
  if (good && stage_ == Stage::model) be_ready(heard.host);
}

bool YkcConversation::take_model(const Heard& heard) {
  RateTable table;
  for (std::size_t p = 0; p < kPeriods; ++p) {
    const std::string name(to_string(static_cast<Period>(p)));
    const auto energy = heard.body.number(heard.body.frame().find(name + "_energy_price"));
    const auto service = heard.body.number(heard.body.frame().find(name + "_service_price"));
    if (!energy || !service) return false;
    table.rates[p] = {*energy, *service};
  }
  const int rate = heard.body.frame().find("rates.rate");
  if (heard.body.rows() < kHalfHours) return false;
  for (std::size_t i = 0; i < kHalfHours; ++i) {
    const std::int64_t period = heard.body.number(rate, i).value_or(-1);
    if (period < 0 || period >= static_cast<std::int64_t>(kPeriods)) return false;
    table.period_of_half_hour[i] = static_cast<Period>(period);
  }
  model_code_ = static_cast<std::uint16_t>(heard.number("model"));
  rate_shift_ = half_hours_ahead();
  std::rotate(table.period_of_half_hour.begin(), table.period_of_half_hour.begin() + rate_shift_,
              table.period_of_half_hour.end());
  heard.host.station().set_rates(heard.host.turn(), table);
  return true;
}

// Rates hold by the pile's own clock, the station knows the world's.
void YkcConversation::follow_clock(Host& host) {
  const int shift = half_hours_ahead();
  if (model_code_ == 0 || shift == rate_shift_) return;
  RateTable table = host.station().rates(host.config().settings.tariff);
  auto& periods = table.period_of_half_hour;
  const auto turn = (shift - rate_shift_ + static_cast<int>(kHalfHours)) % static_cast<int>(kHalfHours);
  std::rotate(periods.begin(), periods.begin() + turn, periods.end());
  rate_shift_ = static_cast<std::uint8_t>(shift);
  host.station().set_rates(host.turn(), table);
}

std::uint8_t YkcConversation::half_hours_ahead() const {
  constexpr std::int64_t kHalfHour_ms = 30 * 60'000;
  constexpr auto kDay = static_cast<std::int64_t>(kHalfHours);
  const std::int64_t ahead = clock_offset_ms_ + kHalfHour_ms / 2;  // to the nearest
  const std::int64_t halves =
      ahead >= 0 ? ahead / kHalfHour_ms : -((-ahead + kHalfHour_ms - 1) / kHalfHour_ms);
  return static_cast<std::uint8_t>((halves % kDay + kDay) % kDay);
}

void YkcConversation::be_ready(Host& host) {
  stage_ = Stage::ready;
  stage_at_ = kNever;
  // What was kept comes before anything new.
  tell_kept_realtime(host);
  bills_.restart(host.context().now());
  advance_bills(host);
  for (Gun& each : guns_) {
    each.news = true;
    each.lock_at = host.config().ykc.parking_lock ? host.context().now() : kNever;
  }
  work_ = true;
}

void YkcConversation::beat(Host& host, TimePoint due) {
  if (stage_ != Stage::ready && stage_ != Stage::model) {
    return host.context().forgo(report_of(type::kHeartbeat));
  }
  bool missed = false;
  for (Gun& each : guns_) {
    missed |= static_cast<bool>(each.beat);
    settle(host, each.beat, device::Verdict::timed_out);
  }
  if (missed && ++misses_ >= host.config().ykc.heartbeat_misses) {
    host.context().note("the platform answers no heartbeat: the connection is made anew");
    misses_ = 0;
    return host.context().reconnect(/*drain=*/false);
  }
  if (host.config().ykc.heartbeat_of == BeatOf::gun) {
    for (ConnectorNumber n = 1; n <= count(); ++n) ask(host, type::kHeartbeat, {.gun = n}, gun(n).beat, due);
    return;
  }
  ConnectorNumber told = 1;
  for (ConnectorNumber n = count(); n >= 1; --n) {
    if (host.station().connector(n).status == ConnectorStatus::faulted) told = n;
  }
  ask(host, type::kHeartbeat, {.gun = told}, gun(told).beat, due);
}

void YkcConversation::on_heartbeat(const Heard& heard) {
  // For the gun that it names; a platform that names another one answers the oldest that waits.
  Gun* answered = heard.gun != 0 && gun(heard.gun).beat ? &gun(heard.gun) : nullptr;
  for (Gun& each : guns_) {
    if (answered == nullptr && each.beat && !heard.host.config().ykc.strict) answered = &each;
  }
  static const Open kNone;
  if (!answers(heard, answered != nullptr ? answered->beat : kNone)) return;
  settle(heard.host, answered->beat, device::Verdict::acked);
  misses_ = 0;
}

void YkcConversation::advance_link(Host& host) {
  if (stage_at_ > host.context().now()) return;
  switch (stage_) {
    case Stage::login:
      settle(host, login_, device::Verdict::timed_out);
      host.context().note("the platform does not answer the login");
      return refuse_login(host);
    case Stage::refused:
      stage_ = Stage::offline;
      stage_at_ = kNever;
      return host.context().want_link(true);
    case Stage::model:
      settle(host, model_, device::Verdict::timed_out);
      return check_model(host);
    default:
      stage_at_ = kNever;
  }
}

}  // namespace vfleet::pile::ykc
