#include "control/results/document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/results/verdict.h"
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

TEST(Document, SaysThatTheSeriesRanOutOfColumns) {
  SampleRun run;
  run.run(2);
  EXPECT_EQ(run.document()["remarks"], json::array());
  auto many = std::make_shared<Latencies>();
  for (int i = 0; i < 80; ++i) (*many)[fmt::format("http/pile.r{:02}", i)] = run.meter;
  Sample sample = run.now();
  for (int second = 3; second <= 5; ++second) {
    for (auto& [name, latency] : *many) latency.ack.record(std::int64_t{2'000});
    sample.at_us += 1'000'000;
    sample.figures.sent += 80;
    sample.latencies = std::make_shared<Latencies>(*many);
    run.recorder.take(sample);
  }
  const json document = run.document();
  EXPECT_EQ(document["series"]["columns"].size(), Series::kColumnsMax);
  ASSERT_EQ(document["remarks"].size(), 1U);
  const auto text = document["remarks"][0].get<std::string>();
  EXPECT_NE(text.find("600 columns at most"), std::string::npos) << text;
  EXPECT_NE(text.find("latency.http/pile.r"), std::string::npos) << text;
  EXPECT_EQ(document["latencies"].size(), 80U) << "of the whole run nothing is missing";
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

TEST(Document, AReportThatCameTwiceMakesUpForNoneThatIsLost) {
  SampleRun run;
  run.run(5);
  run.run_failing(10);
  run.platform.received += 6;
  run.platform.duplicates += 6;
  run.recorder.finish(run.now());
  const json totals = run.document()["totals"];
  EXPECT_EQ(totals["duplicates"], 6);
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
  EXPECT_FALSE(parse_results(R"({"format":"vfleet-results/3"})"));
  EXPECT_FALSE(parse_results(std::string(100'000, '[')));
}

TEST(Document, TheAccountOfEachReportClosesToTheLastOne) {
  SampleRun run;
  run.run(3);
  run.run_failing(10);  // nobody answered
  run.figures.sent += 7 + 5 + 2;
  run.figures.sent_by_report["pile.meter"] += 7 + 5 + 2;
  run.figures.failed["refused"] = 7;
  run.figures.failed["evicted"] = 5;
  run.figures.failed_by_report["pile.meter"] += 12;
  run.figures.refused_by_report["pile.meter"] = 7;
  run.figures.dropped_by_report["pile.meter"] = 5;
  run.figures.refused_by = {{"HTTP 503", 7}};
  run.figures.in_flight = 2;
  run.platform.started_us = 77;  // it started anew, and tells nothing
  run.recorder.finish(run.now());
  json document = run.document();
  const json totals = document["totals"];
  const json meter = totals["reports"]["pile.meter"];
  EXPECT_EQ(meter["sent"], 414);
  EXPECT_EQ(meter["acked"], 390);
  EXPECT_EQ(meter["refused"], 7);
  EXPECT_EQ(meter["dropped"], 5);
  EXPECT_EQ(meter["lost"], 10);
  EXPECT_EQ(meter["in_flight"], 2);
  EXPECT_EQ(totals["lost"], 10) << "what was dropped is no loss without a reason";
  EXPECT_EQ(totals["dropped"], 5);
  EXPECT_EQ(document["refused_by"]["HTTP 503"], 7);
  judge(document, {"loss == 10", "loss(meter) == 10", "dropped(pile.meter) == 5", "dropped < 2%"});
  EXPECT_TRUE(thresholds_passed(document)) << document["thresholds"].dump();
}

TEST(Document, HasArrivalsOfEachReportAsThePlatformTells) {
  SampleRun run;
  const auto arrived = [&](std::int64_t us, std::uint64_t times) {
    Arrivals now = run.platform.by_report ? *run.platform.by_report : Arrivals();
    now["http/pile.meter"].record(us, times);
    run.platform.by_report = std::make_shared<const Arrivals>(std::move(now));
  };
  run.run(1);
  arrived(1'000, 100);
  run.run(1);
  arrived(9'000, 100);
  run.run(1);
  json document = run.document();
  ASSERT_EQ(document["latencies"].size(), 1U);
  EXPECT_EQ(document["latencies"][0]["arrival"]["count"], 200);
  EXPECT_EQ(document["arrival"]["max"], 9'000);
  EXPECT_EQ(document["latencies"][0]["answer"]["count"], 300);
  judge(document, {"p50(meter.arrival) < 2ms", "p99(http/pile.meter.arrival) > 8ms", "p95(arrival) > 8ms",
                   "count(meter.arrival) == 200", "p99(meter.answer) < 2ms"});
  EXPECT_TRUE(thresholds_passed(document)) << document["thresholds"].dump();
  const json columns = document["series"]["columns"]["latency.http/pile.meter.arrival.p99_us"];
  EXPECT_NEAR(columns.back().get<double>(), 9'000, 9) << "of the last second alone";

  // Another process counts from zero: what the first had said stays.
  run.platform.started_us = 77;
  run.platform.by_report = nullptr;
  arrived(50'000, 1);
  run.run(1);
  EXPECT_EQ(run.document()["latencies"][0]["arrival"]["count"], 201);
}

TEST(Document, ArrivalsThatThePlatformSawBeforeTheRunAreNotThoseOfTheRun) {
  SampleRun run;
  run.run(2);
  run.platform.arrivals = 200;
  run.platform.p99_us = 7'000;
  run.run(1);
  EXPECT_EQ(run.document()["arrival"]["p99"], 7'000) << "it had seen nothing before";

  Recorder recorder(SampleRun::kStart_us);
  SampleRun second;
  second.platform.arrivals = 845;
  recorder.take(second.now());
  second.platform.arrivals = 845 + 300;
  second.run(3);
  recorder.take(second.now());
  EXPECT_EQ(make_document(recorder, SampleRun::facts())["arrival"], json());
}

TEST(Document, RatesAndWindowsThatAreNotFullYetAreNotZero) {
  SampleRun run;
  run.run(2);
  const json document = run.document();
  EXPECT_TRUE(document["lateness"]["worst_5s_p99"].is_null());
  EXPECT_TRUE(document["utilisation"]["worst_5s"].is_null());
  run.run(8);
  EXPECT_TRUE(run.document()["lateness"]["worst_5s_p99"].is_number());
  EXPECT_TRUE(run.document()["utilisation"]["worst_5s"].is_number());
  Figures newer = run.figures;
  newer.sent += 50;
  run.recorder.refresh(newer);
  EXPECT_EQ(run.document()["totals"]["sent"], 1'050) << "counts are of the moment when somebody asks";
}

TEST(Document, ReadsWhatAnEarlierVersionWrote) {
  SampleRun run;
  run.run(2);
  json before = run.document();
  before["format"] = kFormatBefore;
  before["totals"].erase("dropped");
  before["totals"]["lost"] = 12;
  before["errors"] = {{"evicted", 5}, {"timed_out", 7}};
  for (json& row : before["latencies"]) row.erase("answer");
  auto read = parse_results(before.dump());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ((*read)["format"], kFormat);
  EXPECT_EQ((*read)["totals"]["lost"], 7);
  EXPECT_EQ((*read)["totals"]["dropped"], 5);
  judge(*read, {"p99(meter.answer) < 1h"});
  EXPECT_FALSE(thresholds_passed(*read)) << "what was not measured then has not been shown";
  const auto newer = parse_results(R"({"format":"vfleet-results/3"})");
  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().detail.find("newer vfleet"), std::string::npos) << newer.error().detail;
}

TEST(Arrivals, AreNamedByTheTypesWhoseDevicesHaveSuchIds) {
  config::FleetSpec fleet;
  fleet.groups.resize(3);
  fleet.groups[0].type = "charging_pile";
  fleet.groups[0].rows = {{"pile-007", {}, {}}, {"west3-pile-1", {}, {}}};
  fleet.groups[1].type = "ip_camera";
  fleet.groups[1].rows = {{"cam-1", {}, {}}, {"dev-9", {}, {}}};
  fleet.groups[2].type = "probe";
  fleet.groups[2].rows = {{"dev-10", {}, {}}};
  const ArrivalNames names(fleet);
  EXPECT_EQ(names.row("mqtt", "pile-#", "meter"), "mqtt/charging_pile.meter");
  EXPECT_EQ(names.row("mqtt", "west#-pile-#", "meter"), "mqtt/charging_pile.meter");
  EXPECT_EQ(names.row("http", "cam-#", "status"), "http/ip_camera.status");
  EXPECT_EQ(names.row("http", "dev-#", "status"), "http/*.status") << "two types have such ids";
  const auto platform = parse_platform(
      R"({"arrivals":[{"way":"mqtt","ids":"pile-#","report":"meter",
          "due":{"unit":"us","count":1,"sum":5,"max":5,"buckets":[[5,1]]}},{"way":7},3]})",
      names);
  ASSERT_TRUE(platform);
  ASSERT_TRUE(platform->by_report);
  EXPECT_EQ(platform->by_report->at("mqtt/charging_pile.meter").count(), 1U);
}

TEST(Figures, TellWithWhichAnswersReportsWereRefused) {
  const auto figures = parse_figures(
      R"({"uplinks":{"answers_total{status=\"200\"}":90,"answers_total{status=\"503\"}":4,
          "answers_total{reason=\"success\"}":7,"answers_total{reason=\"not_authorized\"}":2,
          "connects_total":3}})");
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->refused_by, (Counts{{"HTTP 503", 4}, {"MQTT not_authorized", 2}}));
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
