#include "control/server/statistics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/metrics/histogram.h"
#include "simulator/metrics/histogram_json.h"

namespace vfleet::control::server {
namespace {

using nlohmann::json;

json figures(std::uint64_t sent, std::int64_t late_us) {
  metrics::Histogram lateness;
  lateness.record(late_us);
  return {{"devices", 10},
          {"online", 9},
          {"sent", sent},
          {"in_flight", 2},
          {"failed", {{"timed_out", 1}}},
          {"reports", {{"pile.meter", {{"sent", sent}, {"acked", 1}}}}},
          {"lateness", metrics::to_tree(lateness)},
          {"rss_bytes", 1000},
          {"utilisation", 0.25 * static_cast<double>(sent)}};
}

TEST(Statistics, AddsShardsUp) {
  Statistics statistics;
  ASSERT_TRUE(statistics.update(0, figures(1, 100).dump()));
  ASSERT_TRUE(statistics.update(1, figures(3, 300).dump()));
  const json sum = json::parse(statistics.merged());
  EXPECT_EQ(sum["sent"], 4);
  EXPECT_EQ(sum["failed"]["timed_out"], 2);
  EXPECT_EQ(sum["reports"]["pile.meter"]["sent"], 4);
  EXPECT_EQ(sum["utilisation"], 0.75);
  EXPECT_EQ(sum["memory_per_device_bytes"], 100);
  EXPECT_EQ(sum["lateness"]["count"], 2);
  EXPECT_EQ(sum["lateness_us"]["max"], 300);
  EXPECT_EQ(statistics.presence(1).online, 9U);
}

TEST(Statistics, NewerFiguresReplaceOlderOnes) {
  Statistics statistics;
  ASSERT_TRUE(statistics.update(0, figures(1, 100).dump()));
  ASSERT_TRUE(statistics.update(0, figures(2, 100).dump()));
  EXPECT_EQ(json::parse(statistics.merged())["sent"], 2);
}

TEST(Statistics, ARestartTakesNothingAway) {
  Statistics statistics;
  ASSERT_TRUE(statistics.update(0, figures(5, 100).dump()));
  statistics.life_ended(0);
  ASSERT_TRUE(statistics.update(0, figures(1, 100).dump()));
  const json sum = json::parse(statistics.merged());
  EXPECT_EQ(sum["sent"], 6);
  EXPECT_EQ(sum["devices"], 10);
  EXPECT_EQ(sum["in_flight"], 2);
  EXPECT_EQ(sum["failed"]["worker_lost"], 2);
  EXPECT_EQ(sum["lateness"]["count"], 2);
}

TEST(Statistics, RefusesWhatItCannotAddUp) {
  Statistics statistics;
  ASSERT_TRUE(statistics.update(0, figures(5, 100).dump()));
  for (const char* text :
       {"", "[]", "{\"a\":[1]}", "{\"lateness\":{\"buckets\":7}}", "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"}) {
    EXPECT_FALSE(statistics.update(0, text)) << text;
  }
  EXPECT_EQ(json::parse(statistics.merged())["sent"], 5);
}

TEST(Statistics, OfNobodyAreStillFigures) {
  const json sum = json::parse(Statistics().merged());
  EXPECT_EQ(sum["memory_per_device_bytes"], 0);
  EXPECT_EQ(sum["lateness_us"]["count"], 0);
}

}  // namespace
}  // namespace vfleet::control::server
