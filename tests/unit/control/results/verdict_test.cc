#include "control/results/verdict.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/results/measure.h"
#include "tests/unit/control/results/sample_run.h"

namespace vfleet::control::results {
namespace {

using nlohmann::json;

struct Row {
  const char* text;
  bool passed;
};

TEST(Verdict, MeasuresWhatEachThresholdNames) {
  SampleRun run(20'000);
  run.run(10);
  run.run_failing(50);
  run.figures.not_sent["late"] = 11;
  run.figures.link_downs["connection_lost"] = 3;
  run.recorder.finish(run.now());
  json document = run.document();
  const std::vector<Row> table{
      {"p99(meter.ack) < 21ms", true},
      {"p99(meter.ack) < 19ms", false},
      {"p50(http/pile.meter.ack) > 19ms", true},
      {"p99(pile.*.send) < 1ms", true},
      {"max(ack) <= 21ms", true},
      {"mean(ack) < 19ms", false},
      {"count(meter.ack) == 1050", true},
      {"p99(lateness) < 1ms", true},
      {"rate >= 94/s", true},
      {"rate(meter) >= 100/s", false},
      {"rate(pile.meter) >= 94/s", true},
      {"loss == 50", true},
      {"loss < 5%", true},
      {"loss < 4%", false},
      {"errors(timed_out) == 50", true},
      {"errors(refused) == 0", true},
      {"errors == 0", false},
      {"not_sent < 1%", true},
      {"not_sent(late) == 11", true},
      {"link_downs == 3", true},
      {"sent(meter) == 1100", true},
      {"acked == 1050", true},
      {"online >= 99%", true},
      {"utilisation < 80%", true},
      {"utilisation < 20%", false},
      {"duplicates == 0", true},
      // What was not measured has not been shown.
      {"p99(heartbeat.ack) < 1h", false},
      {"p99(mqtt/meter.ack) < 1h", false},
      {"p99(arrival) < 1h", false},
      {"nonsense", false},
  };
  std::vector<std::string> texts;
  for (const Row& row : table) texts.emplace_back(row.text);
  judge(document, texts);
  ASSERT_EQ(document["thresholds"].size(), table.size());
  for (std::size_t i = 0; i < table.size(); ++i)
    EXPECT_EQ(document["thresholds"][i]["passed"], table[i].passed) << document["thresholds"][i].dump();
  EXPECT_FALSE(thresholds_passed(document));
  EXPECT_TRUE(is_valid(document)) << document["invalid_because"].dump();
  judge(document, {"loss == 50"});
  EXPECT_TRUE(thresholds_passed(document));
}

TEST(Verdict, AGeneratorThatCouldNotKeepUpMakesResultsInvalid) {
  SampleRun late;
  late.run(5);
  late.late_us = 300'000;
  late.run(2);
  late.late_us = 500;
  late.run(600);
  json document = late.document();
  judge(document, {});
  EXPECT_FALSE(is_valid(document));
  EXPECT_NE(document["invalid_because"][0].get<std::string>().find("in the worst five seconds"),
            std::string::npos)
      << document["invalid_because"].dump();

  SampleRun busy;
  busy.utilisation = 0.97;
  busy.run(12);
  document = busy.document();
  judge(document, {});
  EXPECT_FALSE(is_valid(document));
  EXPECT_EQ(document["invalid_because"][0],
            "a worker was busy 97% of five seconds (limits.utilisation is 90%)");
  document["limits"]["utilisation"] = 0.99;
  judge(document, {});
  EXPECT_TRUE(is_valid(document));
}

TEST(Verdict, ReportsThatWereSkippedCountAsLate) {
  SampleRun run;
  run.run(10);
  run.figures.not_sent["late"] = 9;
  run.recorder.finish(run.now());
  json document = run.document();
  judge(document, {});
  EXPECT_TRUE(is_valid(document)) << document["invalid_because"].dump();
  run.figures.not_sent["late"] = 250;
  run.recorder.finish(run.now());
  document = run.document();
  judge(document, {});
  ASSERT_FALSE(is_valid(document));
  EXPECT_EQ(
      document["invalid_because"][0],
      "20% of the reports that were due were skipped: the generator came to them too late (more than 1%)");
}

TEST(Verdict, AFleetThatWasNeverThereShowsNothing) {
  SampleRun run;
  json document = run.document();
  judge(document, {}, {"a process had to be killed", "no report was sent"});
  EXPECT_FALSE(is_valid(document));
  EXPECT_EQ(document["invalid_because"],
            json({"the fleet was never all online", "no report was sent", "a process had to be killed"}));
}

TEST(Value, ReadsAsPeopleReadIt) {
  using config::Dimension;
  EXPECT_EQ(value_text(0.000012, Dimension::seconds), "12 us");
  EXPECT_EQ(value_text(0.00123, Dimension::seconds), "1.23 ms");
  EXPECT_EQ(value_text(2.5, Dimension::seconds), "2.50 s");
  EXPECT_EQ(value_text(5012.4, Dimension::per_second), "5012/s");
  EXPECT_EQ(value_text(0.995, Dimension::share), "99.5%");
  EXPECT_EQ(value_text(17, Dimension::count), "17");
}

}  // namespace
}  // namespace vfleet::control::results
