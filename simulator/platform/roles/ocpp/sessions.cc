#include "simulator/platform/roles/ocpp/sessions.h"

#include <fmt/format.h>

#include <algorithm>

namespace vfleet::platform::ocpp {
namespace {

constexpr Duration kPatience = std::chrono::seconds(120);  // from asking for a session until it begins
constexpr Duration kAskAgain = std::chrono::seconds(5);    // for the end of one
constexpr std::size_t kLooks = 64;                         // at charge points, for one session

// One that is idle; `plugged`: where a vehicle waits.
Connector* idle_connector(ChargePoint& charge_point, bool plugged, TimePoint now) {
  for (std::size_t i = 1; i < charge_point.connectors.size(); ++i) {
    Connector& connector = charge_point.connectors[i];
    const bool asked = connector.asked != TimePoint::min() && now - connector.asked < kPatience;
    const bool busy = std::any_of(charge_point.open.begin(), charge_point.open.end(),
                                  [i](const Transaction& each) { return each.connector == i; });
    if (!connector.idle || asked || busy) continue;
    if (connector.plugged || !plugged) return &connector;
  }
  return nullptr;
}

bool is_free(const ChargePoint& charge_point) {
  using Boot = ChargePoint::Boot;
  return charge_point.line != nullptr && charge_point.outstanding.id.empty() && charge_point.own.empty() &&
         charge_point.boot != Boot::pending && charge_point.boot != Boot::rejected;
}

}  // namespace

Sessions::Sessions(const OcppSettings& settings, OwnCalls& calls, CsmsCounts& counts, Place place,
                   const Clock& clock)
    : settings_(settings),
      calls_(calls),
      counts_(counts),
      place_(place),
      clock_(clock),
      ticked_(clock.now()) {}

void Sessions::began(ChargePoint& charge_point, std::int32_t id, std::string_view tag) {
  if (settings_.limit > 0) {
    if (Transaction* transaction = charge_point.find_open(id)) {
      transaction->limit = settings_.limit;
      transaction->limit_unit = settings_.limit_unit;
      // It goes behind the answer to StartTransaction.
      (void)calls_.add(
          charge_point,
          {Action::SetChargingProfile, id,
           fmt::format(
               R"({{"connectorId":{},"csChargingProfiles":{{"chargingProfileId":{},"transactionId":{},)"
               R"("stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",)"
               R"("chargingSchedule":{{"chargingRateUnit":"{}","chargingSchedulePeriod":)"
               R"([{{"startPeriod":0,"limit":{:.1f}}}]}}}}}})",
               transaction->connector, id, id, settings_.limit_unit, settings_.limit)});
    }
  }
  if (tag != kTag) return;
  ++counts_.sessions_started;
  const auto lasts = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(settings_.session_s));
  endings_.emplace(clock_.now() + lasts, Ending{&charge_point, id});
}

void Sessions::tick(const std::vector<ChargePoint*>& connected) {
  const TimePoint now = clock_.now();
  end_some(now);
  begin_some(connected, now);
  ticked_ = now;
}

void Sessions::begin_some(const std::vector<ChargePoint*>& connected, TimePoint now) {
  const double rate = settings_.sessions_per_s / place_.count;
  // What could not be begun in a second is given up: it must not come in a burst.
  credit_ = std::min(credit_ + rate * to_seconds(now - ticked_), std::max(rate, 1.0));
  while (credit_ >= 1 && !connected.empty()) {
    credit_ -= 1;
    const std::size_t looks = std::min(kLooks, connected.size());
    // As with an app: first for those whose vehicle is plugged in, then for those who are about to come.
    bool begun = false;
    for (const bool plugged : {true, false}) {
      for (std::size_t i = 0; i < looks && !begun; ++i) {
        looked_at_ = (looked_at_ + 1) % connected.size();
        begun = begin(*connected[looked_at_], plugged, now);
      }
    }
  }
}

bool Sessions::begin(ChargePoint& charge_point, bool plugged, TimePoint now) {
  if (!is_free(charge_point)) return false;
  Connector* const connector = idle_connector(charge_point, plugged, now);
  if (connector == nullptr) return false;
  connector->asked = now;
  ++counts_.sessions_asked;
  call(charge_point, {Action::RemoteStartTransaction, 0,
                      fmt::format(R"({{"connectorId":{},"idTag":"{}"}})",
                                  connector - charge_point.connectors.data(), kTag)});
  return true;
}

void Sessions::end_some(TimePoint now) {
  while (!endings_.empty() && endings_.begin()->first <= now) {
    const Ending ending = endings_.begin()->second;
    endings_.erase(endings_.begin());
    ChargePoint& charge_point = *ending.charge_point;
    if (charge_point.find_open(ending.transaction) == nullptr) continue;
    // Asked again until it has ended.
    endings_.emplace(now + kAskAgain, ending);
    if (!is_free(charge_point)) continue;
    ++counts_.sessions_stopped;
    call(charge_point,
         {Action::RemoteStopTransaction, 0, fmt::format(R"({{"transactionId":{}}})", ending.transaction)});
  }
}

void Sessions::call(ChargePoint& charge_point, OwnCall own) {
  if (calls_.add(charge_point, std::move(own))) charge_point.line->call_waits(charge_point.link);
}

}  // namespace vfleet::platform::ocpp
