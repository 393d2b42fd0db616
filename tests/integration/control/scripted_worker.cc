#include "tests/integration/control/scripted_worker.h"

#include <gtest/gtest.h>

namespace vfleet::control::server {

ScriptedWorker::ScriptedWorker(loop::AsioLoop& loop, bus::ZmqContext& context,
                               const std::string& publish_endpoint, const std::string& workers_endpoint,
                               Script given)
    : script(std::move(given)),
      alive_(loop,
             [this] {
               if (live) say(bus::Alive{epoch, applied, bus::WorkerState::live});
               if (script.outlives && !answered_) join();
               alive_.arm_in(std::chrono::milliseconds(200));
             }),
      loop_(loop) {
  bus::SocketOptions dealing;
  dealing.identity = bus::worker_identity(script.shard);
  dealer_ = std::move(*bus::ZmqSocket::open(context, loop.context(), bus::SocketKind::dealer, dealing,
                                            [this](bus::ZmqSocket::Frames frames) { told(frames); }));
  EXPECT_TRUE(dealer_->connect(workers_endpoint));
  bus::SocketOptions subscribing;
  subscribing.subscriptions = {"C", "B", "W"};
  subscriber_ =
      std::move(*bus::ZmqSocket::open(context, loop.context(), bus::SocketKind::sub, subscribing,
                                      [this](bus::ZmqSocket::Frames frames) { published(frames); }));
  EXPECT_TRUE(subscriber_->connect(publish_endpoint));
  alive_.arm_in(std::chrono::milliseconds(200));
}

void ScriptedWorker::say(const bus::FromWorker& message) {
  auto packed = bus::pack(message);
  ASSERT_TRUE(packed);
  say_raw(packed->letter, packed->body);
}

void ScriptedWorker::say_raw(const std::string& letter, const std::string& body) {
  const bool sent = dealer_->send({letter, body}).has_value();
  EXPECT_TRUE(sent || script.outlives);
}

void ScriptedWorker::join() {
  bus::Join join;
  join.shard = script.shard;
  join.pid = script.pid;
  join.version = "test";
  join.attempt = ++attempt;
  join.boot = boot;
  join.describe = script.describe;
  parts.clear();
  live = false;
  answered_ = asked_ = false;
  say(join);
}

void ScriptedWorker::published(bus::ZmqSocket::Frames frames) {
  if (frames.size() == 1) {
    auto found = bus::decode_xpub_welcome(frames[0]);
    ASSERT_TRUE(found);
    if (!welcomed || *found > epoch) {  // the first control, or a next one
      welcomed = true;
      epoch = *found;
      applied = 0;
      join();
    }
    return;
  }
  ASSERT_EQ(frames.size(), 2U);
  if (!live) return;
  if (frames[0] == bus::kTopicBeat) {
    auto beat = bus::decode_beat(frames[1]);
    ASSERT_TRUE(beat);
    if (beat->seq > applied) ask_for_the_tail();
    return;
  }
  auto command = bus::decode_command(frames[1]);
  ASSERT_TRUE(command);
  if (command->seq == lose) {
    lose = 0;
    return;
  }
  if (command->seq == applied + 1) {
    execute(*command);
  } else if (command->seq > applied) {
    ask_for_the_tail();
  }
}

// Once: asking again with every beat would bury a slow control in answers.
void ScriptedWorker::ask_for_the_tail() {
  if (asked_) return;
  asked_ = true;
  say(bus::TailRequest{epoch, applied + 1});
}

void ScriptedWorker::execute(const bus::Command& command) {
  applied = command.seq;
  commands.push_back(command);
  if (!script.answers) return;
  bus::CommandResult result;
  result.id = command.id;
  result.epoch = command.epoch;
  result.seq = command.seq;
  result.shard = script.shard;
  result.matched = result.applied = script.devices;
  say(result);
}

void ScriptedWorker::told(bus::ZmqSocket::Frames frames) {
  ASSERT_EQ(frames.size(), 2U);
  auto message = bus::unpack_to_worker(frames[0], frames[1]);
  ASSERT_TRUE(message) << message.error().detail;
  if (const auto* welcome = std::get_if<bus::Welcome>(&*message)) {
    welcomes.push_back(*welcome);
    boot = welcome->assignment.boot;
    answered_ = true;
  } else if (const auto* part = std::get_if<bus::SnapshotPart>(&*message)) {
    parts.push_back(*part);
    if (!part->last) return say(bus::Grant{attempt, 1});
    applied = part->seq;
    live = true;
    say(bus::Alive{epoch, applied, bus::WorkerState::live});
  } else if (const auto* tail = std::get_if<bus::TailPart>(&*message)) {
    for (const bus::Command& command : tail->commands) {
      if (command.seq == applied + 1) execute(command);
    }
    if (tail->last) asked_ = false;
  } else if (const auto* query = std::get_if<bus::QueryRequest>(&*message)) {
    queries.push_back(*query);
    if (query->name == "watch" || query->name == "trace") return;  // streams: the test says the rows
    bus::QueryRows rows;
    rows.query = query->query;
    rows.last = true;
    for (std::uint64_t i = 0; i < script.devices; ++i) {
      const std::uint64_t ordinal = i * 2 + script.shard;
      rows.rows.push_back("{\"id\":\"d" + std::to_string(ordinal) + "\",\"ordinal\":" +
                          std::to_string(ordinal) + ",\"change\":" + (i == 0 ? "true" : "false") + "}");
    }
    say(rows);
  } else if (const auto* cancel = std::get_if<bus::CancelQuery>(&*message)) {
    cancelled.push_back(cancel->query);
  } else if (const auto* denial = std::get_if<bus::Denied>(&*message)) {
    denied.push_back(denial->reason);
  } else {
    stopped = true;
    if (script.ends) say(bus::End{R"({"devices":5,"sent":7,"rss_bytes":1000})"});
  }
}

}  // namespace vfleet::control::server
