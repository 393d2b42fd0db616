#include "control/results/document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/metrics/histogram_json.h"
#include "tests/unit/control/results/sample_run.h"

namespace vfleet::control::results {
namespace {

using nlohmann::json;

TEST(Document, HasTotalsOfTheWholeRunAndRatesOfTheMeasuredTime) {
  SampleRun run;
  run.figures.online = 5;
  run.run(2);
  run.figures.online = 10;
  run.run(11);
  run.run_failing(40);
  const json document = run.document();
  EXPECT_EQ(document["format"], kFormat);
  EXPECT_EQ(document["start_s"], 3);
  EXPECT_EQ(document["seconds"], 11);
  EXPECT_EQ(document["totals"]["sent"], 1'400);
  EXPECT_EQ(document["totals"]["acked"], 1'360);
  EXPECT_EQ(document["totals"]["failed"], 40);
  EXPECT_EQ(document["errors"]["timed_out"], 40);
  EXPECT_NEAR(document["rates"]["acked_per_s"].get<double>(), 1'060.0 / 11, 0.01);
  EXPECT_EQ(document["rates"]["sent_per_s"], 100);
  EXPECT_NEAR(document["totals"]["reports"]["pile.meter"]["acked_per_s"].get<double>(), 1'060.0 / 11, 0.01);
  EXPECT_EQ(document["started"], "2023-11-14T22:13:20Z");
}

TEST(Document, CountsLostReportsByWhatThePlatformReceived) {
  SampleRun run;
  run.run(5);
  run.run_failing(10);                // the platform has not seen them
  run.figures.failed["refused"] = 4;  // these arrived, and are not in `received`
  run.platform.received -= 4;
  run.figures.acked -= 4;
  run.recorder.finish(run.now());
  const json totals = run.document()["totals"];
  EXPECT_EQ(totals["lost_by"], "platform");
  EXPECT_EQ(totals["received"], 586);
  EXPECT_EQ(totals["lost"], 10);
}

TEST(Document, CountsLostReportsByAcknowledgementsWithoutAPlatformThatTells) {
  SampleRun run;
  run.run(3);
  run.run_failing(10);
  run.platform.started_us = 77;  // it started anew
  run.recorder.finish(run.now());
  const json totals = run.document()["totals"];
  EXPECT_EQ(totals["lost_by"], "uplinks");
  EXPECT_EQ(totals["lost"], 10);
  EXPECT_EQ(totals["platform_restarted"], true);
}

TEST(Document, ReportsThatWereSentSinceThePlatformWasAskedAreNotLost) {
  SampleRun run;
  run.run(3);
  Sample later = run.now();
  later.at_us += 1'000'000;
  later.figures.sent += 100;  // the platform was asked before
  later.figures.acked += 100;
  run.recorder.take(later);
  EXPECT_EQ(run.document()["totals"]["lost"], 0);
  EXPECT_EQ(run.document()["totals"]["lost_by"], "platform");
}

TEST(Document, APlatformThatWasFirstSeenAfterReportsWereSentSaysNothingOfLoss) {
  Recorder recorder(SampleRun::kStart_us);
  SampleRun run;
  run.run(2);
  recorder.take(run.now());
  run.run(1);
  recorder.take(run.now());
  EXPECT_EQ(make_document(recorder, SampleRun::facts())["totals"]["lost_by"], "uplinks");
}

TEST(Document, HoldsTheHistogramOfEachRow) {
  SampleRun run(3'000);
  run.run(4);
  const json row = run.document()["latencies"][0];
  EXPECT_EQ(row["uplink"], "http");
  EXPECT_EQ(row["type"], "pile");
  EXPECT_EQ(row["report"], "meter");
  EXPECT_EQ(row["ack"]["count"], 400);
  const auto histogram = metrics::histogram_from_tree(row["ack"]["hist"]);
  ASSERT_TRUE(histogram);
  EXPECT_EQ(*histogram, run.meter.ack);
  EXPECT_EQ(row["ack"]["p99"], histogram->value_at_quantile(0.99));
}

TEST(Document, ReadsBackWhatItWroteAndNothingElse) {
  SampleRun run;
  run.run(2);
  const json document = run.document();
  const auto back = parse_results(document.dump());
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, document);
  EXPECT_FALSE(parse_results(""));
  EXPECT_FALSE(parse_results("[]"));
  EXPECT_FALSE(parse_results("{}"));
  EXPECT_FALSE(parse_results(R"({"format":"vfleet-results/2"})"));
  EXPECT_FALSE(parse_results(std::string(100'000, '[')));
}

TEST(Figures, AreReadFromStatisticsAndFromThePlatform) {
  const auto figures = parse_figures(
      R"({"devices":3,"online":2,"sent":9,"failed":{"timed_out":1},"reports":{"pile.meter":{"sent":9,"acked":8}},
          "latencies":[{"name":"http/pile.meter","send":{"unit":"us","count":1,"sum":5,"max":5,"buckets":[[5,1]]}}]})");
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->online, 2U);
  EXPECT_EQ(figures->acked_by_report.at("pile.meter"), 8U);
  EXPECT_EQ(figures->latencies.at("http/pile.meter").send.count(), 1U);
  EXPECT_FALSE(parse_figures("7"));
  const auto platform =
      parse_platform(R"({"received":7,"latency":{"due":{"count":7,"p50_us":10,"p99_us":20,"max_us":30}}})");
  ASSERT_TRUE(platform);
  EXPECT_EQ(platform->received, 7U);
  EXPECT_EQ(platform->p99_us, 20);
  EXPECT_FALSE(parse_platform("x"));
}

}  // namespace
}  // namespace vfleet::control::results
