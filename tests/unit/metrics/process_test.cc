#include "simulator/metrics/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace vfleet::metrics {
namespace {

TEST(Process, ResidentMemoryGrowsWithWhatIsTouched) {
  const std::uint64_t before = own_rss_bytes();
  ASSERT_GT(before, 0U);
  const std::vector<char> touched(64U << 20, 'x');
  EXPECT_GE(own_rss_bytes(), before + touched.size() / 2);
}

TEST(Process, CpuTimeGrowsWithWork) {
  const std::uint64_t before = own_cpu_us();
  volatile std::uint64_t sink = 0;
  while (own_cpu_us() < before + 2000) {
    for (int i = 0; i < 10'000; ++i) sink = sink + 1;
  }
  EXPECT_GE(own_cpu_us(), before + 2000);
}

}  // namespace
}  // namespace vfleet::metrics
