// History, diff, rollback and scale: the controller over a journal in a file, with one worker's answers.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/journal/sqlite_journal.h"
#include "control/server/controller.h"
#include "simulator/core/random.h"
#include "simulator/loop/virtual_loop.h"
#include "tests/unit/control/journal/mailbox.h"
#include "tests/unit/control/server/fleet_world.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kSecret = "hush-hush";

/// What a state says: its groups, and of each rule what is left of it.
json content(const std::vector<std::string>& groups, const std::map<std::uint64_t, Rule>& rules) {
  json out = {{"groups", json::array()}, {"rules", json::object()}};
  for (const std::string& group : groups) out["groups"].push_back(json::parse(group));
  for (const auto& [revision, rule] : rules) {
    out["rules"][std::to_string(revision)] = {bus::to_string(rule.command.verb), rule.command.selector,
                                              json::parse(rule.command.args), rule.subjects};
  }
  return out;
}

json content(const journal::Past& past) {
  DesiredState state;
  for (const bus::Command& change : past.changes) state.record(change);
  EXPECT_EQ(state.revision(), past.revision);
  return content(past.fleet.groups, state.rules());
}

class Desks : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "vfleet-desks-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
    const json described = describe();
    catalogue = std::move(*TypeCatalogue::parse(described.dump()));
    keys = std::move(*config::catalogue_from_json(described));
    journal::Meta meta;
    meta.fleet = "test";
    meta.shards = 1;
    meta.epoch = 77;
    auto made = journal::SqliteJournal::create({root + "/journal.db", mailbox.post(), false}, meta, {});
    ASSERT_TRUE(made) << made.error().detail;
    kept = std::move(*made);
    ControllerOptions options;
    options.epoch = 77;
    options.fleet_file = "/fleet.yaml";
    auto controlling = Controller::make(options, loop.clock(), world, catalogue, keys, *kept, fleet());
    ASSERT_TRUE(controlling) << controlling.error().detail;
    controller = std::move(*controlling);
  }
  void TearDown() override {
    controller.reset();
    kept.reset();
    std::filesystem::remove_all(root);
  }

  /// Asks, and gives the first frame that says how it went: accepted, result or error.
  json ask(const std::string& verb, json args = json::object()) {
    const std::string id = "q" + std::to_string(++asked);
    controller->from_operator("op",
                              json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", std::move(args)}}.dump());
    json found;
    mailbox.run_until([&] {
      for (const auto& [to, frame] : world.frames) {
        if (frame["id"] == id && frame["kind"] != "rows") found = frame;
      }
      return !found.is_null();
    });
    rows = json::array();
    for (const auto& [to, frame] : world.frames) {
      if (frame["id"] == id && frame["kind"] == "rows")
        rows.insert(rows.end(), frame["rows"].begin(), frame["rows"].end());
    }
    return found;
  }
  json set(const std::string& selector, const std::string& every) {
    return ask("set", {{"selector", selector}, {"patch", {{"reports.meter.every", every}}}});
  }
  [[nodiscard]] json now() const {
    return content(controller->core().desired.groups(), controller->core().desired.rules());
  }
  [[nodiscard]] std::uint64_t revision() const { return controller->core().desired.revision(); }
  void worker_says(const bus::FromWorker& message) {
    const auto packed = bus::pack(message);
    ASSERT_TRUE(packed);
    controller->from_worker("worker-0", packed->letter, packed->body);
  }

  loop::VirtualLoop loop;
  journal::Mailbox mailbox;
  World world{mailbox.post()};
  std::string root;
  TypeCatalogue catalogue;
  config::Catalogue keys;
  std::unique_ptr<journal::SqliteJournal> kept;
  std::unique_ptr<Controller> controller;
  json rows;  ///< of the last question
  int asked = 0;
};

TEST_F(Desks, AWorkerGivesUpOnWhatIsWaitedForBeforeControlDoes) {
  const auto patience_us = [this](json args) {
    args.update({{"selector", "d1"}, {"report", "meter"}});
    ask("trigger", args);
    return json::parse(world.published.back().args).value("timeout_us", std::int64_t{-1});
  };
  EXPECT_EQ(patience_us({{"wait", "acked"}}), 4'000'000) << "control waits for 5 s";
  EXPECT_EQ(patience_us({{"wait", "sent"}, {"timeout", "25s"}}), 24'000'000);
  EXPECT_EQ(patience_us({{"wait", "acked"}, {"timeout", "500ms"}}), 250'000);
  EXPECT_EQ(patience_us({{"timeout", "25s"}}), -1) << "nobody waits";
}

TEST_F(Desks, HistoryTellsEveryCommandNewestFirstAndNoSecret) {
  set("d1", "2s");
  ask("trigger", {{"selector", "d1"}, {"report", "meter"}});
  ask("set", {{"selector", "all"}, {"patch", {{"token", kSecret}}}});
  EXPECT_EQ(ask("history")["status"], 0);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["revision"], 2);
  EXPECT_EQ(rows[0]["line"], "set all token=***");
  EXPECT_EQ(rows[1]["verb"], "trigger");
  EXPECT_EQ(rows[2]["line"], "set d1 reports.meter.every=2s");
  EXPECT_EQ(rows.dump().find(kSecret), std::string::npos);
  EXPECT_EQ(ask("history", {{"durable", true}})["status"], 0);
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(ask("history", {{"revision", 2}})["matched"], 1);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.dump().find(kSecret), std::string::npos);
  EXPECT_EQ(ask("history", {{"id", "q1"}})["matched"], 1);
  EXPECT_EQ(ask("history", {{"revision", 9}})["code"], "not_found");
}

TEST_F(Desks, ScaleGivesARevisionADryRunNone) {
  EXPECT_EQ(ask("scale", {{"groups", {{"pile", 25}}}, {"dry_run", true}})["come"], 15);
  EXPECT_EQ(revision(), 0U);
  EXPECT_NE(ask("scale", {{"groups", {{"pile", 25}}}})["kind"], "error");
  EXPECT_EQ(revision(), 1U);
  ASSERT_EQ(world.published.size(), 1U);
  EXPECT_EQ(world.published[0].verb, bus::Verb::scale);
  EXPECT_EQ(now()["groups"][0]["count"], 25);
  EXPECT_EQ(ask("scale", {{"groups", {{"pile", 25}}}})["kind"], "result") << "nothing changes";
  EXPECT_EQ(ask("scale", {{"groups", {{"pole", 25}}}})["kind"], "error");
  EXPECT_EQ(ask("scale", {{"groups", {{"pile", 5}}}, {"if_revision", 0}})["kind"], "error");
  EXPECT_EQ(revision(), 1U);
  EXPECT_NE(ask("scale", {{"groups", {{"pile", "file"}}}})["kind"], "error");
  EXPECT_EQ(now()["groups"][0]["count"], 10);
}

TEST_F(Desks, RollbackSaysWhatItDropsWithoutSecretsAndRestoresGroupsAndRules) {
  set("d1", "2s");
  const json then = now();
  ask("set", {{"selector", "all"}, {"patch", {{"token", kSecret}}}});
  ask("scale", {{"groups", {{"pile", 3}}}});
  const json dry = ask("rollback", {{"revision", 1}, {"dry_run", true}});
  EXPECT_EQ(dry["kind"], "result");
  EXPECT_NE(dry.dump().find("drops revision 2: set all token=***"), std::string::npos) << dry;
  EXPECT_EQ(dry.dump().find(kSecret), std::string::npos);
  EXPECT_EQ(revision(), 3U);
  EXPECT_NE(ask("rollback", {{"revision", 1}})["kind"], "error");
  EXPECT_EQ(revision(), 4U) << "a revision of its own";
  EXPECT_EQ(now(), then);
  EXPECT_EQ(ask("rollback", {{"revision", 9}})["kind"], "error");
  EXPECT_EQ(ask("rollback", {{"revision", 4}})["kind"], "result") << "it is so already";
}

TEST_F(Desks, DiffWithNobodyThereFailsAndNamesTheShard) {
  const json answer = ask("diff");
  EXPECT_EQ(answer["status"], 1);
  EXPECT_EQ(answer["silent"], json({0}));
  EXPECT_EQ(answer["behind"][0]["shard"], 0);
}

TEST_F(Desks, DiffCountsTheDevicesThatWorkersName) {
  worker_says(bus::Join{0, 100, "test", 1, 0, describe()["types"].dump()});
  const auto find = [this](auto type) -> std::optional<decltype(type)> {
    for (const auto& each : world.told) {
      if (const auto* message = std::get_if<decltype(type)>(&each)) return *message;
    }
    return std::nullopt;
  };
  mailbox.run_until([&] { return find(bus::Welcome{}).has_value(); });
  worker_says(bus::Alive{77, 0, bus::WorkerState::live});
  controller->from_operator("op", R"({"v":1,"id":"d","verb":"diff","args":{"selector":"all"}})");
  const auto query = find(bus::QueryRequest{});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->name, "diff");
  worker_says(bus::QueryRows{query->query, {R"({"id":"d3","differences":[1]})", R"({"matched":10})"}, true});
  const json& answer = world.frames.back().body;
  EXPECT_EQ(answer["matched"], 10);
  EXPECT_EQ(answer["differ"], 1);
  EXPECT_EQ(answer["status"], 4);
}

// Whatever is done in whatever order: what the journal says of each revision is what held when it was made.
TEST_F(Desks, TheJournalKnowsEveryRevisionAsItWas) {
  Random random(3, 3, "revisions");
  const auto below = [&](std::uint64_t count) { return random.below(count); };
  std::map<std::uint64_t, json> lived = {{0, now()}};
  for (int step = 0; step < 300; ++step) {
    const std::string selector = below(3) == 0 ? "all" : "d" + std::to_string(below(4));
    switch (below(9)) {
      case 0:
      case 1:
        set(selector, std::to_string(1 + below(5)) + "s");
        break;
      case 2:
        ask("unset", {{"selector", selector}, {"paths", {"reports.meter.every"}}});
        break;
      case 3:
        ask(below(2) == 0 ? "pause" : "resume", {{"selector", selector}});
        break;
      case 4:
        ask(below(2) == 0 ? "disconnect" : "connect", {{"selector", selector}});
        break;
      case 5:
        ask("do", {{"selector", selector}, {"action", "fault"}, {"args", json::object()}});
        break;
      case 6:
        ask("scale", {{"groups", {{"pile", 5 + below(20)}}}});
        break;
      case 7:
        world.next_fleet = fleet(std::chrono::seconds(20 + below(3)), 10 + below(3));
        ask("reload");
        break;
      default:
        ask("rollback", {{"revision", below(revision() + 1)}});
        break;
    }
    lived[revision()] = now();
  }
  ASSERT_GT(revision(), 150U);
  ASSERT_EQ(lived.size(), revision() + 1) << "no revision was missed";
  for (const auto& [number, state] : lived) {
    const auto past = journal::desired_at(*kept, mailbox, number);
    ASSERT_TRUE(past) << number << ": " << past.error().detail;
    ASSERT_EQ(content(*past), state) << "revision " << number;
  }
  EXPECT_FALSE(journal::desired_at(*kept, mailbox, revision() + 1));

  // And so it is for the control that comes next.
  const std::uint64_t last = revision();
  controller.reset();
  kept.reset();
  auto resumed =
      journal::SqliteJournal::resume({root + "/journal.db", mailbox.post(), false}, "/fleet.yaml", 78);
  ASSERT_TRUE(resumed) << resumed.error().detail;
  EXPECT_EQ(resumed->restored.latest.revision, last);
  EXPECT_EQ(content(resumed->restored.latest), lived[last]);
}

}  // namespace
}  // namespace vfleet::control::server
