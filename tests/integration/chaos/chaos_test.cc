#include "tests/chaos/chaos.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace vfleet::chaos {
namespace {

// Sanitizers take several times the processor: fewer commands, the same time and the same kinds of accident.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kCommandsPerSecond = 50;
#else
constexpr int kCommandsPerSecond = 200;
#endif

TEST(Chaos, EveryPromiseIsKeptWhileProcessesAreKilledFrozenAndCutOff) {
  Options options;
  options.seed = 20;
  options.commands_per_second = kCommandsPerSecond;
  options.say = [](const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  };
  const Outcome outcome = run(options);
  std::printf("%s\n", outcome.text().c_str());
  for (const std::string& each : outcome.violations) ADD_FAILURE() << each;
  // Otherwise it showed nothing.
  EXPECT_GE(outcome.control_kills, 2U);
  EXPECT_GE(outcome.worker_kills, 5U);
  const auto given = static_cast<std::uint64_t>(options.duration.count()) * kCommandsPerSecond;
  EXPECT_GE(outcome.commands, given - given / 80);
  EXPECT_GE(outcome.answered, outcome.commands / 4);
}

}  // namespace
}  // namespace vfleet::chaos
