#include "control/results/recorder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/control/results/sample_run.h"

namespace vfleet::control::results {
namespace {

using nlohmann::json;

/// The newest value of a column; NaN when there is none.
double newest(const Recorder& recorder, std::string_view column) {
  const auto points = recorder.series().points();
  for (std::size_t i = 0; i < recorder.series().columns().size(); ++i) {
    if (recorder.series().columns()[i].name == column && !points.empty() && i < points.back().values.size())
      return points.back().values[i];
  }
  return std::nan("");
}

TEST(Recorder, TellsRatesAndPercentilesOfEachSecond) {
  SampleRun run(2'000);
  run.run(3);
  EXPECT_EQ(newest(run.recorder, "sent_per_s"), 100);
  EXPECT_EQ(newest(run.recorder, "acked_per_s"), 100);
  EXPECT_EQ(newest(run.recorder, "received_per_s"), 100);
  EXPECT_EQ(newest(run.recorder, "reports.pile.meter.sent_per_s"), 100);
  EXPECT_NEAR(newest(run.recorder, "ack.p99_us"), 2'000, 2);
  run.ack_us = 9'000;
  run.run(1);
  EXPECT_NEAR(newest(run.recorder, "ack.p50_us"), 9'000, 10) << "of this second alone";
  EXPECT_NEAR(newest(run.recorder, "latency.http/pile.meter.ack.p99_us"), 9'000, 10);
  run.run_failing(30);
  EXPECT_EQ(newest(run.recorder, "failed.timed_out_per_s"), 30);
  EXPECT_EQ(newest(run.recorder, "acked_per_s"), 70);
}

TEST(Recorder, WhatThePlatformReceivedIsOfTheTimeBetweenItsAnswers) {
  SampleRun run;
  run.run(3);
  // Its answer comes with the next sample, 0.9 s old: of 10 reports in 0.1 s.
  run.platform.received -= 90;
  run.answered_before_us = 900'000;
  run.run(1);
  EXPECT_NEAR(newest(run.recorder, "received_per_s"), 100, 0.01);
  // The one after it is new: of 190 reports in 1.9 s.
  run.platform.received += 90;
  run.answered_before_us = 0;
  run.run(1);
  EXPECT_NEAR(newest(run.recorder, "received_per_s"), 100, 0.01);
  // The same answer once more says nothing.
  run.answered_before_us = 1'000'000;
  run.run(1);
  EXPECT_TRUE(std::isnan(newest(run.recorder, "received_per_s")));
}

TEST(Recorder, MeasuresFromWhenAllDevicesWereOnline) {
  SampleRun run;
  run.figures.online = 9;
  run.run(4);
  EXPECT_FALSE(run.recorder.base());
  run.figures.online = 10;
  run.run(1);
  ASSERT_TRUE(run.recorder.base());
  EXPECT_EQ(run.recorder.base()->at_s, 5);
  EXPECT_EQ(run.recorder.base()->sent, 500U);
  run.figures.online = 8;
  run.run(1);
  EXPECT_DOUBLE_EQ(run.recorder.worst().online, 0.8);
}

TEST(Recorder, FindsTheWorstFiveSeconds) {
  SampleRun run;
  run.run(10);
  EXPECT_NEAR(run.recorder.worst().lateness_p99_us, 500, 1);
  EXPECT_DOUBLE_EQ(run.recorder.worst().utilisation, 0.25);
  run.late_us = 400'000;
  run.utilisation = 1;
  run.run(1);
  EXPECT_NEAR(run.recorder.worst().lateness_p99_us, 400'000, 400) << "one second of five is a fifth";
  EXPECT_DOUBLE_EQ(run.recorder.worst().utilisation, (4 * 0.25 + 1) / 5);
  run.late_us = 500;
  run.utilisation = 0.1;
  run.run(60);
  EXPECT_NEAR(run.recorder.worst().lateness_p99_us, 400'000, 400) << "the worst stays";
  EXPECT_LT(run.figures.lateness.value_at_quantile(0.98), 1'000U) << "although the whole run looks fine";
}

TEST(Recorder, AFewReportsMakeNoPercentile) {
  SampleRun run;
  run.run(1);
  for (int i = 0; i < 8; ++i) {
    ++run.at_s;
    run.figures.sent += 1;
    run.figures.lateness.record(900'000, 1);
    run.recorder.take(run.now());
  }
  EXPECT_EQ(run.recorder.worst().lateness_p99_us, 0);
}

TEST(Recorder, TimeWithoutSamplesIsAGapAndTakesNothingFromTheTotals) {
  SampleRun run;
  run.run(5);
  run.away(10);
  run.run(5);
  const json series = run.recorder.series().to_json();
  ASSERT_EQ(series["gaps"].size(), 1U);
  EXPECT_EQ(series["gaps"][0][0], 5.0);
  EXPECT_EQ(series["gaps"][0][1], 16.0);
  EXPECT_EQ(newest(run.recorder, "sent_per_s"), 100) << "no burst where the gap ends";
  EXPECT_EQ(run.recorder.figures().sent, 2'000U);
}

TEST(Recorder, LeavesOutFiguresThatKnowLessThanWasKnown) {
  SampleRun run;
  run.run(5);
  Sample half = run.now();
  half.at_us += 1'000'000;
  half.figures.sent = 250;  // one of two workers has not been heard since control came back
  half.figures.acked = 250;
  run.recorder.take(half);
  EXPECT_EQ(run.recorder.figures().sent, 500U);
  EXPECT_EQ(run.recorder.series().points().size(), 4U);
}

TEST(Recorder, BelievesLowerFiguresInTheEnd) {
  SampleRun run;
  run.run(5);
  for (int i = 1; i <= 40; ++i) {
    Sample lost = run.now();
    lost.at_us += i * 1'000'000;
    lost.figures.sent = 10;
    lost.figures.acked = 10;
    run.recorder.take(lost);
  }
  EXPECT_EQ(run.recorder.figures().sent, 10U);
}

TEST(Recorder, ANewOneGoesOnWhereTheOldOneWasKilled) {
  SampleRun run;
  Mark mark;
  mark.at_us = SampleRun::kStart_us + 2'500'000;
  mark.kind = "command";
  mark.verb = "set";
  mark.selector = "all";
  mark.revision = 1;
  mark.text = "set all a=1";
  run.run(3);
  std::string file;
  const auto save = [&](Recorder& recorder) {
    const Recorder::Text text = recorder.unsaved();
    if (text.whole) file.clear();
    file += text.lines;
  };
  save(run.recorder);
  run.recorder.mark(mark);
  run.late_us = 30'000;
  run.run(6);
  save(run.recorder);
  file += R"({"point":[99,1,[1,2)";  // cut off while it was written

  Recorder next(SampleRun::kStart_us + 99);
  next.restore(file);
  EXPECT_EQ(next.started_us(), SampleRun::kStart_us);
  EXPECT_EQ(next.series().to_json(), run.recorder.series().to_json());
  ASSERT_EQ(next.marks().size(), 1U);
  EXPECT_EQ(next.marks()[0].text, "set all a=1");
  EXPECT_EQ(next.marks()[0].revision, 1U);
  ASSERT_TRUE(next.base());
  EXPECT_EQ(next.base()->sent, run.recorder.base()->sent);
  EXPECT_EQ(next.worst().lateness_p99_us, run.recorder.worst().lateness_p99_us);

  run.away(1);
  run.recorder = std::move(next);
  run.run(2);
  const json series = run.recorder.series().to_json();
  EXPECT_EQ(series["gaps"].size(), 1U) << "also a short absence is marked";
  EXPECT_EQ(newest(run.recorder, "sent_per_s"), 100);
  save(run.recorder);
  Recorder third(0);
  third.restore(file);
  EXPECT_EQ(third.series().to_json(), series) << "and so on";
}

TEST(Recorder, WritesItsFileAnewWhenTheResolutionHalves) {
  SampleRun run(2'000, 8);
  run.run(3);
  EXPECT_TRUE(run.recorder.unsaved().whole);
  run.run(3);
  EXPECT_FALSE(run.recorder.unsaved().whole);
  run.run(5);
  const Recorder::Text text = run.recorder.unsaved();
  EXPECT_TRUE(text.whole);
  Recorder next(0, 8);
  next.restore(text.lines);
  EXPECT_EQ(next.series().to_json()["columns"]["sent_per_s"],
            run.recorder.series().to_json()["columns"]["sent_per_s"]);
}

TEST(Recorder, TheSameTriggerManyTimesIsOneMark) {
  Recorder recorder(0);
  for (int i = 0; i < 5'000; ++i) {
    Mark mark;
    mark.at_us = i * 100;
    mark.kind = "command";
    mark.verb = "trigger";
    mark.selector = "all";
    recorder.mark(mark);
  }
  ASSERT_EQ(recorder.marks().size(), 1U);
  EXPECT_EQ(recorder.marks()[0].times, 5'000U);
  for (int i = 0; i < 3'000; ++i) {
    Mark mark;
    mark.kind = "command";
    mark.verb = "set";
    mark.revision = static_cast<std::uint64_t>(i) + 1;
    recorder.mark(mark);
  }
  EXPECT_EQ(recorder.marks().size(), Recorder::kMarksMax);
  EXPECT_EQ(recorder.marks_dropped(), 3'001U - Recorder::kMarksMax);
}

TEST(Recorder, ReadsNoNonsense) {
  for (const char* text :
       {"", "x", "{}\n", "[1]\n",
        R"({"format":"other","started_us":1})"
        "\n",
        "{\"format\":\"vfleet-recorder/1\",\"started_us\":7}\n{\"point\":[1,0,[]]}\n"
        "{\"point\":[1e400,1,[]]}\n{\"point\":\"x\"}\n{\"state\":[]}\n{\"mark\":7}\n{\"again\":5}\n"}) {
    Recorder recorder(3);
    recorder.restore(text);
    EXPECT_TRUE(recorder.series().points().empty()) << text;
    EXPECT_TRUE(recorder.marks().empty()) << text;
  }
}

TEST(Histograms, TheDifferenceOfTwoMomentsIsWhatCameBetween) {
  metrics::Histogram before;
  before.record(100, 5);
  before.record(50'000, 1);
  metrics::Histogram now = before;
  now.record(200, 7);
  const metrics::Histogram between = since(now, before);
  EXPECT_EQ(between.count(), 7U);
  EXPECT_EQ(between.sum(), 1'400U);
  EXPECT_EQ(between.value_at_quantile(0.99), 200U);
  EXPECT_EQ(between.max(), 200U) << "not the largest of all";
  EXPECT_EQ(since(before, now).count(), 0U);
}

}  // namespace
}  // namespace vfleet::control::results
