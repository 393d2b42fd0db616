#include "control/metrics/exposition.h"

#include <gtest/gtest.h>

namespace vfleet::control::metrics {
namespace {

TEST(Exposition, WritesAFamilyAndItsSamples) {
  Exposition out;
  out.counter("vfleet_reports_sent_total", "Reports\nsent, \\ and all.");
  out.sample({{"type", "pile"}, {"report", "meter"}}, std::uint64_t{18446744073709551615ULL});
  out.sample({{"type", "a\"b\\c\nd"}}, std::uint64_t{0});
  out.gauge("vfleet_worker_utilisation_ratio", "Busy.");
  out.sample({}, 0.25);
  EXPECT_EQ(out.take(),
            "# HELP vfleet_reports_sent_total Reports\\nsent, \\\\ and all.\n"
            "# TYPE vfleet_reports_sent_total counter\n"
            "vfleet_reports_sent_total{type=\"pile\",report=\"meter\"} 18446744073709551615\n"
            "vfleet_reports_sent_total{type=\"a\\\"b\\\\c\\nd\"} 0\n"
            "# HELP vfleet_worker_utilisation_ratio Busy.\n"
            "# TYPE vfleet_worker_utilisation_ratio gauge\n"
            "vfleet_worker_utilisation_ratio 0.25\n");
}

TEST(Exposition, ALabelThatIsNotUtf8DoesNotSpoilTheText) {
  Exposition out;
  out.gauge("g", "Caf\xE9.");
  out.sample({{"type", "caf\xE9\"\xC0\x80\n"}, {"report", "\xE4\xBD\xA0\xE5\xA5\xBD \xE5\xA5"}},
             std::uint64_t{1});
  EXPECT_EQ(out.take(),
            "# HELP g Caf\xEF\xBF\xBD.\n"
            "# TYPE g gauge\n"
            "g{type=\"caf\xEF\xBF\xBD\\\"\xEF\xBF\xBD\xEF\xBF\xBD\\n\",report=\"\xE4\xBD\xA0\xE5\xA5\xBD "
            "\xEF\xBF\xBD\xEF\xBF\xBD\"} 1\n");
}

TEST(Exposition, AHistogramIsCumulativeAndInSeconds) {
  vfleet::metrics::Histogram latencies;
  latencies.record(std::int64_t{400});
  latencies.record(std::int64_t{500});
  latencies.record(std::int64_t{900}, 10);
  latencies.record(std::int64_t{40'000});
  latencies.record(std::int64_t{90'000'000});
  Exposition out;
  out.histogram("wait_seconds", "Waiting.");
  out.sample({{"uplink", "http"}}, latencies);
  const std::string text = out.take();
  const auto has = [&](const std::string& line) { return text.find(line + "\n") != std::string::npos; };
  EXPECT_TRUE(has("wait_seconds_bucket{uplink=\"http\",le=\"0.0005\"} 2")) << text;
  EXPECT_TRUE(has("wait_seconds_bucket{uplink=\"http\",le=\"0.001\"} 12"));
  EXPECT_TRUE(has("wait_seconds_bucket{uplink=\"http\",le=\"0.025\"} 12"));
  EXPECT_TRUE(has("wait_seconds_bucket{uplink=\"http\",le=\"0.05\"} 13"));
  EXPECT_TRUE(has("wait_seconds_bucket{uplink=\"http\",le=\"60\"} 13"));
  EXPECT_TRUE(has("wait_seconds_bucket{uplink=\"http\",le=\"+Inf\"} 14"));
  EXPECT_TRUE(has("wait_seconds_sum{uplink=\"http\"} 90.0499")) << text;
  EXPECT_TRUE(has("wait_seconds_count{uplink=\"http\"} 14"));
}

TEST(Exposition, EachBoundIsSharpToAThousandth) {
  for (const std::uint64_t bound : Exposition::bounds_us()) {
    vfleet::metrics::Histogram latencies;
    latencies.record(static_cast<std::int64_t>(bound - bound / 500 - 1));
    latencies.record(static_cast<std::int64_t>(bound + bound / 500 + 1));
    Exposition out;
    out.histogram("h", "");
    out.sample({}, latencies);
    const std::string text = out.take();
    std::string le = std::to_string(static_cast<double>(bound) / 1e6);
    le.erase(le.find_last_not_of('0') + 1);
    if (le.back() == '.') le.pop_back();
    EXPECT_NE(text.find("le=\"" + le + "\"} 1\n"), std::string::npos) << bound << "\n" << text;
  }
}

}  // namespace
}  // namespace vfleet::control::metrics
