#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/cli/render/counts.h"
#include "control/cli/render/figures.h"
#include "control/cli/render/results.h"
#include "control/cli/render/rows.h"
#include "control/cli/render/table.h"
#include "control/cli/render/types.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

const Style kPlain(false);

TEST(Table, AlignsColumnsByCharactersAndHidesControlCharacters) {
  Table table({"ID", "WHAT"});
  table.row({"größe", "x"});
  table.row({"a", "evil\x1b[2J"});
  EXPECT_EQ(table.render(kPlain),
            "ID     WHAT\n"
            "größe  x\n"
            "a      evil?[2J\n");
}

TEST(Results, TheAccountClosesInEachRowAndInAll) {
  // Over UDP, say: each was handed over, and the platform has counted seven fewer.
  const json row = {{"sent", 100U}, {"acked", 90U},    {"refused", 3U},    {"dropped", 2U},
                    {"lost", 4U},   {"in_flight", 1U}, {"acked_per_s", 9U}};
  const json totals = {
      {"sent", 100U}, {"acked", 90U},          {"refused", 3U},   {"dropped", 2U},
      {"lost", 7U},   {"lost_by", "platform"}, {"in_flight", 1U}, {"reports", {{"pile.meter", row}}}};
  const std::string text = render_results({{"totals", totals}, {"rates", {{"acked_per_s", 9}}}}, kPlain);
  EXPECT_NE(text.find("pile.meter   100     90        3        2     4          1"), std::string::npos)
      << text;
  EXPECT_NE(text.find("all          100     90        3        2     4          1"), std::string::npos)
      << text;
}

TEST(Table, ACellThatIsWiderThanAllowedPushesTheRestOfItsRowBelow) {
  Table table({"ID", "TAKES", "WHAT"});
  table.widest(6);
  table.row({"a", "short", "x"});
  table.row({"b", "very|long|words", "y"});
  table.row({"c", "very|long|words"});
  table.row({"d", "", "the last one is as wide as it is"});
  EXPECT_EQ(table.render(kPlain),
            "ID  TAKES  WHAT\n"
            "a   short  x\n"
            "b   very|long|words\n"
            "           y\n"
            "c   very|long|words\n"
            "d          the last one is as wide as it is\n");
}

TEST(RenderCounts, SaysWhatBecameOfACommand) {
  const json result = {
      {"verb", "set"}, {"matched", 400}, {"applied", 398},
      {"rejected", 2}, {"failed", 0},    {"shards", 2},
      {"answered", 2}, {"revision", 17}, {"reasons", {{{"device", "pile-00042"}, {"text", "offline"}}}}};
  EXPECT_EQ(render_counts(result, kPlain),
            "set: 400 matched, 398 applied, 2 rejected (2 of 2 workers, revision 17)\n"
            "  pile-00042: offline\n");
}

TEST(RenderCounts, SaysWhatBecomesOfARuleThatNoDeviceTook) {
  EXPECT_EQ(render_counts({{"verb", "set"},
                           {"matched", 1},
                           {"rejected", 1},
                           {"shards", 1},
                           {"answered", 1},
                           {"revision", 7},
                           {"reasons", {{{"device", "a"}, {"text", "too short"}}}},
                           {"hint", "revision 7 is kept as a rule"}},
                          kPlain),
            "set: 1 matched, 0 applied, 1 rejected (1 of 1 worker, revision 7)\n"
            "  a: too short\n"
            "  revision 7 is kept as a rule\n");
}

TEST(RenderCounts, NamesWorkersThatAreSilentAndTheJobOfARepeatingTrigger) {
  EXPECT_EQ(render_counts({{"verb", "pause"},
                           {"matched", 3},
                           {"applied", 3},
                           {"shards", 3},
                           {"answered", 2},
                           {"silent", {1}}},
                          kPlain),
            "pause: 3 matched, 3 applied (2 of 3 workers)\n  no answer from worker 1\n");
  EXPECT_EQ(render_counts({{"verb", "trigger"},
                           {"matched", 1},
                           {"applied", 1},
                           {"shards", 1},
                           {"answered", 1},
                           {"job", "j7"}},
                          kPlain),
            "trigger: 1 matched, 1 applied (1 of 1 worker, job j7)\n");
}

TEST(RenderCounts, TellsADryRunFromTheRealThing) {
  EXPECT_EQ(render_counts({{"verb", "set"}, {"matched", 10}, {"would_change", 4}}, kPlain),
            "set: 10 matched, 4 would change (nothing was done)\n");
  EXPECT_EQ(render_counts({{"verb", "set"}, {"matched", 0}}, kPlain),
            "set: no device matched\n  try: vfleet ls\n");
  EXPECT_EQ(render_counts({{"verb", "set"}, {"matched", 0}, {"revision", 7}, {"seq", 9}}, kPlain),
            "set: no device matched; revision 7 holds for those that are yet to come\n")
      << "--future";
}

TEST(RenderFigures, TellOfThePlatformWhatItKnowsAndWhatItComplainsOf) {
  const auto platform_line = [](json platform) {
    const std::string text =
        render_figures({{"figures", json::object()}, {"platform", std::move(platform)}}, kPlain);
    return text.substr(text.find("platform: "));
  };
  json told = {{"received", 7}, {"latency", {{"sent", {{"count", 7}, {"p50_us", 900}, {"p99_us", 1500}}}}}};
  EXPECT_EQ(platform_line(told),
            "platform: 7 received, 0 missing, 0 duplicates, 0 faults; arrival p50 900 us, p99 1.5 ms\n");
  told["latency"]["sent"] = {{"count", 0}, {"p50_us", 0}, {"p99_us", 0}};
  told["complaints"] = {{"deviation", 1}, {"not_ykc", 2}};
  EXPECT_EQ(
      platform_line(told),
      "platform: 7 received, 0 missing, 0 duplicates, 0 faults; complaints 3 (deviation 1, not_ykc 2)\n");
}

TEST(RenderDevices, ListsThemAsATable) {
  const json rows = {
      {{"id", "pile-00001"},
       {"type", "charging_pile"},
       {"group", "pile"},
       {"labels", {{"site", "a"}, {"vip", ""}}},
       {"online", true},
       {"paused", false},
       {"state", {{"status", "charging"}, {"soc", 80.5}}},
       {"boot", 1},
       {"seq", 9}},
      {{"id", "cam-1"}, {"type", "ip_camera"}, {"group", "cam"}, {"online", false}, {"paused", true}}};
  EXPECT_EQ(render_devices(rows, false, kPlain),
            "ID          TYPE           GROUP  LABELS       LINK            STATUS\n"
            "pile-00001  charging_pile  pile   site=a,vip=  online          charging\n"
            "cam-1       ip_camera      cam    -            offline,paused  -\n");
  EXPECT_NE(render_devices(rows, true, kPlain).find("soc=80.5"), std::string::npos);
}

TEST(RenderValues, PutsOneKeyOfManyDevicesInOneTable) {
  const json rows = {{{"id", "a"}, {"values", {{"x.y", "2s"}}}}, {{"id", "b"}, {"values", {{"x.y", "30s"}}}}};
  EXPECT_EQ(render_values(rows, kPlain), "ID  x.y\na   2s\nb   30s\n");
}

TEST(RenderValues, ShowsWhereValuesComeFrom) {
  const json rows = {{{"id", "a"}, {"explain", {{{"path", "x.y"}, {"value", "2s"}, {"source", "rule 17"}}}}}};
  EXPECT_EQ(render_values(rows, kPlain), "PATH  VALUE  FROM\nx.y   2s     rule 17\n");
}

TEST(RenderType, ShowsWhatLinksCanBeMadeToDo) {
  const json type = {{"name", "pile"}, {"doc", "A pile."}};
  json words = json::array();
  for (int i = 0; i < 10; ++i) words.push_back("w" + std::to_string(i));
  const json uplinks = {{{"name", "null"}, {"actions", json::array()}},
                        {{"name", "mqtt"},
                         {"actions",
                          {{{"name", "mqtt.misbehave"},
                            {"doc", "Breaks a rule."},
                            {"args", {{{"path", "kind"}, {"kind", "choice"}, {"choices", words}}}}}}}}};
  const std::string brief = render_type(type, uplinks, false, kPlain);
  EXPECT_NE(brief.find("mqtt.misbehave      kind=w0|w1|w2|w3|w4|w5|w6|w7|...  Breaks a rule.\n"),
            std::string::npos)
      << brief;
  EXPECT_NE(render_type(type, uplinks, true, kPlain).find("w7|w8|w9  Breaks"), std::string::npos);
}

TEST(RenderType, ShowsReportsActionsStatesAndKeys) {
  const json type = {
      {"name", "pile"},
      {"doc", "A pile."},
      {"reports", {{{"name", "meter"}, {"scheduled", true}, {"per_channel", true}, {"doc", "Power."}}}},
      {"actions",
       {{{"name", "fault"},
         {"doc", "Breaks."},
         {"args", {{{"path", "code"}, {"kind", "choice"}, {"choices", {"a", "b"}}}}}}}},
      {"states", {{{"name", "status"}, {"choices", {"free", "busy"}}, {"doc", "Now."}}}},
      {"schema",
       {{{"path", "rated_power"},
         {"kind", "number"},
         {"unit", "power"},
         {"default", "120kW"},
         {"effect", "live"},
         {"doc", "Most."}}}}};
  EXPECT_EQ(render_type(type, json::array(), true, kPlain),
            "pile: A pile.\n\n"
            "REPORT  WHEN         PER      WHAT IT SAYS\n"
            "meter   on schedule  channel  Power.\n\n"
            "ACTION  ARGUMENTS  WHAT HAPPENS\n"
            "fault   code=a|b   Breaks.\n\n"
            "STATE   VALUES     WHAT IT SAYS\n"
            "status  free|busy  Now.\n\n"
            "KEY          TAKES  DEFAULT  CHANGED LIVE  WHAT IT DOES\n"
            "rated_power  power  120kW    live          Most.\n");
}

TEST(Figures, ReadLikeAPersonWouldWriteThem) {
  EXPECT_EQ(latency_text(850), "850 us");
  EXPECT_EQ(latency_text(1234), "1.2 ms");
  EXPECT_EQ(latency_text(3'400'000), "3.4 s");
  EXPECT_EQ(bytes_text(900), "900 B");
  EXPECT_EQ(bytes_text(13'722), "13.4 KiB");
  EXPECT_EQ(bytes_text(1000ULL << 20U), "1000.0 MiB");
  EXPECT_EQ(bytes_text(16ULL << 30U), "16.0 GiB");
  EXPECT_EQ(by_reason({{"offline", 10}, {"paused", 2}, {"late", 0}}), "12 (offline 10, paused 2)");
  EXPECT_EQ(by_reason(json::object()), "0");
}

TEST(Figures, TakeQuantilesFromTheSummaryOrTheHistogram) {
  EXPECT_EQ(quantile_us({{"lateness_us", {{"p99", 7}}}}, "lateness", 0.99), 7u);
  const json figures =
      json::parse(R"({"lateness":{"unit":"us","count":3,"sum":12,"max":5,"buckets":[[3,1],[4,1],[5,1]]}})");
  EXPECT_EQ(quantile_us(figures, "lateness", 0.5), 4u);
  EXPECT_EQ(quantile_us(json::object(), "lateness", 0.5), 0u);
}

TEST(RateLine, ShowsWhatHappenedSinceTheLineBefore) {
  RateLine line;
  (void)line.next({{"figures", {{"devices", 10}, {"online", 9}, {"sent", 100}, {"acked", 90}}}}, 0);
  EXPECT_EQ(line.next({{"figures",
                        {{"devices", 10},
                         {"online", 10},
                         {"sent", 300},
                         {"acked", 280},
                         {"not_sent", {{"offline", 3}}},
                         {"lateness_us", {{"p99", 1200}}}}}},
                      2),
            "online 10/10 | 100 sent/s | 95 acked/s | p99 late 1.2 ms | 3 not sent | 0 failed");
}

}  // namespace
}  // namespace vfleet::cli
