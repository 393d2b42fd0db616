#include "devices/charging_pile/dialects/ocpp16/charging_requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {

using codec::ocpp::ErrorCode;

namespace {

/// What a profile must be beyond what its fields may hold. Errors: invalid_argument.
Status check(const ChargingDesk& desk, const ChargingProfile& profile) {
  const ChargingSettings& most = desk.settings;
  if (profile.stack_level > most.stack_level_most) {
    return fail(Errc::invalid_argument,
                fmt::format("stackLevel: at most {} (ChargeProfileMaxStackLevel)", most.stack_level_most));
  }
  if (profile.periods.size() > most.periods_most) {
    return fail(
        Errc::invalid_argument,
        fmt::format("chargingSchedulePeriod: at most {} (ChargingScheduleMaxPeriods)", most.periods_most));
  }
  if (profile.purpose == ProfilePurpose::charge_point_max && profile.connector != 0) {
    return fail(Errc::invalid_argument, "a ChargePointMaxProfile is for connector 0");
  }
  if (profile.purpose == ProfilePurpose::tx && profile.connector == 0) {
    return fail(Errc::invalid_argument, "a TxProfile is for the connector of its transaction");
  }
  const std::size_t present = desk.profiles == nullptr ? 0 : desk.profiles->size();
  const std::size_t gone = desk.profiles == nullptr ? 0 : desk.profiles->replaced_by(profile);
  if (present - gone >= most.profiles_most) {
    return fail(Errc::invalid_argument,
                fmt::format("there are {} profiles already (MaxChargingProfilesInstalled)", present));
  }
  return {};
}

void put(ChargingDesk desk, ChargingProfile profile) {
  if (desk.profiles == nullptr) desk.profiles = std::make_unique<ChargingProfiles>();
  desk.profiles->put(std::move(profile));
}

}  // namespace

Reply set_charging_profile(ChargingDesk desk, const nlohmann::json& request) {
  const auto connector = integer_of(request, "connectorId").value_or(0);
  if (connector < 0 || connector > desk.connectors()) {
    return Reply::refusal(ErrorCode::property_constraint_violation,
                          fmt::format("connectorId: there is no connector {}, the charge point has {}",
                                      connector, desk.connectors()));
  }
  const auto number = static_cast<ConnectorNumber>(connector);
  auto wish = read_charging_profile(object_of(request, "csChargingProfiles"), number, desk.now);
  if (!wish) return Reply::status("Rejected", wish.error().detail);
  if (auto good = check(desk, wish->profile); !good) return Reply::status("Rejected", good.error().detail);
  if (wish->profile.purpose == ProfilePurpose::tx) {
    const auto& running = desk.transactions[static_cast<std::size_t>(number)];
    if (!running) return Reply::status("Rejected", "a TxProfile needs a transaction that runs");
    if (wish->transaction && *wish->transaction != running->id) {
      return Reply::status("Rejected", fmt::format("transactionId: {} does not run on connector {}",
                                                   *wish->transaction, number));
    }
  }
  put(desk, std::move(wish->profile));
  return Reply::status("Accepted");
}

Reply clear_charging_profile(ChargingDesk desk, const nlohmann::json& request) {
  const ProfileFilter filter{.id = integer_of(request, "id"),
                             .connector = integer_of(request, "connectorId"),
                             .purpose = profile_purpose(text_of(request, "chargingProfilePurpose")),
                             .stack_level = integer_of(request, "stackLevel")};
  const std::size_t cleared = desk.profiles == nullptr ? 0 : desk.profiles->clear(filter);
  return Reply::status(cleared > 0 ? "Accepted" : "Unknown");
}

Reply get_composite_schedule(ChargingDesk desk, const SupplyConfig& supply, const nlohmann::json& request) {
  const auto connector = integer_of(request, "connectorId").value_or(0);
  if (connector < 0 || connector > desk.connectors()) {
    return Reply::status("Rejected", fmt::format("there is no connector {}", connector));
  }
  const auto number = static_cast<ConnectorNumber>(connector);
  const auto duration = std::clamp<std::int64_t>(integer_of(request, "duration").value_or(0), 0, UINT32_MAX);
  CompositeWish wish{.connector = number,
                     .now = desk.now,
                     .duration_s = static_cast<std::uint32_t>(duration),
                     .unit = std::nullopt,
                     .transactions = desk.transactions,
                     .periods_most = desk.settings.periods_most};
  const std::string_view unit = text_of(request, "chargingRateUnit");
  if (!unit.empty()) wish.unit = unit == "W" ? RateUnit::watts : RateUnit::amperes;
  Reply reply;
  codec::json::Writer writer(reply.payload);
  write_composite(writer, number, compose(desk.profiles.get(), supply, wish));
  return reply;
}

Status keep_remote_profile(ChargingDesk desk, ConnectorNumber connector, const nlohmann::json& profile) {
  auto wish = read_charging_profile(profile, connector, desk.now);
  if (!wish) return tl::unexpected(wish.error());
  if (wish->profile.purpose != ProfilePurpose::tx) {
    return fail(Errc::invalid_argument, "chargingProfile: a remote start takes a TxProfile only");
  }
  if (wish->transaction) {
    return fail(Errc::invalid_argument, "chargingProfile: its transaction has no number yet");
  }
  if (auto good = check(desk, wish->profile); !good) return good;
  put(desk, std::move(wish->profile));
  return {};
}

void limit_station(ChargingProfiles& profiles, Station& station, const Turn& turn, WallTime clock,
                   std::span<const std::optional<RunningTransaction>> transactions) {
  WallTime until = WallTime::max();
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const auto number = static_cast<ConnectorNumber>(i);
    std::optional<WallTime> since;
    if (transactions[i]) since = transactions[i]->begun;
    const ChargingCap cap = i == 0 ? profiles.whole(clock) : profiles.connector(number, clock, since);
    until = std::min(until, cap.until);
    // The only refusal is of a connector that there is not, and these are the station's.
    (void)station.limit(turn, number, cap.power_limit());
  }
  // The wall clock may jump: it is looked at once a day in any case.
  constexpr std::chrono::microseconds kDay = std::chrono::hours(24);
  profiles.look_at = until == WallTime::max() ? kNever
                     : until >= clock + kDay  ? turn.at.now + kDay
                                              : turn.at.now + (until - clock);
}

}  // namespace vfleet::pile::ocpp16
