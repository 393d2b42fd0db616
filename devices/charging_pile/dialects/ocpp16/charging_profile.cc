#include "devices/charging_pile/dialects/ocpp16/charging_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {

using Kind = ChargingProfile::Kind;
using std::chrono::seconds;

namespace {

constexpr std::uint32_t kDay = 24 * 3600;

// Numbers of a payload may be of any size.
std::uint32_t clamped(std::int64_t value) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(value, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::int32_t tenths_of(const nlohmann::json& object, const char* key) {
  const double value = number_of(object, key).value_or(0) * 10;
  return static_cast<std::int32_t>(std::lround(std::clamp(value, 0.0, 2e9)));
}

ProfilePurpose purpose_of(std::string_view word) {
  if (word == "ChargePointMaxProfile") return ProfilePurpose::charge_point_max;
  return word == "TxProfile" ? ProfilePurpose::tx : ProfilePurpose::tx_default;
}

Kind kind_of(std::string_view word) {
  if (word == "Relative") return Kind::relative;
  return word == "Recurring" ? Kind::recurring : Kind::absolute;
}

Status read_periods(const nlohmann::json& schedule, std::vector<SchedulePeriod>& out) {
  const nlohmann::json* periods = field_of(schedule, "chargingSchedulePeriod");
  if (periods == nullptr || !periods->is_array() || periods->empty()) {
    return fail(Errc::invalid_argument, "chargingSchedulePeriod: a schedule has at least one");
  }
  out.reserve(periods->size());
  for (const nlohmann::json& each : *periods) {
    const auto phases = std::clamp<std::int64_t>(integer_of(each, "numberPhases").value_or(0), 0, 3);
    const SchedulePeriod period{.start_s = clamped(integer_of(each, "startPeriod").value_or(0)),
                                .limit = tenths_of(each, "limit"),
                                .phases = static_cast<std::uint8_t>(phases)};
    if (out.empty() && period.start_s != 0) {
      return fail(Errc::invalid_argument, "startPeriod: the first must be 0");
    }
    if (!out.empty() && period.start_s <= out.back().start_s) {
      return fail(Errc::invalid_argument, "startPeriod: each must be later than the one before");
    }
    out.push_back(period);
  }
  return {};
}

}  // namespace

Result<WishedProfile> read_charging_profile(const nlohmann::json& json, ConnectorNumber connector,
                                            WallTime now) {
  const nlohmann::json& schedule = object_of(json, "chargingSchedule");
  WishedProfile wish;
  ChargingProfile& it = wish.profile;
  it.id = integer_of(json, "chargingProfileId").value_or(0);
  it.stack_level = clamped(integer_of(json, "stackLevel").value_or(0));
  it.connector = connector;
  it.purpose = purpose_of(text_of(json, "chargingProfilePurpose"));
  it.kind = kind_of(text_of(json, "chargingProfileKind"));
  it.unit = text_of(schedule, "chargingRateUnit") == "W" ? RateUnit::watts : RateUnit::amperes;
  if (const auto duration = integer_of(schedule, "duration")) it.duration_s = clamped(*duration);
  it.valid_from = time_of(json, "validFrom").value_or(WallTime::min());
  it.valid_to = time_of(json, "validTo").value_or(WallTime::max());
  it.min_rate = tenths_of(schedule, "minChargingRate");
  wish.transaction = integer_of(json, "transactionId");
  if (auto read = read_periods(schedule, it.periods); !read) return tl::unexpected(read.error());

  if (it.valid_to <= it.valid_from) return fail(Errc::invalid_argument, "validTo: is not after validFrom");
  const auto start = time_of(schedule, "startSchedule");
  if (start) it.start = *start;
  const bool whole = it.purpose == ProfilePurpose::charge_point_max;
  switch (it.kind) {
    case Kind::relative:
      if (whole) {
        return fail(Errc::invalid_argument,
                    "a ChargePointMaxProfile has no start that it could be Relative to");
      }
      it.start = {};
      break;
    case Kind::recurring:
      if (!start) return fail(Errc::invalid_argument, "startSchedule: a Recurring profile needs one");
      if (text_of(json, "recurrencyKind").empty()) {
        return fail(Errc::invalid_argument, "recurrencyKind: a Recurring profile needs one");
      }
      it.recurs_s = text_of(json, "recurrencyKind") == "Weekly" ? 7 * kDay : kDay;
      break;
    case Kind::absolute:
      if (!start && whole) it.start = now;
      if (!start && !whole) it.kind = Kind::relative;
      break;
  }
  return wish;
}

std::optional<ProfilePurpose> profile_purpose(std::string_view word) {
  if (word.empty()) return std::nullopt;
  return purpose_of(word);
}

ChargingProfile::Says ChargingProfile::at(WallTime t, std::optional<WallTime> charging_since) const {
  if (t >= valid_to) return {};
  if (t < valid_from) return {nullptr, valid_from};
  if (kind == Kind::relative && !charging_since) return {&periods.front(), valid_to};

  WallTime base = kind == Kind::relative ? *charging_since : start;
  if (t < base) return {nullptr, std::min(base, valid_to)};
  WallTime until = valid_to;
  if (kind == Kind::recurring) {
    base += (t - base) / seconds(recurs_s) * seconds(recurs_s);
    until = std::min(until, base + seconds(recurs_s));
  }
  if (duration_s) {
    const WallTime end = base + seconds(*duration_s);
    if (t >= end) return {nullptr, kind == Kind::recurring ? until : WallTime::max()};
    until = std::min(until, end);
  }
  const auto next = std::upper_bound(
      periods.begin(), periods.end(), t,
      [&](WallTime when, const SchedulePeriod& each) { return when < base + seconds(each.start_s); });
  if (next != periods.end()) until = std::min(until, base + seconds(next->start_s));
  return {&*std::prev(next), until};
}

}  // namespace vfleet::pile::ocpp16
