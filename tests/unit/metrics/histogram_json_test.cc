#include "simulator/metrics/histogram_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/core/random.h"

namespace vfleet::metrics {
namespace {

TEST(HistogramJson, WritesOnlyBucketsThatCounted) {
  Histogram histogram;
  histogram.record(3);
  histogram.record(4);
  histogram.record(1025, 2);
  EXPECT_EQ(encode(histogram),
            R"({"unit":"us","count":4,"sum":2057,"max":1025,"buckets":[[3,1],[4,1],[1024,2]]})");
  EXPECT_EQ(to_tree(histogram), nlohmann::json::parse(encode(histogram)));
  EXPECT_EQ(encode(Histogram()), R"({"unit":"us","count":0,"sum":0,"max":0,"buckets":[]})");
}

TEST(HistogramJson, ReadsWhatItWrote) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed, 0, "json");
    Histogram histogram;
    for (std::uint64_t n = random.below(2000); n > 0; --n) {
      histogram.record(static_cast<std::int64_t>(random.next() >> random.below(60) >> 4));
    }
    const auto read = decode_histogram(encode(histogram));
    ASSERT_TRUE(read.has_value()) << read.error().detail;
    EXPECT_EQ(*read, histogram);
    EXPECT_EQ(*histogram_from_tree(to_tree(histogram)), histogram);
  }
}

TEST(HistogramJson, RefusesWhatItCannotHaveWritten) {
  const char* const kGarbage[] = {
      "",
      "{",
      "[]",
      "7",
      "{}",
      R"({"unit":"ms","count":0,"sum":0,"max":0,"buckets":[]})",
      R"({"unit":"us","count":1,"sum":0,"max":0,"buckets":[]})",
      R"({"unit":"us","count":0,"sum":0,"max":0})",
      R"({"unit":"us","count":0,"sum":0,"max":0,"buckets":{}})",
      R"({"unit":"us","count":0,"sum":5,"max":0,"buckets":[]})",
      R"({"unit":"us","count":-1,"sum":5,"max":5,"buckets":[[5,-1]]})",
      R"({"unit":"us","count":1.5,"sum":5,"max":5,"buckets":[[5,1]]})",
      R"({"unit":"us","count":1,"sum":5,"max":5,"buckets":[[5]]})",
      R"({"unit":"us","count":1,"sum":5,"max":5,"buckets":[["5",1]]})",
      R"({"unit":"us","count":1,"sum":5,"max":6,"buckets":[[5,1]]})",
      R"({"unit":"us","count":2,"sum":5,"max":5,"buckets":[[5,1]]})",
      R"({"unit":"us","count":1,"sum":5,"max":5,"buckets":[[5,0],[5,1]]})",
      R"({"unit":"us","count":2,"sum":9,"max":5,"buckets":[[5,1],[4,1]]})",
      R"({"unit":"us","count":2,"sum":9,"max":5,"buckets":[[5,1],[5,1]]})",
      R"({"unit":"us","count":1,"sum":5,"max":5,"buckets":[[12288,1]]})",
      R"({"unit":"us","count":1,"sum":5,"max":5,"buckets":[[5,18446744073709551615],[6,2]]})",
  };
  for (const char* text : kGarbage) {
    const auto read = decode_histogram(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, Errc::malformed);
  }
}

}  // namespace
}  // namespace vfleet::metrics
