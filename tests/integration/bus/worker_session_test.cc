#include "simulator/bus/worker_session.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "simulator/core/random.h"
#include "simulator/log/line_ring.h"
#include "simulator/loop/asio_loop.h"
#include "tests/integration/bus/test_control.h"

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;

/// Remembers what it was asked, and finishes each command in a later turn of the loop when `slow`.
struct RecordingHost : WorkerHost {
  explicit RecordingHost(loop::EventLoop& loop_in) : loop(loop_in) {}

  void snapshot_begin(const Assignment& given) override {
    assignment = given;
    groups.clear();
    held.clear();
  }
  void snapshot_groups(const std::vector<std::string>& more) override {
    groups.insert(groups.end(), more.begin(), more.end());
  }
  void snapshot_rules(std::vector<Command> rules) override {
    for (const Command& each : rules) held.push_back(each.revision);
  }
  void snapshot_end(std::function<void()> done) override {
    ++snapshots;
    loop.post(std::move(done));
  }
  void execute(const Command& command, ResultReply reply, std::function<void()> done) override {
    executed.push_back(command);
    if (command.revision != 0) held.push_back(command.revision);
    CommandResult result{
        .id = command.id, .epoch = command.epoch, .seq = command.seq, .matched = 1, .applied = 1};
    reply(result);
    reply(result);  // a host that answers twice is heard once
    if (slow) {
      loop.post(std::move(done));
    } else {
      done();
      done();
    }
  }
  void query(std::uint64_t id, std::string_view name, std::string_view, std::string_view,
             QueryReply reply) override {
    asked.push_back(id);
    applied_when_asked = executed.size();
    if (name == "watch") {
      watch = std::move(reply);
      return;
    }
    std::vector<std::string> rows;
    for (int i = 0; i < 5000; ++i)
      rows.push_back("{\"id\":\"pile-" + std::to_string(i) + std::string(200, 'x') + "\"}");
    reply(std::move(rows), true);
  }
  void cancel_query(std::uint64_t id) override { cancelled.push_back(id); }
  std::string statistics() override { return "{\"executed\":" + std::to_string(executed.size()) + "}"; }
  void stop(std::function<void()> done) override {
    ++stops;
    loop.post(std::move(done));
  }

  loop::EventLoop& loop;
  bool slow = false;
  Assignment assignment;
  std::vector<std::string> groups;
  std::vector<std::uint64_t> held;
  std::vector<Command> executed;
  std::vector<std::uint64_t> asked;
  std::vector<std::uint64_t> cancelled;
  std::size_t applied_when_asked = 0;
  QueryReply watch;
  int snapshots = 0;
  int stops = 0;
};

/// True when the commands run from `first` to `last` without a hole or a repeat.
::testing::AssertionResult in_order(const std::vector<Command>& commands, std::uint64_t first,
                                    std::uint64_t last) {
  std::uint64_t next = first;
  for (const Command& each : commands) {
    if (each.seq != next)
      return ::testing::AssertionFailure() << "seq " << each.seq << " came where " << next << " was due";
    ++next;
  }
  if (next != last + 1) return ::testing::AssertionFailure() << "ended before " << next << " of " << last;
  return ::testing::AssertionSuccess();
}

struct Worker {
  Worker(ZmqContext& context, loop::AsioLoop& loop, const std::string& folder, std::uint32_t shard)
      : host(loop),
        session({.publish_endpoint = "ipc://" + folder + "/publish.sock",
                 .workers_endpoint = "ipc://" + folder + "/workers.sock",
                 .shard = shard,
                 .pid = 100 + shard,
                 .version = "0.1.0",
                 .describe = R"([{"name":"pile"}])",
                 .log = &ring},
                {.stopped = [this] { stopped = true; },
                 .refused = [this](std::string reason) { refused = std::move(reason); },
                 .control = [this](bool lost) { lost_events.push_back(lost); }},
                context, loop, loop.context(), host) {
    EXPECT_TRUE(session.start());
  }
  [[nodiscard]] bool live_at(std::uint64_t seq) const {
    return session.state() == WorkerState::live && session.applied_seq() == seq;
  }

  log::LineRing ring;
  RecordingHost host;
  bool stopped = false;
  std::string refused;
  std::vector<bool> lost_events;
  WorkerSession session;
};

class WorkerSessionTest : public ::testing::Test {
 protected:
  WorkerSessionTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "vfleet-bus-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~WorkerSessionTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<TestControl> control(TestControl::Settings settings = {}) {
    return std::make_unique<TestControl>(context_, loop_.context(), folder_, std::move(settings));
  }
  std::unique_ptr<Worker> worker(std::uint32_t shard) { return worker(shard, loop_); }
  std::unique_ptr<Worker> worker(std::uint32_t shard, loop::AsioLoop& loop) {
    return std::make_unique<Worker>(context_, loop, folder_, shard);
  }

  /// Runs the loop until `done`; false when `limit` passed.
  bool run_until(const std::function<bool()>& done, Duration limit = 60s) {
    return run_until(loop_, done, limit);
  }
  bool run_until(loop::AsioLoop& loop, const std::function<bool()>& done, Duration limit = 60s) {
    const TimePoint end = clock_.now() + limit;
    bool result = false;
    loop::CallbackTimer look(loop, [&] {
      result = done();
      if (result || clock_.now() > end) {
        loop.stop();
      } else {
        look.arm_in(1ms);
      }
    });
    look.arm_in(0ms);
    loop.run();
    return result;
  }

  /// Two loops by turns, as two processes would run.
  bool run_both(loop::AsioLoop& other, const std::function<bool()>& done) {
    const TimePoint end = clock_.now() + 30s;
    while (!done() && clock_.now() < end) {
      run_until(
          other, [] { return false; }, 2ms);
      run_until(
          loop_, [] { return false; }, 2ms);
    }
    return done();
  }

  static Command durable(std::uint64_t revision) {
    return {.id = "d" + std::to_string(revision),
            .revision = revision,
            .selector = "all",
            .args = R"({"patch":{}})"};
  }
  static Command transient(std::uint64_t n) {
    return {.id = "t" + std::to_string(n), .selector = "all", .verb = Verb::trigger, .args = "{}"};
  }

  RealClock clock_;
  ZmqContext context_;
  loop::AsioLoop loop_{clock_};
  std::string folder_;
};

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

TEST_F(WorkerSessionTest, AWorkerThatIsThereFirstWaitsForControl) {
  auto early = worker(0);
  EXPECT_FALSE(run_until([&] { return early->host.snapshots > 0; }, 200ms));
  auto server = control();
  EXPECT_TRUE(run_until([&] { return early->live_at(0); }));
}

TEST_F(WorkerSessionTest, ASilentControlIsReportedAndFoundAgain) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  server.reset();
  ASSERT_TRUE(run_until([&] { return one->lost_events == std::vector<bool>{true}; }));
  server = control();
  ASSERT_TRUE(run_until([&] { return one->lost_events == std::vector<bool>({true, false}); }));
  EXPECT_EQ(one->host.stops, 0);
}

TEST_F(WorkerSessionTest, AnExpiredTriggerIsAnsweredAndNotExecuted) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  Command old = transient(1);
  old.expires_us = to_us(clock_.wall_now()) - 1;
  server->publish(old);
  Command rule = durable(1);
  rule.expires_us = old.expires_us;  // a durable one has no end
  server->publish(rule);
  ASSERT_TRUE(run_until([&] { return one->live_at(2) && server->results["worker-0"].size() == 2; }));
  EXPECT_EQ(one->host.executed.size(), 1u);
  EXPECT_EQ(server->results["worker-0"][0].reasons.front().text, "it came after its time");
  EXPECT_EQ(server->results["worker-0"][1].applied, 1u);
}

TEST_F(WorkerSessionTest, AQuerySeesTheCommandBeforeItAndComesInParts) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  server->send(0, QueryRequest{.query = 9, .name = "ls", .selector = "all", .after_seq = 1});
  EXPECT_FALSE(run_until([&] { return server->finished[9]; }, 100ms));
  server->publish(durable(1));
  ASSERT_TRUE(run_until([&] { return server->finished[9]; }));
  EXPECT_EQ(one->host.applied_when_asked, 1u);
  EXPECT_EQ(server->rows[9].size(), 5000u);
  EXPECT_GT(server->row_parts[9], 3);
}

TEST_F(WorkerSessionTest, AWatchEndsWhenItIsCancelled) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  server->send(0, QueryRequest{.query = 4, .name = "watch", .selector = "all"});
  ASSERT_TRUE(run_until([&] { return static_cast<bool>(one->host.watch); }));
  one->host.watch({R"({"id":"a"})"}, false);
  ASSERT_TRUE(run_until([&] { return server->rows[4].size() == 1; }));
  server->send(0, CancelQuery{4});
  ASSERT_TRUE(run_until([&] { return server->finished[4]; }));
  EXPECT_EQ(one->host.cancelled, (std::vector<std::uint64_t>{4}));
  one->host.watch({R"({"id":"b"})"}, false);
  EXPECT_FALSE(run_until([&] { return server->rows[4].size() > 1; }, 50ms));
}

TEST_F(WorkerSessionTest, StopsTheHostAndSendsItsLastFigures) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  server->publish(durable(1));
  ASSERT_TRUE(run_until([&] { return one->live_at(1) && !server->statistics["worker-0"].empty(); }));
  one->ring.push(7, log::Level::info, "", "about to stop");
  server->send(0, Stop{});
  server->send(0, Stop{});
  ASSERT_TRUE(run_until([&] { return one->stopped && server->ended.count("worker-0") == 1; }));
  EXPECT_EQ(one->host.stops, 1);
  EXPECT_EQ(server->ended["worker-0"], R"({"executed":1})");
  ASSERT_EQ(server->logs.size(), 1u);
  EXPECT_EQ(server->logs[0].text, "about to stop");
  EXPECT_EQ(one->session.state(), WorkerState::stopping);
}

TEST_F(WorkerSessionTest, StopsWithoutControlToo) {
  auto one = worker(0);
  one->session.stop();
  EXPECT_TRUE(run_until([&] { return one->stopped; }, 5s));
  EXPECT_EQ(one->host.stops, 1);
}

TEST_F(WorkerSessionTest, ADeniedWorkerIsToldWhy) {
  auto server = control({.deny = "version 0.0.9 in a fleet of 0.1.0"});
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return !one->refused.empty(); }));
  EXPECT_EQ(one->refused, "version 0.0.9 in a fleet of 0.1.0");
}

TEST_F(WorkerSessionTest, GarbageFromControlIsCountedAndChangesNothing) {
  auto server = control();
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  Random random(1, 1, "garbage");
  for (int i = 0; i < 500; ++i) {
    std::string body;
    for (std::uint64_t n = random.below(60); n > 0; --n) body.push_back(static_cast<char>(random.below(256)));
    const std::string letter(1, "WPKQXZDC\0"[random.below(9)]);
    ASSERT_TRUE(server->send_raw({"worker-0", letter, body}));
    ASSERT_TRUE(server->send_raw({"worker-0", body}));
    ASSERT_TRUE(server->xpub->send({random.chance(0.5) ? "C" : "B", body}));
    ASSERT_TRUE(server->xpub->send({"W" + body}));
    if (i % 50 == 49) run_until([] { return false; }, 5ms);
  }
  server->publish(durable(1));
  ASSERT_TRUE(run_until([&] { return one->live_at(1) && one->session.counters().malformed == 2000; }))
      << one->session.counters().malformed;
  EXPECT_EQ(one->host.stops, 0);
}

TEST_F(WorkerSessionTest, ASessionMayEndAtAnyTime) {
  auto server = control();
  for (int round = 0; round < 20; ++round) {
    auto one = worker(0);
    run_until([&] { return false; }, std::chrono::milliseconds(round));
  }
  // The host keeps a callback past the end of its session.
  auto one = worker(0);
  ASSERT_TRUE(run_until([&] { return one->live_at(0); }));
  server->send(0, QueryRequest{.query = 4, .name = "watch", .selector = "all"});
  ASSERT_TRUE(run_until([&] { return static_cast<bool>(one->host.watch); }));
  const QueryReply kept = one->host.watch;
  one.reset();
  kept({"{}"}, true);
  EXPECT_EQ(server->unreadable, 0);
}

TEST_F(WorkerSessionTest, AnEndpointThatIsTooLongIsRefusedAtTheStart) {
  RecordingHost host(loop_);
  WorkerSession session({.publish_endpoint = "ipc:///" + std::string(200, 'a'),
                         .workers_endpoint = "ipc://" + folder_ + "/workers.sock"},
                        {}, context_, loop_, loop_.context(), host);
  const auto status = session.start();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace vfleet::bus
