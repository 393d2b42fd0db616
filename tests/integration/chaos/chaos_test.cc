#include "tests/chaos/chaos.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace vfleet::chaos {
namespace {

TEST(Chaos, EveryPromiseIsKeptWhileProcessesAreKilledFrozenAndCutOff) {
  Options options;
  options.seed = 20;
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
  EXPECT_GE(outcome.commands, 7'900U);
  EXPECT_GE(outcome.answered, outcome.commands / 4);
}

}  // namespace
}  // namespace vfleet::chaos
