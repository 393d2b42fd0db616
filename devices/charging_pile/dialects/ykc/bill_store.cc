#include "devices/charging_pile/dialects/ykc/bill_store.h"

#include <algorithm>
#include <cstring>

#include "simulator/device/device.h"

namespace vfleet::pile::ykc {

bool BillStore::add(StoredBill bill, std::size_t max) {
  const bool full = bills_.size() >= max;
  if (full) bills_.erase(bills_.begin());
  bills_.push_back(std::move(bill));
  return full;
}

StoredBill* BillStore::find(std::string_view order) {
  const auto at = std::find_if(bills_.begin(), bills_.end(),
                               [&](const auto& each) { return as_view(each.order) == order; });
  return at == bills_.end() ? nullptr : &*at;
}

void BillStore::restart(TimePoint now) {
  for (StoredBill& each : bills_) {
    each.sent = 0;
    each.due = now;
    each.expires = kNever;
  }
}

void BillStore::hang_up() {
  for (StoredBill& each : bills_) {
    each.open = {};
    each.due = each.expires = kNever;
  }
}

void BillStore::sent(StoredBill& bill, TimePoint now, const YkcConfig& config, double time_scale) {
  const TimePoint again = now + device::in_model_time(config.bill_retry, time_scale);
  ++bill.sent;
  bill.expires = again;
  if (bill.sent <= config.bill_retries) {
    bill.due = again;
  } else if (bill.sent == config.bill_retries + 1 && config.bill_last_retry > Duration::zero()) {
    bill.due = now + device::in_model_time(config.bill_last_retry, time_scale);
  } else {
    bill.due = kNever;
  }
}

TimePoint BillStore::next() const {
  TimePoint next = kNever;
  for (const StoredBill& each : bills_) {
    next = std::min(next, each.due);
    if (each.open) next = std::min(next, each.expires);
  }
  return next;
}

std::size_t BillStore::save(std::span<std::byte> out) const {
  if (out.empty()) return 0;
  std::size_t at = 1;
  std::uint8_t count = 0;
  for (auto each = bills_.rbegin(); each != bills_.rend() && count < UINT8_MAX; ++each) {
    const std::size_t need = sizeof(Order) + 3 + each->body.size();
    if (at + need > out.size() || each->body.size() > UINT8_MAX) break;
    std::byte* to = out.data() + at;
    std::memcpy(to, each->order.data(), sizeof(Order));
    to[sizeof(Order)] = std::byte{each->gun};
    to[sizeof(Order) + 1] = std::byte{0};
    to[sizeof(Order) + 2] = static_cast<std::byte>(each->body.size());
    std::memcpy(to + sizeof(Order) + 3, each->body.data(), each->body.size());
    at += need;
    ++count;
  }
  out[0] = std::byte{count};
  return at;
}

std::size_t BillStore::restore(std::span<const std::byte> saved) {
  if (saved.empty()) return 0;
  const auto count = static_cast<std::size_t>(saved[0]);
  std::size_t at = 1;
  std::vector<StoredBill> found;
  for (std::size_t i = 0; i < count; ++i) {
    if (at + sizeof(Order) + 3 > saved.size()) return 0;
    const std::byte* from = saved.data() + at;
    const auto size = static_cast<std::size_t>(from[sizeof(Order) + 2]);
    if (at + sizeof(Order) + 3 + size > saved.size()) return 0;
    StoredBill& bill = found.emplace_back();
    std::memcpy(bill.order.data(), from, sizeof(Order));
    bill.gun = static_cast<std::uint8_t>(from[sizeof(Order)]);
    bill.body.assign(reinterpret_cast<const char*>(from) + sizeof(Order) + 3, size);
    at += sizeof(Order) + 3 + size;
  }
  std::reverse(found.begin(), found.end());
  bills_ = std::move(found);
  return at;
}

}  // namespace vfleet::pile::ykc
