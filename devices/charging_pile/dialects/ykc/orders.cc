// What the platform orders of the pile as a whole: parameters, clock, restart, QR codes.
#include <fmt/format.h>

#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::int64_t kWhenIdle = 2;

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

void YkcConversation::on_qr_prefix(const Heard& heard) {
  const bool good = heard.number("format") <= 1;
  std::string prefix;
  heard.body.append_text(heard.body.frame().find("prefix"), 0, prefix);
  if (good) qr_prefix_ = std::move(prefix);
  say(heard.host, type::kQrPrefixAnswer, heard.frame.sequence, {.result = good ? 1 : 0});
}

void YkcConversation::advance_orders(Host& host) {
  if (!restart_ || charging(host)) return;
  restart_ = false;
  host.restart(StopReason::reboot);
}

}  // namespace vfleet::pile::ykc
