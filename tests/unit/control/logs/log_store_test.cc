#include "control/logs/log_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/small_files.h"
#include "tests/unit/control/logs/temp_logs.h"

namespace vfleet::control::logs {
namespace {

using Added = LogStore::Added;

class LogStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogStore> open(LogStore::Options options = {}, std::uint64_t life = 1) {
    options.dir = temp_.dir();
    return std::make_unique<LogStore>(options, clock_, life);
  }
  static log::Line line(std::uint64_t seq, std::string text = "text") {
    return {.seq = seq,
            .at_us = 1'000'000,
            .level = log::Level::info,
            .device = "pile-1",
            .text = std::move(text)};
  }
  static std::vector<std::string> memory(const LogStore& store) {
    std::vector<std::string> out;
    for (const auto& record : store.read(0, SIZE_MAX)) out.push_back(TempLogs::text_of(*record));
    return out;
  }

  TempLogs temp_;
  ManualClock clock_;
};

using Texts = std::vector<std::string>;

TEST_F(LogStoreTest, KeepsLinesInOrderInMemoryAndInTheFile) {
  {
    auto store = open();
    for (std::uint64_t seq = 1; seq <= 3; ++seq)
      EXPECT_EQ(store->add("worker-0", 5, line(seq)), Added::taken);
    EXPECT_EQ(memory(*store), (Texts{"worker-0/5 #1", "worker-0/5 #2", "worker-0/5 #3"}));
  }
  EXPECT_EQ(temp_.records(), (Texts{"worker-0/5 #1", "worker-0/5 #2", "worker-0/5 #3"}));
  const auto mode = std::filesystem::status(temp_.dir() + "/fleet.log").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(LogStoreTest, AGapIsShownAsAGap) {
  {
    auto store = open();
    EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::taken);
    EXPECT_EQ(store->add("worker-0", 5, line(10)), Added::taken);
    EXPECT_EQ(memory(*store), (Texts{"worker-0/5 #1", "worker-0/5 #2..#9 missing", "worker-0/5 #10"}));
  }
  EXPECT_EQ(temp_.records(), (Texts{"worker-0/5 #1", "worker-0/5 #2..#9 missing", "worker-0/5 #10"}));
}

TEST_F(LogStoreTest, ALineThatComesTwiceIsTakenOnce) {
  auto store = open();
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::taken);
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::repeated);
  EXPECT_EQ(store->add("worker-0", 6, line(1)), Added::taken) << "another life";
  EXPECT_EQ(store->counters().repeated, 1u);
}

TEST_F(LogStoreTest, NumberingGoesOnAfterARestart) {
  {
    auto store = open();
    for (std::uint64_t seq = 1; seq <= 5; ++seq)
      EXPECT_EQ(store->add("worker-0", 5, line(seq)), Added::taken);
  }
  auto store = open({}, 2);
  EXPECT_EQ(store->handled("worker-0"), (SourceBook::Place{5, 5}));
  EXPECT_EQ(store->add("worker-0", 5, line(4)), Added::repeated);
  EXPECT_EQ(store->add("worker-0", 5, line(6)), Added::taken);
  EXPECT_EQ(store->add("worker-0", 5, line(9)), Added::taken);
  store.reset();
  const auto records = temp_.records();
  ASSERT_EQ(records.size(), 8u);
  EXPECT_EQ(records[5], "worker-0/5 #6");
  EXPECT_EQ(records[6], "worker-0/5 #7..#8 missing");
}

TEST_F(LogStoreTest, ALineThatWasTornByAKillIsOnlyThatLine) {
  temp_.write(R"({"at_us":5,"source":"worker-0","boot":3,"seq":1,"level":"info","text":"whole"})"
              "\n"
              R"({"at_us":5,"source":"worker-0","boot":3,"seq":2,"lev)");
  auto store = open();
  EXPECT_EQ(store->handled("worker-0"), (SourceBook::Place{3, 1}));
  EXPECT_EQ(store->add("worker-0", 3, line(2)), Added::taken);
  store.reset();
  EXPECT_EQ(temp_.records(), (Texts{"worker-0/3 #1", "worker-0/3 #2"}));
}

TEST_F(LogStoreTest, FilesRotateBySizeAndTheOldestGo) {
  auto store = open({.files = {.file_bytes = 4096, .files = 3}});
  std::uint64_t seq = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(store->add("worker-0", 5, line(++seq, std::string(50, 'x'))), Added::taken);
    store->settle();
  }
  store.reset();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(temp_.dir())) {
    ++files;
    EXPECT_LE(entry.file_size(), 4096u);
  }
  EXPECT_EQ(files, 3u);
  const auto records = temp_.records();
  EXPECT_GE(records.size(), 50u) << "two full files; the third may have just begun";
  EXPECT_LT(records.size(), 150u);
  // What is left is the newest, without a hole.
  EXPECT_EQ(records.back(), "worker-0/5 #400");
  EXPECT_EQ(records.front(), "worker-0/5 #" + std::to_string(400 - records.size() + 1));
}

TEST_F(LogStoreTest, ARotatedFileStillTellsHowFarEverySourceCame) {
  {
    auto store = open({.files = {.file_bytes = 4096, .files = 2}});
    EXPECT_EQ(store->add("worker-7", 2, line(9)), Added::taken);
    for (std::uint64_t seq = 1; seq <= 200; ++seq) {
      EXPECT_EQ(store->add("worker-0", 5, line(seq)), Added::taken);
      store->settle();
    }
  }
  EXPECT_EQ(temp_.read().find("worker-7/"), std::string::npos);
  EXPECT_EQ(open()->handled("worker-7"), (SourceBook::Place{2, 9}));
}

TEST_F(LogStoreTest, MemoryIsBounded) {
  auto store = open({.memory_lines = 10});
  for (std::uint64_t seq = 1; seq <= 25; ++seq) EXPECT_EQ(store->add("worker-0", 5, line(seq)), Added::taken);
  EXPECT_EQ(store->begin(), 15u);
  EXPECT_EQ(store->end(), 25u);
  EXPECT_FALSE(store->memory_is_all());
  EXPECT_EQ(memory(*store).front(), "worker-0/5 #16");
  ASSERT_EQ(store->read(20, 2).size(), 2u);
  EXPECT_EQ(store->read(20, 2)[0]->line.seq, 21u);
}

TEST_F(LogStoreTest, AFullQueueRefusesSoThatWhoHasARingTriesAgain) {
  auto store = open({.queue_lines = 0});
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::refused);
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::refused) << "it is not known, so it may come again";
  EXPECT_EQ(store->counters().refused, 2u);
  EXPECT_TRUE(memory(*store).empty());
}

TEST_F(LogStoreTest, NumbersTheLinesOfControlAndOfSupervisors) {
  auto store = open({}, 77);
  store->note("control", 1, log::Level::info, "begins");
  store->note("up/worker-0", 2, log::Level::info, "Segmentation fault\n");
  store->note("control", 3, log::Level::info, "goes on");
  EXPECT_EQ(memory(*store), (Texts{"control/77 #1", "up/worker-0/77 #1", "control/77 #2"}));
  EXPECT_EQ(store->read(1, 1)[0]->line.text, "Segmentation fault");
}

TEST_F(LogStoreTest, TellsWhereTheFilesEnd) {
  auto store = open();
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::taken);
  const std::uint64_t ticket = store->mark();
  store->settle();
  const auto size = std::filesystem::file_size(temp_.dir() + "/fleet.log");
  EXPECT_EQ(store->add("worker-0", 5, line(2)), Added::taken);
  const auto place = store->marked(ticket);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->offset, size);
  EXPECT_FALSE(store->marked(ticket)) << "told once";
}

TEST_F(LogStoreTest, AFullDiskLosesLinesThatAreCountedAndShownAsAGap) {
  auto store = open();
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::taken);
  store->settle();
  {
    const test::SmallFiles full(std::filesystem::file_size(temp_.dir() + "/fleet.log") + 10);
    for (std::uint64_t seq = 2; seq <= 9; ++seq)
      EXPECT_EQ(store->add("worker-0", 5, line(seq)), Added::taken);
    store->settle();
    EXPECT_NE(store->trouble().find("File too large"), std::string::npos) << store->trouble();
    EXPECT_GE(store->counters().unwritten, 8u);
    EXPECT_EQ(store->handled("worker-0"), (SourceBook::Place{5, 9})) << "the worker need not keep them";
    // Who reads memory misses nothing, and is told.
    const auto shown = memory(*store);
    EXPECT_EQ(
        std::count_if(shown.begin(), shown.end(), [](const auto& t) { return t.starts_with("worker-0"); }),
        9);
    EXPECT_EQ(std::count(shown.begin(), shown.end(), "control/1 #1"), 1);
  }
  EXPECT_EQ(store->add("worker-0", 5, line(10)), Added::taken);
  store->settle();
  EXPECT_EQ(store->trouble(), "");
  store.reset();
  const auto records = temp_.records();
  EXPECT_EQ(records[0], "worker-0/5 #1");
  EXPECT_EQ(records[1], "worker-0/5 #2..#9 missing");
  EXPECT_EQ(records[2], "worker-0/5 #10");
  EXPECT_EQ(records[3], "control/1 #1..#1 missing");
  EXPECT_EQ(records[4], "control/1 #2");
  EXPECT_NE(temp_.read().find("log files are written again; 9 lines are not in them"), std::string::npos)
      << temp_.read();
}

TEST_F(LogStoreTest, AFolderThatCannotBeMadeIsToldAndTriedAgain) {
  std::filesystem::create_directories(temp_.path());
  { std::ofstream(temp_.dir()) << "in the way"; }
  auto store = open();
  EXPECT_EQ(store->add("worker-0", 5, line(1)), Added::taken);
  store->settle();
  EXPECT_NE(store->trouble(), "");
  EXPECT_EQ(store->counters().unwritten, 2u);
  std::filesystem::remove(temp_.dir());
  std::filesystem::create_directory(temp_.dir());
  EXPECT_EQ(store->add("worker-0", 5, line(2)), Added::taken);
  store->settle();
  EXPECT_EQ(store->trouble(), "");
}

}  // namespace
}  // namespace vfleet::control::logs
