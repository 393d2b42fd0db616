// What the platform orders of the pile as a whole: parameters, clock, restart, update, QR codes.
#include <fmt/format.h>

#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::int64_t kWhenIdle = 2;
constexpr std::int64_t kDc = 1;  // in 0x94
constexpr std::int64_t kAc = 2;

constexpr std::int64_t kUpdateWrongPile = 1;
constexpr std::int64_t kUpdateWrongModel = 2;

}  // namespace

void YkcConversation::on_work_parameters(const Heard& heard) {
  const std::int64_t locked = heard.number("locked");
  const std::int64_t percent = heard.number("max_power", 100);
  bool good = locked <= 1 && percent >= 30 && percent <= 100;
  if (good) {
    const std::string limit = fmt::format("{:.2f}", static_cast<double>(percent) / 100);
    if (auto set = heard.host.context().patch_config("power_limit", limit); !set) {
      heard.host.context().note("0x52: " + set.error().detail);
      good = false;
    }
  }
  if (good) locked_ = locked == 1;
  say(heard.host, type::kWorkParametersAnswer, heard.frame.sequence, {.result = good ? 1 : 0});
}

void YkcConversation::on_clock(const Heard& heard) {
  if (const auto time = heard.body.number(heard.body.frame().find("time"))) {
    const PileView at = look(heard.host);
    clock_offset_ms_ += *time - clock_ms(at, at.wall);
    follow_clock(heard.host);
  } else {
    not_understood(heard.host, "0x56 brings no time");
  }
  say(heard.host, type::kSetClockAnswer, heard.frame.sequence, {});
}

void YkcConversation::on_restart(const Heard& heard) {
  const std::int64_t when = heard.number("when");
  const bool good = when == 1 || when == kWhenIdle;
  const bool done = say(heard.host, type::kRestartAnswer, heard.frame.sequence, {.result = good ? 1 : 0});
  if (!done || !good) return;
  if (when == kWhenIdle && charging(heard.host)) {
    restart_ = true;
  } else {
    heard.host.restart(StopReason::reboot);
  }
}

void YkcConversation::on_update(const Heard& heard) {
  const std::int64_t kind = heard.host.config().settings.supply.kind == SupplyKind::dc ? kDc : kAc;
  std::int64_t wrong = 0;
  if (!heard.ours) {
    wrong = kUpdateWrongPile;
  } else if (heard.number("pile_type", kind) != kind) {
    wrong = kUpdateWrongModel;
  }
  if (wrong != 0) {
    say(heard.host, type::kUpdateAnswer, heard.frame.sequence, {.result = wrong});
    return;
  }
  // The answer follows when the update is there.
  if (heard.number("when") == kWhenIdle && charging(heard.host)) {
    update_ = true;
  } else {
    update_at_ = heard.host.context().now() + heard.host.config().ykc.update_time;
  }
}

void YkcConversation::on_qr_prefix(const Heard& heard) {
  const bool good = heard.number("format") <= 1;
  std::string prefix;
  heard.body.append_text(heard.body.frame().find("prefix"), 0, prefix);
  if (good) qr_prefix_ = std::move(prefix);
  say(heard.host, type::kQrPrefixAnswer, heard.frame.sequence, {.result = good ? 1 : 0});
}

void YkcConversation::advance_orders(Host& host) {
  const TimePoint now = host.context().now();
  if (update_ && !charging(host)) {
    update_ = false;
    update_at_ = now + host.config().ykc.update_time;
  }
  if (update_at_ <= now && ready()) {
    update_at_ = kNever;
    const UpdateResult result = host.config().ykc.update_result;
    tell(host, type::kUpdateAnswer, {.result = static_cast<std::int64_t>(result)});
    if (result == UpdateResult::ok) return host.restart(StopReason::reboot);
  }
  if (!restart_ || charging(host)) return;
  restart_ = false;
  host.restart(StopReason::reboot);
}

}  // namespace vfleet::pile::ykc
