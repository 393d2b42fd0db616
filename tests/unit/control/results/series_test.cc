#include "control/results/series.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace vfleet::control::results {
namespace {

using nlohmann::json;

TEST(Series, KeepsWhatItIsGiven) {
  Series series;
  const auto rate = series.column("rate", Fold::mean);
  series.add(1, 1, {{rate, 10}});
  const auto late = series.column("late", Fold::worst);
  series.add(2, 1, {{rate, 20}, {late, 5}});
  EXPECT_EQ(series.to_json(), json::parse(R"({"at_s":[1.0,2.0],"seconds":[1.0,1.0],"gaps":[],
    "columns":{"rate":[10.0,20.0],"late":[null,5.0]}})"));
}

TEST(Series, HalvesItsResolutionAndShowsNothingBetterThanItWas) {
  Series series(4);
  const auto rate = series.column("rate", Fold::mean);
  const auto late = series.column("late", Fold::worst);
  const auto online = series.column("online", Fold::least);
  const auto size = series.column("size", Fold::last);
  for (int i = 1; i <= 5; ++i)
    series.add(i, 1, {{rate, i * 10.0}, {late, i % 2 == 0 ? 7.0 : 3.0}, {online, 10.0 - i}, {size, i * 1.0}});
  const auto points = series.points();
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(series.step(), 2);
  EXPECT_EQ(points[0].seconds, 2);
  EXPECT_EQ(points[0].at_s, 2);
  EXPECT_EQ(points[0].values, (std::vector<double>{15, 7, 8, 2}));
  EXPECT_EQ(points[1].values, (std::vector<double>{35, 7, 6, 4}));
  EXPECT_EQ(points[2].seconds, 1) << "the newest has no neighbour yet";

  series.add(6, 1, {{rate, 100}});
  EXPECT_EQ(series.points().size(), 4U) << "the one second that is open is shown";
  series.add(7, 1, {{rate, 200}});
  EXPECT_EQ(series.points().back().seconds, 2);
  EXPECT_EQ(series.points().back().values[rate], 150);
}

TEST(Series, NeverGrowsPastItsBoundWhateverIsAdded) {
  Series series(16);
  const auto rate = series.column("rate", Fold::mean);
  double seconds = 0;
  for (int i = 1; i <= 10'000; ++i) {
    if (i % 3 == 0)
      series.gap(i - 1, i);
    else
      series.add(i, 1, {{rate, 1}});
    ASSERT_LE(series.points().size(), 17U);
  }
  for (const Series::Point& point : series.points()) seconds += point.seconds;
  EXPECT_NEAR(seconds, 10'000, 1) << "no time is forgotten";
}

TEST(Series, AGapIsNotMixedWithItsNeighbours) {
  Series series(4);
  const auto rate = series.column("rate", Fold::mean);
  series.add(1, 1, {{rate, 10}});
  series.gap(1, 9);
  for (int i = 10; i <= 13; ++i) series.add(i, 1, {{rate, 10}});
  const json tree = series.to_json();
  EXPECT_EQ(tree["gaps"], json::parse("[[1.0,9.0]]"));
  const auto points = series.points();
  ASSERT_GE(points.size(), 2U);
  EXPECT_FALSE(points[0].gap);
  EXPECT_TRUE(points[1].gap);
  EXPECT_TRUE(tree["columns"]["rate"][1].is_null());
}

TEST(Series, RefusesMoreColumnsThanItMayHave) {
  Series series;
  for (std::size_t i = 0; i < Series::kColumnsMax; ++i)
    EXPECT_EQ(series.column("c" + std::to_string(i), Fold::mean), i);
  const auto refused = series.column("one more", Fold::mean);
  EXPECT_EQ(refused, Series::kColumnsMax);
  series.add(1, 1, {{refused, 1}, {0, 2}});
  EXPECT_EQ(series.points()[0].values[0], 2);
  EXPECT_EQ(series.column("one more", Fold::mean), refused);
  EXPECT_EQ(series.column("c7", Fold::mean), 7U) << "those that it has go on";
  EXPECT_EQ(series.left_out(), (std::set<std::string, std::less<>>{"one more"}));
}

TEST(Series, RoundsToFiveDigits) {
  EXPECT_DOUBLE_EQ(rounded(123456.0), 123460);
  EXPECT_DOUBLE_EQ(rounded(0.000123456), 0.00012346);
  EXPECT_EQ(rounded(0), 0);
  EXPECT_TRUE(std::isnan(rounded(std::nan(""))));
}

}  // namespace
}  // namespace vfleet::control::results
