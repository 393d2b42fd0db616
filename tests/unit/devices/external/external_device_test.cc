// External devices on virtual time: a whole worker, and programs that do what each test says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "devices/external/external.h"
#include "devices/external/program.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"
#include "tests/support/fake_launcher.h"

namespace vfleet::devices::external {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeProcess;
using testing::Contains;
using testing::HasSubstr;

/// A program that does what it should: answers every ping, action and trigger; quits when asked.
void good_program(FakeProcess& me, const std::string& line) {
  const json message = json::parse(line);
  const std::string type = message["type"];
  if (type == "ping") me.say(json{{"type", "pong"}, {"id", message["id"]}}.dump());
  if (type == "quit") me.exit(0);
  if (type == "do") {
    json answer = {{"type", "ok"}, {"id", message["id"]}, {"device", message["device"]}};
    if (message["action"] == "explode") answer.update({{"type", "error"}, {"text", "it does not burn"}});
    me.say(answer.dump());
  }
  if (type == "trigger") {
    me.say(json{{"type", "report"},
                {"device", message["device"]},
                {"report", message["report"]},
                {"id", message["id"]},
                {"data", message["fields"]}}
               .dump());
    me.say(json{{"type", "ok"}, {"id", message["id"]}, {"device", message["device"]}}.dump());
  }
}

class ExternalDevices : public testing::Test {
 protected:
  ExternalDevices() {
    launcher.behaviour = good_program;
    types.add(make_external({.loop = &loop,
                             .launcher = &launcher,
                             .log = [this](device::LogLevel, std::string_view device, std::string_view text) {
                               log.push_back(std::string(device) + ": " + std::string(text));
                             }}));
    host = std::make_unique<fleet::FleetHost>(loop, types, uplink::UplinkEnvironment{.loop = loop});
  }

  void join(int count, json values = json::object()) {
    values["external.command"] = "[python3, thermometer.py]";
    values["external.directory"] = "/opt/fleet";
    values.emplace("settings.limit", "5");
    const json group = {{"name", "ext"},
                        {"type", "external"},
                        {"id", "ext-{}"},
                        {"first", 1},
                        {"count", count},
                        {"labels", json::parse(R"([["site",["hefei"]]])")},
                        {"ordinals", {{0, count, 0}}},
                        {"uplink", "null"},
                        {"profile", ""},
                        {"profile_values", json::object()},
                        {"values", values}};
    host->snapshot_begin(
        {.fleet = "test", .seed = 42, .start_us = to_us(loop.clock().wall_now()), .boot = 3});
    host->snapshot_groups({group.dump()});
    host->snapshot_rules({});
    host->snapshot_end([] {});
    loop.run_for(20ms);
    ASSERT_EQ(host->problems(), std::vector<std::string>{});
  }

  bus::CommandResult run(bus::Verb verb, std::string selector, json args = json::object()) {
    bus::Command command;
    command.epoch = 1;
    command.seq = ++seq_;
    command.id = "cmd-" + std::to_string(seq_);
    command.selector = std::move(selector);
    command.verb = verb;
    command.args = args.dump();
    std::optional<bus::CommandResult> result;
    host->execute(
        command, [&](bus::CommandResult r) { result = std::move(r); }, [] {});
    EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }, 60s));
    loop.run_for(5ms);
    return result.value_or(bus::CommandResult{});
  }
  bus::CommandResult act(const std::string& action, json args = json::object()) {
    return run(bus::Verb::action, "all", {{"action", action}, {"args", std::move(args)}});
  }
  json figures() { return json::parse(host->statistics()); }
  json state(const std::string& id) {
    json row;
    host->query(++queries_, "ls", id, "{}", [&](std::vector<std::string> rows, bool) {
      for (const std::string& text : rows) row = json::parse(text);
    });
    loop.run_for(5ms);
    return row["state"];
  }
  /// What the newest process was told of this type.
  std::vector<json> told(const std::string& type) {
    std::vector<json> out;
    for (const std::string& line : launcher.last().lines) {
      json message = json::parse(line);
      if (message["type"] == type) out.push_back(std::move(message));
    }
    return out;
  }
  bool logged(const std::string& text) {
    return std::any_of(log.begin(), log.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  std::uint64_t sent(const std::string& report) {
    const json all = figures()["reports"];
    return all.contains("external." + report) ? all["external." + report]["sent"].get<std::uint64_t>() : 0;
  }

  std::vector<std::string> log;
  loop::VirtualLoop loop;
  test::FakeLauncher launcher{loop};
  device::DeviceRegistry types;
  std::unique_ptr<fleet::FleetHost> host;

 private:
  std::uint64_t seq_ = 0;
  std::uint64_t queries_ = 0;
};

TEST_F(ExternalDevices, AProgramIsStartedAndToldWhoItIs) {
  join(1);
  ASSERT_EQ(launcher.started.size(), 1u);
  EXPECT_EQ(launcher.last().command.words, (std::vector<std::string>{"python3", "thermometer.py"}));
  EXPECT_EQ(launcher.last().command.directory, "/opt/fleet");
  EXPECT_THAT(launcher.last().command.environment,
              Contains(std::pair<std::string, std::string>("VFLEET_DEVICE", "ext-1")));
  const auto start = told("start");
  ASSERT_EQ(start.size(), 1u);
  EXPECT_EQ(start[0].dump(),
            R"({"boot":3,"config":{"limit":"5"},"device":"ext-1","group":"ext","labels":{"site":"hefei"},)"
            R"("online":false,"type":"start","v":1})");
  EXPECT_EQ(told("online").size(), 1u);
  EXPECT_EQ(figures()["online"], 1);
  EXPECT_EQ(state("ext-1")["program"], "running");
}

TEST_F(ExternalDevices, ReportsOfTheProgramAreSentAndNumberedLikeAnyOther) {
  join(1);
  launcher.last().say(R"({"type":"report","report":"temperature","ch":1,"data":{"c":21.5}})");
  launcher.last().say(R"({"type":"report","report":"temperature"})");
  launcher.last().say(R"({"type":"report","report":"door","data":{"open":true}})");
  loop.run_for(5ms);
  EXPECT_EQ(sent("temperature"), 2u);
  EXPECT_EQ(sent("door"), 1u);
  EXPECT_EQ(figures()["acked"], 3);
}

TEST_F(ExternalDevices, TheProgramsOwnAnswerIsTheOperators) {
  join(1);
  EXPECT_EQ(act("open", {{"by", "3"}, {"who", "me"}}).applied, 1u);
  EXPECT_EQ(told("do")[0]["args"].dump(), R"({"by":3,"who":"me"})");
  EXPECT_EQ(act("explode").reasons, (std::vector<bus::Reason>{{"ext-1", "it does not burn"}}));
  const auto acked =
      run(bus::Verb::trigger, "all",
          {{"report", "temperature"}, {"channel", 2}, {"fields", {{"c", 99}}}, {"wait", "acked"}});
  EXPECT_EQ(acked.applied, 1u);
  EXPECT_EQ(told("trigger")[0]["fields"].dump(), R"({"c":99})");
  EXPECT_EQ(told("trigger")[0]["ch"], 2);
  EXPECT_EQ(sent("temperature"), 1u);
}

TEST_F(ExternalDevices, AProgramThatDoesNotAnswerIsAFailureNotASilence) {
  launcher.behaviour = nullptr;
  join(1, {{"external.hang_timeout", "0s"}});
  const TimePoint begin = loop.now();
  EXPECT_EQ(act("open").reasons, (std::vector<bus::Reason>{{"ext-1", "no answer in 2s"}}));
  EXPECT_LT(loop.now() - begin, 2100ms);
  launcher.last().say(R"({"type":"ok","id":"1"})");  // too late, and nobody is hurt
  launcher.last().say(R"({"type":"ok","id":"77777777777777777777"})");
  loop.run_for(10ms);
  EXPECT_EQ(state("ext-1")["malformed"], 0.0);
}

TEST_F(ExternalDevices, ASettingReachesTheProgramWhileItRuns) {
  join(1);
  EXPECT_EQ(run(bus::Verb::set, "ext-1", {{"patch", {{"settings.limit", "7"}, {"settings.colour", "red"}}}})
                .applied,
            1u);
  ASSERT_EQ(told("config").size(), 1u);
  EXPECT_EQ(told("config")[0].dump(),
            R"({"config":{"colour":"red","limit":"7"},"device":"ext-1","patch":{"colour":"red","limit":"7"},)"
            R"("type":"config"})");
  run(bus::Verb::unset, "ext-1", {{"paths", {"settings.colour"}}});
  EXPECT_EQ(told("config")[1]["patch"].dump(), R"({"colour":null})");
  EXPECT_EQ(launcher.started.size(), 1u);
}

TEST_F(ExternalDevices, AnotherCommandStartsTheProgramAnew) {
  join(1);
  run(bus::Verb::set, "ext-1", {{"patch", {{"external.command", "[python3, other.py]"}}}});
  loop.run_for(100ms);
  ASSERT_EQ(launcher.started.size(), 2u);
  EXPECT_EQ(launcher.last().command.words[1], "other.py");
  EXPECT_EQ(told("start").size(), 1u);
  EXPECT_EQ(figures()["online"], 1);
}

TEST_F(ExternalDevices, AProgramThatDiesIsStartedAgainWithBackOff) {
  join(1);
  launcher.last().say(R"({"type":"state","mode":"warm","runs":4})");
  loop.run_for(5ms);
  std::vector<Duration> waits;
  for (int i = 0; i < 8; ++i) {
    launcher.last().exit(3);
    loop.run_for(1ms);
    const TimePoint begin = loop.now();
    EXPECT_EQ(figures()["online"], 0);
    EXPECT_EQ(act("open").reasons.at(0).text, "program not running");
    const std::size_t before = launcher.started.size();
    ASSERT_TRUE(loop.run_until([&] { return launcher.started.size() > before; }, 60s));
    waits.push_back(loop.now() - begin);
    loop.run_for(5ms);
  }
  EXPECT_TRUE(logged("the program exited with status 3"));
  Duration ceiling = 1s;
  for (const Duration wait : waits) {
    EXPECT_GE(wait + 20ms, ceiling / 2);
    EXPECT_LE(wait, ceiling + 20ms);
    ceiling = std::min<Duration>(ceiling * 2, 30s);
  }
  EXPECT_EQ(told("start")[0]["state"].dump(), R"({"mode":"warm","runs":4.0})") << "it learns what it was";
  const json now = state("ext-1");
  EXPECT_EQ(now["restarts"], 8.0);
  EXPECT_EQ(now["mode"], "warm");
  EXPECT_EQ(figures()["online"], 1);
  // One that ran for long begins anew.
  loop.run_for(60s);
  launcher.last().exit(0, SIGSEGV);
  const std::size_t before = launcher.started.size();
  EXPECT_TRUE(loop.run_until([&] { return launcher.started.size() > before; }, 1100ms));
}

TEST_F(ExternalDevices, AProgramThatCannotBeStartedIsTriedAgain) {
  launcher.refusal = "cannot start python3: No such file or directory";
  join(1);
  EXPECT_EQ(state("ext-1")["program"], "waiting");
  EXPECT_TRUE(logged("cannot start python3"));
  launcher.refusal.clear();
  loop.run_for(3s);
  EXPECT_EQ(state("ext-1")["program"], "running");
}

TEST_F(ExternalDevices, AProgramThatHangsGetsATermAndThenAKill) {
  join(1);
  launcher.last().dies_of_term = false;
  FakeProcess& hung = launcher.last();
  loop.run_for(30s);
  EXPECT_TRUE(hung.signals.empty()) << "it answers its pings";
  // From now on it reads, and says nothing.
  launcher.behaviour = nullptr;
  hung.exit(0);
  loop.run_for(2s);
  ASSERT_EQ(launcher.started.size(), 2u);
  FakeProcess& silent = launcher.last();
  silent.dies_of_term = false;
  ASSERT_TRUE(loop.run_until([&] { return !silent.signals.empty(); }, 16s));
  EXPECT_EQ(silent.signals, std::vector<int>{SIGTERM});
  EXPECT_TRUE(logged("has not answered for 10s: it hangs"));
  const TimePoint begin = loop.now();
  ASSERT_TRUE(loop.run_until([&] { return silent.signals.size() == 2; }, 6s));
  EXPECT_EQ(silent.signals[1], SIGKILL);
  EXPECT_GE(loop.now() - begin, 4990ms);
  loop.run_for(5s);
  EXPECT_GE(launcher.started.size(), 3u);
}

TEST_F(ExternalDevices, AProgramThatDoesNotReadHangs) {
  join(1);
  launcher.last().reads = false;
  bus::CommandResult last;
  for (int i = 0; i < 40 && launcher.last().signals.empty(); ++i) {
    run(bus::Verb::set, "ext-1", {{"patch", {{"settings.text", std::string(60'000, i % 2 ? 'x' : 'y')}}}});
  }
  EXPECT_EQ(launcher.last().signals.front(), SIGTERM);
  EXPECT_TRUE(logged("does not read its input"));
}

TEST_F(ExternalDevices, MalformedLinesAreCountedLoggedAndAnswered) {
  join(1);
  launcher.last().print("not json\n{\"type\":\"reprot\"}\n" + std::string(1'100'000, 'x') + "\n");
  launcher.last().say(R"({"type":"report","report":"after"})");
  loop.run_for(100ms);
  EXPECT_EQ(state("ext-1")["malformed"], 3.0);
  EXPECT_TRUE(logged("this is not JSON"));
  EXPECT_TRUE(logged("unknown type 'reprot'"));
  EXPECT_TRUE(logged("longer than 1 MiB"));
  EXPECT_EQ(told("error").size(), 3u);
  EXPECT_EQ(sent("after"), 1u);
}

TEST_F(ExternalDevices, GarbageAtFullSpeedIsReadInBoundedPartsAndTheLogStaysShort) {
  join(1);
  std::string garbage;
  for (int i = 0; i < 100'000; ++i) garbage += "y\n";
  launcher.last().print(garbage);
  loop.run_for(900ms);
  EXPECT_EQ(state("ext-1")["malformed"], 200.0);
  EXPECT_TRUE(launcher.last().output_paused());
  EXPECT_LT(log.size(), 50u);
  loop.run_for(10s);
  EXPECT_LE(state("ext-1")["malformed"].get<double>(), 200.0 * 12);
  EXPECT_LT(log.size(), 500u);
}

TEST_F(ExternalDevices, AFloodOfReportsWaitsForTheDevicesToTakeThem) {
  join(1);
  for (int i = 0; i < 5000; ++i) launcher.last().say(R"({"type":"report","report":"flood"})");
  loop.run_for(2s);
  EXPECT_EQ(sent("flood"), 5000u);
}

TEST_F(ExternalDevices, ItsStandardErrorIsLoggedAtABoundedRate) {
  join(1);
  launcher.last().complain("a word\nand half");
  loop.run_for(5ms);
  EXPECT_THAT(log, Contains("ext-1: a word"));
  for (int i = 0; i < 5000; ++i) launcher.last().complain("noise\n");
  loop.run_for(1500ms);
  EXPECT_LT(log.size(), 60u);
  launcher.last().complain("quiet\n");
  loop.run_for(5ms);
  EXPECT_TRUE(logged("lines of the program were left out"));
}

TEST_F(ExternalDevices, OneThatGrowsPastItsMemoryIsStartedAgain) {
  join(1, {{"external.memory_max", "50MiB"}});
  loop.run_for(20s);
  EXPECT_EQ(launcher.started.size(), 1u);
  launcher.last().memory_bytes = 60 << 20;
  loop.run_for(8s);
  EXPECT_EQ(launcher.started.size(), 2u);
  EXPECT_TRUE(logged("more than external.memory_max 50MiB")) << testing::PrintToString(log);
}

TEST_F(ExternalDevices, OneProcessSpeaksForAGroup) {
  join(3, {{"external.per", "group"}});
  ASSERT_EQ(launcher.started.size(), 1u);
  EXPECT_EQ(told("start").size(), 3u);
  EXPECT_EQ(figures()["online"], 3);
  EXPECT_EQ(act("open").applied, 3u);
  launcher.last().say(R"({"type":"report","device":"ext-2","report":"temp"})");
  launcher.last().say(R"({"type":"report","report":"temp"})");
  launcher.last().say(R"({"type":"report","device":"ext-9","report":"temp"})");
  launcher.last().say(R"({"type":"state","device":"ext-3","mode":"cold"})");
  loop.run_for(5ms);
  EXPECT_EQ(sent("temp"), 1u);
  EXPECT_EQ(state("ext-3")["mode"], "cold");
  EXPECT_FALSE(state("ext-1").contains("mode"));
  EXPECT_EQ(state("ext-1")["malformed"], 2.0);
  // Nobody answers for another.
  const auto before = told("do").size();
  EXPECT_EQ(before, 3u);
  launcher.last().exit(1);
  loop.run_for(3ms);
  EXPECT_EQ(figures()["online"], 0);
  loop.run_for(2s);
  EXPECT_EQ(figures()["online"], 3);
}

TEST_F(ExternalDevices, ADeviceThatLeavesAGroupIsTakenOffItsProgram) {
  join(2, {{"external.per", "group"}});
  json group = {{"name", "ext"},
                {"type", "external"},
                {"id", "ext-{}"},
                {"first", 1},
                {"count", 1},
                {"labels", json::array()},
                {"ordinals", {{0, 1, 0}}},
                {"uplink", "null"},
                {"profile", ""},
                {"profile_values", json::object()},
                {"values",
                 {{"external.command", "[python3, thermometer.py]"},
                  {"external.per", "group"},
                  {"external.directory", "/opt/fleet"}}}};
  run(bus::Verb::reload, "all", {{"groups", {group}}});
  ASSERT_EQ(told("remove").size(), 1u);
  EXPECT_EQ(told("remove")[0]["device"], "ext-2");
  EXPECT_TRUE(launcher.last().running());
  run(bus::Verb::reload, "all", {{"removed", {"ext"}}});
  EXPECT_EQ(told("quit").size(), 1u);
  EXPECT_FALSE(launcher.last().running());
}

TEST_F(ExternalDevices, ARebootQuitsTheProgramAndStartsItAgain) {
  join(1);
  run(bus::Verb::reboot, "all", {{"down", "3s"}});
  loop.run_for(1s);
  EXPECT_FALSE(launcher.last().running());
  EXPECT_EQ(figures()["online"], 0);
  loop.run_for(3s);
  EXPECT_EQ(launcher.started.size(), 2u);
  EXPECT_EQ(figures()["online"], 1);
}

TEST_F(ExternalDevices, StopAsksEachToQuit) {
  join(2);
  bool stopped = false;
  host->stop([&] { stopped = true; });
  loop.run_for(100ms);
  EXPECT_TRUE(stopped);
  for (const auto& each : launcher.started) {
    EXPECT_FALSE(each->running());
    EXPECT_TRUE(each->signals.empty());
  }
}

TEST_F(ExternalDevices, WhatAProgramLeavesBehindIsStillSent) {
  join(1);
  for (int i = 0; i < 200; ++i) launcher.last().say(R"({"type":"report","report":"last"})");
  launcher.last().exit(0);
  loop.run_for(100ms);
  EXPECT_EQ(sent("last"), 200u);
}

TEST_F(ExternalDevices, WhatDoesNotQuitIsKilledAfterFiveSeconds) {
  launcher.behaviour = [](FakeProcess& me, const std::string& line) {
    if (line.find("ping") != std::string::npos) good_program(me, line);
  };
  join(1);
  std::optional<TimePoint> stopped;
  const TimePoint begin = loop.now();
  host->stop([&] { stopped = loop.now(); });
  loop.run_for(4900ms);
  EXPECT_TRUE(launcher.last().signals.empty());
  EXPECT_TRUE(launcher.last().input_closed);
  loop.run_for(300ms);
  EXPECT_EQ(launcher.last().signals, std::vector<int>{SIGKILL});
  ASSERT_TRUE(stopped);
  EXPECT_LT(*stopped - begin, 5200ms);
}

TEST_F(ExternalDevices, WithoutALauncherDevicesStayOffline) {
  device::DeviceRegistry alone;
  alone.add(make_external({}));
  EXPECT_TRUE(alone.find("external")->description().open);
  bool stopped = false;
  alone.find("external")->stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace vfleet::devices::external
