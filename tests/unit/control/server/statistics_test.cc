#include "control/server/statistics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "simulator/board/board.h"
#include "simulator/board/directory.h"
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

TEST(Statistics, TellsWhatEachWorkerUsedLastAndNothingOfOthers) {
  Statistics statistics;
  json of_one = figures(1, 100);
  of_one["cpu_us"] = 70'000;
  ASSERT_TRUE(statistics.update(1, of_one.dump()));
  ASSERT_TRUE(statistics.update(2, json{{"devices", 3}}.dump()));
  const Statistics::Usage one = statistics.usage(1);
  EXPECT_EQ(one.devices, 10U);
  EXPECT_EQ(one.online, 9U);
  EXPECT_EQ(one.rss_bytes, 1000U);
  EXPECT_EQ(one.cpu_us, 70'000U);
  EXPECT_EQ(one.utilisation, 0.25);
  EXPECT_EQ(statistics.usage(2).devices, 3U);
  EXPECT_EQ(statistics.usage(2).rss_bytes, 0U) << "what it did not tell is nothing";
  EXPECT_EQ(statistics.usage(2).utilisation, 0.0);
  EXPECT_EQ(statistics.usage(0).devices, 0U);
  ASSERT_TRUE(statistics.update(1, figures(2, 100).dump()));
  EXPECT_EQ(statistics.usage(1).utilisation, 0.5);
  statistics.life_ended(1);
  EXPECT_EQ(statistics.usage(1).devices, 0U) << "a process that has ended uses nothing";
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
       {"", "[]", "{\"a\":[1]}", "{\"latencies\":[1]}", "{\"latencies\":[{\"name\":\"x\"}]}",
        "{\"lateness\":{\"buckets\":7}}", "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"}) {
    EXPECT_FALSE(statistics.update(0, text)) << text;
  }
  EXPECT_EQ(json::parse(statistics.merged())["sent"], 5);
}

TEST(Statistics, WhatAWorkerHadInFlightIsLostInItsTypeToo) {
  Statistics statistics;
  json of_five = figures(5, 100);
  of_five["reports"]["pile.meter"] = {{"sent", 5}, {"acked", 1}, {"failed", 2}};
  of_five["queued"] = 1;
  ASSERT_TRUE(statistics.update(0, of_five.dump()));
  statistics.life_ended(0);
  const json sum = json::parse(statistics.merged());
  EXPECT_EQ(sum["reports"]["pile.meter"]["failed"], 4);
  EXPECT_FALSE(sum.contains("queued")) << "nothing is queued in a worker that is gone";
}

TEST(Statistics, LatenciesOfOtherHostsAndOfTheDeadAreAddedUpByName) {
  metrics::Histogram some;
  some.record(1000, 3);
  const auto with = [&](const char* name) {
    json out = figures(1, 1);
    out["latencies"] = json::array({{{"name", name},
                                     {"send", metrics::to_tree(some)},
                                     {"ack", metrics::to_tree(metrics::Histogram())}}});
    return out.dump();
  };
  Statistics statistics;
  ASSERT_TRUE(statistics.update(0, with("mqtt/pile.meter")));
  ASSERT_TRUE(statistics.update(1, with("http/pile.meter")));
  statistics.life_ended(0);
  ASSERT_TRUE(statistics.update(0, with("mqtt/pile.meter")));
  const json rows = json::parse(statistics.merged())["latencies"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["name"], "http/pile.meter");
  EXPECT_EQ(rows[0]["send"]["count"], 3);
  EXPECT_EQ(rows[1]["name"], "mqtt/pile.meter");
  EXPECT_EQ(rows[1]["send"]["count"], 6);
  EXPECT_EQ(rows[1]["ack"]["count"], 0);
}

TEST(Statistics, OfNobodyAreStillFigures) {
  const json sum = json::parse(Statistics().merged());
  EXPECT_EQ(sum["memory_per_device_bytes"], 0);
  EXPECT_EQ(sum["lateness_us"]["count"], 0);
}

// A run directory with boards; /dev/shm is as before afterwards.
class StatisticsWithBoards : public testing::Test {
 protected:
  StatisticsWithBoards() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vfleet-past-XXXXXX").string();
    run_dir = ::mkdtemp(pattern.data());
  }
  ~StatisticsWithBoards() override {
    board::remove_all(run_dir);
    std::filesystem::remove_all(run_dir);
  }
  // What a worker leaves that was killed.
  void dead_worker(std::uint32_t shard, std::uint64_t sent, std::uint64_t acked, board::State state) const {
    auto made = board::Board::create({.run_dir = run_dir,
                                      .name = "worker-" + std::to_string(shard),
                                      .shard = shard,
                                      .started = WallTime(std::chrono::microseconds(sent))});
    ASSERT_TRUE(made) << made.error().detail;
    made->cell(board::kShard, board::cell_of(board::kShardFields, "sent")).set(sent);
    made->cell(board::kShard, board::cell_of(board::kShardFields, "acked")).set(acked);
    metrics::CellHistogram<board::kFineBits>(made->row(board::kLateness)).record(77);
    made->set_state(state);
  }
  std::string run_dir;
};

TEST_F(StatisticsWithBoards, TheBoardOfAKilledWorkerSaysMoreThanItsLastWord) {
  Statistics statistics;
  statistics.keep_in(run_dir, false);
  ASSERT_TRUE(statistics.update(0, figures(5, 100).dump()));
  dead_worker(0, 9, 6, board::State::running);
  statistics.life_ended(0);
  const json sum = json::parse(statistics.merged());
  EXPECT_EQ(sum["sent"], 9);
  EXPECT_EQ(sum["acked"], 6);
  EXPECT_EQ(sum["failed"]["worker_lost"], 3);
  EXPECT_EQ(sum["lateness"]["count"], 1);
  EXPECT_TRUE(board::list(run_dir).empty()) << "it is taken in";
}

TEST_F(StatisticsWithBoards, AControlThatIsStartedAgainGoesOnWithTheAccount) {
  {
    Statistics first;
    first.keep_in(run_dir, false);
    dead_worker(0, 10, 10, board::State::running);
    first.life_ended(0);
  }
  dead_worker(1, 7, 5, board::State::running);  // died while there was no control
  Statistics second;
  second.keep_in(run_dir, true);
  json sum = json::parse(second.merged());
  EXPECT_EQ(sum["sent"], 17);
  EXPECT_EQ(sum["failed"]["worker_lost"], 2);
  EXPECT_EQ(sum["lateness"]["count"], 2);
  Statistics third;
  third.keep_in(run_dir, true);
  sum = json::parse(third.merged());
  EXPECT_EQ(sum["sent"], 17) << "nothing counts twice";
  Statistics fresh;
  fresh.keep_in(run_dir, false);
  EXPECT_FALSE(json::parse(fresh.merged()).contains("sent"));
}

TEST_F(StatisticsWithBoards, TheFinalAccountTakesInThoseWhoWereNotReplaced) {
  Statistics statistics;
  statistics.keep_in(run_dir, false);
  ASSERT_TRUE(statistics.update(0, figures(4, 100).dump()));
  ASSERT_TRUE(statistics.update(1, figures(8, 100).dump()));
  dead_worker(0, 6, 6, board::State::running);  // killed after its last word
  dead_worker(1, 8, 8, board::State::ended);    // has said everything
  statistics.take_in_the_dead();
  const json sum = json::parse(statistics.merged());
  EXPECT_EQ(sum["sent"], 14);
  EXPECT_EQ(sum["devices"], 10) << "of the one that ended in order";
}

TEST_F(StatisticsWithBoards, AnAccountThatCannotBeReadIsNoAccount) {
  ASSERT_TRUE(board::make_directory(run_dir));
  std::ofstream(run_dir + "/board/past.json") << R"({"figures":{"sent":[1]},"lives":7})";
  Statistics statistics;
  statistics.keep_in(run_dir, true);
  EXPECT_FALSE(json::parse(statistics.merged()).contains("sent"));
}

}  // namespace
}  // namespace vfleet::control::server
