#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulator/core/time.h"
#include "simulator/metrics/histogram.h"
#include "simulator/platform/arrivals.h"
#include "simulator/platform/sequence_checker.h"
#include "simulator/platform/way.h"

namespace vfleet::platform {

/// How many arrived in each of the last seconds.
class RateMeter {
 public:
  static constexpr std::int64_t kSecondsMax = 10;

  void count(TimePoint now);
  /// Adds what `other` counted, of the same clock.
  void merge(const RateMeter& other);
  /// Per second, over the last `seconds` (1 .. kSecondsMax) whole seconds; the running one is left out.
  [[nodiscard]] double rate(std::int64_t seconds, TimePoint now) const;

  struct Slot {
    std::int64_t second = -1;
    std::uint64_t count = 0;
  };
  [[nodiscard]] const std::array<Slot, 16>& slots() const { return slots_; }
  void add(const Slot& slot);

 private:
  std::array<Slot, 16> slots_;  // second s is in slot s mod 16
};

/// What the platform has counted since it started or was reset. Types are numbers of a TypeTable.
struct Figures {
  struct OfType {
    std::uint64_t received = 0;
    RateMeter rate;
  };

  std::uint64_t received = 0;     ///< reports accepted, duplicates too
  std::uint64_t malformed = 0;    ///< bodies that are no report
  std::uint64_t refused = 0;      ///< reports turned away by misbehaviour; their numbers count as seen
  std::uint64_t not_tracked = 0;  ///< reports of devices past the limit: counted, their sequence unchecked
  std::uint64_t unchecked = 0;    ///< accepted without an envelope: no sequence, no latency
  std::array<std::uint64_t, kWays.size()> by_way{};  ///< accepted, by the way they came
  std::uint64_t regressions = 0;                     ///< reports by which an energy register went back
  SequenceCounts sequence;
  std::vector<OfType> by_type;  ///< indexed by type number; may be shorter than the table
  RateMeter rate;               ///< of all types
  metrics::Histogram sent_to_arrival;
  metrics::Histogram due_to_arrival;
  Arrivals arrivals;  ///< the same by type

  /// Counts an accepted report.
  void arrived(Way way, std::uint16_t type, TimePoint now);
  /// How long it took until it was here; `stem` is of its device's id, in a TypeTable.
  void took(Way way, std::uint16_t type, std::uint16_t stem, std::int64_t due_us, std::int64_t sent_us,
            std::int64_t arrived_us);
  /// Counts an accepted message without an envelope.
  void arrived_unchecked(Way way, std::uint16_t type, TimePoint now);
};

}  // namespace vfleet::platform
