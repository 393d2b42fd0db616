// What a worker and control say to each other, from the first to the last.
#include "simulator/core/random.h"
#include "tests/integration/bus/worker_session_fixture.h"

namespace vfleet::bus {
namespace {

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
