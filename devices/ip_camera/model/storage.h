#pragma once

#include <cstdint>

#include "devices/ip_camera/model/settings.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

/// The memory card or disk. It holds a level and a rate since a moment; the level at any later moment follows
/// in closed form, however long ago that was and however often the card went round.
class Storage {
 public:
  /// `fill` is the part used at first, 0..1.
  void fill(const StorageSettings& settings, double fill, TimePoint now);

  [[nodiscard]] std::uint64_t used_bytes(const StorageSettings& settings, TimePoint now) const;
  [[nodiscard]] double used_ratio(const StorageSettings& settings, TimePoint now) const;
  [[nodiscard]] StorageState state(const StorageSettings& settings, TimePoint now) const;
  /// Whether what is recorded has a place to go.
  [[nodiscard]] bool writable(const StorageSettings& settings, TimePoint now) const {
    return state(settings, now) == StorageState::ok;
  }
  /// When the card is full with nothing to overwrite; kNever when that does not come.
  [[nodiscard]] TimePoint full_at(const StorageSettings& settings) const;

  [[nodiscard]] bool jammed() const { return jammed_ != 0; }
  [[nodiscard]] bool failed() const { return failed_ != 0; }
  /// Goes on where another life stood; nothing is recorded yet.
  void resume(std::uint64_t used_bytes, bool jammed, bool failed, TimePoint now);

  /// Records at `bits_per_s` from now on.
  void set_rate(const StorageSettings& settings, std::uint64_t bits_per_s, TimePoint now);
  /// Full, and refuses to overwrite until it is formatted.
  void jam(const StorageSettings& settings, TimePoint now);
  /// Cannot be read or written until it is formatted.
  void fail(const StorageSettings& settings, TimePoint now);
  void format(TimePoint now);
  /// The settings changed from `before`: keeps the level as far as it fits.
  void resize(const StorageSettings& before, const StorageSettings& settings, TimePoint now);

  [[nodiscard]] std::uint64_t bits_per_s() const { return bits_per_s_; }

 private:
  void settle(const StorageSettings& settings, TimePoint now);
  [[nodiscard]] bool recycles(const StorageSettings& settings) const { return settings.recycle && !jammed_; }

  std::uint64_t used_ = 0;  // at since_; at most the capacity
  TimePoint since_{};
  std::uint64_t bits_per_s_ : 62 = 0;
  std::uint64_t jammed_ : 1 = 0;
  std::uint64_t failed_ : 1 = 0;
};

}  // namespace vfleet::devices::ip_camera::model
