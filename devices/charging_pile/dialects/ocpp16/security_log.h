#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "simulator/core/time.h"

namespace vfleet::pile::ocpp16 {

/// A security event of the whitepaper.
struct SecurityEvent {
  std::string type;  ///< at most 50 characters
  std::string info;  ///< techInfo; at most 255 characters, empty: none
  WallTime at;
};

/// The last security events of one charge point, and which of them the CSMS has not been told.
class SecurityLog {
 public:
  static constexpr std::size_t kMost = 32;  ///< beyond that the oldest goes

  void add(SecurityEvent event);
  [[nodiscard]] const std::deque<SecurityEvent>& events() const { return events_; }
  /// The oldest that is not told, null: none. Valid until the log changes.
  [[nodiscard]] const SecurityEvent* untold() const {
    return untold_ == 0 ? nullptr : &events_[events_.size() - untold_];
  }
  /// untold() was told.
  void told() {
    if (untold_ > 0) --untold_;
  }

 private:
  std::deque<SecurityEvent> events_;
  std::size_t untold_ = 0;  // of the newest
};

}  // namespace vfleet::pile::ocpp16
