// From a request to the journal to the workers: the controller with a journal that fails or hesitates when it
// is told to, on virtual time.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/journal/memory_journal.h"
#include "control/server/controller.h"
#include "simulator/loop/virtual_loop.h"
#include "tests/unit/control/server/fleet_world.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const Error kFull{Errc::unavailable, "the disk is full"};

class Pipeline : public ::testing::Test {
 protected:
  void SetUp() override {
    world.next_fleet = fleet(2s);
    const json described = describe();
    catalogue = std::move(*TypeCatalogue::parse(described.dump()));
    keys = std::move(*config::catalogue_from_json(described));
    journal::Meta meta;
    meta.fleet = "test";
    meta.shards = 1;
    kept = std::make_unique<journal::MemoryJournal>(
        [this](std::function<void()> task) { loop.post(std::move(task)); }, meta);
    ASSERT_TRUE(start(77, nullptr));
  }

  /// A control begins, or goes on; the one before is gone, as by kill -9.
  Status start(std::uint64_t epoch, std::shared_ptr<const journal::Restored> restored,
               config::FleetSpec file = fleet(30s)) {
    controller.reset();
    world.published.clear();
    world.told.clear();
    ControllerOptions options;
    options.epoch = epoch;
    options.fleet_file = "/fleet.yaml";
    if (restored) options.boots = restored->boots;
    options.restored = std::move(restored);
    auto made = Controller::make(options, loop.clock(), world, catalogue, keys, *kept, std::move(file));
    if (!made) return tl::unexpected(made.error());
    controller = std::move(*made);
    turn();
    return {};
  }
  Status resume(std::uint64_t epoch, config::FleetSpec file = fleet(30s)) {
    return start(epoch, std::make_shared<const journal::Restored>(kept->restored()), std::move(file));
  }

  void turn() { loop.run_for(1ms); }
  void send(const std::string& id, const std::string& verb, json args, const std::string& who = "op") {
    controller->from_operator(who,
                              json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", std::move(args)}}.dump());
  }
  void set(const std::string& id, json more = json::object(), const std::string& who = "op") {
    json args = {{"selector", "d1"}, {"patch", {{"reports.meter.every", "2s"}}}};
    args.update(more);
    send(id, "set", args, who);
  }
  void trigger(const std::string& id) { send(id, "trigger", {{"selector", "d1"}, {"report", "meter"}}); }
  void worker_says(const bus::FromWorker& message) {
    const auto packed = bus::pack(message);
    ASSERT_TRUE(packed);
    controller->from_worker("worker-0", packed->letter, packed->body);
  }
  void join(std::int64_t pid, std::uint64_t boot = 0) {
    worker_says(bus::Join{0, pid, "test", ++attempt, boot, describe()["types"].dump()});
  }
  void answer(const bus::Command& command) {
    bus::CommandResult result;
    result.id = command.id;
    result.epoch = command.epoch;
    result.seq = command.seq;
    result.matched = result.applied = 1;
    worker_says(result);
  }
  void live_worker() {
    join(100);
    turn();
    worker_says(
        bus::Alive{controller->core().options.epoch, controller->core().seq(), bus::WorkerState::live});
  }
  /// The last frame of `kind` for `id`; null when there is none.
  [[nodiscard]] json last(const std::string& id, const std::string& kind,
                          const std::string& who = "op") const {
    json found;
    for (const auto& [to, frame] : world.frames) {
      if (to == who && frame["id"] == id && frame["kind"] == kind) found = frame;
    }
    return found;
  }
  template <class Message>
  [[nodiscard]] std::vector<Message> told() const {
    std::vector<Message> out;
    for (const auto& each : world.told) {
      if (const auto* message = std::get_if<Message>(&each)) out.push_back(*message);
    }
    return out;
  }
  [[nodiscard]] const Core& core() const { return controller->core(); }

  loop::VirtualLoop loop;
  World world{[this](std::function<void()> task) { loop.post(std::move(task)); }};
  TypeCatalogue catalogue;
  config::Catalogue keys;
  std::unique_ptr<journal::MemoryJournal> kept;
  std::unique_ptr<Controller> controller;
  std::uint64_t attempt = 0;
};

TEST_F(Pipeline, NothingIsPublishedBeforeItIsCommitted) {
  kept->hold(true);
  set("c1");
  trigger("c2");
  turn();
  EXPECT_TRUE(world.published.empty());
  EXPECT_TRUE(last("c1", "accepted").is_null());
  EXPECT_EQ(core().desired.revision(), 0U);
  EXPECT_EQ(core().seq(), 0U);
  kept->hold(false);
  turn();
  ASSERT_EQ(world.published.size(), 2U);
  EXPECT_EQ(world.published[0].id, "c1");
  EXPECT_EQ(world.published[0].revision, 1U);
  EXPECT_EQ(world.published[1].seq, 2U);
  EXPECT_EQ(last("c1", "accepted")["revision"], 1);
  EXPECT_EQ(core().desired.revision(), 1U);
}

TEST_F(Pipeline, WhatCannotBeCommittedIsRefusedAndLeavesNoHole) {
  live_worker();
  set("c1");
  turn();
  kept->fail_with(kFull);
  set("c2");
  trigger("c3");
  set("c4");
  turn();
  for (const std::string id : {"c2", "c3", "c4"}) {
    const json error = last(id, "error");
    ASSERT_FALSE(error.is_null()) << id;
    EXPECT_EQ(error["code"], "journal");
    EXPECT_EQ(error["status"], 1);
    EXPECT_EQ(error["message"], "nothing was published: the disk is full");
    EXPECT_TRUE(last(id, "accepted").is_null());
  }
  EXPECT_EQ(world.published.size(), 1U);
  kept->fail_with(std::nullopt);
  trigger("c5");
  set("c2");  // the same request again is a new try
  turn();
  ASSERT_EQ(world.published.size(), 3U);
  EXPECT_EQ(world.published[1].id, "c5");
  EXPECT_EQ(world.published[1].seq, 2U);
  EXPECT_EQ(world.published[2].id, "c2");
  EXPECT_EQ(world.published[2].seq, 3U);
  EXPECT_EQ(world.published[2].revision, 2U);
}

TEST_F(Pipeline, QueriesAreAnsweredWhileTheJournalFails) {
  kept->fail_with(kFull);
  set("c1");
  turn();
  send("q1", "status", json::object());
  turn();
  const json status = last("q1", "result");
  ASSERT_FALSE(status.is_null());
  EXPECT_EQ(status["journal"]["state"], "failing");
  EXPECT_EQ(status["journal"]["reason"], "the disk is full");
  kept->fail_with(std::nullopt);
  set("c2");
  send("q2", "status", json::object());
  turn();
  EXPECT_EQ(last("q2", "result")["journal"]["state"], "ok");
}

TEST_F(Pipeline, OfTwoThatNameTheSameRevisionOnePasses) {
  kept->hold(true);
  set("c1", {{"if_revision", 0}});
  set("c2", {{"if_revision", 0}});
  kept->hold(false);
  turn();
  EXPECT_FALSE(last("c1", "accepted").is_null());
  EXPECT_EQ(last("c2", "error")["code"], "rejected");
}

TEST_F(Pipeline, ARequestThatIsRepeatedWhileItWaitsIsDoneOnce) {
  live_worker();
  kept->hold(true);
  set("c1");
  set("c1", json::object(), "again");
  kept->hold(false);
  turn();
  ASSERT_EQ(world.published.size(), 1U);
  answer(world.published[0]);
  EXPECT_EQ(last("c1", "result")["matched"], 1);
  EXPECT_EQ(last("c1", "result", "again")["matched"], 1);
}

TEST_F(Pipeline, AQueryWaitsForWhatWasAskedBefore) {
  live_worker();
  kept->hold(true);
  set("c1");
  send("q1", "ls", {{"selector", "all"}});
  turn();
  EXPECT_TRUE(told<bus::QueryRequest>().empty());
  kept->hold(false);
  turn();
  ASSERT_EQ(told<bus::QueryRequest>().size(), 1U);
  EXPECT_EQ(told<bus::QueryRequest>()[0].after_seq, 1U);
}

TEST_F(Pipeline, AReloadTakesEffectWhenItIsCommitted) {
  kept->hold(true);
  send("r1", "reload", json::object());
  turn();
  const std::string before = core().desired.groups()[0];
  EXPECT_FALSE(core().fleet == core().newest_fleet());
  kept->hold(false);
  turn();
  EXPECT_NE(core().desired.groups()[0], before);
  EXPECT_EQ(last("r1", "accepted")["revision"], 1);
}

TEST_F(Pipeline, AReloadThatCannotBeCommittedChangesNothing) {
  const std::string before = core().desired.groups()[0];
  world.next_fleet = fleet(2s, 12);
  kept->fail_with(kFull);
  send("r1", "reload", json::object());
  turn();
  EXPECT_EQ(last("r1", "error")["code"], "journal");
  EXPECT_EQ(core().desired.groups()[0], before);
  EXPECT_EQ(core().fleet.devices(), 10U);
  kept->fail_with(std::nullopt);
  send("r2", "reload", json::object());
  turn();
  EXPECT_EQ(core().fleet.devices(), 12U);
  // The ordinals of the two new devices are kept although they were first given in vain.
  EXPECT_EQ(kept->restored().ordinals.size(), 2U);
}

TEST_F(Pipeline, ReloadsThatFollowEachOtherAddUp) {
  kept->hold(true);
  send("r1", "reload", json::object());
  turn();
  world.next_fleet = fleet(2s, 12);
  send("r2", "reload", json::object());
  turn();
  kept->hold(false);
  turn();
  ASSERT_EQ(world.published.size(), 2U);
  EXPECT_EQ(world.published[1].revision, 2U);
  EXPECT_EQ(core().fleet.devices(), 12U);
  EXPECT_EQ(kept->entries().size(), 2U);
}

TEST_F(Pipeline, AWorkerIsWelcomedOnceItsBootIsKept) {
  kept->fail_with(kFull);
  join(100);
  turn();
  EXPECT_TRUE(told<bus::Welcome>().empty());
  kept->fail_with(std::nullopt);
  join(100);
  turn();
  ASSERT_EQ(told<bus::Welcome>().size(), 1U);
  EXPECT_EQ(told<bus::Welcome>()[0].assignment.boot, 1U);
  EXPECT_EQ(kept->restored().boots, (std::vector<std::uint64_t>{1}));
}

TEST_F(Pipeline, ANextControlGoesOnWithRevisionsAndRules) {
  set("c1");
  turn();
  ASSERT_TRUE(resume(78));
  EXPECT_EQ(core().desired.revision(), 1U);
  ASSERT_EQ(core().desired.rules().size(), 1U);
  EXPECT_EQ(core().desired.rules().begin()->second.command.id, "c1");
  EXPECT_TRUE(world.published.empty());
  set("c2", {{"if_revision", 1}});
  turn();
  ASSERT_EQ(world.published.size(), 1U);
  EXPECT_EQ(world.published[0].epoch, 78U);
  EXPECT_EQ(world.published[0].seq, 1U);
  EXPECT_EQ(world.published[0].revision, 2U);
}

TEST_F(Pipeline, AWorkerThatOutlivedItsControlKeepsItsBoot) {
  join(100);
  turn();
  ASSERT_EQ(told<bus::Welcome>().at(0).assignment.boot, 1U);
  ASSERT_TRUE(resume(78));
  join(100, 1);
  turn();
  EXPECT_EQ(told<bus::Welcome>().at(0).assignment.boot, 1U);
  join(200);  // and one that was started anew has the next
  turn();
  EXPECT_EQ(told<bus::Welcome>().at(1).assignment.boot, 2U);
}

TEST_F(Pipeline, WhatAnEarlierLifeDidIsAnsweredAndNotDoneAgain) {
  live_worker();
  set("c1");
  turn();
  answer(world.published.at(0));
  trigger("c2");  // nobody answers it
  turn();
  ASSERT_TRUE(resume(78));
  world.frames.clear();
  set("c1");
  trigger("c2");
  turn();
  EXPECT_TRUE(world.published.empty());
  EXPECT_EQ(last("c1", "accepted")["revision"], 1);
  EXPECT_EQ(last("c1", "result")["matched"], 1);
  EXPECT_EQ(last("c2", "error")["code"], "outcome_unknown");
  EXPECT_EQ(core().desired.revision(), 1U);
}

TEST_F(Pipeline, ACommandThatWasRefusedIsNotKnownToTheNextLife) {
  kept->fail_with(kFull);
  set("c1");
  turn();
  kept->fail_with(std::nullopt);
  ASSERT_TRUE(resume(78));
  set("c1");
  turn();
  EXPECT_EQ(world.published.size(), 1U);
}

TEST_F(Pipeline, AFileThatChangedMeanwhileIsOneRevision) {
  set("c1");
  turn();
  ASSERT_TRUE(resume(78, fleet(5s, 12)));
  EXPECT_EQ(core().desired.revision(), 2U);
  EXPECT_EQ(core().fleet.devices(), 12U);
  ASSERT_EQ(kept->entries().size(), 2U);
  EXPECT_EQ(kept->entries()[1].command.verb, bus::Verb::reload);
  ASSERT_TRUE(resume(79, fleet(5s, 12)));
  EXPECT_EQ(core().desired.revision(), 2U);
}

TEST_F(Pipeline, AFileThatAFleetCannotFollowIsRefused) {
  config::FleetSpec other = fleet(30s);
  other.seed = 4711;
  const Status status = resume(78, other);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::rejected);
  EXPECT_NE(status.error().detail.find("--fresh"), std::string::npos);
}

TEST_F(Pipeline, TheOutcomeIsKeptAndCorrectedWhenMoreIsKnown) {
  live_worker();
  set("c1", {{"timeout", "100ms"}});
  turn();
  loop.run_for(200ms);
  controller->tick();
  EXPECT_EQ(last("c1", "error")["code"], "outcome_unknown");
  turn();
  EXPECT_EQ(kept->entries().at(0).outcome->status, 1);
  answer(world.published.at(0));
  turn();
  EXPECT_EQ(kept->entries().at(0).outcome->status, 0);
  EXPECT_EQ(json::parse(kept->entries().at(0).outcome->reply)["applied"], 1);
  world.frames.clear();
  set("c1");
  EXPECT_EQ(last("c1", "result")["applied"], 1);
}

TEST_F(Pipeline, AtTheEndEveryOutcomeIsKept) {
  live_worker();
  set("c1");
  trigger("c2");
  turn();
  controller->close();
  turn();
  ASSERT_EQ(kept->entries().size(), 2U);
  EXPECT_TRUE(kept->entries()[0].outcome);
  EXPECT_TRUE(kept->entries()[1].outcome);
  EXPECT_EQ(last("c2", "error")["code"], "outcome_unknown");
}

}  // namespace
}  // namespace vfleet::control::server
