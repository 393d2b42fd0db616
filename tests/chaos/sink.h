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
  struct Account {
    std::uint64_t received = 0;    ///< different numbers, over all devices
    std::uint64_t missing = 0;     ///< numbers below the highest of their device that never came
    std::uint64_t duplicates = 0;  ///< numbers that came again, in whatever life of their worker
    std::uint64_t unreadable = 0;
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
