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
  bool untold = false;  ///< the CSMS is to be told
};

/// Whether the whitepaper calls events of that type critical: the CSMS is told of them.
[[nodiscard]] bool is_critical(std::string_view type);

/// The last security events of one charge point, and which of them the CSMS is still to be told.
class SecurityLog {
 public:
  static constexpr std::size_t kMost = 32;  ///< beyond that the oldest goes, one that was told before others

  /// The same as the last one again, where that is not told: once is enough.
  void add(SecurityEvent event);
  [[nodiscard]] const std::deque<SecurityEvent>& events() const { return events_; }
  /// The oldest that is to be told, null: none. Valid until the log changes.
  [[nodiscard]] const SecurityEvent* untold() const;
  /// untold() was told.
  void told();

 private:
  std::deque<SecurityEvent> events_;
};

}  // namespace vfleet::pile::ocpp16
