#pragma once

#include <cstdint>

namespace vfleet::platform::ykc {

/// What a YkcPlatform has counted. What piles must not do is in the platform's Complaints.
struct YkcCounts {
  std::uint64_t logins = 0;
  std::uint64_t logins_refused = 0;
  std::uint64_t cards_refused = 0;
  std::uint64_t orders_made = 0;  ///< for starts that piles asked for, and for our own
  std::uint64_t bills = 0;        ///< each once
  std::uint64_t bills_checked = 0;
  std::uint64_t bills_repeated = 0;
  std::uint64_t bills_elsewhere =
      0;                        ///< of orders that another process, an earlier stand-in or the pile made
  std::uint64_t energy_wh = 0;  ///< of all bills
  std::uint64_t cost_cents = 0;
  std::uint64_t frames_sent = 0;  ///< that answer nothing
  std::uint64_t frames_answered = 0;
  std::uint64_t frames_timed_out = 0;
  std::uint64_t frames_lost = 0;       ///< the connection went before the answer
  std::uint64_t sessions_asked = 0;    ///< of our own
  std::uint64_t sessions_refused = 0;  ///< by the pile
  std::uint64_t sessions_started = 0;
  std::uint64_t sessions_stopped = 0;
};

}  // namespace vfleet::platform::ykc
