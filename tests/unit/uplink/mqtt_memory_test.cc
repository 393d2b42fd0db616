#include <gtest/gtest.h>

#include "simulator/uplink/mqtt/mqtt_link.h"
#include "tests/bench/counting_new.h"
#include "tests/bench/mqtt_fleet.h"

namespace vfleet::uplink {
namespace {

struct Kind {
  int qos;
  bool persistent;
  const char* version;
};

class MqttMemory : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, MqttMemory,
                         testing::Values(Kind{0, false, "3.1.1"}, Kind{0, false, "5"},
                                         Kind{1, false, "3.1.1"}, Kind{1, true, "5"},
                                         Kind{2, true, "3.1.1"}));

TEST_P(MqttMemory, AReportAllocatesNothingInSteadyState) {
  bench::MqttFleet fleet(20, GetParam().qos, GetParam().persistent, GetParam().version);
  for (int i = 0; i < 10; ++i) fleet.round();
  const std::uint64_t before = bench::allocations();
  for (int i = 0; i < 200; ++i) fleet.round();
  EXPECT_EQ(bench::allocations() - before, 0u);
  EXPECT_EQ(fleet.settled(), 210u * fleet.links());
}

TEST(MqttLinkSize, LeavesRoomForModelAndSocket) {
  EXPECT_LE(sizeof(MqttLink), 512u);
}

}  // namespace
}  // namespace vfleet::uplink
