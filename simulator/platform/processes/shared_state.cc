#include "simulator/platform/processes/shared_state.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <thread>

namespace vfleet::platform {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void SharedLock::lock() {
  for (int tries = 0; held_.exchange(true, std::memory_order_acquire); ++tries) {
    // Its holder was killed: the platform is about to end, and must be able to.
    if (tries > kTriesMax) return;
    // With more processes than cores its holder may have to run first.
    if (tries > 16) std::this_thread::yield();
  }
}

Verdict SharedDevice::see(const SequenceChecker::Number& number, Outcome outcome, SequenceCounts& counts) {
  const std::lock_guard lock(lock_);
  return sequence_.see(number, outcome, counts);
}

SequenceChecker SharedDevice::sequence() {
  const std::lock_guard lock(lock_);
  return sequence_;
}

std::optional<SharedReading> SharedDevice::tell_register(std::uint32_t channel, SharedReading now) {
  const std::lock_guard lock(lock_);
  for (Register& each : registers_) {
    if (each.told && each.channel != channel) continue;
    const bool first = !each.told;
    if (!first && now.at_us < each.reading.at_us) return std::nullopt;
    const SharedReading before = each.reading;
    each = {channel, true, now};
    return first ? std::nullopt : std::optional(before);
  }
  return std::nullopt;
}

void SharedDevice::begin(const SharedCharge& charge) {
  const std::lock_guard lock(lock_);
  // The place of one that has ended, or else of the oldest, is closed: they stay in the order they began in.
  auto gap = std::find_if(charges_.begin(), charges_.end(), [](const auto& each) { return each.id == 0; });
  if (gap == charges_.end()) gap = charges_.begin();
  std::copy(gap + 1, charges_.end(), gap);
  charges_.back() = charge;
}

void SharedDevice::end(std::int64_t id) {
  const std::lock_guard lock(lock_);
  for (SharedCharge& each : charges_) {
    if (each.id == id) each = {};
  }
}

std::optional<SharedCharge> SharedDevice::charge(std::int64_t id) {
  const std::lock_guard lock(lock_);
  for (const SharedCharge& each : charges_) {
    if (each.id == id && id != 0) return each;
  }
  return std::nullopt;
}

std::optional<SharedCharge> SharedDevice::charge_with(std::uint64_t fingerprint) {
  const std::lock_guard lock(lock_);
  for (const SharedCharge& each : charges_) {
    if (each.id != 0 && each.fingerprint == fingerprint) return each;
  }
  return std::nullopt;
}

Result<std::unique_ptr<SharedState>> SharedState::create(std::size_t devices_max) {
  std::unique_ptr<SharedState> out(new SharedState);
  const std::size_t slots = std::bit_ceil(devices_max * 2);
  const auto rounded = [](std::size_t bytes) { return (bytes + 63) / 64 * 64; };
  const std::size_t head_bytes = rounded(sizeof(Head));
  const std::size_t index_bytes = rounded(slots * sizeof(std::atomic<std::uint32_t>));
  out->bytes_ = head_bytes + index_bytes + devices_max * sizeof(SharedDevice);
  // Anonymous memory is zero: a free index, devices that nobody knows.
  void* memory =
      ::mmap(nullptr, out->bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return fail(Errc::unavailable, "no " + std::to_string(out->bytes_ >> 20U) +
                                       " MiB of shared memory: " + std::strerror(errno));
  }
  out->memory_ = memory;
  auto* bytes = static_cast<std::byte*>(memory);
  out->head_ = new (bytes) Head;
  out->index_ = reinterpret_cast<std::atomic<std::uint32_t>*>(bytes + head_bytes);
  out->index_mask_ = slots - 1;
  out->devices_ = reinterpret_cast<SharedDevice*>(bytes + head_bytes + index_bytes);
  out->devices_max_ = devices_max;
  return out;
}

SharedState::~SharedState() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
}

// `at` becomes where it stands in the index, or where it would.
SharedDevice* SharedState::find(std::string_view id, std::size_t& at) const {
  for (at = std::hash<std::string_view>{}(id)&index_mask_;; at = (at + 1) & index_mask_) {
    const std::uint32_t place = index_[at].load(std::memory_order_acquire);
    if (place == 0) return nullptr;
    SharedDevice& device = devices_[place - 1];
    if (std::string_view(device.id_.data(), device.id_size_) == id) return &device;
  }
}

SharedDevice* SharedState::become_known(SharedDevice& device) {
  if (!device.known_.exchange(true)) head_->known.fetch_add(1);
  return &device;
}

SharedDevice* SharedState::find_or_add(std::string_view id) {
  if (id.empty() || id.size() > SharedDevice::kIdMax) return nullptr;
  std::size_t at = 0;
  if (SharedDevice* found = find(id, at)) return become_known(*found);
  const std::lock_guard lock(head_->adding);
  if (SharedDevice* found = find(id, at)) return become_known(*found);
  const std::uint32_t place = head_->used.load(std::memory_order_relaxed);
  if (place >= devices_max_) return nullptr;
  auto* device = new (&devices_[place]) SharedDevice;
  device->known_ = false;
  device->id_size_ = static_cast<std::uint8_t>(id.size());
  std::memcpy(device->id_.data(), id.data(), id.size());
  head_->used.store(place + 1, std::memory_order_release);
  index_[at].store(place + 1, std::memory_order_release);
  return become_known(*device);
}

std::size_t SharedState::devices() const {
  return head_->known.load();
}

void SharedState::forgive() {
  const std::uint32_t used = head_->used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    const std::lock_guard lock(devices_[i].lock_);
    devices_[i].sequence_.forgive();
  }
}

void SharedState::forget() {
  const std::uint32_t used = head_->used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    const std::lock_guard lock(devices_[i].lock_);
    devices_[i].sequence_ = SequenceChecker();
    devices_[i].registers_ = {};
    devices_[i].charges_ = {};
    if (devices_[i].known_.exchange(false)) head_->known.fetch_sub(1);
  }
}

}  // namespace vfleet::platform
