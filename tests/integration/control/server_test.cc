#include "control/server/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/journal/memory_journal.h"
#include "simulator/core/clock.h"
#include "tests/integration/control/scripted_worker.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

config::Key key(const std::string& path) {
  config::Key out;
  out.path = path;
  out.kind = config::Kind::duration;
  out.unit = Unit::duration;
  out.initial.data = Duration(30s);
  return out;
}

json describe() {
  json type = {
      {"name", "pile"},
      {"doc", ""},
      {"reports", {{{"name", "meter"}, {"fields", {{{"name", "soc"}}}}}}},
      {"actions", {{{"name", "fault"}, {"durable", true}}, {{"name", "plug"}, {"durable", false}}}},
      {"schema", config::to_json(config::Schema({key("reports.meter.every"), key("reports.login.every")}))}};
  json uplink = {{"name", "null"}, {"doc", ""}, {"schema", config::to_json(config::Schema())}};
  return {{"version", "test"}, {"types", json::array({type})}, {"uplinks", json::array({uplink})}};
}

config::FleetSpec fleet(Duration meter_every) {
  config::GroupSpec group;
  group.name = "pile";
  group.type = "pile";
  group.id = "d{}";
  group.first = 0;
  group.count = 10;
  group.uplink = "null";
  group.values["reports.meter.every"].data = meter_every;
  config::FleetSpec out;
  out.name = "test";
  out.groups.push_back(group);
  return out;
}

/// A control with two shards, scripted workers and one operator, all in this process and over real sockets.
class ControlServer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "vfleet-ctl-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
    auto taken = RunDirectory::take(root);
    ASSERT_TRUE(taken);
    directory.emplace(std::move(*taken));
    described = describe();
    auto types = TypeCatalogue::parse(described.dump());
    ASSERT_TRUE(types) << types.error().detail;
    catalogue = std::move(*types);
    auto parsed = config::catalogue_from_json(described);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    keys = std::move(*parsed);
    ControllerOptions options;
    options.shards = 2;
    options.epoch = 77;
    options.fleet_file = "/fleet.yaml";
    options.window = 50;
    auto opened = Server::open(loop, context, *directory, options, catalogue, keys, journal, fleet(30s),
                               [this](const std::string& file) {
                                 return LoadedFleet{next_fleet, {file}};
                               });
    ASSERT_TRUE(opened) << opened.error().detail;
    server = std::move(*opened);
    server->controller().on_stopped([this] { stopped = true; });

    bus::SocketOptions operating;
    operating.identity = "operator";
    auto dealer = bus::ZmqSocket::open(context, loop.context(), bus::SocketKind::dealer, operating,
                                       [this](bus::ZmqSocket::Frames frames) {
                                         ASSERT_EQ(frames.size(), 1U);
                                         frames_in.push_back(json::parse(frames[0]));
                                       });
    ASSERT_TRUE(dealer);
    op = std::move(*dealer);
    ASSERT_TRUE(op->connect(directory->operator_endpoint()));
  }

  void TearDown() override {
    workers.clear();
    op.reset();
    server.reset();
    std::filesystem::remove_all(root);
  }

  /// Runs the loop until `done` holds; the deadline is the test's.
  [[nodiscard]] bool until(const std::function<bool()>& done, Duration limit = 60s) {
    const TimePoint end = clock.now() + limit;
    bool good = false;
    loop::CallbackTimer look(loop, [&] {
      good = done();
      if (good || clock.now() >= end) return loop.stop();
      look.arm_in(2ms);
    });
    look.arm_in(0ms);
    loop.run();
    return good;
  }

  ScriptedWorker& add_worker(ScriptedWorker::Script script) {
    if (script.describe.empty()) script.describe = described["types"].dump();
    workers.push_back(std::make_unique<ScriptedWorker>(loop, context, directory->publish_endpoint(),
                                                       directory->workers_endpoint(), std::move(script)));
    return *workers.back();
  }
  void two_live_workers() {
    add_worker({.shard = 0, .pid = 100});
    add_worker({.shard = 1, .pid = 101});
    ASSERT_TRUE(until([&] { return server->controller().core().registry.answering().size() == 2; }));
  }

  void send(const std::string& id, const std::string& verb, json args = json::object()) {
    ASSERT_TRUE(op->send({json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", std::move(args)}}.dump()}));
  }
  /// The final frame for `id`.
  json answer(const std::string& id, Duration limit = 60s) {
    json found;
    EXPECT_TRUE(until(
        [&] {
          for (const json& frame : frames_in) {
            if (frame["id"] == id && (frame["kind"] == "result" || frame["kind"] == "error")) found = frame;
          }
          return !found.is_null();
        },
        limit))
        << "no answer to " << id;
    return found;
  }
  json ask(const std::string& id, const std::string& verb, json args = json::object()) {
    send(id, verb, std::move(args));
    return answer(id);
  }
  [[nodiscard]] std::vector<json> frames_of(const std::string& id, const std::string& kind) const {
    std::vector<json> out;
    for (const json& frame : frames_in) {
      if (frame["id"] == id && frame["kind"] == kind) out.push_back(frame);
    }
    return out;
  }

  RealClock clock;
  loop::AsioLoop loop{clock};
  bus::ZmqContext context;
  journal::MemoryJournal journal{[this](std::function<void()> task) { loop.post(std::move(task)); }};
  std::string root;
  std::optional<RunDirectory> directory;
  json described;
  TypeCatalogue catalogue;
  config::Catalogue keys;
  Result<config::FleetSpec> next_fleet = fleet(2s);
  std::unique_ptr<Server> server;
  std::unique_ptr<bus::ZmqSocket> op;
  std::vector<std::unique_ptr<ScriptedWorker>> workers;
  std::vector<json> frames_in;
  bool stopped = false;
};

const json kSet = {{"selector", "type=pile"}, {"patch", {{"reports.meter.every", "2s"}}}};

TEST_F(ControlServer, AWorkerThatJoinsGetsWhatItMissed) {
  add_worker({.shard = 0, .pid = 100});
  ASSERT_TRUE(until([&] { return workers[0]->live; }));
  EXPECT_EQ(ask("c1", "set", kSet)["status"], 4);  // shard 1 is not there
  ScriptedWorker& late = add_worker({.shard = 1, .pid = 101});
  ASSERT_TRUE(until([&] { return late.live; }));
  ASSERT_EQ(late.welcomes.size(), 1U);
  EXPECT_EQ(late.welcomes[0].epoch, 77U);
  EXPECT_EQ(late.welcomes[0].assignment.shards, 2U);
  EXPECT_EQ(late.welcomes[0].assignment.boot, 1U);
  ASSERT_EQ(late.parts.size(), 1U);
  EXPECT_EQ(late.parts[0].seq, 1U);
  ASSERT_EQ(late.parts[0].groups.size(), 1U);
  EXPECT_EQ(json::parse(late.parts[0].groups[0])["ordinals"], json::parse("[[0,10,0]]"));
  ASSERT_EQ(late.parts[0].rules.size(), 1U);
  EXPECT_EQ(late.parts[0].rules[0].id, "c1");
  EXPECT_EQ(late.applied, 1U);
}

TEST_F(ControlServer, MergesTheResultsOfAllWorkers) {
  two_live_workers();
  workers[0]->script.devices = 6;
  const json result = ask("c1", "set", kSet);
  EXPECT_EQ(result["kind"], "result");
  EXPECT_EQ(result["status"], 0);
  EXPECT_EQ(result["matched"], 11);
  EXPECT_EQ(result["applied"], 11);
  EXPECT_EQ(result["answered"], 2);
  EXPECT_EQ(result["revision"], 1);
  EXPECT_EQ(frames_of("c1", "accepted").size(), 1U);
}

TEST_F(ControlServer, NamesTheSilentWorker) {
  two_live_workers();
  workers[1]->script.answers = false;
  json args = kSet;
  args["timeout"] = "300ms";
  const json error = ask("c1", "set", args);
  EXPECT_EQ(error["code"], "outcome_unknown");
  EXPECT_EQ(error["silent"], json::array({1}));
  EXPECT_EQ(error["answered"], 1);
  EXPECT_EQ(error["status"], 1);
}

TEST_F(ControlServer, TheSameRequestIsDoneOnce) {
  two_live_workers();
  EXPECT_EQ(ask("c1", "set", kSet)["matched"], 10);
  frames_in.clear();
  EXPECT_EQ(ask("c1", "set", kSet)["matched"], 10);
  EXPECT_EQ(workers[0]->commands.size(), 1U);
  EXPECT_EQ(server->controller().core().desired.revision(), 1U);
}

TEST_F(ControlServer, AWorkerWithAHoleGetsTheTail) {
  two_live_workers();
  workers[1]->lose = 2;
  for (int i = 1; i <= 3; ++i) send("c" + std::to_string(i), "set", kSet);
  EXPECT_EQ(answer("c3")["answered"], 2);
  EXPECT_EQ(answer("c2")["answered"], 2);
  ASSERT_EQ(workers[1]->commands.size(), 3U);
  EXPECT_EQ(workers[1]->commands[1].id, "c2");
}

TEST_F(ControlServer, ALostLastCommandIsNoticedByTheBeat) {
  two_live_workers();
  workers[1]->lose = 1;
  EXPECT_EQ(ask("c1", "set", kSet)["answered"], 2);
}

TEST_F(ControlServer, AThousandCommandsArriveInOrderEachOnce) {
  two_live_workers();
  for (int i = 1; i <= 1000; ++i)
    send("c" + std::to_string(i), "pause", {{"selector", "d" + std::to_string(i % 10)}});
  ASSERT_TRUE(
      until([&] { return workers[0]->commands.size() >= 1000 && workers[1]->commands.size() >= 1000; }));
  for (const auto& worker : workers) {
    ASSERT_EQ(worker->commands.size(), 1000U);
    for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(worker->commands[i].id, "c" + std::to_string(i + 1));
  }
  EXPECT_EQ(answer("c1000")["status"], 0);
  EXPECT_EQ(server->controller().core().desired.rules().size(), 10U);
}

TEST_F(ControlServer, RefusesAWorkerThatDescribesItselfOtherwise) {
  ScriptedWorker& stranger = add_worker({.shard = 0, .describe = R"([{"name":"other"}])"});
  ASSERT_TRUE(until([&] { return !stranger.denied.empty(); }));
  EXPECT_NE(stranger.denied[0].find("version test"), std::string::npos);
  ScriptedWorker& beyond = add_worker({.shard = 7});
  ASSERT_TRUE(until([&] { return !beyond.denied.empty(); }));
}

TEST_F(ControlServer, ARestartedWorkerHasAnotherBoot) {
  two_live_workers();
  workers[1]->script.pid = 500;
  workers[1]->join();
  ASSERT_TRUE(until([&] { return workers[1]->welcomes.size() == 2 && workers[1]->live; }));
  EXPECT_EQ(workers[1]->welcomes[1].assignment.boot, 2U);
}

TEST_F(ControlServer, ResolvesALimitToTheLowestOrdinals) {
  two_live_workers();
  const json result = ask("c1", "pause", {{"selector", "all,limit(3)"}});
  EXPECT_EQ(result["kind"], "result");
  ASSERT_EQ(workers[0]->commands.size(), 1U);
  const auto selector = bus::Selector::parse(workers[0]->commands[0].selector);
  ASSERT_TRUE(selector && selector->exact_ids() != nullptr);
  EXPECT_EQ(*selector->exact_ids(), (std::vector<std::string>{"d0", "d1", "d2"}));
}

TEST_F(ControlServer, ADryRunPublishesNothing) {
  two_live_workers();
  json args = kSet;
  args["dry_run"] = true;
  const json result = ask("c1", "set", args);
  EXPECT_EQ(result["matched"], 10);
  EXPECT_EQ(result["would_change"], 2);
  EXPECT_TRUE(workers[0]->commands.empty());
  EXPECT_EQ(server->controller().core().desired.revision(), 0U);
}

TEST_F(ControlServer, QueriesSeeWhatWasJustWritten) {
  two_live_workers();
  send("c1", "set", kSet);
  const json result = ask("q1", "ls", {{"selector", "all"}});
  EXPECT_EQ(result["status"], 0);
  EXPECT_EQ(result["matched"], 10);
  ASSERT_FALSE(workers[0]->queries.empty());
  EXPECT_EQ(workers[0]->queries[0].after_seq, 1U);
  frames_in.clear();
  (void)ask("q2", "ls", {{"selector", "all"}, {"limit", 4}});
  const auto rows = frames_of("q2", "rows");
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_EQ(rows[0]["rows"].size(), 4U);
  EXPECT_EQ(rows[0]["rows"][0]["id"], "d0");
  EXPECT_EQ(rows[0]["rows"][1]["id"], "d1");
}

TEST_F(ControlServer, AWatchIsALease) {
  two_live_workers();
  send("w1", "watch", {{"selector", "all"}, {"rate", 2}});
  ASSERT_TRUE(until([&] { return !workers[0]->queries.empty(); }));
  bus::QueryRows rows;
  rows.query = workers[0]->queries[0].query;
  rows.rows = {R"({"id":"a"})", R"({"id":"b"})", R"({"id":"c"})"};
  workers[0]->say(rows);
  ASSERT_TRUE(until([&] { return !frames_of("w1", "rows").empty(); }));
  EXPECT_EQ(frames_of("w1", "rows")[0]["rows"].size(), 2U);
  EXPECT_EQ(frames_of("w1", "rows")[0]["dropped"], 1);
  EXPECT_EQ(ask("r1", "renew", {{"watch", "w1"}})["status"], 0);
  EXPECT_EQ(ask("r2", "renew", {{"watch", "nobody"}})["code"], "not_found");
  EXPECT_EQ(answer("w1", 8s)["dropped"], 1);
  EXPECT_TRUE(until([&] { return workers[0]->cancelled.size() == 1; }));
}

TEST_F(ControlServer, ATraceIsALeaseThatCountsWhatWorkersDropped) {
  two_live_workers();
  send("t1", "trace", {{"selector", "d1"}, {"rate", 50}, {"settled", true}});
  ASSERT_TRUE(until([&] { return !workers[0]->queries.empty(); }));
  const bus::QueryRequest& asked = workers[0]->queries[0];
  EXPECT_EQ(asked.name, "trace");
  EXPECT_EQ(asked.selector, "d1");
  EXPECT_EQ(json::parse(asked.args), (json{{"rate", 50}, {"settled", true}}));
  bus::QueryRows rows;
  rows.query = asked.query;
  rows.rows = {R"({"dropped":7})", R"({"id":"d1","kind":"report"})"};
  workers[0]->say(rows);
  ASSERT_TRUE(until([&] { return !frames_of("t1", "rows").empty(); }));
  EXPECT_EQ(frames_of("t1", "rows")[0]["rows"], json::parse(R"([{"id":"d1","kind":"report"}])"));
  EXPECT_EQ(frames_of("t1", "rows")[0]["dropped"], 7);
  EXPECT_EQ(ask("r1", "renew", {{"watch", "t1"}})["status"], 0);
  EXPECT_EQ(answer("t1", 8s)["dropped"], 7);
  EXPECT_TRUE(until([&] { return workers[0]->cancelled.size() == 1; }));
}

TEST_F(ControlServer, ATraceOfNobodySaysWhichDevicesThereAre) {
  two_live_workers();
  const json refused = ask("t1", "trace", {{"selector", "d99"}});
  EXPECT_EQ(refused["kind"], "error");
  EXPECT_EQ(refused["status"], 3);
  EXPECT_EQ(refused["code"], "not_found");
  EXPECT_EQ(refused["message"], "no device matches 'd99'; the fleet has d0 to d9");
  EXPECT_EQ(refused["hint"], "vfleet ls");
  EXPECT_EQ(ask("t2", "trace", {{"selector", "d1"}, {"rate", 0}})["status"], 2);
  EXPECT_TRUE(workers[0]->queries.empty());
}

TEST_F(ControlServer, ReloadPublishesWhatChangedAndSaysWhatIsHeld) {
  two_live_workers();
  ASSERT_EQ(ask("c1", "set", {{"selector", "d1"}, {"patch", {{"reports.meter.every", "9s"}}}})["status"], 0);
  const json dry = ask("c2", "reload", {{"dry_run", true}});
  EXPECT_EQ(dry["changes"].size(), 1U);
  EXPECT_EQ(server->controller().core().desired.revision(), 1U);
  const json result = ask("c3", "reload");
  EXPECT_EQ(result["status"], 0);
  EXPECT_EQ(result["revision"], 2);
  ASSERT_EQ(result["held"].size(), 1U);
  EXPECT_EQ(result["held"][0],
            "1 key on 1 device stay as set by revision 1; `vfleet unset 'd1' reports.meter.every` to drop");
  const bus::Command& command = workers[0]->commands.back();
  EXPECT_EQ(command.verb, bus::Verb::reload);
  EXPECT_EQ(json::parse(command.args)["groups"][0]["name"], "pile");
  EXPECT_EQ(ask("c4", "reload")["changes"].size(), 0U);
}

TEST_F(ControlServer, AReloadWithMistakesChangesNothing) {
  two_live_workers();
  next_fleet = fail(Errc::invalid_argument, "/fleet.yaml:3:5: unknown key");
  const json error = ask("c1", "reload");
  EXPECT_EQ(error["status"], 2);
  EXPECT_EQ(error["message"], "/fleet.yaml:3:5: unknown key");
  EXPECT_EQ(server->controller().core().desired.revision(), 0U);
}

TEST_F(ControlServer, StopEndsTheWorkersAndGivesTheFigures) {
  two_live_workers();
  const json result = ask("c1", "stop");
  EXPECT_EQ(result["status"], 0);
  EXPECT_EQ(result["figures"]["sent"], 14);
  EXPECT_EQ(result["figures"]["memory_per_device_bytes"], 200);
  EXPECT_TRUE(workers[0]->stopped);
  EXPECT_TRUE(stopped);
}

TEST_F(ControlServer, StopDoesNotWaitForEver) {
  two_live_workers();
  workers[1]->script.ends = false;
  const json result = ask("c1", "stop", {{"timeout", "300ms"}});
  EXPECT_EQ(result["status"], 4);
  EXPECT_EQ(result["silent"], json::array({1}));
}

TEST_F(ControlServer, RefusesNonsenseAndGoesOn) {
  two_live_workers();
  ASSERT_TRUE(op->send({"nonsense"}));
  ASSERT_TRUE(op->send({"two", "frames"}));
  ASSERT_TRUE(until([&] { return !frames_in.empty(); }));
  EXPECT_EQ(frames_in[0]["kind"], "error");
  workers[0]->say_raw("?", "x");
  workers[0]->say_raw("S", "[1,2");
  workers[0]->say_raw("Q", R"({"query":99,"rows":[],"last":true})");
  EXPECT_EQ(ask("c1", "set", {{"selector", ""}, {"patch", {{"a", 1}}}})["status"], 2);
  EXPECT_EQ(ask("c2", "set", {{"selector", "all"}, {"patch", {{"reports.metr.every", "2s"}}}})["status"], 2);
  EXPECT_EQ(ask("c3", "do", {{"selector", "all"}, {"action", "plugg"}})["status"], 2);
  EXPECT_EQ(
      ask("c4", "trigger", {{"selector", "all"}, {"report", "meter"}, {"fields", {{"soc", 5}}}})["status"],
      0);
  EXPECT_EQ(ask("c5", "set", kSet)["status"], 0);
  EXPECT_EQ(ask("c6", "status")["shards"].size(), 2U);
}

}  // namespace
}  // namespace vfleet::control::server
