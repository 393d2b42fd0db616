// Whatever sockets lose, a worker executes every command once and in order.

#include "tests/integration/bus/worker_session_fixture.h"

namespace vfleet::bus {
namespace {

TEST_F(WorkerSessionTest, ALateSubscriberGetsTheSnapshot) {
  auto server = control({.groups = {R"({"name":"dc","labels":{"z":["1"],"a":["2"]}})"}});
  for (std::uint64_t revision = 1; revision <= 500; ++revision) server->publish(durable(revision));
  auto late = worker(3);
  ASSERT_TRUE(run_until([&] { return late->live_at(500); }));
  EXPECT_EQ(late->host.held.size(), 500u);
  EXPECT_EQ(late->host.groups, (std::vector<std::string>{R"({"name":"dc","labels":{"z":["1"],"a":["2"]}})"}));
  EXPECT_EQ(late->host.assignment.fleet, "test");
  EXPECT_EQ(late->host.assignment.boot, 1u);
  EXPECT_TRUE(late->host.executed.empty());
  EXPECT_EQ(server->joins["worker-3"].front().describe, R"([{"name":"pile"}])");
  EXPECT_EQ(server->joins["worker-3"].front().pid, 103);
}

// Failure mode "SUB up first, PUB binds later and publishes at once: 0 of 10,000 received".
TEST_F(WorkerSessionTest, WhatIsPublishedBeforeASubscriptionArrivesIsNotLost) {
  auto early = worker(0);
  run_until([] { return false; }, 150ms);  // it tries to connect, and waits
  auto server = control();
  for (std::uint64_t n = 1; n <= 10000; ++n) server->publish(durable(n));
  ASSERT_TRUE(run_until([&] { return early->live_at(10000); }));
  const std::size_t in_snapshot = early->host.held.size() - early->host.executed.size();
  EXPECT_TRUE(in_order(early->host.executed, in_snapshot + 1, 10000)) << "the rest is in the snapshot";
  for (std::size_t i = 0; i < 10000; ++i) ASSERT_EQ(early->host.held[i], i + 1);
}

// Failure mode "publisher restarted on the same port, SUB kept: first message after 92 ms, 80 lost", and
// "welcome after publisher restart: delivered again".
TEST_F(WorkerSessionTest, APublisherThatIsMadeAnewInOneLifeOfControlLosesNothing) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  for (std::uint64_t n = 1; n <= 100; ++n) server->publish(transient(n));
  ASSERT_TRUE(run_until([&] { return one->live_at(100); }));
  server->reopen_publisher(context_, loop_.context());
  for (std::uint64_t n = 101; n <= 300; ++n) server->publish(transient(n));  // nobody is connected yet
  loop::CallbackTimer beats(loop_, [&] {
    server->beat();
    beats.arm_in(50ms);
  });
  beats.arm_in(50ms);
  ASSERT_TRUE(run_until([&] { return one->live_at(300); }));
  EXPECT_TRUE(in_order(one->host.executed, 1, 300));
  EXPECT_EQ(one->host.snapshots, 1) << "the tail is enough";
}

// Failure mode "ROUTER snapshot 10,000 x 1 KB, HWM 1,000: 4,500 received, end marker lost, no send error".
TEST_F(WorkerSessionTest, ASnapshotFarOverTheHighWaterMarkArrivesWithItsEnd) {
  TestControl::Settings settings;
  for (int i = 0; i < 10000; ++i)
    settings.groups.push_back("{\"name\":\"g" + std::to_string(i) + "\",\"pad\":\"" + std::string(1000, 'x') +
                              "\"}");
  auto server = control(settings);
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  EXPECT_EQ(one->host.groups, settings.groups);
  EXPECT_EQ(one->host.snapshots, 1);
}

TEST_F(WorkerSessionTest, TenThousandCommandsAtOnceRunInOrderAndOnce) {
  auto server = control();
  auto quick = worker(0);
  auto slow = worker(1);
  slow->host.slow = true;
  ASSERT_TRUE(run_until([&] { return quick->live_at(0) && slow->live_at(0); }));
  for (std::uint64_t n = 1; n <= 10000; ++n) server->publish(n % 3 == 0 ? durable(n) : transient(n));
  server->beat();
  ASSERT_TRUE(run_until([&] { return quick->live_at(10000) && slow->live_at(10000); }));
  EXPECT_TRUE(in_order(quick->host.executed, 1, 10000));
  EXPECT_TRUE(in_order(slow->host.executed, 1, 10000));
  ASSERT_TRUE(run_until([&] { return server->results["worker-0"].size() == 10000; }));
  EXPECT_TRUE(run_until([&] { return server->alive["worker-0"].applied_seq == 10000; }));
  const CommandResult& last = server->results["worker-1"].back();
  EXPECT_EQ(last.shard, 1u);
  EXPECT_EQ(last.epoch, 1u);
  EXPECT_EQ(last.seq, server->results["worker-1"].size());
  EXPECT_EQ(last.id.substr(1), std::to_string(last.seq));
}

// Failure mode "join race: subscribe, then snapshot at once (200 joins): 8 joins with a hole".
TEST_F(WorkerSessionTest, TwoHundredJoinsAtFullPublishingSpeedSeeNoHole) {
  auto server = control();
  // 10,000 a second, as long as the loop keeps up.
  std::uint64_t n = 0;
  loop::CallbackTimer publisher(loop_, [&] {
    for (int i = 0; i < 10; ++i) server->publish(++n % 20 == 0 ? durable(n) : transient(n));
    publisher.arm_in(1ms);
  });
  publisher.arm_in(0ms);
  for (std::uint32_t batch = 0; batch < 20; ++batch) {
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::uint32_t i = 0; i < 10; ++i) workers.push_back(worker(batch * 10 + i));
    ASSERT_TRUE(run_until([&] {
      return std::all_of(workers.begin(), workers.end(),
                         [](const auto& w) { return w->host.executed.size() >= 50; });
    }));
    for (const auto& each : workers) {
      const auto& executed = each->host.executed;
      EXPECT_TRUE(in_order(executed, executed.front().seq, executed.back().seq));
      EXPECT_EQ(each->host.snapshots, 1);
    }
  }
  EXPECT_EQ(server->tails, 0);
  EXPECT_GT(n, 1000u);
}

// Failure modes "50,000 x 1 KB to a reader that is not reading: one big hole" and "XPUB_NODROP: a single
// stalled worker blocks the control plane".
TEST_F(WorkerSessionTest, AStalledWorkerHoldsUpNobodyAndCatchesUpFromTheTail) {
  auto server = control({.send_hwm = 100});
  loop::AsioLoop other_loop(clock_);
  auto healthy = worker(0);
  auto stalled = worker(1, other_loop);
  ASSERT_TRUE(run_both(other_loop, [&] { return healthy->live_at(0) && stalled->live_at(0); }));
  // The healthy one is given time now and then, as the mark is low; the stalled one gets none, and its queues
  // take some 20,000.
  for (std::uint64_t n = 1; n <= 30000; ++n) {
    server->publish(transient(n));
    if (n % 50 == 0) {
      ASSERT_TRUE(run_until([&] { return healthy->session.applied_seq() >= n; }));
    }
  }
  EXPECT_TRUE(healthy->live_at(30000));
  ASSERT_TRUE(run_both(other_loop, [&] {
    server->beat();  // the first of them find its queue full
    return stalled->live_at(30000);
  }));
  EXPECT_TRUE(in_order(stalled->host.executed, 1, 30000));
  EXPECT_GT(server->tails, 0);
  EXPECT_EQ(stalled->host.snapshots, 1);
}

TEST_F(WorkerSessionTest, WhoIsTooFarBehindTakesASnapshot) {
  auto server = control({.ring = 50, .send_hwm = 100});
  loop::AsioLoop other_loop(clock_);
  auto stalled = worker(1, other_loop);
  ASSERT_TRUE(run_both(other_loop, [&] { return stalled->live_at(0); }));
  for (std::uint64_t n = 1; n <= 30000; ++n) server->publish(durable(n));
  ASSERT_TRUE(run_both(other_loop, [&] {
    server->beat();
    return stalled->live_at(30000);
  }));
  EXPECT_GT(server->too_old, 0);
  EXPECT_EQ(stalled->host.snapshots, 2);
  EXPECT_EQ(stalled->host.held.size(), 30000u);
  EXPECT_EQ(server->joins["worker-1"].back().boot, 1u);
}

TEST_F(WorkerSessionTest, ARestartedControlIsJoinedAgainInTheSameLife) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  server->publish(durable(1));
  ASSERT_TRUE(run_until([&] { return one->live_at(1); }));
  server.reset();
  server = control({.epoch = 2});
  server->publish(durable(1));
  server->publish(transient(1));
  ASSERT_TRUE(run_until([&] { return one->session.epoch() == 2 && one->live_at(2); }));
  EXPECT_EQ(one->host.assignment.boot, 1u);
  EXPECT_EQ(one->host.held, (std::vector<std::uint64_t>{1}));
  // A command that ran in the first epoch is published again: it does not run again.
  const std::size_t before = one->host.executed.size();
  server->publish(durable(1));
  ASSERT_TRUE(run_until([&] { return one->live_at(3); }));
  EXPECT_EQ(one->host.executed.size(), before);
  EXPECT_EQ(one->session.counters().repeated, 1u);
  ASSERT_TRUE(run_until([&] { return !server->results["worker-0"].empty(); }));
  EXPECT_EQ(server->results["worker-0"].back().applied, 0u);
}

}  // namespace
}  // namespace vfleet::bus
