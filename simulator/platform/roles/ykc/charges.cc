// What piles say of charges, and their bills.
#include <fmt/format.h>

#include <algorithm>

#include "simulator/codec/ykc/text.h"
#include "simulator/platform/roles/ykc/bill.h"
#include "simulator/platform/roles/ykc/frame_types.h"
#include "simulator/platform/roles/ykc/ykc_platform.h"

namespace vfleet::platform::ykc {
namespace {

using codec::ykc::BodyWriter;
using codec::ykc::FrameLayout;

constexpr std::int64_t kByVin = 3;

std::string_view view(const OrderId& id) {
  return {id.data(), id.size()};
}

/// Whether bytes of BCD have no digits from A to F.
bool all_decimal(std::string_view bcd) {
  return std::all_of(bcd.begin(), bcd.end(),
                     [](char pair) { return (pair & 0x0F) <= 9 && (pair >> 4 & 0x0F) <= 9; });
}

}  // namespace

void YkcPlatform::realtime(const Heard& heard) {
  using State = Gun::State;
  Gun* const gun = heard.pile.gun(heard.gun);
  if (gun == nullptr) return;
  const auto complain = [&](std::string_view kind, std::string_view what) {
    platform_.complain(kind, heard.pile.id, heard.known.report, what);
  };
  gun->state = static_cast<State>(heard.number("state"));
  gun->plugged = heard.number("plugged") == 1;
  Order* const order = heard.pile.order(heard.body.bytes(heard.known.order));
  if (order == nullptr) return;
  const std::int64_t energy = heard.number("energy");
  const std::int64_t cost = heard.number("cost");
  if (energy < order->energy)
    complain("energy_back",
             fmt::format("energy of an order fell from {} to {} (0.0001 kWh)", order->energy, energy));
  const Tariff* const prices = heard.pile.tariff ? heard.pile.tariff.get() : nullptr;
  if (const std::string wrong = mistake_in(prices, energy, cost); !wrong.empty())
    complain("cost_mismatch", wrong);
  order->energy = energy;
  order->cost = cost;
  order->minutes = heard.number("charging_minutes");
  order->told = true;
  if (gun->state == State::charging) {
    if (order->own && !order->charging) ++counts_.sessions_started;
    if (order->over) complain("charging_after_end", "it had told that this order's charge was over");
    order->charging = true;
  } else if (order->charging) {
    order->over = true;
  }
}

bool YkcPlatform::may_charge(const Heard& heard) const {
  const std::string who = heard.text(heard.number("how") == kByVin ? "vin" : "card");
  return fits_any(settings_.cards, who) && !fits_any(settings_.refused_cards, who);
}

YkcPlatform::Verdict YkcPlatform::start_request(const Heard& heard) {
  const bool good = may_charge(heard) && heard.pile.gun(heard.gun) != nullptr;
  const std::int64_t reason = good ? 0 : heard.number("how") == kByVin ? 9 : 1;  // VIN unknown, no account
  OrderId id{};
  if (good) {
    Order& order = outgoing_.new_order(heard.pile, heard.gun, false);
    order.accepted = true;
    id = order.id;
  } else {
    ++counts_.cards_refused;
  }
  const std::uint8_t answer =
      heard.frame.type == kStartRequest ? kStartRequestAnswer : kPairedStartRequestAnswer;
  outgoing_.answer(heard.pile, answer, heard.frame.sequence, heard.out,
                   [&](BodyWriter& body, const FrameLayout& frame) {
                     body.bytes(frame.find("order"), view(id)).number(frame.find("gun"), heard.gun);
                     // The physical card's number where it is one: a logical card has decimal digits only.
                     const std::string_view card = heard.body.bytes(heard.known.layout->find("card"));
                     if (all_decimal(card)) body.bytes(frame.find("logical_card"), card);
                     body.number(frame.find("balance"), good ? settings_.balance_cents : 0);
                     body.number(frame.find("result"), good ? 1 : 0).number(frame.find("reason"), reason);
                     if (heard.frame.type == kPairedStartRequest)
                       body.bytes(frame.find("pair"), heard.body.bytes(heard.known.layout->find("pair")));
                   });
  // The question is answered, whatever the answer is.
  return {};
}

void YkcPlatform::remote_start_answered(const Heard& heard) {
  Order* const order = heard.pile.order(heard.body.bytes(heard.known.order));
  if (order == nullptr) {
    return platform_.complain("order_unknown", heard.pile.id, heard.known.report,
                              "answers a start that there is not");
  }
  if (heard.number("result") != 1) {
    if (order->own && !order->accepted) ++counts_.sessions_refused;
    return;
  }
  if (order->accepted) return;
  order->accepted = true;
  if (!order->own) return;
  const auto lasts = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(settings_.session_s));
  endings_.emplace(platform_.clock().now() + lasts, Ending{&heard.pile, order->id});
}

YkcPlatform::Verdict YkcPlatform::bill(const Heard& heard) {
  Pile& pile = heard.pile;
  const std::string_view id = heard.body.bytes(heard.known.order);
  for (const Billed& each : pile.billed) {
    if (view(each.id) != id) continue;
    ++counts_.bills_repeated;
    answer_bill(heard, each.good);
    return {.refused = !each.good && settings_.bills == YkcSettings::Bills::checked};
  }
  Order* const order = pile.order(id);
  if (order == nullptr) ++counts_.bills_elsewhere;
  // Of a pile that was given no model here nobody knows what it goes by.
  const std::string wrong = mistake_in(heard.body, pile.tariff.get(), order);
  ++counts_.bills;
  ++counts_.bills_checked;
  if (wrong.empty()) {
    counts_.energy_wh += static_cast<std::uint64_t>(heard.number("energy")) / 10;
    counts_.cost_cents += static_cast<std::uint64_t>(heard.number("cost")) / 100;
  } else {
    std::string digits;
    codec::ykc::append_hex(id, digits);
    platform_.complain("bill_mismatch", pile.id, heard.known.report, "order " + digits + ": " + wrong);
  }
  if (id.size() == sizeof(OrderId)) {
    Billed& billed = pile.billed.emplace_back();
    std::copy(id.begin(), id.end(), billed.id.begin());
    billed.good = wrong.empty();
    if (pile.billed.size() > Pile::kBilledKept) pile.billed.erase(pile.billed.begin());
    if (order != nullptr) pile.orders.erase(pile.orders.begin() + (order - pile.orders.data()));
  }
  answer_bill(heard, wrong.empty());
  const bool no = settings_.bills == YkcSettings::Bills::refused ||
                  (settings_.bills == YkcSettings::Bills::checked && !wrong.empty());
  return {.refused = no};
}

void YkcPlatform::answer_bill(const Heard& heard, bool good) {
  using Bills = YkcSettings::Bills;
  if (settings_.bills == Bills::unanswered) return;
  if (settings_.bills != Bills::checked) good = settings_.bills == Bills::accepted;
  outgoing_.answer(heard.pile, kBillAnswer, heard.frame.sequence, heard.out,
                   [&](BodyWriter& body, const FrameLayout& frame) {
                     body.bytes(frame.find("order"), heard.body.bytes(heard.known.order));
                     body.number(frame.find("result"), good ? 0 : 1);
                   });
}

}  // namespace vfleet::platform::ykc
