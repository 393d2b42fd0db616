#include "simulator/log/device_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vfleet::log {
namespace {

using namespace std::chrono_literals;

class DeviceLogTest : public ::testing::Test {
 protected:
  DeviceLog make(Level least) {
    return {clock_, least, [this](Level, std::string_view device, std::string_view text) {
              lines_.push_back(std::string(device) + "|" + std::string(text));
            }};
  }
  ManualClock clock_;
  std::vector<std::string> lines_;
};

TEST_F(DeviceLogTest, WritesWhatADeviceNotes) {
  DeviceLog log = make(Level::info);
  log.line(Level::info, "pile-1", "plugged");
  EXPECT_EQ(lines_, std::vector<std::string>{"pile-1|plugged"});
}

TEST_F(DeviceLogTest, WritesNothingBelowItsLevel) {
  DeviceLog log = make(Level::warn);
  EXPECT_FALSE(log.wants(Level::info));
  log.line(Level::info, "pile-1", "plugged");
  EXPECT_TRUE(lines_.empty());
  EXPECT_EQ(log.suppressed(), 0u);
}

TEST_F(DeviceLogTest, AHundredThousandDevicesCannotFloodTheLogAndWhatWasHeldBackIsTold) {
  DeviceLog log = make(Level::info);
  for (int i = 0; i < 100'000; ++i) log.line(Level::info, "pile-" + std::to_string(i), "booted");
  EXPECT_EQ(lines_.size(), 1000u);
  EXPECT_EQ(log.suppressed(), 99'000u);
  lines_.clear();
  log.tick();
  EXPECT_TRUE(lines_.empty()) << "there is no room yet";
  clock_.advance(1s);
  log.tick();
  EXPECT_EQ(lines_, std::vector<std::string>{"|99000 lines of devices were left out"});
  log.tick();
  EXPECT_EQ(lines_.size(), 1u) << "told once";
}

TEST_F(DeviceLogTest, AFailureOfManyLinksIsTwoLinesNotMany) {
  DeviceLog log = make(Level::info);
  for (int i = 0; i < 500; ++i) log.link_failed("pile-" + std::to_string(i), "connection refused");
  log.link_failed("pile-7", "timed out");
  EXPECT_EQ(lines_, (std::vector<std::string>{"pile-0|link failed: connection refused",
                                              "pile-7|link failed: timed out"}));
  lines_.clear();
  clock_.advance(10s);
  log.tick();
  EXPECT_EQ(lines_, std::vector<std::string>{"|link failed, 499 times more: connection refused"});
  clock_.advance(10s);
  log.tick();
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(DeviceLogTest, ReasonsWithoutEndShareOneEntry) {
  DeviceLog log = make(Level::info);
  for (int i = 0; i < 500; ++i) log.link_failed("pile-1", "reason " + std::to_string(i));
  EXPECT_EQ(lines_.size(), DeviceLog::kReasonsMax + 1);
}

}  // namespace
}  // namespace vfleet::log
