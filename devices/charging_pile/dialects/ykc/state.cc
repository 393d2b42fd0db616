// What operators see of the conversation, and what of it survives the process.
#include <algorithm>
#include <cstring>

#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::size_t kBodyBytes = 220;  // of a bill

struct TalkBytes {
  std::uint8_t version = 1;
  std::uint8_t guns = 0;
  std::uint8_t locked = 0;
  std::uint8_t qr_bytes = 0;
  std::uint16_t model_code = 0;
  std::uint16_t orders = 0;
  std::uint32_t not_understood = 0;
  std::int64_t clock_offset_ms = 0;
  std::array<char, 7> pile{};
  std::uint8_t rate_shift = 0;
};

struct GunBytes {
  Order order{};
  Card card{};
  Card logical{};
  std::uint32_t balance_e2 = 0;
  std::uint8_t trade_mark = 1;
  std::uint8_t lock_up = 1;
  std::uint8_t waits = 0;  // for its partner: accepted, and nothing came of it
  std::uint8_t spare = 0;
};

template <class T>
bool take(std::span<const std::byte>& from, T& out) {
  if (from.size() < sizeof out) return false;
  std::memcpy(&out, from.data(), sizeof out);
  from = from.subspan(sizeof out);
  return true;
}

}  // namespace

std::size_t YkcConversation::state_bytes(const PileConfig& config) {
  return sizeof(TalkBytes) + static_cast<std::size_t>(config.settings.supply.connectors) * sizeof(GunBytes) +
         UINT8_MAX + CardList::saved_bytes(static_cast<std::size_t>(config.ykc.offline_cards_max)) +
         BillStore::saved_bytes(kBodyBytes);
}

std::size_t YkcConversation::save(std::span<std::byte> out) const {
  TalkBytes head{.guns = static_cast<std::uint8_t>(guns_.size()),
                 .locked = locked_,
                 .qr_bytes = static_cast<std::uint8_t>(std::min<std::size_t>(qr_prefix_.size(), UINT8_MAX)),
                 .model_code = model_code_,
                 .orders = orders_,
                 .not_understood = not_understood_,
                 .clock_offset_ms = clock_offset_ms_,
                 .pile = pile_,
                 .rate_shift = rate_shift_};
  if (out.size() < sizeof head + guns_.size() * sizeof(GunBytes) + head.qr_bytes + 2) return 0;
  std::memcpy(out.data(), &head, sizeof head);
  std::size_t at = sizeof head;
  for (const Gun& each : guns_) {
    const GunBytes bytes{.order = each.order,
                         .card = each.card,
                         .logical = each.logical,
                         .balance_e2 = each.balance_e2,
                         .trade_mark = each.trade_mark,
                         .lock_up = each.lock_up,
                         .waits = each.wait == Wait::partner};
    std::memcpy(out.data() + at, &bytes, sizeof bytes);
    at += sizeof bytes;
  }
  std::memcpy(out.data() + at, qr_prefix_.data(), head.qr_bytes);
  at += head.qr_bytes;
  at += bills_.save(out.subspan(at, out.size() - at - 1));
  return at + cards_.save(out.subspan(at));
}

bool YkcConversation::restore(Host& host, std::span<const std::byte> saved) {
  TalkBytes head;
  if (!take(saved, head) || head.version != TalkBytes{}.version || head.guns != guns_.size()) return false;
  std::vector<Gun> guns(head.guns);
  for (Gun& each : guns) {
    GunBytes bytes;
    if (!take(saved, bytes)) return false;
    each.order = bytes.order;
    each.card = bytes.card;
    each.logical = bytes.logical;
    each.balance_e2 = bytes.balance_e2;
    each.trade_mark = bytes.trade_mark;
    each.lock_up = bytes.lock_up != 0;
    each.spent_at = each.balance_e2 != 0 ? host.context().now() : kNever;
    if (bytes.waits != 0) each.wait = Wait::partner;
  }
  if (saved.size() < head.qr_bytes) return false;
  std::string prefix(reinterpret_cast<const char*>(saved.data()), head.qr_bytes);
  saved = saved.subspan(head.qr_bytes);
  BillStore bills;
  const std::size_t bill_bytes = bills.restore(saved);
  CardList cards;
  if (bill_bytes == 0 || cards.restore(saved.subspan(bill_bytes)) == 0) return false;
  guns_ = std::move(guns);
  bills_ = std::move(bills);
  cards_ = std::move(cards);
  qr_prefix_ = std::move(prefix);
  locked_ = head.locked != 0;
  model_code_ = head.model_code;
  orders_ = head.orders;
  not_understood_ = head.not_understood;
  clock_offset_ms_ = head.clock_offset_ms;
  pile_ = head.pile;
  rate_shift_ = static_cast<std::uint8_t>(head.rate_shift % kHalfHours);
  for (ConnectorNumber n = 1; n <= count(); ++n) {
    if (gun(n).wait == Wait::partner) give_up(host, n, /*bill=*/true);
  }
  return true;
}

void YkcConversation::visit_state(device::StateVisitor& visitor) const {
  static constexpr std::string_view kStages[] = {"offline", "refused", "login", "model", "ready"};
  visitor.text("ykc_stage", kStages[static_cast<std::size_t>(stage_)]);
  visitor.number("ykc_bills", static_cast<double>(bills_.all().size()), 0);
  visitor.number("ykc_cards", static_cast<double>(cards_.size()), 0);
  visitor.number("ykc_model", model_code_, 0);
  visitor.text("ykc_qr_prefix", qr_prefix_);
  visitor.boolean("ykc_locked", locked_);
  visitor.text("ykc_update", update_ == nullptr ? "none" : to_string(update_->stage));
  visitor.number("ykc_not_understood", not_understood_, 0);
}

}  // namespace vfleet::pile::ykc
