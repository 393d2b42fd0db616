#include "devices/charging_pile/dialects/ocpp16/charging_profiles.h"

#include <algorithm>
#include <limits>

#include "devices/charging_pile/dialects/ocpp16/compact_bytes.h"

namespace vfleet::pile::ocpp16 {

using Kind = ChargingProfile::Kind;

PowerLimit ChargingCap::power_limit() const {
  if (!any) return {};
  return {.unit = unit == RateUnit::watts ? PowerLimit::Unit::watts : PowerLimit::Unit::amperes,
          .phases = phases,
          .value = static_cast<float>(limit) / 10};
}

bool ChargingProfiles::takes_place(const ChargingProfile& profile, const ChargingProfile& of) {
  return profile.id == of.id || (profile.connector == of.connector && profile.purpose == of.purpose &&
                                 profile.stack_level == of.stack_level);
}

std::size_t ChargingProfiles::replaced_by(const ChargingProfile& profile) const {
  return static_cast<std::size_t>(
      std::count_if(profiles_.begin(), profiles_.end(),
                    [&](const ChargingProfile& each) { return takes_place(profile, each); }));
}

void ChargingProfiles::put(ChargingProfile profile) {
  std::erase_if(profiles_, [&](const ChargingProfile& each) { return takes_place(profile, each); });
  const auto at = std::find_if(profiles_.begin(), profiles_.end(), [&](const ChargingProfile& each) {
    return each.stack_level < profile.stack_level;
  });
  profiles_.insert(at, std::move(profile));
  look_at = TimePoint::min();
}

std::size_t ChargingProfiles::clear(const ProfileFilter& filter) {
  look_at = TimePoint::min();
  return std::erase_if(profiles_, [&](const ChargingProfile& each) {
    if (filter.id) return each.id == *filter.id;
    return (!filter.connector || each.connector == *filter.connector) &&
           (!filter.purpose || each.purpose == *filter.purpose) &&
           (!filter.stack_level || each.stack_level == *filter.stack_level);
  });
}

void ChargingProfiles::end_transaction(ConnectorNumber connector) {
  look_at = TimePoint::min();
  std::erase_if(profiles_, [&](const ChargingProfile& each) {
    return each.purpose == ProfilePurpose::tx && each.connector == connector;
  });
}

void ChargingProfiles::look(ProfilePurpose purpose, ConnectorNumber number, WallTime t,
                            std::optional<WallTime> charging_since, ChargingCap& cap) const {
  for (const ChargingProfile& each : profiles_) {
    if (each.purpose != purpose || each.connector != number) continue;
    const auto says = each.at(t, charging_since);
    cap.until = std::min(cap.until, says.until);
    if (says.period == nullptr) continue;
    cap.any = true;
    cap.unit = each.unit;
    cap.limit = says.period->limit;
    cap.phases = says.period->phases;
    cap.min_rate = each.min_rate;
    return;  // what is below it shows only when this one changes
  }
}

bool ChargingProfiles::of_transaction(ConnectorNumber connector) const {
  return std::any_of(profiles_.begin(), profiles_.end(), [&](const ChargingProfile& each) {
    return each.purpose == ProfilePurpose::tx && each.connector == connector;
  });
}

ChargingCap ChargingProfiles::whole(WallTime t) const {
  ChargingCap cap;
  look(ProfilePurpose::charge_point_max, 0, t, std::nullopt, cap);
  return cap;
}

ChargingCap ChargingProfiles::connector(ConnectorNumber number, WallTime t,
                                        std::optional<WallTime> charging_since) const {
  ChargingCap cap;
  look(ProfilePurpose::tx, number, t, charging_since, cap);
  if (!cap.any) look(ProfilePurpose::tx_default, number, t, charging_since, cap);
  if (!cap.any) look(ProfilePurpose::tx_default, 0, t, charging_since, cap);
  return cap;
}

// One profile: id, level, connector, a byte of choices, what these say there is, then the periods, each by
// how much later it starts.
namespace {

struct Choices {
  std::uint8_t bits;
  static constexpr std::uint8_t kDuration = 0x20;
  static constexpr std::uint8_t kFrom = 0x40;
  static constexpr std::uint8_t kTo = 0x80;

  static std::uint8_t of(const ChargingProfile& profile) {
    unsigned bits = static_cast<unsigned>(profile.purpose) | static_cast<unsigned>(profile.kind) << 2 |
                    static_cast<unsigned>(profile.unit) << 4;
    if (profile.duration_s) bits |= kDuration;
    if (profile.valid_from != WallTime::min()) bits |= kFrom;
    if (profile.valid_to != WallTime::max()) bits |= kTo;
    return static_cast<std::uint8_t>(bits);
  }
  [[nodiscard]] unsigned purpose() const { return bits & 3U; }
  [[nodiscard]] unsigned kind() const { return bits >> 2 & 3U; }
  [[nodiscard]] RateUnit unit() const { return (bits & 0x10) != 0 ? RateUnit::watts : RateUnit::amperes; }
  [[nodiscard]] bool has(std::uint8_t what) const { return (bits & what) != 0; }
};

void write_profile(CompactWriter& writer, const ChargingProfile& profile) {
  writer.signed_number(profile.id);
  writer.number(profile.stack_level);
  writer.number(static_cast<std::uint64_t>(profile.connector));
  writer.byte(Choices::of(profile));
  if (profile.kind != Kind::relative) writer.signed_number(to_us(profile.start));
  if (profile.kind == Kind::recurring) writer.number(profile.recurs_s);
  if (profile.duration_s) writer.number(*profile.duration_s);
  if (profile.valid_from != WallTime::min()) writer.signed_number(to_us(profile.valid_from));
  if (profile.valid_to != WallTime::max()) writer.signed_number(to_us(profile.valid_to));
  writer.number(static_cast<std::uint64_t>(profile.min_rate));
  writer.number(profile.periods.size());
  std::uint32_t before = 0;
  for (const SchedulePeriod& each : profile.periods) {
    writer.number(each.start_s - before);
    writer.number(static_cast<std::uint64_t>(each.limit) << 2 | each.phases);
    before = each.start_s;
  }
}

template <class Number>
bool fits(std::uint64_t value) {
  return value <= static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
}

// Within ten thousand years of 1970, so that nothing overflows that counts from it.
WallTime time_of(std::int64_t us) {
  constexpr std::int64_t kMost = 10'000LL * 366 * 24 * 3600 * 1'000'000;
  return WallTime(std::chrono::microseconds(std::clamp(us, -kMost, kMost)));
}

bool read_periods(CompactReader& reader, std::vector<SchedulePeriod>& periods) {
  const std::uint64_t count = reader.number();
  if (count == 0 || count > reader.left()) return false;  // each takes two bytes
  periods.reserve(count);
  std::uint64_t start = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t later = reader.number();
    const std::uint64_t limit = reader.number();
    start += later;
    if ((later == 0) != (i == 0) || !fits<std::uint32_t>(later) || !fits<std::uint32_t>(start)) return false;
    if (!fits<std::int32_t>(limit >> 2)) return false;
    periods.push_back({static_cast<std::uint32_t>(start), static_cast<std::int32_t>(limit >> 2),
                       static_cast<std::uint8_t>(limit & 3)});
  }
  return reader.ok();
}

bool read_profile(CompactReader& reader, ChargingProfile& profile) {
  profile.id = reader.signed_number();
  const std::uint64_t level = reader.number();
  const std::uint64_t connector = reader.number();
  const Choices choices{reader.byte()};
  if (!fits<std::uint32_t>(level) || connector > kConnectorsMax || choices.purpose() > 2 ||
      choices.kind() > 2)
    return false;
  profile.stack_level = static_cast<std::uint32_t>(level);
  profile.connector = static_cast<ConnectorNumber>(connector);
  profile.purpose = static_cast<ProfilePurpose>(choices.purpose());
  profile.kind = static_cast<Kind>(choices.kind());
  profile.unit = choices.unit();
  if (profile.kind != Kind::relative) profile.start = time_of(reader.signed_number());
  if (profile.kind == Kind::recurring) {
    const std::uint64_t recurs = reader.number();
    if (recurs == 0 || !fits<std::uint32_t>(recurs)) return false;
    profile.recurs_s = static_cast<std::uint32_t>(recurs);
  }
  if (choices.has(Choices::kDuration)) {
    const std::uint64_t duration = reader.number();
    if (!fits<std::uint32_t>(duration)) return false;
    profile.duration_s = static_cast<std::uint32_t>(duration);
  }
  if (choices.has(Choices::kFrom)) profile.valid_from = time_of(reader.signed_number());
  if (choices.has(Choices::kTo)) profile.valid_to = time_of(reader.signed_number());
  const std::uint64_t min_rate = reader.number();
  if (!fits<std::int32_t>(min_rate)) return false;
  profile.min_rate = static_cast<std::int32_t>(min_rate);
  return read_periods(reader, profile.periods);
}

}  // namespace

std::size_t ChargingProfiles::save(std::span<std::byte> out) const {
  CompactWriter writer(out);
  writer.number(profiles_.size());
  for (const ChargingProfile& each : profiles_) write_profile(writer, each);
  return writer.size();
}

bool ChargingProfiles::restore(std::span<const std::byte> saved) {
  CompactReader reader(saved);
  const std::uint64_t count = reader.number();
  if (count > reader.left()) return false;
  std::vector<ChargingProfile> profiles(count);
  for (ChargingProfile& each : profiles) {
    if (!read_profile(reader, each)) return false;
  }
  if (!reader.ok() || reader.left() != 0) return false;
  if (!std::is_sorted(profiles.begin(), profiles.end(),
                      [](const auto& one, const auto& other) { return one.stack_level > other.stack_level; }))
    return false;
  profiles_ = std::move(profiles);
  look_at = TimePoint::min();
  return true;
}

}  // namespace vfleet::pile::ocpp16
