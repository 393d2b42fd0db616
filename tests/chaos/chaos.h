#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vfleet::chaos {

struct Options {
  std::uint32_t workers = 4;
  int devices_per_group = 50;  ///< of two groups
  std::chrono::seconds duration{40};
  int commands_per_second = 200;
  std::uint64_t seed = 1;  ///< the same one gives the same commands and the same accidents
  std::function<void(const std::string& line)> say = [](const std::string&) {};  ///< progress
};

struct Outcome {
  std::vector<std::string> violations;  ///< what must not be; empty when all held
  std::uint64_t commands = 0;
  std::uint64_t answered = 0;    ///< with a result
  std::uint64_t refused = 0;     ///< with an error that says that nothing was published
  std::uint64_t unknown = 0;     ///< "outcome unknown", or no answer because control died
  std::uint64_t unanswered = 0;  ///< the latter alone
  std::uint64_t revisions = 0;
  std::uint64_t accidents = 0;
  std::uint64_t control_kills = 0;
  std::uint64_t worker_kills = 0;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t failed = 0;   ///< sent, and not acknowledged: known lost
  std::uint64_t markers = 0;  ///< triggered reports that arrived
  std::chrono::milliseconds slowest_answer{0};

  [[nodiscard]] std::string text() const;
};

/// Runs a whole fleet of real processes, control included, gives commands all the time and kills, freezes and
/// cuts off processes at random meanwhile. Then heals everything and checks that what was promised was kept.
[[nodiscard]] Outcome run(const Options& options);

}  // namespace vfleet::chaos
