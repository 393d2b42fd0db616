#include "simulator/board/directory.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "tests/unit/board/board_fixture.h"

namespace vfleet::board {
namespace {

// A process that makes a board, writes to it and waits for its end.
class Writer {
 public:
  explicit Writer(const std::string& run_dir) {
    int ready[2] = {-1, -1};
    EXPECT_EQ(::pipe(ready), 0);
    pid = ::fork();
    if (pid == 0) {
      ::close(ready[0]);
      auto board = Board::create({.run_dir = run_dir, .name = "worker-0", .shard = 0, .started = {}});
      if (!board) ::_exit(1);
      board->set_state(State::running);
      board->set_life("demo", 1, 0, 1);
      for (int i = 0; i < 1000; ++i) ++board->cell(kShard, kSent);
      (void)!::write(ready[1], "x", 1);
      while (true) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  ~Writer() { kill(); }
  void kill() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = -1;
  }
  pid_t pid = -1;
};

TEST_F(BoardFixture, AKilledWriterBlocksNobodyAndLosesNothing) {
  Writer writer(run_dir);
  const auto boards = list(run_dir);
  ASSERT_EQ(boards.size(), 1U);
  EXPECT_EQ(boards[0].name, "worker-0");
  EXPECT_EQ(boards[0].pid, writer.pid);
  EXPECT_TRUE(writer_lives(boards[0].path));
  writer.kill();
  EXPECT_FALSE(writer_lives(boards[0].path));
  const auto seen = read(boards[0].path);
  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_EQ(seen->shard_figure(kSent), 1000U);
  EXPECT_EQ(seen->in_flight(), 1000U);
}

TEST_F(BoardFixture, OnlyBoardsOfTheDeadAreRemoved) {
  Writer writer(run_dir);
  const std::string place = memory_dir();
  remove_all(run_dir);
  EXPECT_EQ(list(run_dir).size(), 1U);
  writer.kill();
  remove_all(run_dir);
  EXPECT_TRUE(list(run_dir).empty());
  EXPECT_FALSE(std::filesystem::exists(place));
  EXPECT_FALSE(std::filesystem::is_symlink(std::filesystem::path(run_dir) / "board"));
}

TEST_F(BoardFixture, ABoardOfALifeThatEndedInOrderIsRemovedWhileItsProcessStillIsThere) {
  Board board = make();
  board.set_state(State::ended);
  remove_all(run_dir);
  EXPECT_TRUE(list(run_dir).empty());
}

TEST_F(BoardFixture, FilesThatAreNoBoardsAreNotListed) {
  const Board board = make();
  for (const char* name : {"/board/worker-0.board", "/board/.12.board", "/board/worker-0.12x.board",
                           "/board/worker-0.-3.board", "/board/worker-0.12.new"}) {
    ASSERT_EQ(::mkdir((run_dir + name).c_str(), 0700), 0) << name;
  }
  EXPECT_EQ(list(run_dir).size(), 1U);
  for (const auto& entry : std::filesystem::directory_iterator(memory_dir())) {
    if (entry.is_directory() && !entry.is_symlink()) std::filesystem::remove(entry.path());
  }
}

TEST_F(BoardFixture, APlaceThatOthersMayWriteToIsRefused) {
  ASSERT_TRUE(make_directory(run_dir));
  ASSERT_EQ(::chmod(memory_dir().c_str(), 0777), 0);
  const auto made = Board::create({.run_dir = run_dir, .name = "worker-0", .shard = 0, .started = {}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("not a directory of this user alone"), std::string::npos);
  ASSERT_EQ(::chmod(memory_dir().c_str(), 0700), 0);
}

TEST_F(BoardFixture, WhatARunThatIsGoneLeftIsFound) {
  std::string place;
  {
    const Board board = make();
    place = memory_dir();
    std::filesystem::rename(run_dir, run_dir + "-gone");
    remove_orphans();
    EXPECT_TRUE(std::filesystem::exists(place)) << "its writer lives";
  }
  remove_orphans();
  EXPECT_FALSE(std::filesystem::exists(place));
  std::filesystem::rename(run_dir + "-gone", run_dir);
}

}  // namespace
}  // namespace vfleet::board
