#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/cli/render/top.h"
#include "control/cli/top/sample.h"
#include "simulator/board/board.h"
#include "simulator/board/directory.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using namespace std::chrono_literals;
using board::cell_of;
using nlohmann::json;

const Style kPlain(false);

GroupCounts counts(std::uint64_t devices, std::uint64_t sent, std::uint64_t late_us) {
  GroupCounts out{.devices = devices, .online = devices, .sent = sent, .acked = sent, .failed = 1};
  out.lateness.resize(board::Coarse::kBuckets);
  out.lateness[board::Coarse::index_of(late_us)] = sent;
  return out;
}

WorkerLife life(std::uint32_t shard, std::uint64_t sent) {
  WorkerLife out{.name = "worker-" + std::to_string(shard), .pid = 100 + shard, .boot = 1, .shard = shard};
  out.state = "running";
  out.rss_bytes = 20 << 20;
  out.utilisation_ppm = 250'000;
  out.groups["pile"] = counts(10, sent, 1000 * (shard + 1));
  out.groups["cam"] = counts(5, sent / 2, 100);
  for (const auto& [name, group] : out.groups) out.total.add(group);
  return out;
}

TopSample sample(TimePoint at, std::uint64_t sent) {
  TopSample out{.at = at, .wall = {}, .fleet = "demo", .shards = 2, .workers = {}, .problems = {}};
  out.workers["a"] = life(0, sent);
  out.workers["b"] = life(1, sent * 2);
  return out;
}

TEST(TopDocument, HasRatesOfTheTimeBetweenTwoSamples) {
  const TimePoint begin{1000h};
  const json document = top_document(sample(begin, 100), sample(begin + 2s, 300), TopSort::name);
  EXPECT_EQ(document["interval_s"], 2.0);
  EXPECT_EQ(document["total"]["devices"], 30);
  ASSERT_EQ(document["groups"].size(), 2U);
  EXPECT_EQ(document["groups"][0]["name"], "cam");
  EXPECT_EQ(document["groups"][1]["name"], "pile");
  EXPECT_EQ(document["groups"][1]["sent"], 900);
  EXPECT_EQ(document["groups"][1]["sent_per_s"], (200 + 400) / 2.0);
  EXPECT_NEAR(document["groups"][1]["lateness_p99_us"].get<double>(), 2000, 2000 * 0.04);
  EXPECT_EQ(document["workers"][0]["name"], "worker-0");
  EXPECT_EQ(document["workers"][0]["cpu_percent"], 25.0);
}

TEST(TopDocument, ALifeThatIsNewCountsFromItsBeginAndOneThatIsGoneDoesNotCount) {
  const TimePoint begin{1000h};
  TopSample before = sample(begin, 100);
  TopSample now = sample(begin + 1s, 100);
  now.workers.erase("b");
  now.workers["c"] = life(1, 50);
  const json document = top_document(before, now, TopSort::name);
  EXPECT_EQ(document["total"]["sent_per_s"], 75.0);
}

TEST(TopDocument, SortsTheLargestFirst) {
  const TimePoint begin{1000h};
  const json document = top_document(sample(begin, 100), sample(begin + 1s, 300), TopSort::late);
  EXPECT_EQ(document["groups"][0]["name"], "pile");
  EXPECT_EQ(document["workers"][0]["name"], "worker-1");
}

TEST(TopDocument, NamesShardsOfOtherHostsAsControlDoes) {
  const TimePoint begin{1000h};
  TopSample now = sample(begin, 100);
  now.shards = 3;
  add_other_shards(now,
                   {{"shards",
                     {{{"shard", 0}, {"state", "live"}, {"devices", 999}},
                      {{"shard", 2}, {"pid", 7}, {"state", "lagging"}, {"devices", 4}, {"online", 3}}}}});
  const json document = top_document(now, now, TopSort::name);
  EXPECT_EQ(document["total"]["devices"], 34) << "shard 0 has a board";
  EXPECT_EQ(document["workers"][2]["state"], "lagging");
  EXPECT_EQ(document["workers"][2]["board"], false);
  const std::string text = render_top(document, kPlain, 0, 0);
  EXPECT_NE(text.find("(no board)"), std::string::npos) << text;
}

TEST(RenderTop, IsAPageOfGroupsAndWorkers) {
  const TimePoint begin{1000h};
  const json document = top_document(sample(begin, 100), sample(begin + 1s, 300), TopSort::name);
  EXPECT_EQ(
      render_top(document, kPlain, 0, 0),
      "fleet demo: 30 of 30 online, 0 paused | 900 sent/s, 900 acked/s | p99 late 2.0 ms | 4 failed, 0 not "
      "sent | 40.0 MiB, busiest 25%\n"
      "GROUP  DEVICES  ONLINE  SENT/S  ACKED/S  P99 LATE  FAILED  NOT SENT  LATE\n"
      "cam    10       10      300     300      101 us    2       0         0\n"
      "pile   20       20      600     600      2.0 ms    2       0         0\n"
      "\n"
      "WORKER    PID  BOOT  STATE    DEVICES  ONLINE  SENT/S  P99 LATE  MEMORY    CPU  TURN  FDS\n"
      "worker-0  100  1     running  15       15      300     1.0 ms    20.0 MiB  25%  0 us  0\n"
      "worker-1  101  1     running  15       15      600     2.0 ms    20.0 MiB  25%  0 us  0\n");
}

TEST(RenderTop, FitsTheTerminal) {
  TopSample now = sample(TimePoint{1000h}, 100);
  for (int i = 0; i < 50; ++i) {
    now.workers["a"].groups["group-" + std::to_string(i)] = counts(1, 1, 1);
    now.workers["w" + std::to_string(i)] = life(static_cast<std::uint32_t>(2 + i), 1);
  }
  const json document = top_document(now, now, TopSort::name);
  for (const int lines : {4, 5, 8, 24, 60, 200}) {
    const std::string page = render_top(document, Style(true), 40, lines);
    EXPECT_LE(std::count(page.begin(), page.end(), '\n'), std::max(lines, 6)) << lines << "\n" << page;
    std::istringstream in(render_top(document, kPlain, 40, lines));
    for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 40U) << line;
  }
  EXPECT_NE(render_top(document, kPlain, 0, 24).find("more groups"), std::string::npos);
  EXPECT_NE(render_top(document, kPlain, 0, 24).find("more workers"), std::string::npos);
}

TEST(RenderTop, ShowsNoControlCharactersOfAName) {
  TopSample now = sample(TimePoint{1000h}, 1);
  now.fleet = "a\x1b[2Jb";
  now.workers["a"].groups["g\x1b[2J"] = counts(1, 1, 1);
  EXPECT_EQ(render_top(top_document(now, now, TopSort::name), kPlain, 0, 0).find('\x1b'), std::string::npos);
}

class TopCommand : public testing::Test {
 protected:
  TopCommand() { env.variables["VFLEET_RUN_DIR"] = run_dir; }
  ~TopCommand() override { board::remove_all(run_dir); }
  FakeEnvironment env;
  std::string run_dir = env.dir.path().string();
};

TEST_F(TopCommand, ReadsBoardsWithoutAControl) {
  auto board = board::Board::create({.run_dir = run_dir, .name = "worker-0", .shard = 0, .started = {}});
  ASSERT_TRUE(board) << board.error().detail;
  board->set_life("demo", 2, 0, 1);
  board->set_state(board::State::running);
  ASSERT_TRUE(board->reserve_group(1));
  board::set_text(board->row(board::kGroups, 1), 8, "pile");
  board->row(board::kGroups, 1)[cell_of(board::kGroupFields, "devices")].set(12);
  EXPECT_EQ(env.run({"top", "--once", "--every", "1ms", "--json"}), 0) << env.err.str();
  const json document = json::parse(env.out.str());
  EXPECT_EQ(document["fleet"], "demo");
  EXPECT_EQ(document["groups"][0]["name"], "pile");
  EXPECT_EQ(document["groups"][0]["devices"], 12);
  EXPECT_EQ(document["workers"][0]["state"], "running");
  EXPECT_EQ(document["workers"][0]["boot"], 2);
  board->set_state(board::State::ended);
}

TEST_F(TopCommand, SaysThatNothingRunsWhenThereIsNeitherBoardNorControl) {
  EXPECT_EQ(env.run({"top", "--once"}), 5);
  EXPECT_NE(env.err.str().find("no control process answers"), std::string::npos) << env.err.str();
}

TEST_F(TopCommand, NamesABoardThatItCannotRead) {
  ASSERT_TRUE(board::make_directory(run_dir));
  std::ofstream(run_dir + "/board/worker-0.1.board") << "something else";
  EXPECT_EQ(env.run({"top", "--once", "--every", "1ms"}), 0);
  EXPECT_NE(env.out.str().find("worker-0.1.board: no board"), std::string::npos) << env.out.str();
}

}  // namespace
}  // namespace vfleet::cli
