// What a run comes to, as workers and operators meet it: a whole controller over ports that only remember.
#include "control/server/results_desk.h"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/journal/memory_journal.h"
#include "control/server/controller.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/histogram_json.h"
#include "tests/unit/control/server/fleet_world.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class ResultsDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "vfleet-results-desk-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    run_dir = name;
    catalogue = *TypeCatalogue::parse(describe().dump());
    keys = *config::catalogue_from_json(describe());
    begin(false);
  }
  void TearDown() override {
    controller.reset();
    std::filesystem::remove_all(run_dir);
  }
  void begin(bool resume) {
    controller.reset();
    tasks.clear();
    journal = std::make_unique<journal::MemoryJournal>(
        [this](std::function<void()> task) { tasks.push_back(std::move(task)); });
    ControllerOptions options;
    options.epoch = ++life;
    options.platform_figures = figures_url;
    config::FleetSpec measured = fleet();
    measured.thresholds = {"loss == 0", "p99(meter.ack) < 300ms"};
    auto made = Controller::make(options, loop.clock(), world, catalogue, keys, *journal, measured);
    ASSERT_TRUE(made) << made.error().detail;
    controller = std::move(*made);
    controller->keep_account(run_dir, resume);
    say(bus::Join{.shard = 0,
                  .pid = 100,
                  .version = "test",
                  .attempt = 1,
                  .boot = 0,
                  .describe = describe()["types"].dump()});
  }
  void run_tasks() {
    while (!tasks.empty()) {
      const auto task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }
  void say(const bus::FromWorker& message) {
    const auto packed = bus::pack(message);
    ASSERT_TRUE(packed);
    controller->from_worker("worker-0", packed->letter, packed->body);
    run_tasks();
  }
  /// A second passes in which the worker sends a hundred reports.
  void second(Duration passes = 1s) {
    loop.run_for(passes);
    sent += 100;
    ack.record(2'000, 100);
    const json row = {
        {"name", "null/pile.meter"}, {"send", metrics::to_tree(ack)}, {"ack", metrics::to_tree(ack)}};
    const json figures = {{"devices", 10},
                          {"online", 10},
                          {"sent", sent},
                          {"acked", sent},
                          {"reports", {{"pile.meter", {{"sent", sent}, {"acked", sent}}}}},
                          {"ack_latency", metrics::to_tree(ack)},
                          {"latencies", json::array({row})}};
    say(bus::Statistics{figures.dump()});
    controller->tick();
    run_tasks();
  }
  json ask(const std::string& verb, json args = json::object(), const api::Caller& caller = {}) {
    world.frames.clear();
    controller->from_operator(
        "op",
        json{{"v", 1}, {"id", "q" + std::to_string(++asked)}, {"verb", verb}, {"args", std::move(args)}}
            .dump(),
        caller);
    run_tasks();
    return world.frames.empty() ? json() : world.frames.back().body;
  }
  json results() { return ask("results").value("results", json()); }

  loop::VirtualLoop loop;
  std::deque<std::function<void()>> tasks;
  World world{[this](std::function<void()> task) { tasks.push_back(std::move(task)); }};
  std::string run_dir;
  std::string figures_url;
  TypeCatalogue catalogue;
  config::Catalogue keys;
  std::unique_ptr<journal::MemoryJournal> journal;
  std::unique_ptr<Controller> controller;
  metrics::Histogram ack;
  std::uint64_t sent = 0;
  std::uint64_t life = 0;
  int asked = 0;
};

TEST_F(ResultsDeskTest, TellsWhatTheRunHasComeToSoFar) {
  for (int i = 0; i < 5; ++i) second();
  ask("set", {{"selector", "d1"}, {"patch", {{"token", "hush"}}}});
  for (int i = 0; i < 5; ++i) second();
  const json now = results();
  EXPECT_EQ(now["fleet"], "test");
  EXPECT_EQ(now["running"], true);
  EXPECT_EQ(now["totals"]["sent"], 1'000);
  EXPECT_EQ(now["rates"]["acked_per_s"], 100);
  ASSERT_EQ(now["latencies"].size(), 1U) << "of a worker on another host";
  EXPECT_EQ(now["latencies"][0]["ack"]["count"], 1'000);
  ASSERT_EQ(now["thresholds"].size(), 2U);
  EXPECT_EQ(now["thresholds"][1]["passed"], true) << now["thresholds"].dump();
  EXPECT_EQ(now["valid"], true) << now["invalid_because"].dump();
  ASSERT_EQ(now["marks"].size(), 1U);
  EXPECT_EQ(now["marks"][0]["text"], "set d1 token=***") << "no secret is in a report";
  EXPECT_EQ(now["series"]["at_s"].size(), 9U);
}

TEST_F(ResultsDeskTest, AViewerMayAsk) {
  second();
  const json answer = ask("results", json::object(), {bus::Role::viewer, "eve"});
  EXPECT_EQ(answer["kind"], "result") << answer.dump();
}

TEST_F(ResultsDeskTest, AControlThatIsStartedAgainGoesOn) {
  for (int i = 0; i < 4; ++i) second();
  const json before = results();
  begin(true);
  for (int i = 0; i < 4; ++i) second();
  const json after = results();
  EXPECT_EQ(after["started_us"], before["started_us"]);
  EXPECT_EQ(after["totals"]["sent"], 800);
  EXPECT_EQ(after["series"]["gaps"].size(), 1U);
  EXPECT_EQ(after["rates"]["acked_per_s"], 100);
  EXPECT_EQ(after["marks"][0]["text"], "control started again");
  begin(false);
  second();
  EXPECT_EQ(results()["marks"].size(), 0U) << "a fresh run knows nothing of the old one";
}

TEST_F(ResultsDeskTest, APlatformThatTakesItsTimeIsInEverySample) {
  figures_url = "http://platform/figures";
  begin(false);
  const auto answer = [this](std::uint64_t received) {
    std::vector<std::function<void(Result<std::string>)>> asked;
    asked.swap(world.fetches);
    for (const auto& done : asked) done(json{{"started_us", 5}, {"received", received}}.dump());
    run_tasks();
  };
  controller->tick();
  run_tasks();
  answer(0);
  for (int i = 0; i < 6; ++i) {
    second(500ms);
    // What it was asked with this sample it says half a second later.
    loop.run_for(500ms);
    answer(sent + 50);
  }
  const json series = results()["series"];
  const json& received = series["columns"]["received_per_s"];
  ASSERT_GE(received.size(), 4U) << series.dump();
  for (std::size_t i = 2; i < received.size(); ++i) EXPECT_EQ(received[i], 100) << series.dump();
}

TEST_F(ResultsDeskTest, WhatThePlatformSaidBeforeTheEndIsNotHeldAgainstTheLastReports) {
  figures_url = "http://platform/figures";
  begin(false);
  const auto answer = [this](const Result<std::string>& text) {
    std::vector<std::function<void(Result<std::string>)>> asked;
    asked.swap(world.fetches);
    for (const auto& done : asked) done(text);
    run_tasks();
  };
  const auto received = [](std::uint64_t count) {
    return Result<std::string>(json{{"started_us", 5}, {"received", count}}.dump());
  };
  controller->tick();
  run_tasks();
  answer(received(0));
  for (int i = 0; i < 3; ++i) {
    second();
    answer(received(sent));
  }
  ask("stop");
  say(bus::End{json{{"devices", 10}, {"online", 0}, {"sent", 350}, {"acked", 350}}.dump()});
  controller->tick();
  run_tasks();
  answer(fail(Errc::link_down, "it is gone"));
  ASSERT_FALSE(world.frames.empty());
  const json last = world.frames.back().body;
  ASSERT_EQ(last["kind"], "result") << last.dump();
  EXPECT_EQ(last["results"]["totals"]["sent"], 350);
  EXPECT_EQ(last["results"]["totals"]["lost"], 0) << last["results"]["totals"].dump();
}

TEST_F(ResultsDeskTest, TheLastOnesAreInTheAnswerToStop) {
  for (int i = 0; i < 3; ++i) second();
  ask("stop");
  say(bus::End{json{{"devices", 10}, {"online", 0}, {"sent", 350}, {"acked", 350}}.dump()});
  controller->tick();
  run_tasks();
  ASSERT_FALSE(world.frames.empty());
  const json last = world.frames.back().body;
  ASSERT_EQ(last["kind"], "result") << last.dump();
  EXPECT_EQ(last["results"]["running"], false);
  EXPECT_EQ(last["results"]["totals"]["sent"], 350);
  EXPECT_EQ(last["results"]["rates"]["acked_per_s"], 100) << "the end is not part of the rate";
}

}  // namespace
}  // namespace vfleet::control::server
