#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace vfleet::chaos {

/// A platform that knows nothing of the product: takes JSON reports over HTTP on a thread of its own, answers
/// each with 200 and remembers which numbers came from whom.
class Sink {
 public:
  struct Life {
    std::uint64_t highest = 0;   ///< of the numbers that came; they start with 1
    std::uint64_t received = 0;  ///< different ones
  };
  struct Account {
    std::uint64_t received = 0;    ///< different (device, boot, seq)
    std::uint64_t missing = 0;     ///< numbers below the highest of their life that never came
    std::uint64_t duplicates = 0;  ///< numbers that came again
    std::uint64_t unreadable = 0;
    std::uint64_t lives = 0;  ///< (device, boot)
    /// How often a meter report with this `power_w` came, by device and power. Only powers of kMarkerMin and
    /// more.
    std::map<std::pair<std::string, std::uint64_t>, int> markers;
  };
  static constexpr std::uint64_t kMarkerMin = 1'000'000;

  Sink();
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] Account account() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::chaos
