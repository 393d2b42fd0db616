// The log as workers and operators meet it: a whole controller over ports that only remember.
#include "control/server/log_desk.h"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/journal/memory_journal.h"
#include "control/server/controller.h"
#include "tests/unit/control/logs/temp_logs.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class RememberingPorts final : public Ports {
 public:
  void publish(std::string_view, const std::string&) override {}
  void to_worker(std::uint32_t shard, const bus::ToWorker& message) override {
    if (const auto* ack = std::get_if<bus::LogAck>(&message)) acks[shard].push_back(*ack);
  }
  void to_operator(const std::string&, const std::string& frame) override {
    frames.push_back(json::parse(frame));
  }
  void fetch(const std::string&, std::function<void(Result<std::string>)>) override {}
  void load_fleet(const std::string&, std::function<void(LoadedFleet)>) override {}

  std::map<std::uint32_t, std::vector<bus::LogAck>> acks;
  std::vector<json> frames;
};

json described() {
  const json type = {{"name", "pile"},
                     {"doc", ""},
                     {"reports", json::array()},
                     {"actions", json::array()},
                     {"schema", config::to_json(config::Schema())}};
  const json uplink = {{"name", "null"}, {"doc", ""}, {"schema", config::to_json(config::Schema())}};
  return {{"version", "test"}, {"types", json::array({type})}, {"uplinks", json::array({uplink})}};
}

config::FleetSpec fleet() {
  config::GroupSpec group;
  group.name = "pile";
  group.type = "pile";
  group.id = "pile-{}";
  group.first = 0;
  group.count = 10;
  group.labels = {{"site", {"a", "b"}}};
  group.uplink = "null";
  config::FleetSpec out;
  out.name = "test";
  out.groups.push_back(group);
  return out;
}

class LogDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    catalogue_ = *TypeCatalogue::parse(described().dump());
    keys_ = *config::catalogue_from_json(described());
    begin();
  }
  /// A control begins, again: what its log holds stays.
  void begin(logs::LogStore::Options options = {}) {
    controller_.reset();
    tasks_.clear();
    journal_ = std::make_unique<journal::MemoryJournal>(
        [this](std::function<void()> task) { tasks_.push_back(std::move(task)); });
    store_.reset();
    options.dir = temp_.dir();
    store_ = std::make_unique<logs::LogStore>(options, clock_, ++life_);
    ControllerOptions settings;
    settings.shards = 2;
    settings.epoch = life_;
    settings.logs = store_.get();
    auto made = Controller::make(settings, clock_, ports_, catalogue_, keys_, *journal_, fleet());
    ASSERT_TRUE(made) << made.error().detail;
    controller_ = std::move(*made);
    ports_.frames.clear();
    ports_.acks.clear();
  }
  void say(std::uint32_t shard, const bus::FromWorker& message) {
    const auto packed = bus::pack(message);
    ASSERT_TRUE(packed);
    controller_->from_worker(bus::worker_identity(shard), packed->letter, packed->body);
    run_tasks();
  }
  void join(std::uint32_t shard, std::uint64_t boot = 0) {
    say(shard, bus::Join{.shard = shard,
                         .pid = 100 + shard,
                         .version = "test",
                         .attempt = 1,
                         .boot = boot,
                         .describe = described()["types"].dump()});
  }
  static std::vector<log::Line> lines(std::uint64_t from, std::uint64_t to, const std::string& device = "") {
    std::vector<log::Line> out;
    for (std::uint64_t seq = from; seq <= to; ++seq)
      out.push_back({.seq = seq, .at_us = 5, .level = log::Level::info, .device = device, .text = "text"});
    return out;
  }
  /// What was posted for a later turn.
  void run_tasks() {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  void settle() {
    run_tasks();
    store_->settle();
    controller_->tick();
  }
  void ask(const std::string& id, const std::string& verb, const json& args) {
    controller_->from_operator("op", json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", args}}.dump());
    run_tasks();
  }
  /// Rows that came for `id` so far.
  std::vector<json> rows(const std::string& id) const {
    std::vector<json> out;
    for (const json& frame : ports_.frames) {
      if (frame["id"] != id || frame["kind"] != "rows") continue;
      out.insert(out.end(), frame["rows"].begin(), frame["rows"].end());
    }
    return out;
  }
  json end_of(const std::string& id) const {
    for (const json& frame : ports_.frames) {
      if (frame["id"] == id && frame["kind"] != "rows") return frame;
    }
    return nullptr;
  }
  /// Asks, lets the disk answer, and gives all rows: for what does not follow.
  std::vector<json> logs(const json& args) {
    const std::string id = "q" + std::to_string(++asked_);
    ask(id, "logs", args);
    for (int i = 0; i < 10 && end_of(id).is_null(); ++i) {
      settle();
      ask("r", "renew", {{"watch", id}, {"rows", rows(id).size()}});
    }
    EXPECT_EQ(end_of(id).value("kind", ""), "result") << end_of(id);
    return rows(id);
  }

  logs::TempLogs temp_;
  ManualClock clock_;
  RememberingPorts ports_;
  TypeCatalogue catalogue_;
  config::Catalogue keys_;
  std::uint64_t life_ = 0;
  int asked_ = 0;
  std::unique_ptr<logs::LogStore> store_;
  std::deque<std::function<void()>> tasks_;
  std::unique_ptr<journal::MemoryJournal> journal_;
  std::unique_ptr<Controller> controller_;
};

TEST_F(LogDeskTest, LinesOfWorkersAreKeptAndConfirmedOnceTheyAreWritten) {
  join(0);
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 3, "pile-1")});
  EXPECT_TRUE(ports_.acks.empty());
  settle();
  EXPECT_EQ(ports_.acks[0], (std::vector<bus::LogAck>{{.boot = 1, .seq = 3}}));
  const auto shown = logs(json::object());
  ASSERT_EQ(shown.size(), 3u);
  EXPECT_EQ(shown[0], (json{{"at_us", 5},
                            {"source", "worker-0"},
                            {"boot", 1},
                            {"seq", 1},
                            {"level", "info"},
                            {"device", "pile-1"},
                            {"text", "text"}}));
}

TEST_F(LogDeskTest, WhatFellOutOfAWorkersRingIsAGap) {
  join(0);
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 2)});
  say(0, bus::LogLines{.boot = 1, .lines = lines(8, 9)});
  const auto shown = logs(json::object());
  ASSERT_EQ(shown.size(), 5u);
  EXPECT_EQ(shown[2]["gap"], (json{{"source", "worker-0"}, {"boot", 1}, {"from", 3}, {"to", 7}}));
}

TEST_F(LogDeskTest, LinesThatComeAgainAreTakenOnceAndConfirmedAgain) {
  join(0);
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 3)});
  settle();
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 3)});
  settle();
  EXPECT_EQ(ports_.acks[0].size(), 2u);
  EXPECT_EQ(logs(json::object()).size(), 3u);
}

TEST_F(LogDeskTest, LinesOfAStrangerOrOfAnEarlierLifeAreNotTaken) {
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 3)});
  join(0);
  say(0, bus::LogLines{.boot = 7, .lines = lines(1, 3)});
  settle();
  EXPECT_TRUE(ports_.acks.empty());
  EXPECT_TRUE(logs(json::object()).empty());
}

TEST_F(LogDeskTest, MalformedLinesAreDropped) {
  join(0);
  for (
      const char* body :
      {"", "[]", "{}", R"({"boot":1,"lines":[{}]})", R"({"boot":1,"lines":[5]})",
       R"({"boot":1,"lines":[{"seq":2,"at_us":5,"level":"loud","text":""}]})",
       R"({"boot":1,"lines":[{"seq":0,"at_us":5,"level":"info","text":""}]})",
       R"({"boot":1,"lines":[{"seq":2,"at_us":5,"level":"info","text":""},{"seq":2,"at_us":5,"level":"info","text":""}]})"}) {
    controller_->from_worker("worker-0", "L", body);
  }
  EXPECT_TRUE(logs(json::object()).empty());
}

TEST_F(LogDeskTest, AControlThatBeginsAgainGoesOnWithTheNumbers) {
  join(0);
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 3)});
  settle();
  begin();
  join(0, 1);
  // The worker does not know what was confirmed, so it sends again; two lines were lost meanwhile.
  say(0, bus::LogLines{.boot = 1, .lines = lines(2, 3)});
  say(0, bus::LogLines{.boot = 1, .lines = lines(6, 6)});
  const auto shown = logs({{"from", "worker-0"}});
  ASSERT_EQ(shown.size(), 5u);
  EXPECT_EQ(shown[2]["seq"], 3);
  EXPECT_EQ(shown[3]["gap"]["from"], 4);
  EXPECT_EQ(shown[4]["seq"], 6);
}

TEST_F(LogDeskTest, AFullQueueIsNotConfirmedSoThatTheWorkerKeepsItsLines) {
  begin({.queue_lines = 0});
  join(0);
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 3)});
  settle();
  EXPECT_TRUE(ports_.acks.empty());
}

TEST_F(LogDeskTest, ASelectorMeansTheLinesOfItsDevices) {
  join(0);
  auto some = lines(1, 1);
  for (int i = 0; i < 4; ++i)
    some.push_back(lines(static_cast<std::uint64_t>(i) + 2, static_cast<std::uint64_t>(i) + 2,
                         "pile-" + std::to_string(i))[0]);
  some.push_back(lines(6, 6, "gone-1")[0]);
  say(0, bus::LogLines{.boot = 1, .lines = some});
  EXPECT_EQ(logs({{"selector", "all"}}).size(), 5u);
  EXPECT_EQ(logs({{"selector", "pile-2"}}).size(), 1u);
  EXPECT_EQ(logs({{"selector", "site=a"}}).size(), 2u);
  EXPECT_EQ(logs({{"selector", "type=pile"}}).size(), 4u);
  EXPECT_EQ(logs({{"selector", "gone-*"}}).size(), 1u) << "a device that the fleet no longer has";
  ask("s", "logs", {{"selector", "state.online=true"}});
  EXPECT_EQ(end_of("s")["status"], 2);
}

TEST_F(LogDeskTest, OlderLinesComeFromTheFiles) {
  begin({.memory_lines = 10});
  join(0);
  for (std::uint64_t from = 1; from <= 1000; from += 100)
    say(0, bus::LogLines{.boot = 1, .lines = lines(from, from + 99)});
  const auto shown = logs({{"lines", 700}});
  ASSERT_EQ(shown.size(), 700u);
  EXPECT_EQ(shown.front()["seq"], 301);
  EXPECT_EQ(shown.back()["seq"], 1000);
  EXPECT_EQ(logs({{"lines", 5000}}).size(), 1000u);
  EXPECT_EQ(logs({{"since_us", 5}}).size(), 1000u);
  EXPECT_TRUE(logs({{"since_us", 6}}).empty());
  EXPECT_TRUE(logs({{"level", "warn"}}).empty());
}

TEST_F(LogDeskTest, AReaderThatFollowsGetsOldAndNewLinesOnceEach) {
  begin({.memory_lines = 10});
  join(0);
  say(0, bus::LogLines{.boot = 1, .lines = lines(1, 100)});
  ask("f", "logs", {{"follow", true}, {"lines", 50}});
  say(0, bus::LogLines{.boot = 1, .lines = lines(101, 103)});
  settle();
  settle();
  say(0, bus::LogLines{.boot = 1, .lines = lines(104, 105)});
  settle();
  const auto shown = rows("f");
  ASSERT_EQ(shown.size(), 55u);
  for (std::size_t i = 0; i < shown.size(); ++i) EXPECT_EQ(shown[i]["seq"], 51 + i);
}

TEST_F(LogDeskTest, AReaderThatDoesNotReadIsSentNoMoreAndToldHowManyHeMissed) {
  begin({.memory_lines = 1000});
  join(0);
  ask("f", "logs", {{"follow", true}, {"lines", 0}});
  for (std::uint64_t from = 1; from <= 9901; from += 100) {
    say(0, bus::LogLines{.boot = 1, .lines = lines(from, from + 99)});
    settle();
  }
  EXPECT_EQ(rows("f").size(), LogDesk::kCredit);
  EXPECT_EQ(ports_.acks[0].back().seq, 10'000u) << "workers are not held up";
  ask("r", "renew", {{"watch", "f"}, {"rows", LogDesk::kCredit}});
  settle();
  const auto shown = rows("f");
  ASSERT_EQ(shown.size(), LogDesk::kCredit + 1000);
  EXPECT_EQ(shown.back()["seq"], 10'000);
  EXPECT_EQ(ports_.frames.back()["dropped"], 7000);
}

TEST_F(LogDeskTest, AStreamEndsWhenItsLeaseIsOver) {
  ask("f", "logs", {{"follow", true}, {"lines", 0}});
  clock_.advance(59s);
  settle();
  EXPECT_TRUE(end_of("f").is_null());
  ask("r", "renew", {{"watch", "f"}});
  clock_.advance(59s);
  settle();
  EXPECT_TRUE(end_of("f").is_null());
  clock_.advance(1s);
  settle();
  EXPECT_EQ(end_of("f")["lease_over"], true);
  ask("r2", "renew", {{"watch", "f"}});
  EXPECT_EQ(end_of("r2")["code"], "not_found");
}

TEST_F(LogDeskTest, WhatASupervisorHeardIsMarkedAsSuch) {
  ask("n", "note",
      {{"source", "worker-0"},
       {"lines", {{{"at_us", 9}, {"level", "error"}, {"text", "terminate called\n"}}}}});
  EXPECT_EQ(end_of("n")["status"], 0);
  // Control's own lines come back to it through the supervisor: they are here already.
  ask("n2", "note",
      {{"source", "control"},
       {"lines", {{{"text", "2026-11-21T10:00:00.123456 info control: worker joins"}}}}});
  const auto shown = logs(json::object());
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0]["source"], "up/worker-0");
  EXPECT_EQ(shown[0]["text"], "terminate called");
}

TEST_F(LogDeskTest, NotesThatAreNoneAreRefused) {
  for (const json& args : std::vector<json>{
           {{"source", "a/b"}, {"lines", json::array()}},
           {{"source", ""}, {"lines", json::array()}},
           {{"source", std::string(49, 'x')}, {"lines", json::array()}},
           {{"source", "up"}},
           {{"source", "up"}, {"lines", {5}}},
           {{"source", "up"}, {"lines", {{{"text", "a"}, {"lvel", "info"}}}}},
           {{"source", "up"}, {"lines", {{{"text", "a"}, {"level", "loud"}}}}},
           {{"source", "up"}, {"lines", json::array_t(1001, {{"text", "a"}})}},
       }) {
    ports_.frames.clear();
    ask("n", "note", args);
    EXPECT_EQ(end_of("n")["status"], 2) << args.dump().substr(0, 200);
  }
  EXPECT_EQ(store_->end(), 0u);
}

TEST_F(LogDeskTest, WarningsAndReloadsAreNotices) {
  store_->note("control", 5, log::Level::info, "worker joins");
  store_->note("control", 6, log::Level::warn, "worker is lost shard=1");
  store_->note("control", 7, log::Level::info, "reload: pile: count 10 -> 20");
  settle();
  ask("s", "status", {{"notices_after", 0}});
  const json notices = end_of("s")["notices"];
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[0], (json{{"n", 2},
                              {"at_us", 6},
                              {"source", "control"},
                              {"level", "warn"},
                              {"text", "worker is lost shard=1"}}));
  ask("s2", "status", {{"notices_after", 2}});
  EXPECT_EQ(end_of("s2")["notices"].size(), 1u);
  ask("s3", "status", json::object());
  EXPECT_FALSE(end_of("s3").contains("notices"));
}

}  // namespace
}  // namespace vfleet::control::server
