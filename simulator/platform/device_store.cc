#include "simulator/platform/device_store.h"

#include <algorithm>

namespace vfleet::platform {

Device* DeviceStore::find_or_add(std::string_view id) {
  if (const auto found = index_.find(id); found != index_.end()) return found->second;
  if (devices_.size() >= limits_.devices_max || id.empty() || id.size() > limits_.device_id_max)
    return nullptr;
  Device& device = devices_.emplace_back();
  device.id = id;
  index_.emplace(device.id, &device);
  return &device;
}

const Device* DeviceStore::find(std::string_view id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : found->second;
}

Device* DeviceStore::find(std::string_view id) {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : found->second;
}

void DeviceStore::keep(Device& device, const codec::envelope::Head& head, std::uint16_t type,
                       std::int64_t arrived_us, std::string_view text) {
  if (KeptReport* slot = slot_for_type(device, type)) {
    fill(*slot, head, type, arrived_us, text, limits_.last_text_max);
  }
  if (KeptReport* slot = slot_in_history(device)) {
    fill(*slot, head, type, arrived_us, text, limits_.history_text_max);
  }
}

void DeviceStore::clear() {
  index_.clear();
  devices_.clear();
  kept_bytes_ = 0;
}

KeptReport* DeviceStore::slot_for_type(Device& device, std::uint16_t type) {
  auto& kept = device.last_by_type;
  for (KeptReport& report : kept) {
    if (report.type == type) return &report;
  }
  if (kept.size() >= limits_.types_per_device || kept_bytes_ + sizeof(KeptReport) > limits_.kept_bytes_max) {
    return nullptr;
  }
  kept_bytes_ += sizeof(KeptReport);
  return &kept.emplace_back();
}

KeptReport* DeviceStore::slot_in_history(Device& device) {
  auto& kept = device.history;
  if (kept.size() < limits_.history_length && kept_bytes_ + sizeof(KeptReport) <= limits_.kept_bytes_max) {
    kept_bytes_ += sizeof(KeptReport);
    // Reports that came while the store was full may have begun to overwrite: keep the ring's order.
    const auto at = kept.begin() + static_cast<std::ptrdiff_t>(device.history_next);
    const auto slot = kept.insert(at, KeptReport{});
    ++device.history_next;
    if (device.history_next == limits_.history_length) device.history_next = 0;
    return &*slot;
  }
  if (kept.empty()) return nullptr;
  if (device.history_next >= kept.size()) device.history_next = 0;
  return &kept[device.history_next++];
}

void DeviceStore::fill(KeptReport& slot, const codec::envelope::Head& head, std::uint16_t type,
                       std::int64_t arrived_us, std::string_view text, std::size_t text_max) {
  slot.boot = head.boot;
  slot.seq = head.seq;
  slot.sent_us = head.sent_us;
  slot.arrived_us = arrived_us;
  slot.type = type;
  std::string_view part = text.substr(0, text_max);
  // What a string of 15 bytes and less holds lies inside it; only heap memory is counted.
  const auto heap = [](const std::string& s) { return s.capacity() > 15 ? s.capacity() + 1 : 0; };
  const std::size_t held = heap(slot.text);
  if (part.size() + 1 > held && kept_bytes_ - held + part.size() + 1 > limits_.kept_bytes_max) part = {};
  slot.cut = part.size() != text.size();
  // A slot that held something far larger gives the memory back.
  if (held > 4096 && part.size() < held / 4) slot.text = std::string();
  slot.text.assign(part);
  kept_bytes_ = kept_bytes_ - held + heap(slot.text);
}

}  // namespace vfleet::platform
