#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class CommandsTest : public FleetFixture {
 protected:
  std::string value_of(const std::string& id, const std::string& path) {
    const auto rows = query("get", id, {{"path", path}});
    return rows.empty() ? "" : rows[0]["values"][path].get<std::string>();
  }
};

TEST_F(CommandsTest, SetChangesWhatItSelectsAndNothingElse) {
  join({group_json(600)});
  const auto result =
      run(bus::Verb::set, "site=a,vendor=y", {{"patch", {{"gain", "3.5"}, {"reports.beat.every", "2s"}}}});
  EXPECT_EQ(result.matched, 100u);
  EXPECT_EQ(result.applied, 100u);
  EXPECT_EQ(query("match", "state.gain=3.5").size(), 100u);
  EXPECT_EQ(value_of("probe-00003", "gain"), "3.5");
  EXPECT_EQ(value_of("probe-00001", "gain"), "2");
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 500u * 10 + 100u * 50);
}

TEST_F(CommandsTest, APatchOfManyDevicesMakesOneConfiguration) {
  join({group_json(600)});
  EXPECT_EQ(figures()["configs"], 1);
  run(bus::Verb::set, "all", {{"patch", {{"gain", 3}}}});
  EXPECT_EQ(figures()["configs"], 1);
  for (int i = 1; i <= 9; ++i)
    run(bus::Verb::set, "probe-0000" + std::to_string(i), {{"patch", {{"gain", 4}}}});
  EXPECT_EQ(figures()["configs"], 2);
}

TEST_F(CommandsTest, AWrongValueIsRefusedWithAReasonAndChangesNothing) {
  join({group_json(10)});
  for (const json& patch : {json{{"gain", "99"}}, json{{"gian", "1"}}, json{{"gain", "hot"}},
                            json{{"reports.beat.every", "5"}}, json{{"gain", "9.5"}, {"channels", 8}}}) {
    const auto result = run(bus::Verb::set, "all", {{"patch", patch}});
    EXPECT_EQ(result.matched, 10u) << patch;
    EXPECT_EQ(result.rejected, 10u) << patch;
    ASSERT_EQ(result.reasons.size(), bus::CommandResult::kReasonsMax);
    EXPECT_FALSE(result.reasons[0].text.empty());
  }
  EXPECT_EQ(value_of("probe-00001", "gain"), "2");
}

TEST_F(CommandsTest, UnsetFallsBackToTheLayerBelow) {
  join({group_json(10)});
  run(bus::Verb::set, "all", {{"patch", {{"gain", 3}, {"site", "there"}}}});
  EXPECT_EQ(run(bus::Verb::unset, "probe-00001", {{"paths", {"gain"}}}).applied, 1u);
  EXPECT_EQ(value_of("probe-00001", "gain"), "2");
  EXPECT_EQ(value_of("probe-00001", "site"), "there");
  EXPECT_EQ(value_of("probe-00002", "gain"), "3");
}

TEST_F(CommandsTest, ExplainNamesEveryLayer) {
  join({group_json(10)});
  run(bus::Verb::set, "all", {{"patch", {{"gain", 3}}}});
  const auto rows = query("get", "probe-00004", {{"path", "gain"}, {"explain", true}});
  ASSERT_EQ(rows.size(), 1u);
  const json expected = {{{"path", "gain"}, {"value", "1"}, {"source", "default"}},
                         {{"path", "gain"}, {"value", "2"}, {"source", "profile profiles/probe.yaml"}},
                         {{"path", "gain"}, {"value", "3"}, {"source", "revision 1"}}};
  EXPECT_EQ(rows[0]["explain"], expected);
}

TEST_F(CommandsTest, RulesAlsoHoldForAWorkerThatJoinsLater) {
  std::vector<bus::Command> rules = {command(bus::Verb::set, "site=a", {{"patch", {{"gain", 3}}}}),
                                     command(bus::Verb::set, "probe-00001", {{"patch", {{"gain", 4}}}}),
                                     command(bus::Verb::pause, "vendor=x"),
                                     command(bus::Verb::disconnect, "probe-00002"),
                                     command(bus::Verb::action, "probe-00003", {{"action", "break"}})};
  join({group_json(60)});
  for (const auto& rule : rules) run(rule);
  const auto live = query("get", "all");
  const auto live_state = query("ls", "all");
  host = std::make_unique<FleetHost>(loop, types, uplink::UplinkEnvironment{.loop = loop});
  join({group_json(60)}, rules);
  EXPECT_EQ(query("get", "all"), live);
  EXPECT_EQ(query("ls", "all"), live_state);
  EXPECT_EQ(query("match", "state.broken=true").size(), 1u);
}

TEST_F(CommandsTest, ActionsAreRefusedWithTheDevicesOwnReason) {
  join({group_json(3)});
  run(bus::Verb::action, "probe-00002", {{"action", "break"}});
  const auto result = run(bus::Verb::action, "all", {{"action", "poke"}, {"args", {{"times", "5"}}}});
  EXPECT_EQ(result.applied, 2u);
  EXPECT_EQ(result.rejected, 1u);
  EXPECT_EQ(result.reasons, (std::vector<bus::Reason>{{"probe-00002", "is broken"}}));
  EXPECT_EQ(sent("poked"), 10u);
  EXPECT_EQ(run(bus::Verb::action, "all", {{"action", "fly"}}).rejected, 3u);
  EXPECT_EQ(run(bus::Verb::action, "all", {{"action", "poke"}, {"args", {{"times", 5000}}}}).rejected, 3u);
}

TEST_F(CommandsTest, ATriggeredReportTakesTheNextSeqAndLeavesTheScheduleAlone) {
  join({group_json(1)});
  loop.run_for(100s);
  EXPECT_EQ(run(bus::Verb::trigger, "all", {{"report", "beat"}}).applied, 1u);
  EXPECT_EQ(query("ls", "all")[0]["seq"], 11);
  loop.run_for(100s);
  EXPECT_EQ(sent("beat"), 21u);
}

TEST_F(CommandsTest, ATriggerMaySetFieldsOrSendRawBytes) {
  join({group_json(1)});
  std::vector<std::string> messages;
  host->query(99, "watch", "all", "{}", [&](std::vector<std::string> rows, bool) {
    for (const auto& row : rows) messages.push_back(json::parse(row)["message"]);
  });
  run(bus::Verb::trigger, "all", {{"report", "poked"}, {"fields", {{"pokes", "77"}, {"mood", "bad"}}}});
  run(bus::Verb::trigger, "all", {{"report", "poked"}, {"payload", "AP8="}});
  loop.run_for(1s);
  ASSERT_EQ(messages.size(), 2u);
  const json data = json::parse(messages[0])["data"];
  EXPECT_EQ(data["pokes"], 77);
  EXPECT_EQ(data["mood"], "bad");
  EXPECT_EQ(query("ls", "all")[0]["seq"], 1);  // raw bytes carry no number
}

TEST_F(CommandsTest, AnOfflineDeviceRefusesATriggerUnlessItIsQueued) {
  join({group_json(2)});
  run(bus::Verb::disconnect, "probe-00001");
  const auto refused = run(bus::Verb::trigger, "all", {{"report", "poked"}});
  EXPECT_EQ(refused.applied, 1u);
  EXPECT_EQ(refused.reasons, (std::vector<bus::Reason>{{"probe-00001", "offline"}}));
  EXPECT_EQ(run(bus::Verb::trigger, "probe-00001", {{"report", "poked"}, {"queue", true}}).applied, 1u);
  EXPECT_EQ(sent("poked"), 1u);
  run(bus::Verb::connect, "all");
  EXPECT_EQ(sent("poked"), 2u);
}

TEST_F(CommandsTest, WaitingForTheAcknowledgementEndsWhenAllHaveIt) {
  join({group_json(50)});
  const auto result = run(bus::Verb::trigger, "all", {{"report", "poked"}, {"wait", "acked"}});
  EXPECT_EQ(result.matched, 50u);
  EXPECT_EQ(result.applied, 50u);
}

TEST_F(CommandsTest, AQueuedReportThatNobodySendsFailsInTime) {
  join({group_json(2)});
  run(bus::Verb::disconnect, "probe-00001");
  const auto result =
      run(bus::Verb::trigger, "all",
          {{"report", "poked"}, {"wait", "acked"}, {"queue", true}, {"timeout_us", 3'000'000}});
  EXPECT_EQ(result.applied, 1u);
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(result.reasons, (std::vector<bus::Reason>{{"probe-00001", "not acknowledged in time"}}));
}

TEST_F(CommandsTest, ARepeatingTriggerIsAJobThatCanBeCancelled) {
  join({group_json(10)});
  run(bus::Verb::trigger, "all",
      {{"report", "poked"}, {"count", 5}, {"every_us", 1'000'000}, {"spread_us", 500'000}});
  loop.run_for(2600ms);
  EXPECT_EQ(sent("poked"), 30u);
  const auto jobs = query("jobs", "");
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0]["remaining"], 20);
  EXPECT_EQ(run(bus::Verb::cancel, "all", {{"job", jobs[0]["id"]}}).applied, 1u);
  EXPECT_EQ(run(bus::Verb::cancel, "all", {{"job", jobs[0]["id"]}}).matched, 0u);
  loop.run_for(10s);
  EXPECT_EQ(sent("poked"), 30u);
}

TEST_F(CommandsTest, AJobEndsByItself) {
  join({group_json(10)});
  run(bus::Verb::trigger, "all", {{"report", "poked"}, {"count", 3}, {"every_us", 1'000'000}});
  loop.run_for(10s);
  EXPECT_EQ(sent("poked"), 30u);
  EXPECT_TRUE(query("jobs", "").empty());
}

TEST_F(CommandsTest, AnExpiredCommandIsNotExecuted) {
  join({group_json(1)});
  auto late = command(bus::Verb::trigger, "all", {{"report", "poked"}});
  late.expires_us = to_us(loop.clock().wall_now()) - 1;
  EXPECT_EQ(run(late).failed, 1u);
  EXPECT_EQ(sent("poked"), 0u);
}

TEST_F(CommandsTest, ReloadKeepsDevicesAddsNewOnesAndRemovesOthers) {
  join({group_json(10), group_json(5, "other", 10)});
  run(bus::Verb::set, "all", {{"patch", {{"gain", 3}}}});
  run(bus::Verb::action, "probe-00001", {{"action", "poke"}});
  auto grown = group_json(12);
  grown["ordinals"] = {{0, 10, 0}, {10, 2, 15}};
  grown["values"]["reports.beat.every"] = "1s";
  const auto result = run(bus::Verb::reload, "all", {{"groups", {grown}}, {"removed", {"other"}}});
  EXPECT_EQ(result.failed, 0u);
  const auto rows = query("ls", "all");
  EXPECT_EQ(rows.size(), 12u);
  EXPECT_EQ(query("match", "state.pokes=1").size(), 1u);  // its model lives on
  EXPECT_EQ(value_of("probe-00012", "gain"), "3");        // the rule holds for it too
  EXPECT_EQ(value_of("probe-00001", "reports.beat.every"), "1s");
}

TEST_F(CommandsTest, GarbageArgumentsAreAnAnswerNotACrash) {
  join({group_json(3)});
  for (const char* args : {"", "[]", "7", "{\"patch\":7}", "{\"patch\":{\"gain\":{}}}", "{\"report\":5}",
                           "{\"paths\":[[]]}", "{\"action\":{}}", "not json"}) {
    for (const bus::Verb verb : {bus::Verb::set, bus::Verb::unset, bus::Verb::action, bus::Verb::trigger,
                                 bus::Verb::cancel, bus::Verb::reload}) {
      auto bad = command(verb, "all");
      bad.args = args;
      bad.revision = 0;
      const auto result = run(bad);
      EXPECT_EQ(result.id, bad.id);
    }
  }
  EXPECT_EQ(query("ls", "all").size(), 3u);
}

}  // namespace
}  // namespace vfleet::fleet
