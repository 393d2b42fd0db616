#include "simulator/bus/sync_machine.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;

Command command(std::uint64_t epoch, std::uint64_t seq, std::string id = {}) {
  if (id.empty()) id = "e" + std::to_string(epoch) + "s" + std::to_string(seq);
  return {.epoch = epoch, .seq = seq, .id = std::move(id), .selector = "all", .args = "{}"};
}

class SyncMachineTest : public ::testing::Test {
 protected:
  template <class A>
  static std::vector<A> all(const SyncMachine::Actions& actions) {
    std::vector<A> out;
    for (const auto& each : actions) {
      if (const auto* one = std::get_if<A>(&each)) out.push_back(*one);
    }
    return out;
  }
  template <class M>
  static std::vector<M> sent(const SyncMachine::Actions& actions) {
    std::vector<M> out;
    for (const auto& each : all<SyncMachine::Send>(actions)) {
      if (const auto* one = std::get_if<M>(&each.message)) out.push_back(*one);
    }
    return out;
  }
  static std::vector<std::uint64_t> executed(const SyncMachine::Actions& actions) {
    std::vector<std::uint64_t> out;
    for (const auto& each : all<SyncMachine::Execute>(actions)) out.push_back(each.command.seq);
    return out;
  }
  using Seqs = std::vector<std::uint64_t>;

  ToWorker welcome(std::uint64_t attempt, std::uint64_t epoch, std::uint64_t boot = 1) {
    return Welcome{.attempt = attempt, .epoch = epoch, .assignment = {.fleet = "demo", .boot = boot}};
  }
  ToWorker last_part(std::uint64_t attempt, std::uint64_t seq) {
    return SnapshotPart{.attempt = attempt, .part = 0, .seq = seq, .last = true};
  }
  /// Live in epoch 1 at `seq`.
  void go_live(std::uint64_t seq) {
    ASSERT_EQ(sent<Join>(machine.published_welcome(1, now)).size(), 1u);
    (void)machine.told(welcome(1, 1), now);
    (void)machine.told(last_part(1, seq), now);
    (void)machine.snapshot_done(now);
    ASSERT_EQ(machine.state(), WorkerState::live);
    ASSERT_EQ(machine.applied_seq(), seq);
  }

  TimePoint now{1000h};
  SyncMachine machine{now, 7};
};

TEST_F(SyncMachineTest, AsksForNothingBeforeItHearsItsSubscription) {
  EXPECT_TRUE(sent<Join>(machine.tick(now)).empty());
  const auto joins = sent<Join>(machine.published_welcome(9, now));
  ASSERT_EQ(joins.size(), 1u);
  EXPECT_EQ(joins[0].attempt, 1u);
  EXPECT_EQ(joins[0].boot, 0u);
  EXPECT_EQ(machine.epoch(), 9u);
  EXPECT_EQ(machine.state(), WorkerState::joining);
}

TEST_F(SyncMachineTest, ABeatTellsOfTheSubscriptionToo) {
  EXPECT_EQ(sent<Join>(machine.beat({.epoch = 1, .seq = 0}, now)).size(), 1u);
}

TEST_F(SyncMachineTest, JoinsAgainLaterAndLaterWhileControlIsSilent) {
  (void)machine.published_welcome(1, now);
  std::vector<double> waits;
  for (int i = 0; i < 6; ++i) {
    TimePoint at = machine.next_deadline();
    while (sent<Join>(machine.tick(at)).empty()) at = machine.next_deadline();
    waits.push_back(to_seconds(at - now));
    now = at;
  }
  EXPECT_GE(waits[0], 1.0);
  EXPECT_LE(waits[0], 1.25);
  EXPECT_GE(waits[1], 2.0);
  EXPECT_GE(waits[3], 5.0);
  EXPECT_LE(waits[5], 6.25);
}

TEST_F(SyncMachineTest, GivesASnapshotToTheHostInOrderAndGrantsEachPart) {
  (void)machine.published_welcome(1, now);
  EXPECT_EQ(all<SyncMachine::BeginSnapshot>(machine.told(welcome(1, 1), now)).size(), 1u);
  auto out = machine.told(SnapshotPart{.attempt = 1, .part = 0, .seq = 5, .groups = {"{}"}}, now);
  EXPECT_EQ(all<SyncMachine::ApplyGroups>(out).size(), 1u);
  ASSERT_EQ(sent<Grant>(out).size(), 1u);
  EXPECT_EQ(sent<Grant>(out)[0], (Grant{.attempt = 1, .credit = 1}));
  out = machine.told(SnapshotPart{.attempt = 1, .part = 1, .seq = 5, .rules = {command(1, 3)}, .last = true},
                     now);
  EXPECT_EQ(all<SyncMachine::ApplyRules>(out).size(), 1u);
  EXPECT_EQ(all<SyncMachine::EndSnapshot>(out).size(), 1u);
  EXPECT_FALSE(machine.joined());
  const auto done = sent<Alive>(machine.snapshot_done(now));
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0], (Alive{.epoch = 1, .applied_seq = 5, .state = WorkerState::live}));
  EXPECT_TRUE(machine.joined());
}

TEST_F(SyncMachineTest, PartsOfAnotherAttemptOrOutOfOrderBeginAnew) {
  (void)machine.published_welcome(1, now);
  (void)machine.told(welcome(1, 1), now);
  EXPECT_TRUE(machine.told(SnapshotPart{.attempt = 9, .part = 0, .last = true}, now).empty());
  const auto out = machine.told(SnapshotPart{.attempt = 1, .part = 1, .last = true}, now);
  ASSERT_EQ(sent<Join>(out).size(), 1u);
  EXPECT_EQ(sent<Join>(out)[0].attempt, 2u);
  EXPECT_EQ(sent<Join>(out)[0].boot, 1u);
  EXPECT_TRUE(machine.told(last_part(1, 0), now).empty());
}

TEST_F(SyncMachineTest, ASnapshotThatStopsHalfwayIsAskedForAgain) {
  (void)machine.published_welcome(1, now);
  (void)machine.told(welcome(1, 1), now);
  (void)machine.told(SnapshotPart{.attempt = 1, .part = 0, .seq = 5}, now);
  (void)machine.beat({.epoch = 1, .seq = 5}, now + 9s);
  EXPECT_TRUE(sent<Join>(machine.tick(now + 9s)).empty());
  EXPECT_EQ(sent<Join>(machine.tick(now + 11s)).size(), 1u);
}

TEST_F(SyncMachineTest, DropsWhatTheSnapshotHoldsAndRunsWhatCameMeanwhile) {
  (void)machine.published_welcome(1, now);
  for (std::uint64_t seq = 4; seq <= 8; ++seq) (void)machine.published(command(1, seq), now);
  (void)machine.told(welcome(1, 1), now);
  (void)machine.told(last_part(1, 6), now);
  EXPECT_EQ(executed(machine.snapshot_done(now)), Seqs{7});
  EXPECT_EQ(executed(machine.command_done(now)), Seqs{8});
  EXPECT_EQ(machine.applied_seq(), 7u);
  EXPECT_TRUE(executed(machine.command_done(now)).empty());
  EXPECT_EQ(machine.applied_seq(), 8u);
}

TEST_F(SyncMachineTest, OneCommandAtATimeAndEachOnce) {
  go_live(0);
  EXPECT_EQ(executed(machine.published(command(1, 1), now)), Seqs{1});
  EXPECT_TRUE(executed(machine.published(command(1, 2), now)).empty());
  EXPECT_TRUE(executed(machine.published(command(1, 1), now)).empty());
  EXPECT_TRUE(executed(machine.published(command(1, 2), now)).empty());
  EXPECT_EQ(machine.applied_seq(), 0u);
  EXPECT_EQ(executed(machine.command_done(now)), Seqs{2});
  EXPECT_TRUE(executed(machine.command_done(now)).empty());
  EXPECT_EQ(machine.applied_seq(), 2u);
  EXPECT_EQ(machine.state(), WorkerState::live);
}

TEST_F(SyncMachineTest, AHoleIsAskedForOnceAndFilled) {
  go_live(0);
  (void)machine.published(command(1, 1), now);
  auto out = machine.published(command(1, 4), now);
  ASSERT_EQ(sent<TailRequest>(out).size(), 1u);
  EXPECT_EQ(sent<TailRequest>(out)[0], (TailRequest{.epoch = 1, .from = 2}));
  EXPECT_EQ(machine.state(), WorkerState::catching);
  EXPECT_TRUE(sent<TailRequest>(machine.published(command(1, 5), now)).empty());
  (void)machine.told(TailPart{.epoch = 1, .commands = {command(1, 2), command(1, 3), command(1, 4)}}, now);
  EXPECT_EQ(machine.state(), WorkerState::live);
  for (std::uint64_t seq = 2; seq <= 5; ++seq) EXPECT_EQ(executed(machine.command_done(now)), Seqs{seq});
}

TEST_F(SyncMachineTest, ABeatAheadShowsThatTheLastCommandWasLost) {
  go_live(3);
  EXPECT_TRUE(sent<TailRequest>(machine.beat({.epoch = 1, .seq = 3}, now)).empty());
  const auto out = machine.beat({.epoch = 1, .seq = 4}, now);
  ASSERT_EQ(sent<TailRequest>(out).size(), 1u);
  EXPECT_EQ(sent<TailRequest>(out)[0].from, 4u);
  EXPECT_TRUE(sent<TailRequest>(machine.tick(now + 999ms)).empty());
  EXPECT_EQ(sent<TailRequest>(machine.tick(now + 1s)).size(), 1u);
}

TEST_F(SyncMachineTest, ATailThatIsTooOldMeansANewSnapshotAndKeepsTheLife) {
  go_live(3);
  (void)machine.beat({.epoch = 1, .seq = 9}, now);
  const auto joins = sent<Join>(machine.told(TailPart{.epoch = 1, .too_old = true}, now));
  ASSERT_EQ(joins.size(), 1u);
  EXPECT_EQ(joins[0].attempt, 2u);
  EXPECT_EQ(joins[0].boot, 1u);
  EXPECT_EQ(machine.state(), WorkerState::joining);
}

TEST_F(SyncMachineTest, ANewEpochWaitsForTheRunningCommand) {
  go_live(0);
  (void)machine.published(command(1, 1), now);
  EXPECT_TRUE(sent<Join>(machine.published_welcome(2, now)).empty());
  EXPECT_EQ(machine.state(), WorkerState::joining);
  EXPECT_EQ(sent<Join>(machine.command_done(now)).size(), 1u);
}

TEST_F(SyncMachineTest, TheRestOfAnOlderEpochIsIgnored) {
  go_live(0);
  (void)machine.published_welcome(2, now);
  EXPECT_TRUE(machine.published(command(1, 1), now).empty());
  EXPECT_TRUE(machine.beat({.epoch = 1, .seq = 9}, now).empty());
  EXPECT_EQ(machine.epoch(), 2u);
}

TEST_F(SyncMachineTest, AControlThatBeganAnewIsFollowedToALowerEpoch) {
  go_live(0);
  (void)machine.published_welcome(5, now);
  EXPECT_EQ(sent<Join>(machine.published_welcome(2, now)).size(), 1u);
  EXPECT_EQ(machine.epoch(), 2u);
}

TEST_F(SyncMachineTest, ACommandIdIsNotExecutedAgainInAnotherEpoch) {
  go_live(0);
  (void)machine.published(command(1, 1, "same"), now);
  (void)machine.command_done(now);
  (void)machine.published_welcome(2, now);
  (void)machine.told(welcome(2, 2), now);
  (void)machine.told(last_part(2, 0), now);
  (void)machine.snapshot_done(now);
  const auto out = machine.published(command(2, 1, "same"), now);
  EXPECT_TRUE(executed(out).empty());
  EXPECT_EQ(all<SyncMachine::RefuseRepeat>(out).size(), 1u);
  EXPECT_EQ(machine.applied_seq(), 1u);
  EXPECT_EQ(executed(machine.published(command(2, 2), now)), Seqs{2});
}

TEST_F(SyncMachineTest, SilenceMeansControlIsLostUntilItIsHeard) {
  go_live(0);
  EXPECT_EQ(machine.next_deadline(), now + 3s);
  EXPECT_TRUE(machine.tick(now + 2900ms).empty());
  EXPECT_EQ(all<SyncMachine::ControlLost>(machine.tick(now + 3s)).size(), 1u);
  EXPECT_TRUE(machine.tick(now + 9s).empty());
  EXPECT_TRUE(machine.control_lost());
  EXPECT_EQ(all<SyncMachine::ControlBack>(machine.beat({.epoch = 1, .seq = 0}, now + 10s)).size(), 1u);
  EXPECT_FALSE(machine.control_lost());
}

TEST_F(SyncMachineTest, QueriesWaitForTheCommandTheyAreToSee) {
  go_live(4);
  EXPECT_EQ(all<SyncMachine::AskHost>(machine.told(QueryRequest{.query = 1, .after_seq = 4}, now)).size(),
            1u);
  EXPECT_TRUE(machine.told(QueryRequest{.query = 2, .after_seq = 5}, now).empty());
  (void)machine.published(command(1, 5), now);
  const auto out = all<SyncMachine::AskHost>(machine.command_done(now));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].query.query, 2u);
}

TEST_F(SyncMachineTest, ACancelledQueryEndsWhetherItWaitsOrRuns) {
  go_live(4);
  (void)machine.told(QueryRequest{.query = 2, .after_seq = 5}, now);
  const auto waiting = sent<QueryRows>(machine.told(CancelQuery{2}, now));
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_TRUE(waiting[0].last);
  EXPECT_EQ(all<SyncMachine::CancelHost>(machine.told(CancelQuery{1}, now)).size(), 1u);
}

TEST_F(SyncMachineTest, TooManyQueriesEndEmpty) {
  for (std::uint64_t id = 0; id < 1000; ++id) (void)machine.told(QueryRequest{.query = id}, now);
  const auto over = sent<QueryRows>(machine.told(QueryRequest{.query = 1000}, now));
  ASSERT_EQ(over.size(), 1u);
  EXPECT_TRUE(over[0].last);
}

TEST_F(SyncMachineTest, ReportsAfterAThousandCommands) {
  go_live(0);
  int reports = 0;
  for (std::uint64_t seq = 1; seq <= 2500; ++seq) {
    (void)machine.published(command(1, seq), now);
    reports += static_cast<int>(sent<Alive>(machine.command_done(now)).size());
  }
  EXPECT_EQ(reports, 2);
}

TEST_F(SyncMachineTest, StopsOnceAndExecutesNothingMore) {
  go_live(0);
  (void)machine.published(command(1, 1), now);
  EXPECT_EQ(all<SyncMachine::StopHost>(machine.told(Stop{}, now)).size(), 1u);
  EXPECT_TRUE(machine.told(Stop{}, now).empty());
  EXPECT_TRUE(machine.stop().empty());
  EXPECT_TRUE(executed(machine.published(command(1, 2), now)).empty());
  EXPECT_TRUE(executed(machine.command_done(now)).empty());
  EXPECT_TRUE(sent<Join>(machine.published_welcome(2, now)).empty());
  EXPECT_EQ(machine.state(), WorkerState::stopping);
}

TEST_F(SyncMachineTest, ADeniedWorkerAsksNoMore) {
  (void)machine.published_welcome(1, now);
  const auto out = all<SyncMachine::Refused>(machine.told(Denied{"another version"}, now));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].reason, "another version");
  EXPECT_TRUE(sent<Join>(machine.tick(now + 60s)).empty());
}

TEST_F(SyncMachineTest, TheBufferIsBoundedAndWhatFillsTheHoleFindsAPlace) {
  SyncMachine::Limits limits;
  limits.waiting_commands = 10;
  SyncMachine small(now, 1, limits);
  (void)small.published_welcome(1, now);
  (void)small.told(welcome(1, 1), now);
  (void)small.told(last_part(1, 0), now);
  (void)small.snapshot_done(now);
  for (std::uint64_t seq = 2; seq <= 100; ++seq) (void)small.published(command(1, seq), now);
  std::uint64_t next = 1;
  auto out = small.told(TailPart{.epoch = 1, .commands = {command(1, 1)}}, now);
  for (int round = 0; round < 1000 && small.applied_seq() < 100; ++round) {
    for (const std::uint64_t seq : executed(out)) EXPECT_EQ(seq, next++);
    TailPart answer{.epoch = 1};
    for (const TailRequest& ask : sent<TailRequest>(out)) {
      for (std::uint64_t seq = ask.from; seq <= 100; ++seq) answer.commands.push_back(command(1, seq));
    }
    out = answer.commands.empty() ? small.command_done(now) : small.told(std::move(answer), now);
  }
  EXPECT_EQ(small.applied_seq(), 100u);
}

TEST(RecentIds, RemembersTheLatestOnly) {
  RecentIds ids(3);
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(ids.add(id));
  EXPECT_FALSE(ids.add("a"));
  EXPECT_TRUE(ids.add("d"));
  EXPECT_TRUE(ids.add("a"));
  EXPECT_FALSE(ids.add("c"));
}

}  // namespace
}  // namespace vfleet::bus
