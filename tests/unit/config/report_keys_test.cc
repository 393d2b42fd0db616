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

TEST(ReportKeys, GiveEachReportItsSixKeysWithTheDefaultsOfTheStruct) {
  const config::Schema schema = meter_keys().schema();
  ASSERT_EQ(schema.keys().size(), 7U);
  const auto text = [&](const char* path) {
    return config::format_value(*schema.find(path), schema.find(path)->initial);
  };
  EXPECT_EQ(text("reports.meter.every"), "15s");
  EXPECT_EQ(text("reports.meter.idle_every"), "5min");
  EXPECT_EQ(text("reports.meter.jitter"), "10%");
  EXPECT_EQ(text("reports.meter.phase"), "spread");
  EXPECT_EQ(text("reports.meter.once"), "0s");
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

}  // namespace
}  // namespace vfleet::device
