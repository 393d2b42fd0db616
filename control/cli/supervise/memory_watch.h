#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "simulator/core/time.h"

/// Workers that grow past a limit.
namespace vfleet::cli {

/// Resident bytes in the text of /proc/PID/statm; nullopt when it is of another form.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes_in(std::string_view statm);
/// Of a process; nullopt when it cannot be read.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(pid_t pid);

/// Decides when one worker is to be recycled. One that is past the limit as soon as it has its devices would
/// be recycled for ever: between two recycles lies at least kGapMin, doubled each time, up to kGapMax.
class MemoryWatch {
 public:
  static constexpr Duration kLookEvery = std::chrono::seconds(2);
  static constexpr Duration kGapMin = std::chrono::seconds(30);
  static constexpr Duration kGapMax = std::chrono::hours(1);

  enum class Advice : std::uint8_t {
    fine,
    recycle,    ///< now
    too_small,  ///< past the limit, but recycled only a moment ago; said once between two recycles
  };
  [[nodiscard]] Advice look(std::uint64_t resident, std::uint64_t limit, TimePoint now);
  void recycled(TimePoint now);
  /// The shortest time until the next recycle.
  [[nodiscard]] Duration gap() const { return gap_; }

 private:
  std::optional<TimePoint> recycled_at_;
  Duration gap_ = kGapMin;
  bool told_ = false;
};

}  // namespace vfleet::cli
