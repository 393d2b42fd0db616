// What of the conversation survives the worker and most charge points have nothing of: in parts, each with
// its mark in front. A part that does not fit is left out.
#include "devices/charging_pile/dialects/ocpp16/rare_state.h"

#include <algorithm>
#include <array>
namespace vfleet::pile::ocpp16 {
namespace {

enum class Mark : std::uint8_t {
  clock = 1,
  ration,
  firmware,
  upload,
  notices,
  events,
  fall_back,
  credentials
};

constexpr std::size_t kNoticesSaved = 8;
constexpr std::size_t kInfoSaved = 64;  // characters of an event's techInfo

/// Parts, one behind another.
class Parts {
 public:
  explicit Parts(std::span<std::byte> out) : out_(out) {}
  template <class Write>
  bool put(Mark mark, const Write& write) {
    CompactWriter writer(out_.subspan(size_));
    writer.byte(static_cast<std::uint8_t>(mark));
    write(writer);
    size_ += writer.size();
    return writer.ok();
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::span<std::byte> out_;
  std::size_t size_ = 0;
};

bool read_notices(CompactReader& reader, std::deque<Notice>& out) {
  const std::uint64_t count = reader.number();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    Notice notice;
    const std::uint8_t action = reader.byte();
    if (action >= codec::ocpp::kActionCount) return false;
    notice.action = static_cast<Action>(action);
    notice.status = reader.byte();
    notice.request = reader.signed_number();
    if (!can_say(notice)) return false;
    out.push_back(notice);
  }
  return reader.ok();
}

bool read_events(CompactReader& reader, SecurityLog& out) {
  const std::uint64_t count = reader.number();
  if (count > SecurityLog::kMost) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    SecurityEvent event{.type = {}, .info = {}, .at = {}, .untold = true};
    event.type = reader.text();
    event.info = reader.text();
    event.at = WallTime(std::chrono::microseconds(reader.signed_number()));
    if (!reader.ok() || event.type.empty()) return false;
    out.add(std::move(event));
  }
  return true;
}

}  // namespace

std::size_t ChargePoint::save_rare(std::span<std::byte> out) const {
  Parts parts(out);
  if (clock_offset_.count() != 0) {
    parts.put(Mark::clock, [&](CompactWriter& to) { to.signed_number(clock_offset_.count()); });
  }
  if (upkeep_ == nullptr) return parts.size();
  const Upkeep& it = *upkeep_;
  // Before everything else: without its certificates a charge point may not connect again.
  if (it.credentials != nullptr) {
    std::array<std::byte, Credentials::kSavedMost> bytes;
    const std::size_t size = it.credentials->save(bytes);
    parts.put(Mark::credentials, [&](CompactWriter& to) {
      to.long_text({reinterpret_cast<const char*>(bytes.data()), size});
    });
  }
  for (const Ration& each : it.rations) {
    parts.put(Mark::ration, [&](CompactWriter& to) {
      to.number(each.connector);
      to.number(static_cast<std::uint64_t>(std::max<EnergyTenths>(each.until, 0)));
    });
  }
  if (it.falls_back_at != kNever) {
    parts.put(Mark::fall_back, [&](CompactWriter& to) {
      to.byte(it.trial.profile_before);
      to.byte(it.trial.from_file_before ? 1 : 0);
      write_until(to, now_, it.falls_back_at);
    });
  }
  if (!it.firmware.idle()) {
    const auto put = [&](bool whole) {
      return parts.put(Mark::firmware, [&](CompactWriter& to) { it.firmware.save(to, now_, whole); });
    };
    if (!put(true)) put(false);
  }
  if (!it.upload.idle()) {
    parts.put(Mark::upload, [&](CompactWriter& to) { it.upload.save(to, now_); });
  }
  if (!it.notices.empty()) {
    parts.put(Mark::notices, [&](CompactWriter& to) {
      const std::size_t count = std::min(it.notices.size(), kNoticesSaved);
      to.number(count);
      for (std::size_t i = it.notices.size() - count; i < it.notices.size(); ++i) {
        to.byte(static_cast<std::uint8_t>(it.notices[i].action));
        to.byte(it.notices[i].status);
        to.signed_number(it.notices[i].request);
      }
    });
  }
  if (it.events.untold() != nullptr) {
    parts.put(Mark::events, [&](CompactWriter& to) {
      const auto& events = it.events.events();
      to.number(static_cast<std::uint64_t>(
          std::count_if(events.begin(), events.end(), [](const auto& each) { return each.untold; })));
      for (const SecurityEvent& each : events) {
        if (!each.untold) continue;
        to.text(each.type);
        to.text(std::string_view(each.info).substr(0, kInfoSaved));
        to.signed_number(to_us(each.at));
      }
    });
  }
  return parts.size();
}

bool ChargePoint::read_rare(std::span<const std::byte> saved, Rare& rare) const {
  CompactReader reader(saved);
  const auto upkeep = [&]() -> Upkeep& {
    if (rare.upkeep == nullptr) rare.upkeep = std::make_unique<Upkeep>();
    return *rare.upkeep;
  };
  constexpr std::int64_t kOffsetMost = 20'000LL * 366 * 24 * 3600 * 1'000'000;
  while (reader.left() != 0) {
    switch (static_cast<Mark>(reader.byte())) {
      case Mark::clock:
        rare.clock_offset =
            std::chrono::microseconds(std::clamp(reader.signed_number(), -kOffsetMost, kOffsetMost));
        break;
      case Mark::ration: {
        const std::uint64_t connector = reader.number();
        const auto until = static_cast<EnergyTenths>(std::min<std::uint64_t>(reader.number(), INT64_MAX));
        if (connector == 0 || connector > kConnectorsMax || upkeep().rations.size() > kConnectorsMax)
          return false;
        upkeep().rations.push_back({static_cast<ConnectorNumber>(connector), until, now_});
        break;
      }
      case Mark::firmware:
        if (!upkeep().firmware.restore(reader, now_)) return false;
        break;
      case Mark::upload:
        if (!upkeep().upload.restore(reader, now_)) return false;
        break;
      case Mark::notices:
        if (!read_notices(reader, upkeep().notices)) return false;
        break;
      case Mark::events:
        if (!read_events(reader, upkeep().events)) return false;
        break;
      case Mark::fall_back:
        upkeep().trial.profile_before = std::min(reader.byte(), std::uint8_t{3});
        upkeep().trial.from_file_before = reader.byte() != 0;
        upkeep().falls_back_at = read_until(reader, now_);
        break;
      case Mark::credentials: {
        const std::string_view bytes = reader.long_text();
        upkeep().credentials = std::make_unique<Credentials>();
        if (!upkeep().credentials->restore(std::as_bytes(std::span(bytes)))) return false;
        break;
      }
      default:
        return false;
    }
    if (!reader.ok()) return false;
  }
  return true;
}

void ChargePoint::take_rare(Rare rare) {
  clock_offset_ = rare.clock_offset;
  upkeep_ = std::move(rare.upkeep);
}

}  // namespace vfleet::pile::ocpp16
