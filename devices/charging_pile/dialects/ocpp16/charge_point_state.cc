// What of the conversation survives the worker, and what operators see of it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/rare_state.h"

namespace vfleet::pile::ocpp16 {
namespace {

constexpr std::size_t kCardsSaved = 16;      // the newest
constexpr std::size_t kHistorySaved = 16;    // of a transaction, the newest
constexpr std::size_t kQueueReserved = 512;  // for transaction messages: a few
// However long it was offline: what is saved with every message must not grow without end.
constexpr std::size_t kQueueSaved = 6 * 1024;
// A local list or profiles that take more are not kept: the CSMS sees it by their version, or by what they
// do.
constexpr std::size_t kListSaved = 24 * 1024;
constexpr std::size_t kProfilesSaved = 8 * 1024;

struct Head {
  std::uint8_t version = 2;
  std::uint8_t registration = 0;
  std::uint8_t outlets = 0;
  std::uint8_t cards = 0;
  std::uint32_t sessions = 0;
  std::uint32_t refused_cards = 0;
  std::uint32_t not_understood = 0;
  std::uint16_t rare_bytes = 0;     // of what save_rare() writes, after the cards
  std::uint16_t profile_bytes = 0;  // of charging profiles, after that
  std::uint16_t list_bytes = 0;     // of the local list, after those
  std::uint16_t unused = 0;
};

struct OutletBytes {
  std::uint16_t told = 0;
  std::uint8_t known = 0;
  std::uint8_t samples = 0;  // that follow
  std::uint32_t session = 0;
  std::int64_t begun_us = 0;
  Sample begin;
  CardNumber parent;
  CardNumber presented;
  std::uint8_t presented_by = 0;
  std::uint8_t presented_driver = 0;
  std::uint8_t present = 0;
  std::uint8_t unused = 0;
};

struct CardBytes {
  std::int64_t expiry_us = 0;
  CardNumber card;
  CardNumber parent;
  std::uint8_t accepted = 0;
  std::uint8_t unused[7] = {};
};

/// Writes one after another; false, and nothing written, where it does not fit.
class Writer {
 public:
  explicit Writer(std::span<std::byte> out) : out_(out) {}
  template <class T>
  bool put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (out_.size() - at_ < sizeof value) return false;
    std::memcpy(out_.data() + at_, &value, sizeof value);
    at_ += sizeof value;
    return true;
  }
  /// Of the rest, at most so much.
  [[nodiscard]] std::span<std::byte> room(std::size_t most) const {
    return out_.subspan(at_, std::min(most, out_.size() - at_));
  }
  /// Of the rest, what somebody else may fill, and `free` stays for those behind.
  [[nodiscard]] std::span<std::byte> room_but(std::size_t free, std::size_t most = SIZE_MAX) const {
    const std::size_t left = out_.size() - at_;
    return room(std::min(most, left > free ? left - free : 0));
  }
  void filled(std::size_t bytes) { at_ += bytes; }
  [[nodiscard]] std::size_t size() const { return at_; }

 private:
  std::span<std::byte> out_;
  std::size_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <class T>
  bool get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes_.size() < sizeof value) return false;
    std::memcpy(static_cast<void*>(&value), bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return true;
  }
  [[nodiscard]] std::span<const std::byte> rest() const { return bytes_; }
  bool get(std::size_t size, std::span<const std::byte>& bytes) {
    if (bytes_.size() < size) return false;
    bytes = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

std::size_t ChargePoint::state_bytes(const PileConfig& config) {
  const auto outlets = static_cast<std::size_t>(config.settings.supply.connectors) + 1;
  const auto cards = std::min<std::size_t>(config.front.ocpp.authorization_cache_max, kCardsSaved);
  return sizeof(Head) + outlets * sizeof(OutletBytes) + cards * sizeof(CardBytes) + kQueueReserved;
}

std::size_t ChargePoint::save(std::span<std::byte> out) const {
  Writer writer(out);
  const auto& cards = cache_.entries();
  const std::size_t first_card = cards.size() - std::min(cards.size(), kCardsSaved);
  // What reset() began is done by the time that anybody reads this.
  const bool resets = reset_at_ != kNever;
  Head head{.registration = static_cast<std::uint8_t>(resets ? Registration::none : registration_),
            .outlets = static_cast<std::uint8_t>(outlets_.size()),
            .cards = static_cast<std::uint8_t>(cards.size() - first_card),
            .sessions = sessions_,
            .refused_cards = refused_cards_,
            .not_understood = not_understood_};
  bool fits = writer.put(head);
  // Samples of many connectors must not drive out what matters more.
  const std::size_t fixed =
      sizeof head + outlets_.size() * sizeof(OutletBytes) + head.cards * sizeof(CardBytes) + kQueueReserved;
  const std::size_t room = out.size() > fixed ? (out.size() - fixed) / sizeof(TimedSample) : 0;
  const std::size_t most = std::min(kHistorySaved, room / std::max<std::size_t>(outlets_.size(), 1));
  for (const Outlet& each : outlets_) {
    const std::size_t samples = std::min(each.history.size(), most);
    fits = fits && writer.put(OutletBytes{.told = each.told.packed(),
                                          .known = each.known,
                                          .samples = static_cast<std::uint8_t>(samples),
                                          .session = each.session,
                                          .begun_us = to_us(each.begun),
                                          .begin = each.begin,
                                          .parent = each.parent,
                                          .presented = each.presented.card,
                                          .presented_by = static_cast<std::uint8_t>(each.presented.by),
                                          .presented_driver = each.presented.driver,
                                          .present = each.presented.stage != Presented::Stage::none});
    for (std::size_t i = each.history.size() - samples; i < each.history.size(); ++i) {
      fits = fits && writer.put(each.history[i]);
    }
  }
  for (std::size_t i = first_card; i < cards.size(); ++i) {
    fits = fits && writer.put(CardBytes{.expiry_us = to_us(cards[i].expiry),
                                        .card = cards[i].card,
                                        .parent = cards[i].what.parent,
                                        .accepted = cards[i].what.accepted});
  }
  if (!fits) return 0;
  head.rare_bytes = static_cast<std::uint16_t>(save_rare(writer.room_but(kQueueReserved)));
  writer.filled(head.rare_bytes);
  if (profiles_ != nullptr) {
    head.profile_bytes =
        static_cast<std::uint16_t>(profiles_->save(writer.room_but(kQueueReserved, kProfilesSaved)));
    writer.filled(head.profile_bytes);
  }
  if (local_list_ != nullptr) {
    head.list_bytes =
        static_cast<std::uint16_t>(local_list_->save(writer.room_but(kQueueReserved, kListSaved)));
    writer.filled(head.list_bytes);
  }
  std::memcpy(out.data(), &head, sizeof head);
  const std::size_t queue = calls_.save(writer.room(kQueueSaved));
  return queue == 0 ? 0 : writer.size() + queue;
}

bool ChargePoint::restore(Host& host, std::span<const std::byte> saved) {
  enter(host);
  Reader reader(saved);
  Head head;
  if (!reader.get(head) || head.version != Head{}.version) return false;
  if (head.registration > static_cast<std::uint8_t>(Registration::accepted)) return false;
  if (head.outlets > kConnectorsMax + 1) return false;
  std::vector<Outlet> outlets(head.outlets);
  for (Outlet& each : outlets) {
    OutletBytes bytes;
    if (!reader.get(bytes)) return false;
    each.told = Shown::unpack(bytes.told);
    each.known = bytes.known != 0;
    each.session = bytes.session;
    each.begun = WallTime(std::chrono::microseconds(bytes.begun_us));
    each.begin = bytes.begin;
    each.parent = bytes.parent;
    if (bytes.present != 0 && bytes.presented_by <= static_cast<std::uint8_t>(StartedBy::cable)) {
      each.presented = {bytes.presented, static_cast<StartedBy>(bytes.presented_by),
                        bytes.presented_driver != 0, Presented::Stage::asking};
    }
    each.history.resize(bytes.samples);
    for (TimedSample& sample : each.history) {
      if (!reader.get(sample)) return false;
    }
  }
  CardCache cache;
  for (int i = 0; i < head.cards; ++i) {
    CardBytes card;
    if (!reader.get(card)) return false;
    cache.learn(card.card, {card.accepted != 0, card.parent},
                WallTime(std::chrono::microseconds(card.expiry_us)), kCardsSaved);
  }
  std::span<const std::byte> rare_bytes;
  std::span<const std::byte> profile_bytes;
  std::span<const std::byte> list_bytes;
  if (!reader.get(head.rare_bytes, rare_bytes) || !reader.get(head.profile_bytes, profile_bytes) ||
      !reader.get(head.list_bytes, list_bytes))
    return false;
  std::unique_ptr<ChargingProfiles> profiles;
  if (!profile_bytes.empty()) {
    profiles = std::make_unique<ChargingProfiles>();
    if (!profiles->restore(profile_bytes)) return false;
  }
  std::unique_ptr<LocalList> list;
  if (!list_bytes.empty()) {
    list = std::make_unique<LocalList>();
    if (!list->restore(list_bytes)) return false;
  }
  Rare rare;
  if (!read_rare(rare_bytes, rare) || !calls_.restore(reader.rest(), now_)) return false;
  // Whoever goes on may have another clock.
  if (!host.config().front.ocpp.set_clock || !host.context().in_real_time()) rare.clock_offset = {};
  take_rare(std::move(rare));
  profiles_ = std::move(profiles);
  local_list_ = std::move(list);
  outlets_ = std::move(outlets);
  cache_ = std::move(cache);
  sessions_ = head.sessions;
  refused_cards_ = head.refused_cards;
  not_understood_ = head.not_understood;
  registration_ = static_cast<Registration>(head.registration);
  using codec::ocpp::Gate;
  constexpr std::array<Gate, 4> kGates{Gate::boot, Gate::asked, Gate::boot, Gate::all};
  calls_.set_gate(kGates[head.registration]);
  work_ = true;
  return true;
}

void ChargePoint::visit_state(device::StateVisitor& visitor) const {
  constexpr std::array<std::string_view, 4> kRegistrations{"none", "pending", "rejected", "accepted"};
  visitor.text("registration", kRegistrations[static_cast<std::size_t>(registration_)]);
  for (std::size_t i = 1; i < outlets_.size(); ++i) {
    std::array<char, 40> name;
    const auto end = fmt::format_to_n(name.data(), name.size(), "connector{}.transaction", i);
    const std::uint32_t session = outlets_[i].session;
    visitor.number({name.data(), end.size},
                   session == 0 ? 0 : static_cast<double>(calls_.transaction(session)), 0);
  }
  visitor.number("queued_messages", static_cast<double>(calls_.transactions().size()), 0);
  visitor.number("dropped_messages", calls_.counters().dropped + calls_.counters().displaced, 0);
  visitor.number("refused_cards", refused_cards_, 0);
  visitor.number("malformed_messages", not_understood_, 0);
  visitor.number("charging_profiles", profiles_ == nullptr ? 0 : static_cast<double>(profiles_->size()), 0);
  visitor.number("local_list_version",
                 local_list_ == nullptr ? 0 : static_cast<double>(local_list_->version()), 0);
  const Credentials* own = upkeep_ == nullptr ? nullptr : upkeep_->credentials.get();
  visitor.number("installed_roots", own == nullptr ? 0 : static_cast<double>(own->roots().size()), 0);
  visitor.boolean("installed_certificate", own != nullptr && !own->certificate().empty());
  visitor.text("firmware_update", word_of(notice_now(Action::SignedFirmwareStatusNotification)));
  visitor.text("log_upload", word_of(notice_now(Action::LogStatusNotification)));
  visitor.number("answer_rules", static_cast<double>(answer_rules_.all().size()), 0);
}

}  // namespace vfleet::pile::ocpp16
