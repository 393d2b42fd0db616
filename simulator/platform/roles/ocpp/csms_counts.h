#pragma once

#include <cstdint>

namespace vfleet::platform::ocpp {

/// What a Csms has counted. What charge points must not do is in the platform's Complaints.
struct CsmsCounts {
  std::uint64_t boots = 0;
  std::uint64_t call_errors = 0;  ///< CALLERRORs that were sent
  std::uint64_t tags_refused = 0;
  std::uint64_t transactions_started = 0;
  std::uint64_t transactions_ended = 0;
  std::uint64_t transactions_checked = 0;  ///< ended, and held against their registers
  std::uint64_t transactions_moved = 0;    ///< begun at another process, and gone on here
  std::uint64_t transactions_elsewhere =
      0;  ///< messages of ones that an earlier stand-in began, or of which too many are open
  std::uint64_t starts_repeated = 0;
  std::uint64_t stops_repeated = 0;
  std::uint64_t energy_wh = 0;  ///< of all that ended
  std::uint64_t calls_sent = 0;
  std::uint64_t calls_answered = 0;
  std::uint64_t calls_refused = 0;  ///< answered with a CALLERROR
  std::uint64_t calls_timed_out = 0;
  std::uint64_t calls_lost = 0;        ///< the connection went before the answer
  std::uint64_t answers_unasked = 0;   ///< to no CALL that waits: late, or made up
  std::uint64_t sessions_asked = 0;    ///< of our own
  std::uint64_t sessions_refused = 0;  ///< by the pile
  std::uint64_t sessions_started = 0;
  std::uint64_t sessions_stopped = 0;
  std::uint64_t limits_checked = 0;  ///< samples that were held against one
  std::uint64_t limits_set = 0;  ///< charging profiles that were accepted
};

/// Which of the processes that share a platform this is.
struct Place {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

}  // namespace vfleet::platform::ocpp
