#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/log/line.h"

namespace vfleet::log {

/// What the devices of a worker have to say. 100,000 devices must not flood the log, so there is a bound for
/// all of them together, and what it held back is counted and told. On the loop's thread.
class DeviceLog {
 public:
  using Write = std::function<void(Level level, std::string_view device, std::string_view text)>;

  static constexpr double kLinesPerSecond = 200;
  static constexpr double kBurst = 1000;
  /// The same failure of many devices is told once in so long, with how often it came.
  static constexpr Duration kRepeat = std::chrono::seconds(10);
  static constexpr std::size_t kReasonsMax = 64;

  /// `clock` must outlive this. Nothing below `least` is written.
  DeviceLog(const Clock& clock, Level least, Write write);

  /// Ask before a text is made: it costs a comparison.
  [[nodiscard]] bool wants(Level level) const { return level >= least_; }
  void line(Level level, std::string_view device, std::string_view text);
  /// A link that broke or could not be made, at warn: each reason once in kRepeat.
  void link_failed(std::string_view device, std::string_view reason);
  /// Tells what was held back, once there is room again; call about once a second.
  void tick();

  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }

 private:
  struct Reason {
    TimePoint told;
    std::uint64_t since = 0;  // how often it came since it was told
  };
  [[nodiscard]] bool take();
  void write(Level level, std::string_view device, std::string_view text);

  const Clock& clock_;
  Level least_;
  Write write_;
  double allowance_ = kBurst;
  TimePoint filled_;
  std::uint64_t suppressed_ = 0;
  std::uint64_t untold_ = 0;
  std::map<std::string, Reason, std::less<>> reasons_;
};

}  // namespace vfleet::log
