#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/cli/supervise/descriptors.h"
#include "control/cli/supervise/platform_figures.h"
#include "control/cli/supervise/restart_policy.h"

namespace vfleet::cli {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(RestartPolicy, DoublesTheDelayWithEachDeathWithinAMinute) {
  RestartPolicy policy;
  TimePoint now{std::chrono::hours(1)};
  for (const int delay : {1, 2, 4, 8, 16}) {
    EXPECT_EQ(policy.died(now), Duration(seconds(delay)));
    now += seconds(1);
  }
}

TEST(RestartPolicy, GivesUpAtTheSixthDeathWithinAMinute) {
  RestartPolicy policy;
  const TimePoint begin{std::chrono::hours(1)};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(policy.died(begin + seconds(i)).has_value());
  EXPECT_EQ(policy.died(begin + seconds(59)), std::nullopt);
}

TEST(RestartPolicy, ForgetsDeathsOfMoreThanAMinuteAgo) {
  RestartPolicy policy;
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(policy.died(now), Duration(seconds(1)));
    now += minutes(1);
  }
}

config::FleetSpec fleet_of(std::uint64_t http, std::uint64_t null) {
  config::FleetSpec fleet;
  fleet.groups.resize(2);
  fleet.groups[0].uplink = "http";
  fleet.groups[0].count = http;
  fleet.groups[1].uplink = "null";
  fleet.groups[1].count = null;
  return fleet;
}

TEST(Descriptors, CountOnlyDevicesThatHoldAConnection) {
  EXPECT_EQ(connections_of(fleet_of(300, 5000)), 300U);
}

TEST(Descriptors, OfAFleetAreSharedByItsWorkers) {
  EXPECT_EQ(workers_needed(0, 1024), 1U);
  EXPECT_EQ(workers_needed(960, 1024), 1U);
  EXPECT_EQ(workers_needed(961, 1024), 2U);
  EXPECT_EQ(workers_needed(100'000, 1024), 105U);
  EXPECT_EQ(workers_needed(1, 64), 0U) << "no number of workers is enough";
}

TEST(Descriptors, ThatDoNotSufficeNameTheWorkersThatWould) {
  EXPECT_TRUE(check_descriptors(960, 1, 1024).has_value());
  const auto failed = check_descriptors(961, 1, 1024);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().status, ExitStatus::usage);
  EXPECT_NE(failed.error().hint.find("--workers 2"), std::string::npos) << failed.error().hint;
  EXPECT_FALSE(check_descriptors(1, 1000, 64).has_value());
}

TEST(PlatformFigures, AreTheBodyOfAnHttpAnswer) {
  EXPECT_EQ(body_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "{}");
  EXPECT_EQ(body_of_answer("HTTP/1.1 404 Not Found\r\n\r\n{}").error().code, Errc::rejected);
  for (const char* bad : {"", "HTTP/1.1", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "garbage\r\n\r\n{}"}) {
    EXPECT_EQ(body_of_answer(bad).error().code, Errc::malformed) << bad;
  }
}

TEST(PlatformFigures, RefuseAnUrlThatIsNotPlainHttp) {
  const ManualClock clock;
  for (const char* url : {"", "https://127.0.0.1/figures", "http://", "http://:80/", "http://host:/"}) {
    EXPECT_EQ(get_figures(clock, url, seconds(1)).error().code, Errc::invalid_argument) << url;
  }
}

}  // namespace
}  // namespace vfleet::cli
