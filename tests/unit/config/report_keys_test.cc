#include "simulator/device/report_keys.h"

#include <gtest/gtest.h>

namespace vfleet::device {
namespace {

using namespace std::chrono_literals;

struct Meter {
  schedule::Pacing busy{.period = 15s, .jitter = 0.1F};
  schedule::Pacing idle{.period = 5min};
};

config::Struct<Meter> meter_keys() {
  config::Struct<Meter> keys;
  const auto busy = [](auto& c) -> auto& {
    return c.busy;
  };
  const auto idle = [](auto& c) -> auto& {
    return c.idle;
  };
  add_report_keys(keys, "meter", busy);
  add_period_key(keys, "meter", "idle_every", busy, idle,
                 "Time between two meter reports when nobody charges.");
  return keys;
}

config::Values read(const config::Schema& schema, std::vector<std::pair<const char*, const char*>> texts) {
  config::Values values;
  for (const auto& [path, text] : texts) {
    const config::Key* key = schema.find(path);
    auto value = config::parse_value(*key, text);
    EXPECT_TRUE(value) << path;
    if (value) values.emplace(path, *value);
  }
  return values;
}

TEST(ReportKeys, GiveEachReportItsNineKeysWithTheDefaultsOfTheStruct) {
  const config::Schema schema = meter_keys().schema();
  ASSERT_EQ(schema.keys().size(), 10U);
  const auto text = [&](const char* path) {
    return config::format_value(*schema.find(path), schema.find(path)->initial);
  };
  EXPECT_EQ(text("reports.meter.every"), "15s");
  EXPECT_EQ(text("reports.meter.idle_every"), "5min");
  EXPECT_EQ(text("reports.meter.jitter"), "10%");
  EXPECT_EQ(text("reports.meter.phase"), "spread");
  EXPECT_EQ(text("reports.meter.once"), "0s");
  EXPECT_EQ(text("reports.meter.at"), "[]");
  EXPECT_EQ(text("reports.meter.at_spread"), "0s");
  EXPECT_EQ(text("reports.meter.day_curve"), "[]");
  EXPECT_EQ(text("reports.meter.burst"), "1");
  EXPECT_EQ(text("reports.meter.late"), "skip");
}

TEST(ReportKeys, ASecondPeriodSharesEverythingElse) {
  const auto keys = meter_keys();
  const auto meter = keys.build(read(keys.schema(), {{"reports.meter.phase", "together"},
                                                     {"reports.meter.burst", "3"},
                                                     {"reports.meter.idle_every", "1h"},
                                                     {"reports.meter.late", "send_once"}}));
  ASSERT_TRUE(meter);
  EXPECT_EQ(meter->busy.period, Duration(15s));
  EXPECT_EQ(meter->idle, (schedule::Pacing{.period = 1h,
                                           .jitter = 0.1F,
                                           .burst = 3,
                                           .phase = schedule::Phase::together,
                                           .late = schedule::Late::send_once}));
}

TEST(ReportKeys, RefuseAPeriodBelowATickAndTakeZeroForOff) {
  const auto keys = meter_keys();
  const auto off = keys.build(read(keys.schema(), {{"reports.meter.every", "0"}}));
  ASSERT_TRUE(off);
  EXPECT_FALSE(off->busy.scheduled());
  const auto short_ones =
      keys.build(read(keys.schema(), {{"reports.meter.every", "10us"}, {"reports.meter.idle_every", "1ns"}}));
  ASSERT_FALSE(short_ones);
  EXPECT_EQ(short_ones.error().detail,
            "reports.meter.every: 10us is too short: expected 0 (off) or at least 1ms; "
            "reports.meter.idle_every: 1ns is too short: expected 0 (off) or at least 1ms");
}

TEST(ReportKeys, ReadSchedulesThatFollowTheDay) {
  const auto keys = meter_keys();
  const auto meter =
      keys.build(read(keys.schema(), {{"reports.meter.at", "06:30, mon-fri 18:00"},
                                      {"reports.meter.at_spread", "10min"},
                                      {"reports.meter.day_curve", "[00:00 20%, 07:00 100%]"}}));
  ASSERT_TRUE(meter) << meter.error().detail;
  EXPECT_EQ(meter->busy.at,
            (std::vector{*schedule::TimeRule::parse("06:30"), *schedule::TimeRule::parse("mon-fri 18:00")}));
  EXPECT_EQ(meter->busy.at_spread, Duration(10min));
  EXPECT_EQ(meter->busy.curve, *schedule::DayCurve::parse({"00:00 20%", "07:00 100%"}));
  EXPECT_EQ(meter->idle.at, meter->busy.at) << "whatever the state";
  EXPECT_EQ(meter->idle.curve, meter->busy.curve);
}

TEST(ReportKeys, RefuseTimesAndCurvesThatCannotBeRead) {
  const auto keys = meter_keys();
  const auto wrong = keys.build(read(
      keys.schema(), {{"reports.meter.at", "06:30, 25:00, soon"}, {"reports.meter.day_curve", "00:00 0%"}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(
      wrong.error().detail,
      "reports.meter.at: '25:00': '25:00' is not a time of day: expected one such as 06:30 or 06:30:15; "
      "reports.meter.at: 'soon': expected a time of day (06:30, mon-fri 18:00) or cron's five fields; "
      "reports.meter.day_curve: every rate of the day is 0%");
}

}  // namespace
}  // namespace vfleet::device
