#include "control/cli/render/summary.h"

#include <gtest/gtest.h>

namespace vfleet::cli {
namespace {

using nlohmann::json;

RunRecord good_run() {
  RunRecord record;
  record.fleet = "demo";
  record.devices = 100;
  record.workers = 2;
  record.start = std::chrono::milliseconds(1500);
  record.run = std::chrono::seconds(30);
  record.online = true;
  record.figures = {{"sent", 1000},
                    {"acked", 990},
                    {"failed", {{"refused", 10}}},
                    {"not_sent", {{"offline", 3}}},
                    {"memory_per_device_bytes", 2048},
                    {"lateness_us", {{"p50", 100}, {"p99", 900}, {"max", 2000}}},
                    {"ack_latency_us", {{"p50", 200}, {"p99", 1500}, {"max", 3000}}}};
  record.platform_before = {{"received", 500}, {"missing", 2}, {"duplicates", 1}};
  record.platform_after = {{"received", 1490}, {"missing", 2}, {"duplicates", 1}};
  return record;
}

TEST(Summary, CountsThePlatformsFiguresFromTheStartOfTheRun) {
  const json summary = make_summary(good_run());
  EXPECT_EQ(summary["received"], 990);
  EXPECT_EQ(summary["missing"], 0);
  EXPECT_EQ(summary["duplicates"], 0);
  EXPECT_EQ(summary["lost"], 0) << "what was refused is not lost";
  EXPECT_TRUE(results_are_valid(summary));
}

TEST(Summary, AReportThatCameTwiceMakesUpForNoneThatIsLost) {
  RunRecord record = good_run();
  record.platform_after["received"] = 1490 - 7;
  record.platform_after["duplicates"] = 1 + 5;
  const json summary = make_summary(record);
  EXPECT_EQ(summary["received"], 983);
  EXPECT_EQ(summary["duplicates"], 5);
  EXPECT_EQ(summary["lost"], 12);
}

TEST(Summary, NamesTheDevicesThatThePlatformComplainsOf) {
  RunRecord record = good_run();
  EXPECT_EQ(render_summary(make_summary(record), Style(false)).find("complaints"), std::string::npos);
  record.platform_before["complaints"] = {{"deviation", 2}};
  record.platform_after["complaints"] = {{"deviation", 2}, {"bill_mismatch", 3}};
  record.platform_after["worst_complaints"] = {
      {{"device", "32010600000007"}, {"kind", "bill_mismatch"}, {"count", 3}, {"what", "cost is 2 yuan"}}};
  const json summary = make_summary(record);
  EXPECT_EQ(summary["complaints"], (json{{"bill_mismatch", 3}})) << "those of this run";
  EXPECT_NE(
      render_summary(summary, Style(false))
          .find("  complaints   3 (bill_mismatch 3): 32010600000007 bill_mismatch 3 (cost is 2 yuan)\n"),
      std::string::npos)
      << render_summary(summary, Style(false));
}

TEST(Summary, TakesSmallerFiguresOfThePlatformForANewStart) {
  RunRecord record = good_run();
  record.platform_after = {{"received", 400}, {"missing", 1}};
  const json summary = make_summary(record);
  EXPECT_EQ(summary["received"], 400);
  EXPECT_EQ(summary["missing"], 1);
  EXPECT_EQ(summary["lost"], 590);
}

TEST(Summary, NeverCountsBelowZeroWhenMoreArrivedThanWasSent) {
  RunRecord record = good_run();
  record.platform_after["received"] = 3000;
  EXPECT_EQ(make_summary(record)["lost"], 0);
}

TEST(Summary, SaysWhyTheReceivedAreUnknown) {
  RunRecord record = good_run();
  record.platform_after = nullptr;
  record.platform_missing = "http://127.0.0.1:1/figures: Connection refused";
  const json summary = make_summary(record);
  EXPECT_TRUE(summary["received"].is_null());
  EXPECT_EQ(summary["lost"], 0) << "as far as acknowledgements tell";
  EXPECT_EQ(summary["lost_by"], "uplinks");
  EXPECT_NE(render_summary(summary, Style(false))
                .find("received     unknown: http://127.0.0.1:1/figures: Connection refused\n"),
            std::string::npos);
}

TEST(Summary, TellsWhatWasNeverAnswered) {
  RunRecord record = good_run();
  const auto text = [&] { return render_summary(make_summary(record), Style(false)); };
  EXPECT_EQ(text().find("in flight"), std::string::npos);
  record.figures["in_flight"] = 39;
  EXPECT_NE(text().find("in flight    39 at the end"), std::string::npos) << text();
  EXPECT_EQ(text().find("no report was answered"), std::string::npos) << text();
  record.figures["ack_latency_us"] = {{"p50", 0}, {"p99", 0}, {"max", 0}};
  EXPECT_NE(text().find("ack latency  none: no report was answered"), std::string::npos) << text();
}

TEST(Summary, HasTheRemarksOfTheResultsAndTheyHaveItsOwn) {
  RunRecord record = good_run();
  record.last_figures_missing = true;
  record.results = {{"remarks", {"columns ran out"}}, {"totals", json::object()}};
  json summary = make_summary(record);
  const json results = make_results(record, summary, {});
  ASSERT_EQ(summary["remarks"].size(), 2U);
  EXPECT_EQ(summary["remarks"][1], "columns ran out");
  EXPECT_EQ(results["remarks"], summary["remarks"]);
  EXPECT_NE(render_summary(summary, Style(false)).find("note         columns ran out\n"), std::string::npos);
}

TEST(Summary, IsNotValidWhenAWorkerWasBusyOrReportsWereLate) {
  RunRecord record = good_run();
  record.utilisation = 0.9;
  record.figures["lateness_us"]["p99"] = 100'000;
  EXPECT_TRUE(results_are_valid(make_summary(record))) << "the limits themselves are allowed";
  record.utilisation = 0.95;
  EXPECT_EQ(make_summary(record)["invalid_because"].size(), 1U);
  record.figures["lateness_us"]["p99"] = 100'001;
  const json summary = make_summary(record);
  EXPECT_FALSE(results_are_valid(summary));
  EXPECT_EQ(summary["invalid_because"].size(), 2U);
}

TEST(Summary, IsNotValidWhenNothingWasSentOrTheFleetWasNeverOnline) {
  const json nothing = make_summary({});
  EXPECT_EQ(nothing["sent"], 0);
  EXPECT_EQ(nothing["invalid_because"], (json{"the fleet was never all online", "no report was sent"}));
  RunRecord record = good_run();
  record.online = false;
  EXPECT_FALSE(results_are_valid(make_summary(record)));
}

TEST(Summary, IsNotValidWhenAProcessHadToBeKilled) {
  RunRecord record = good_run();
  record.killed = 1;
  const json summary = make_summary(record);
  EXPECT_FALSE(results_are_valid(summary));
  EXPECT_NE(render_summary(summary, Style(false)).find("not valid: 1 process had to be killed"),
            std::string::npos);
}

TEST(Summary, TellsThatControlWasAwayAndStaysValid) {
  RunRecord record = good_run();
  record.control_restarts = 1;
  record.control_away = std::chrono::milliseconds(1500);
  const json summary = make_summary(record);
  EXPECT_TRUE(results_are_valid(summary));
  EXPECT_EQ(summary["control_away_s"], 1.5);
  EXPECT_NE(render_summary(summary, Style(false)).find("note         control was away for 1.5 s in all"),
            std::string::npos);
}

TEST(Summary, TellsWhatWasNeverAcknowledgedWhenThePlatformStartedAnew) {
  RunRecord record = good_run();
  record.figures["acked"] = 960;
  record.figures["in_flight"] = 7;
  record.figures["failed"] = {{"refused", 10}, {"evicted", 4}, {"connection_lost", 19}};
  record.figures["handed_over"] = 300;
  record.platform_before["started_us"] = 1000;
  record.platform_after = {{"started_us", 2000}, {"received", 700}, {"missing", 300}, {"duplicates", 0}};
  const json summary = make_summary(record);
  EXPECT_EQ(summary["received"], 700);
  EXPECT_EQ(summary["lost"], 19);
  EXPECT_EQ(summary["lost_by"], "uplinks");
  EXPECT_EQ(summary["dropped"], 4);
  EXPECT_TRUE(summary["missing"].is_null());
  EXPECT_TRUE(summary["platform_restarted"]);
  const std::string text = render_summary(summary, Style(false));
  EXPECT_NE(text.find("received     700 by the platform since it started anew"), std::string::npos) << text;
  EXPECT_NE(text.find("lost         19 (never acknowledged)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("dropped      4 that gave way"), std::string::npos) << text;
  EXPECT_NE(text.find("300 of the reports went ways that acknowledge nothing"), std::string::npos) << text;
}

TEST(Summary, KnowsARestartThatWasSeenOnTheWay) {
  RunRecord record = good_run();
  record.platform_restarted = true;
  EXPECT_EQ(make_summary(record)["lost_by"], "uplinks");
}

TEST(Summary, TheThresholdHoldsOrFailsByTheFigureThatIsPrinted) {
  RunRecord record = good_run();
  record.figures["acked"] = 980;
  record.figures["failed"] = {{"refused", 10}, {"timed_out", 10}};
  record.platform_before["started_us"] = 1000;
  record.platform_after = {{"started_us", 2000}, {"received", 700}};
  record.results = {{"totals", {{"sent", 1000}, {"lost", 290}, {"lost_by", "platform"}}},
                    {"thresholds", json::array({{{"text", "loss == 10"}}})}};
  json summary = make_summary(record);
  const json results = make_results(record, summary, {"loss == 0"});
  EXPECT_EQ(results["totals"]["lost"], summary["lost"]);
  ASSERT_EQ(results["thresholds"].size(), 2U);
  EXPECT_EQ(results["thresholds"][0]["passed"], true) << results["thresholds"].dump();
  EXPECT_EQ(results["thresholds"][1]["passed"], false);
  EXPECT_EQ(results["thresholds"][1]["shown"], "10");
  EXPECT_NE(render_summary(summary, Style(false)).find("lost         10 (never acknowledged)"),
            std::string::npos);
}

TEST(Summary, SaysWithWhichAnswersReportsWereRefused) {
  json summary = make_summary(good_run());
  summary["refused_by"] = {{"HTTP 429", 2}, {"HTTP 503", 8}};
  EXPECT_NE(
      render_summary(summary, Style(false)).find("failed       10 (refused 10: HTTP 429 2, HTTP 503 8)\n"),
      std::string::npos);
}

TEST(RenderSummary, ShowsALineForEachFigure) {
  RunRecord record = good_run();
  record.utilisation = 0.125;
  record.restarts = 1;
  EXPECT_EQ(render_summary(make_summary(record), Style(false)),
            "summary of demo: 100 devices, 2 workers; online after 1.5 s, ran 30.0 s\n"
            "  sent         1000\n"
            "  acked        990\n"
            "  received     990 by the platform, 0 duplicates\n"
            "  lost         0 (0 missing in the platform's sequences)\n"
            "  not sent     3 (offline 3)\n"
            "  failed       10 (refused 10)\n"
            "  ack latency  p50 200 us, p99 1.5 ms, max 3.0 ms\n"
            "  lateness     p50 100 us, p99 900 us, max 2.0 ms\n"
            "  memory       2.0 KiB per device\n"
            "  busiest      a worker was busy 12.5% of five seconds\n"
            "  restarts     1 of workers that died\n"
            "  results      valid\n");
}

TEST(RenderSummary, SaysThatAFleetWasNeverAllOnline) {
  RunRecord record = good_run();
  record.online = false;
  EXPECT_NE(render_summary(make_summary(record), Style(false)).find("never all online, ended after 1.5 s"),
            std::string::npos);
}

TEST(BusiestSpan, IsTheHighestMeanOfAWindow) {
  BusiestSpan busiest(2);
  EXPECT_EQ(busiest.highest(), 0);
  busiest.add(1.0);
  EXPECT_EQ(busiest.highest(), 1.0) << "fewer samples than a window: all of them";
  busiest.add(0.0);
  EXPECT_EQ(busiest.highest(), 0.5) << "one busy second is not a busy span";
  busiest.add(0.75);
  busiest.add(0.75);
  busiest.add(0.0);
  EXPECT_EQ(busiest.highest(), 0.75);
}

}  // namespace
}  // namespace vfleet::cli
