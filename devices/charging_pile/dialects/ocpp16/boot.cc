// BootNotification until the CSMS accepts the charge point; connections that come and go.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "simulator/core/hash.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;
using namespace std::chrono_literals;

namespace {
constexpr std::int64_t kIntervalMost = 30LL * 24 * 3600;  // s, of what a CSMS asks for
}  // namespace

void ChargePoint::booted(Host& host) {
  enter(host);
  calls_.reboot(static_cast<std::uint32_t>(host.context().boot_number()));
  registration_ = Registration::none;
  online_ = false;
  boot_tries_ = 0;
  reset_tries_ = 0;
  boot_at_ = reset_at_ = kNever;
  answer_rules_.clear();
  delayed_.clear();
  drop_wanted(host, "it rebooted");
  for (Outlet& each : outlets_) {
    each.known = false;
    each.tell_at = kNever;
    each.presented = {};
  }
  plan_aligned(host);
  upkeep_booted(host);
}

void ChargePoint::link_up(Host& host) {
  enter(host);
  // In a new life of the worker ids are made of another number; what was accepted still is.
  const wire::Gate gate = calls_.gate();
  calls_.reboot(static_cast<std::uint32_t>(host.context().boot_number()));
  calls_.set_gate(gate);
  online_ = true;
  calls_.link_up(now_);
  // Cards of an earlier life: they wait for this connection.
  for (Outlet& each : outlets_) {
    if (each.presented.stage == Presented::Stage::asking) each.presented.stage = Presented::Stage::undecided;
  }
  note_work();
  profile_works(host);
  if (aligned_at_ == kNever) plan_aligned(host);
  switch (registration_) {
    case Registration::accepted:
      tell_changed_statuses(host);
      break;
    case Registration::none:
      if (boot_at_ == kNever || boot_at_ <= now_) ask_to_boot();
      break;
    case Registration::pending:
    case Registration::rejected:
      if (boot_at_ == kNever) ask_to_boot();
      break;
  }
  pump(host);
}

void ChargePoint::link_down(Host& host) {
  enter(host);
  online_ = false;
  stalled_until_ = TimePoint::min();
  const auto cut = calls_.link_down();
  calls_.drop_waiting([&](const wire::Call& call) {
    if (call.action == Action::StatusNotification) status_unsaid(call.connector);
    if (call.detail >> 16 == 0) notice_unsaid(call.action, call.detail);
    return true;
  });
  if (cut) settled(host, *cut, {});
  drop_wanted(host, "the connection is gone");
  delayed_.clear();
  // Who waits for an answer about a card waits in vain.
  for (Outlet& each : outlets_) {
    if (each.presented.stage == Presented::Stage::asking) each.presented.stage = Presented::Stage::undecided;
  }
  note_work();
}

void ChargePoint::ask_to_boot() {
  boot_at_ = kNever;
  if (calls_.gate() == wire::Gate::nothing) calls_.set_gate(wire::Gate::boot);
  calls_.add({.action = Action::BootNotification, .asked = true, .due = now_}, wire::Calls::Place::newest);
  note_work();
}

// No answer, or none that can be read.
void ChargePoint::boot_failed(Host& host) {
  if (registration_ == Registration::accepted) return;  // it was an operator's
  const Settings& settings = host.config().front.ocpp;
  Duration wait = settings.boot_retry_interval;
  for (std::uint32_t i = 0; i < boot_tries_ && wait < settings.boot_retry_interval_max; ++i) wait *= 2;
  wait = std::min(wait, settings.boot_retry_interval_max);
  // Up to a quarter more, each charge point its own: they shall not all come back at once.
  wait += wait / 4 * static_cast<std::int64_t>(mix(identity_, boot_tries_) % 1000) / 1000;
  ++boot_tries_;
  boot_at_ = after(wait);
}

void ChargePoint::boot_answered(Host& host, const nlohmann::json& answer) {
  const std::string_view status = text_of(answer, "status");
  const std::int64_t interval = integer_of(answer, "interval").value_or(0);
  if (status == "Accepted") {
    registration_ = Registration::accepted;
    boot_tries_ = 0;
    note_work();
    boot_at_ = kNever;
    calls_.set_gate(wire::Gate::all);
    take_heartbeat_interval(host, interval);
    for (Outlet& each : outlets_) each.known = false;
    tell_changed_statuses(host);
    return;
  }
  registration_ = status == "Pending" ? Registration::pending : Registration::rejected;
  calls_.set_gate(status == "Pending" ? wire::Gate::asked : wire::Gate::nothing);
  if (interval > 0) {
    boot_tries_ = 0;
    boot_at_ = after(std::chrono::seconds(std::min(interval, kIntervalMost)));
  } else {
    boot_failed(host);
  }
}

void ChargePoint::take_heartbeat_interval(Host& host, std::int64_t seconds) {
  if (seconds <= 0) return;
  const Duration every = std::chrono::seconds(std::min(seconds, kIntervalMost));
  if (every == host.config().front.heartbeat.period) return;
  const auto taken =
      host.context().patch_config("reports.heartbeat.every", std::to_string(to_us(every) / 1'000'000) + "s");
  if (!taken) host.context().note("the CSMS's heartbeat interval was not taken: " + taken.error().detail);
}

}  // namespace vfleet::pile::ocpp16
