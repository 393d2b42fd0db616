#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulator/bus/worker_session.h"
#include "simulator/log/line_ring.h"
#include "simulator/loop/asio_loop.h"
#include "tests/integration/bus/test_control.h"

namespace vfleet::bus {

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
inline ::testing::AssertionResult in_order(const std::vector<Command>& commands, std::uint64_t first,
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

/// A worker whose devices are a RecordingHost.
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

/// A control by hand and workers, over real sockets in a folder of their own.
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

}  // namespace vfleet::bus
