// What a charge costs: 0x3B until it is confirmed, and a balance that ends it.
#include <algorithm>

#include "devices/charging_pile/dialects/ykc/codes.h"
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kWrongPile = 1;
constexpr std::int64_t kWrongCard = 2;

}  // namespace

std::uint8_t YkcConversation::bill_type(const PileConfig& config) {
  return speech(config).frame(type::kBill) != nullptr ? type::kBill : type::kBillMetered;
}

void YkcConversation::make_bill(Host& host, ConnectorNumber number, std::uint8_t stop_code, Duration delay) {
  Gun& it = gun(number);
  StoredBill bill;
  bill.order = it.order;
  bill.gun = static_cast<std::uint8_t>(number);
  it.stop_code = stop_code;
  if (auto written = write(look(host), bill_type(host.config()), {.gun = number}, {}, bill.body); !written) {
    return host.context().note("bill: " + written.error().detail);
  }
  bill.due = ready() ? after(host, delay) : kNever;
  if (bills_.add(std::move(bill), static_cast<std::size_t>(host.config().ykc.bills_max))) {
    host.context().note("the oldest bill that the platform did not confirm had to go for a new one");
  }
}

void YkcConversation::advance_bills(Host& host) {
  if (!ready()) return;
  const TimePoint now = host.context().now();
  for (StoredBill& each : bills_.all()) {
    if (each.open && each.expires <= now) settle(host, each.open, device::Verdict::timed_out);
    if (each.due > now) continue;
    BillStore::sent(each, now, host.config().ykc, host.context().time_scale());
    ask(host, bill_type(host.config()), {.gun = each.gun, .record = each.body}, each.open);
  }
}

void YkcConversation::on_bill_answer(const Heard& heard) {
  const bool good = heard.good();
  StoredBill* bill = bills_.find(heard.bytes("order"));
  if (bill == nullptr) {
    if (odd_) return settle(heard, odd_, good);
    return not_understood(heard.host, "0x40 is about a bill that the pile does not have");
  }
  if (bill->open && !answers(heard, bill->open)) return;
  settle(heard, bill->open, good);
  if (good) {
    bills_.erase(*bill);
  } else {
    heard.host.context().note("the platform does not accept a bill; it is sent again");
  }
}

void YkcConversation::look_at_cost(Host& host, ConnectorNumber number) {
  Gun& it = gun(number);
  const TimePoint now = host.context().now();
  if (it.spent_at > now) return;
  it.spent_at = kNever;
  Station& station = host.station();
  if (!station.connector(number).active() || it.balance_e2 == 0 || !host.config().ykc.balance_limits) {
    return;
  }
  const Settings& settings = host.config().settings;
  const Bill bill = station.bill(number, now, settings.tariff);
  const Money rest_e4 = Money{it.balance_e2} * 100 - bill.amount_e4;
  if (rest_e4 <= 0) {
    it.stop_code = kMoneyReached;
    if (!station.stop(host.turn(), number, StopReason::target_reached)) it.stop_code = 0;
    return;
  }
  // Power is constant for some seconds: by then, or when the dearest rate has used up the rest.
  Money dearest_e5 = 1;
  for (const BillLine& line : bill.lines) dearest_e5 = std::max(dearest_e5, line.rate.total_e5());
  const double spends_e4 = station.connector(number).meter.power_w() * static_cast<double>(dearest_e5) /
                           3600 / 10'000;  // a second
  const double seconds = spends_e4 > 0 ? static_cast<double>(rest_e4) / spends_e4 : 10;
  it.spent_at = now + std::chrono::duration_cast<Duration>(
                          std::chrono::duration<double>(std::clamp(seconds, 0.1, 10.0)));
}

void YkcConversation::on_balance(const Heard& heard) {
  const std::string_view card = heard.bytes("physical_card");
  Words words{.gun = heard.raw_gun, .card = card};
  const bool any_card = card.find_first_not_of('\0') == std::string_view::npos;
  if (!heard.ours || heard.gun == 0) {
    words.result = kWrongPile;
  } else if (!any_card && card != as_view(gun(heard.gun).card)) {
    words.result = kWrongCard;
  }
  const bool said = say(heard.host, type::kBalanceUpdateAnswer, heard.frame.sequence, words);
  if (!said || words.result != 0) return;
  Gun& it = gun(heard.gun);
  it.balance_e2 = static_cast<std::uint32_t>(heard.number("balance"));
  const bool active = heard.host.station().connector(heard.gun).active();
  it.spent_at = active && heard.host.config().ykc.balance_limits ? heard.host.context().now() : kNever;
}

}  // namespace vfleet::pile::ykc
