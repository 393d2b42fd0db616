// The station's clock: the fleet's, set by what the CSMS tells of its own.
#include <chrono>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "simulator/codec/json/reader.h"
#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::pile::ocpp16 {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

// A CSMS may tell whole seconds, and its answer takes a while: what is nearer than this is no difference.
constexpr microseconds kSame = 2s;

/// Without an allocation: every Heartbeat is answered so.
std::optional<WallTime> current_time_in(std::string_view payload) {
  codec::json::Reader reader(payload);
  if (!reader.enter_object()) return std::nullopt;
  for (std::string_view name; reader.next_member(name);) {
    std::string_view raw;
    if (codec::json::same_text(name, "currentTime") && reader.peek() == codec::json::Reader::Kind::string) {
      if (!reader.string(raw)) return std::nullopt;
      const auto read = codec::ocpp::read_date_time(raw);
      return read ? std::optional(read->at) : std::nullopt;
    }
    if (!reader.skip()) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

WallTime ChargePoint::clock(Host& host) const {
  return host.context().wall_now() + clock_offset_;
}

void ChargePoint::set_clock(Host& host, std::string_view payload) {
  // Model time that runs faster than the CSMS's would be set back at every answer.
  if (!host.config().front.ocpp.set_clock || !host.context().in_real_time()) return;
  const auto told = current_time_in(payload);
  if (!told) return;
  const microseconds step = *told - clock(host);
  if (std::chrono::abs(step) <= kSame) return;
  shift_clock(host, step);
  host.context().note("the clock is set by the CSMS, by " + std::to_string(step / 1s) + " s");
  add_security_event(host, "SettingSystemTime", "currentTime of the CSMS");
}

void ChargePoint::shift_clock(Host& host, microseconds step) {
  clock_offset_ += step;
  // What counts from the start of a transaction goes on counting.
  for (Outlet& each : outlets_) {
    if (each.session != 0) each.begun += step;
  }
  if (profiles_ != nullptr) profiles_->look_at = now_;
  plan_aligned(host);
  note_work();
}

}  // namespace vfleet::pile::ocpp16
