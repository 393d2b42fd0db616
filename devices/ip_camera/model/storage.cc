#include "devices/ip_camera/model/storage.h"

#include <algorithm>

namespace vfleet::devices::ip_camera::model {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kBitNs = 8'000'000'000;  // bits per byte times nanoseconds per second

std::uint64_t capacity(const StorageSettings& settings) {
  return static_cast<std::uint64_t>(settings.capacity_bytes);
}

}  // namespace

void Storage::fill(const StorageSettings& settings, double fill, TimePoint now) {
  used_ = static_cast<std::uint64_t>(settings.capacity_bytes * std::clamp(fill, 0.0, 1.0));
  since_ = now;
}

std::uint64_t Storage::used_bytes(const StorageSettings& settings, TimePoint now) const {
  if (!settings.present) return 0;
  const std::uint64_t size = capacity(settings);
  const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - since_).count()));
  const Wide level = used_ + static_cast<Wide>(bits_per_s_) * passed / kBitNs;
  if (level < size) return static_cast<std::uint64_t>(level);
  if (!recycles(settings)) return size;
  // Full: a step is freed, filled, freed again.
  const auto step =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(settings.capacity_bytes * settings.recycle_step));
  return size - step + static_cast<std::uint64_t>((level - size) % step);
}

double Storage::used_ratio(const StorageSettings& settings, TimePoint now) const {
  return settings.present ? static_cast<double>(used_bytes(settings, now)) / settings.capacity_bytes : 0;
}

StorageState Storage::state(const StorageSettings& settings, TimePoint now) const {
  if (!settings.present) return StorageState::none;
  if (failed_) return StorageState::error;
  if (!recycles(settings) && used_bytes(settings, now) >= capacity(settings)) return StorageState::full;
  return StorageState::ok;
}

TimePoint Storage::full_at(const StorageSettings& settings) const {
  if (!settings.present || failed_ || recycles(settings) || bits_per_s_ == 0) return kNever;
  const std::uint64_t size = capacity(settings);
  if (used_ >= size) return kNever;  // it is full already, and was told
  const Wide wait = (static_cast<Wide>(size - used_) * kBitNs + bits_per_s_ - 1) / bits_per_s_;
  const auto longest = static_cast<Wide>((kNever - since_).count());
  return wait >= longest ? kNever : since_ + Duration(static_cast<std::int64_t>(wait));
}

void Storage::set_rate(const StorageSettings& settings, std::uint64_t bits_per_s, TimePoint now) {
  if (bits_per_s == bits_per_s_) return;
  settle(settings, now);
  bits_per_s_ = bits_per_s & ((std::uint64_t{1} << 62) - 1);
}

void Storage::jam(const StorageSettings& settings, TimePoint now) {
  settle(settings, now);
  used_ = capacity(settings);
  jammed_ = 1;
}

void Storage::fail(const StorageSettings& settings, TimePoint now) {
  settle(settings, now);
  failed_ = 1;
}

void Storage::resume(std::uint64_t used_bytes, bool jammed, bool failed, TimePoint now) {
  used_ = used_bytes;
  since_ = now;
  bits_per_s_ = 0;
  jammed_ = jammed;
  failed_ = failed;
}

void Storage::format(TimePoint now) {
  used_ = 0;
  since_ = now;
  jammed_ = failed_ = 0;
}

void Storage::resize(const StorageSettings& before, const StorageSettings& settings, TimePoint now) {
  settle(before, now);
  used_ = std::min(used_, capacity(settings));
  if (jammed_) used_ = capacity(settings);
}

void Storage::settle(const StorageSettings& settings, TimePoint now) {
  if (now <= since_) return;
  used_ = used_bytes(settings, now);
  since_ = now;
}

}  // namespace vfleet::devices::ip_camera::model
