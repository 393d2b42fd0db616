#include "simulator/codec/mqtt/in_flight.h"

#include <utility>

namespace vfleet::codec::mqtt {

InFlight::Entry* InFlight::find(std::uint16_t id) {
  if (capacity_ == 0) return nullptr;
  Entry& entry = ring_[id & (capacity_ - 1U)];
  return entry.stage != Stage::free && entry.id == id ? &entry : nullptr;
}

InFlight::Entry* InFlight::oldest() {
  if (count_ == 0) return nullptr;
  Entry* first = nullptr;
  for (Entry& each : places()) {
    if (each.stage == Stage::free) continue;
    if (first == nullptr || age(each.id) < age(first->id)) first = &each;
  }
  return first;
}

InFlight::Entry* InFlight::oldest_off_wire() {
  Entry* first = nullptr;
  for (Entry& each : places()) {
    if (each.stage == Stage::free || each.on_wire) continue;
    if (first == nullptr || age(each.id) < age(first->id)) first = &each;
  }
  return first;
}

std::uint16_t InFlight::next_id(std::uint16_t taken) {
  while (true) {
    const std::uint16_t id = next_id_++;
    if (id != 0 && id != taken && find(id) == nullptr) return id;
  }
}

InFlight::Entry& InFlight::add(std::uint16_t taken) {
  if (count_ == capacity_) grow();
  std::uint16_t id = next_id(taken);
  while (ring_[id & (capacity_ - 1U)].stage != Stage::free) id = next_id(taken);
  Entry& entry = ring_[id & (capacity_ - 1U)];
  entry.id = id;
  ++count_;
  return entry;
}

void InFlight::put_on_wire(Entry& entry) {
  entry.on_wire = true;
  ++on_wire_;
}

void InFlight::remove(Entry& entry) {
  if (entry.on_wire) --on_wire_;
  --count_;
  entry = Entry{};
}

void InFlight::lost() {
  on_wire_ = 0;
  for (Entry& each : places()) each.on_wire = false;
}

void InFlight::grow() {
  const auto size = static_cast<std::uint16_t>(capacity_ == 0 ? 2 : capacity_ * 2);
  auto ring = std::make_unique<Entry[]>(size);
  for (Entry& each : places()) {
    if (each.stage != Stage::free) ring[each.id & (size - 1U)] = std::move(each);
  }
  ring_ = std::move(ring);
  capacity_ = size;
}

}  // namespace vfleet::codec::mqtt
