#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "simulator/board/figures_json.h"
#include "simulator/board/latency_row.h"
#include "tests/unit/board/board_fixture.h"

namespace vfleet::board {
namespace {

TEST_F(BoardFixture, WhatIsWrittenIsReadFromTheFile) {
  Board board = make(7);
  board.set_life("demo", 3, 7, 8);
  board.set_state(State::running);
  board.cell(kShard, kSent) += 42;
  ++board.cell(kShard, kAcked);
  metrics::CellHistogram<kFineBits> lateness(board.row(kLateness));
  lateness.record(1500);
  lateness.record(-4);

  const auto seen = read(board.path());
  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_EQ(seen->pid(), ::getpid());
  EXPECT_EQ(seen->boot(), 3U);
  EXPECT_EQ(seen->shard(), 7U);
  EXPECT_EQ(seen->name(), "worker-7");
  EXPECT_EQ(seen->state(), State::running);
  EXPECT_EQ(seen->shard_figure(kSent), 42U);
  EXPECT_EQ(seen->in_flight(), 41U);
  const metrics::Histogram histogram = seen->histogram(kLateness);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.max(), 1500U);
  EXPECT_EQ(histogram.sum(), 1500U);
}

TEST_F(BoardFixture, TheFileLiesInMemoryAndTheRunDirectoryLinksToIt) {
  const Board board = make();
  EXPECT_TRUE(memory_dir().starts_with("/dev/shm/vfleet-" + std::to_string(::geteuid()) + "-"));
  EXPECT_EQ(board.path(), run_dir + "/board/worker-0." + std::to_string(::getpid()) + ".board");
  struct stat info = {};
  ASSERT_EQ(::stat(board.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(info.st_size, off_t{kBoardBytes});
  // Space is there for the fixed part, and not for groups that nobody has.
  EXPECT_GE(info.st_blocks * 512, off_t{kFixedCells} * 8);
  EXPECT_LT(info.st_blocks * 512, off_t{kMainBytes});
}

TEST_F(BoardFixture, AGroupGetsItsSpaceWhenItComes) {
  Board board = make();
  const auto blocks = [&] {
    struct stat info = {};
    ::stat(board.path().c_str(), &info);
    return info.st_blocks;
  };
  const auto before = blocks();
  ASSERT_TRUE(board.reserve_group(2));
  EXPECT_EQ((blocks() - before) * 512, 2 * 4096);
  EXPECT_FALSE(board.reserve_group(kGroupsMax + 1));
}

TEST_F(BoardFixture, LatenciesAreReadWhenTheyAreAskedFor) {
  Board board = make();
  const auto row = board.take_latency_row("http/charging_pile.meter");
  ASSERT_TRUE(row);
  LatencyRow latency(board, *row);
  latency.sent(std::chrono::microseconds(120));
  latency.sent(std::chrono::microseconds(-5));
  latency.acked(std::chrono::seconds(2));
  latency.answered(std::chrono::milliseconds(3));
  latency.arrived(std::chrono::hours(2));  // in the last page
  ASSERT_TRUE(board.take_latency_row("http/charging_pile.status"));

  EXPECT_TRUE(read(board.path())->latencies().empty());
  const auto seen = read(board.path(), Detail::latencies);
  ASSERT_TRUE(seen) << seen.error().detail;
  const std::vector<Latency> all = seen->latencies();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "http/charging_pile.meter");
  EXPECT_EQ(all[0].times.send.count(), 2U);
  EXPECT_EQ(all[0].times.send.max(), 120U);
  EXPECT_EQ(all[0].times.ack.count(), 1U);
  EXPECT_EQ(all[0].times.ack.max(), 2'000'000U);
  EXPECT_EQ(all[0].times.answer.count(), 1U);
  EXPECT_EQ(all[0].times.answer.max(), 3'000U);
  EXPECT_EQ(all[0].times.arrival.count(), 1U);
  EXPECT_EQ(all[0].times.arrival.max(), 7'200'000'000U);
  EXPECT_EQ(all[1].name, "http/charging_pile.status");
  EXPECT_EQ(all[1].times.send.count(), 0U);
  const nlohmann::json figures = statistics(*seen);
  ASSERT_EQ(figures["latencies"].size(), 2U);
  EXPECT_EQ(figures["latencies"][0]["ack"]["count"], 1);
  EXPECT_EQ(figures["latencies"][0]["answer"]["max"], 3'000);
  EXPECT_EQ(figures["latencies"][0]["arrival"]["count"], 1);
  EXPECT_FALSE(figures["latencies"][1].contains("arrival")) << "there is no echo";
  EXPECT_FALSE(statistics(*read(board.path())).contains("latencies"));
}

TEST_F(BoardFixture, ARowOfLatenciesTakesSpaceOnlyForWhatItCounts) {
  Board board = make();
  const auto blocks = [&] {
    struct stat info = {};
    ::stat(board.path().c_str(), &info);
    return info.st_blocks * 512;
  };
  const auto before = blocks();
  LatencyRow latency(board, *board.take_latency_row("mqtt/charging_pile.meter"));
  EXPECT_EQ(blocks() - before, 4096);
  for (int us = 0; us < 400; ++us) latency.sent(std::chrono::microseconds(us));
  EXPECT_EQ(blocks() - before, 4096) << "the first ones share the page of the name";
  latency.sent(std::chrono::hours(2));
  latency.acked(std::chrono::microseconds(700));
  EXPECT_EQ(blocks() - before, 3 * 4096);
}

TEST_F(BoardFixture, NamesThatFindNoRowShareTheLastOne) {
  Board board = Board::in_memory();
  for (std::uint32_t i = 0; i + 1 < kLatenciesMax; ++i)
    EXPECT_EQ(board.take_latency_row("null/probe." + std::to_string(i)), i);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(board.take_latency_row("null/probe.late"), kLatenciesMax - 1);
  const auto all = Snapshot::of(board, Detail::latencies).latencies();
  ASSERT_EQ(all.size(), kLatenciesMax);
  EXPECT_EQ(all.back().name, "other");
}

TEST_F(BoardFixture, WithoutSpaceThereIsAnErrorNowAndNotASignalLater) {
  // A full file system, as far as this process is concerned.
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = Board::create({.run_dir = run_dir, .name = "worker-0", .shard = 0, .started = {}});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::unavailable);
  EXPECT_NE(made.error().detail.find("no space"), std::string::npos) << made.error().detail;
  EXPECT_TRUE(list(run_dir).empty());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(memory_dir()), {}), 1);  // the link to the run
}

TEST_F(BoardFixture, ALongNameIsCutBetweenCharacters) {
  Board board = make();
  board.set_life(std::string(62, 'x') + "\u00e9", 1, 0, 1);
  const auto seen = read(board.path());
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->text(kHeader, cell_of(kHeaderFields, "fleet"), 8), std::string(62, 'x'));
}

TEST(BoardInMemory, CountsTheSame) {
  Board board = Board::in_memory();
  board.cell(kShard, kSent) += 5;
  ASSERT_TRUE(board.reserve_group(1));
  EXPECT_TRUE(board.path().empty());
  EXPECT_EQ(Snapshot::of(board).shard_figure(kSent), 5U);
}

TEST_F(BoardFixture, TheDumpNamesEveryFieldOfTheLayout) {
  Board board = make();
  set_text(board.row(kReports, 0), kReportFields[0].cells, "probe.beat");
  board.row(kReports, 0)[cell_of(kReportFields, "sent")].set(9);
  const nlohmann::json all = dump(*read(board.path()));
  for (const Area& area : kAreas) {
    const auto& part = all.at(std::string(area.name));
    if (part.is_array() && part.empty()) continue;
    const auto& row = part.is_array() ? part.front() : part;
    for (const Field& field : area.fields) EXPECT_TRUE(row.contains(field.name)) << area.name << field.name;
  }
  EXPECT_EQ(all["reports"][0]["sent"], 9);
  EXPECT_EQ(all["groups"][0]["name"], "other");
}

TEST_F(BoardFixture, StatisticsOfADeadBoardReadAsThoseOfAWorker) {
  Board board = make();
  board.cell(kShard, kSent) += 10;
  board.cell(kShard, kAcked) += 7;
  board.cell(kShard, cell_of(kShardFields, "failed.timed_out")) += 1;
  board.cell(kShard, cell_of(kShardFields, "not_sent.late")) += 2;
  const nlohmann::json figures = statistics(*read(board.path()));
  EXPECT_EQ(figures["sent"], 10);
  EXPECT_EQ(figures["acked"], 7);
  EXPECT_EQ(figures["failed"], nlohmann::json({{"timed_out", 1}}));
  EXPECT_EQ(figures["not_sent"], nlohmann::json({{"late", 2}}));
  EXPECT_EQ(figures["late"], 2);
  EXPECT_EQ(figures["in_flight"], 2);
}

}  // namespace
}  // namespace vfleet::board
