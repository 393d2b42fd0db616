#include "simulator/platform/figures.h"

namespace vfleet::platform {
namespace {

std::int64_t second_of(TimePoint t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

}  // namespace

void RateMeter::count(TimePoint now) {
  const std::int64_t second = second_of(now);
  Slot& slot = slots_[static_cast<std::size_t>(second) % slots_.size()];
  if (slot.second != second) slot = {second, 0};
  ++slot.count;
}

void RateMeter::merge(const RateMeter& other) {
  for (const Slot& slot : other.slots_) add(slot);
}

void RateMeter::add(const Slot& slot) {
  if (slot.second < 0) return;
  Slot& own = slots_[static_cast<std::size_t>(slot.second) % slots_.size()];
  if (slot.second < own.second) return;
  if (slot.second > own.second) own = {slot.second, 0};
  own.count += slot.count;
}

double RateMeter::rate(std::int64_t seconds, TimePoint now) const {
  const std::int64_t end = second_of(now);
  std::uint64_t sum = 0;
  for (const Slot& slot : slots_) {
    if (slot.second >= end - seconds && slot.second < end) sum += slot.count;
  }
  return static_cast<double>(sum) / static_cast<double>(seconds);
}

void Figures::arrived(Way way, std::uint16_t type, TimePoint now) {
  ++received;
  ++by_way[index_of(way)];
  if (by_type.size() <= type) by_type.resize(type + 1U);
  ++by_type[type].received;
  by_type[type].rate.count(now);
  rate.count(now);
}

void Figures::arrived_unchecked(Way way, std::uint16_t type, TimePoint now) {
  ++unchecked;
  arrived(way, type, now);
}

void Figures::took(Way way, std::uint16_t type, std::uint16_t stem, std::int64_t due_us, std::int64_t sent_us,
                   std::int64_t arrived_us) {
  // A peer may send any 64 bits: differences are taken without overflow.
  const auto since = [arrived_us](std::int64_t then) {
    std::int64_t us = 0;
    return __builtin_sub_overflow(arrived_us, then, &us) ? 0 : us;
  };
  sent_to_arrival.record(since(sent_us));
  due_to_arrival.record(since(due_us));
  arrivals.record(way, type, stem, since(due_us));
}

}  // namespace vfleet::platform
