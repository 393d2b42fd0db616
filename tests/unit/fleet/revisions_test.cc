#include <set>

#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class RevisionsTest : public FleetFixture {
 protected:
  /// Executes and keeps what control would: the rules at each revision.
  bus::CommandResult change(bus::Verb verb, const std::string& selector, json args = json::object()) {
    const auto what = command(verb, selector, std::move(args));
    control.record(what);
    at[what.revision] = control.rules();
    return run(what);
  }
  bus::CommandResult change(const bus::Command& what) {
    control.record(what);
    at[what.revision] = control.rules();
    return run(what);
  }
  bus::CommandResult roll_back(std::uint64_t to, std::vector<std::string> groups = {},
                               std::vector<std::string> removed = {}) {
    auto what = command(bus::Verb::rollback, "all");
    what.args =
        encode(bus::Rollback{to, delta(control.rules(), at[to]), std::move(groups), std::move(removed)});
    return change(what);
  }
  bus::CommandResult scale(std::uint32_t count, std::vector<json> ordinals = {}) {
    auto group = group_json(count);
    if (!ordinals.empty()) group["ordinals"] = ordinals;
    return change(bus::Verb::scale, "all", {{"groups", {group}}, {"removed", json::array()}});
  }
  std::string value_of(const std::string& id, const std::string& path) {
    const auto rows = query("get", id, {{"path", path}});
    return rows.empty() ? "" : rows[0]["values"][path].get<std::string>();
  }
  json difference_of(const std::string& id) {
    for (const json& row : query("diff", id)) {
      if (row.contains("id")) return row["differences"];
    }
    return json::array();
  }
  json state_of(const std::string& id) {
    const auto rows = query("ls", id);
    return rows.empty() ? json() : rows[0];
  }

  bus::RuleSet control;
  std::map<std::uint64_t, std::map<std::uint64_t, bus::RuleSet::Rule>> at;
};

TEST_F(RevisionsTest, ScaleBringsAndTakesDevicesAndTheOthersDoNotNotice) {
  join({group_json(10)});
  change(bus::Verb::set, "all", {{"patch", {{"gain", 3}}}});
  run(bus::Verb::action, "probe-00001", {{"action", "poke"}});
  loop.run_for(100s);
  const auto before = state_of("probe-00001");
  const auto configs = figures()["configs"];
  const auto grown = scale(1000);
  EXPECT_EQ(grown.matched, 990u);
  EXPECT_EQ(grown.applied, 990u);
  EXPECT_EQ(query("ls", "all").size(), 1000u);
  EXPECT_EQ(value_of("probe-00999", "gain"), "3");
  EXPECT_EQ(state_of("probe-00001"), before);
  EXPECT_EQ(figures()["configs"], configs) << "one configuration, however many devices";
  const auto shrunk = scale(5);
  EXPECT_EQ(shrunk.matched, 995u);
  EXPECT_EQ(shrunk.applied, 995u);
  EXPECT_EQ(query("ls", "all").size(), 5u);
  EXPECT_EQ(state_of("probe-00001"), before);
  loop.run_for(5s);
  EXPECT_EQ(figures()["online"], 5);
  EXPECT_EQ(host->shard().draining(), 0u);
}

TEST_F(RevisionsTest, ADeviceThatComesBackGoesOnCounting) {
  join({group_json(10)});
  loop.run_for(100s);
  const auto seq = state_of("probe-00010")["seq"].get<std::uint64_t>();
  ASSERT_EQ(seq, 10u);
  scale(5);
  scale(10);  // at once: the old connection still drains
  EXPECT_EQ(state_of("probe-00010")["seq"], seq);
  loop.run_for(100s);
  EXPECT_EQ(state_of("probe-00010")["seq"], seq + 10);
  scale(5);
  loop.run_for(100s);
  scale(10);
  EXPECT_EQ(state_of("probe-00010")["seq"], seq + 10);
}

TEST_F(RevisionsTest, ScaleToNothingAndBack) {
  join({group_json(10)});
  EXPECT_EQ(scale(0).applied, 10u);
  EXPECT_EQ(query("ls", "all").size(), 0u);
  EXPECT_EQ(scale(3).applied, 3u);
  EXPECT_EQ(query("ls", "all").size(), 3u);
}

TEST_F(RevisionsTest, ScaleKeepsWhatThePlatformChanged) {
  join({group_json(10)});
  Member& member = *host->shard().find("probe-00001");
  static_cast<uplink::LinkOwner&>(host->shard()).message_received(member.key, "gain");
  EXPECT_EQ(value_of("probe-00001", "gain"), "7");
  scale(20);
  EXPECT_EQ(value_of("probe-00001", "gain"), "7");
  const json expected = {{{"path", "gain"},
                          {"desired", "2"},
                          {"reported", "7"},
                          {"reason", "the platform changed it"},
                          {"revision", 0}}};
  EXPECT_EQ(difference_of("probe-00001"), expected);
  change(bus::Verb::set, "all", {{"patch", {{"gain", 4}}}});
  EXPECT_EQ(value_of("probe-00001", "gain"), "4") << "the operator's word is the later one";
  EXPECT_EQ(difference_of("probe-00001"), json::array());
}

TEST_F(RevisionsTest, AShardTakesOnlyItsPartAndKeepsItWhateverComes) {
  join({group_json(100)}, {}, 1, 4);
  const auto ids = [&] {
    std::set<std::string> out;
    for (const json& row : query("ls", "all")) out.insert(row["id"]);
    return out;
  };
  const auto before = ids();
  EXPECT_EQ(before.size(), 25u);
  scale(1000);
  EXPECT_EQ(ids().size(), 250u);
  scale(100);
  EXPECT_EQ(ids(), before);
}

TEST_F(RevisionsTest, ReloadOfAGroupThatStaysTheSameTouchesNothing) {
  join({group_json(10), group_json(5, "other", 10)});
  const auto result =
      change(bus::Verb::reload, "all", {{"groups", {group_json(10)}}, {"removed", json::array()}});
  EXPECT_EQ(result.matched, 0u);
}

TEST_F(RevisionsTest, RollbackBringsBackEveryKindOfChange) {
  join({group_json(10)});
  change(bus::Verb::set, "all", {{"patch", {{"gain", 3}}}});
  const auto values = query("get", "all");
  const auto states = [this] {
    auto rows = query("ls", "all");
    for (json& row : rows) row.erase("seq");
    return rows;
  };
  const auto then = states();
  change(bus::Verb::set, "probe-00001", {{"patch", {{"gain", 5}, {"site", "there"}}}});
  change(bus::Verb::unset, "all", {{"paths", {"gain"}}});
  change(bus::Verb::pause, "probe-00002");
  change(bus::Verb::disconnect, "probe-00003");
  change(bus::Verb::action, "probe-00004", {{"action", "break"}});
  loop.run_for(1s);
  const auto result = roll_back(1);
  EXPECT_EQ(result.matched, 10u);
  EXPECT_EQ(result.applied, 10u);
  EXPECT_EQ(result.rejected, 0u);
  loop.run_for(5s);
  EXPECT_EQ(query("get", "all"), values);
  EXPECT_EQ(states(), then);
  EXPECT_EQ(query("diff", "all").size(), 1u) << "only the shard's own row";
}

TEST_F(RevisionsTest, RollbackTouchesExactlyTheDevicesItConcerns) {
  join({group_json(100)});
  change(bus::Verb::set, "all", {{"patch", {{"gain", 3}}}});
  change(bus::Verb::set, "probe-00001,probe-00002", {{"patch", {{"gain", 5}}}});
  change(bus::Verb::pause, "site=a,vendor=y");
  const auto only_two = roll_back(0);
  EXPECT_EQ(only_two.matched, 100u);
  const auto again = roll_back(1);
  EXPECT_EQ(again.matched, 100u);
  change(bus::Verb::set, "probe-00007", {{"patch", {{"gain", 6}}}});
  EXPECT_EQ(roll_back(1).matched, 1u);
  EXPECT_EQ(value_of("probe-00007", "gain"), "3");
}

TEST_F(RevisionsTest, RollbackForwardRaisesTheFaultAgain) {
  join({group_json(3)});
  change(bus::Verb::action, "probe-00002", {{"action", "break"}});
  roll_back(0);
  EXPECT_EQ(state_of("probe-00002")["state"]["broken"], false);
  roll_back(1);
  EXPECT_EQ(state_of("probe-00002")["state"]["broken"], true);
  change(bus::Verb::action, "probe-00002", {{"action", "mend"}});
  EXPECT_EQ(state_of("probe-00002")["state"]["broken"], false);
  roll_back(1);
  EXPECT_EQ(state_of("probe-00002")["state"]["broken"], true);
}

TEST_F(RevisionsTest, RollbackAlsoBringsBackGroups) {
  join({group_json(10)});
  const auto then = query("ls", "all").size();
  change(bus::Verb::reload, "all",
         {{"groups", {group_json(20), group_json(7, "other", 20)}}, {"removed", json::array()}});
  EXPECT_EQ(query("ls", "all").size(), 27u);
  const auto result = roll_back(0, {group_json(10).dump()}, {"other"});
  EXPECT_EQ(result.matched, 17u);
  EXPECT_EQ(query("ls", "all").size(), then);
}

TEST_F(RevisionsTest, AWorkerThatMissedARollbackUndoesItFromTheSnapshot) {
  join({group_json(10)});
  change(bus::Verb::action, "probe-00004", {{"action", "break"}});
  change(bus::Verb::pause, "probe-00005");
  run(bus::Verb::action, "probe-00001", {{"action", "poke"}});
  join({group_json(10)}, {command(bus::Verb::action, "probe-00006", {{"action", "break"}})});
  EXPECT_EQ(state_of("probe-00004")["state"]["broken"], false);
  EXPECT_EQ(state_of("probe-00005")["paused"], false);
  EXPECT_EQ(state_of("probe-00006")["state"]["broken"], true);
  EXPECT_EQ(state_of("probe-00001")["state"]["pokes"], 1) << "the others do not notice";
}

TEST_F(RevisionsTest, ASnapshotThatBreaksOffForgetsNothing) {
  join({group_json(10)});
  change(bus::Verb::action, "probe-00004", {{"action", "break"}});
  host->snapshot_begin(host->shard().assignment());
  host->snapshot_begin(host->shard().assignment());
  join({group_json(10)});
  EXPECT_EQ(state_of("probe-00004")["state"]["broken"], false);
}

TEST_F(RevisionsTest, DiffNamesARefusedRuleAndItsRevision) {
  join({group_json(2)});
  change(bus::Verb::set, "probe-00001", {{"patch", {{"channels", 8}}}});
  EXPECT_EQ(change(bus::Verb::set, "all", {{"patch", {{"gain", "9.5"}}}}).rejected, 1u);
  const auto rows = difference_of("probe-00001");
  ASSERT_EQ(rows.size(), 2u) << rows;
  EXPECT_EQ(rows[0]["path"], "channels");
  EXPECT_EQ(rows[0]["reason"], "takes effect at the next reboot");
  EXPECT_EQ(rows[1]["path"], "gain");
  EXPECT_EQ(rows[1]["desired"], "9.5");
  EXPECT_EQ(rows[1]["reported"], "2");
  EXPECT_EQ(rows[1]["revision"], 2);
  EXPECT_EQ(rows[1]["reason"], "refused: gain over 9 needs fewer channels");
  EXPECT_EQ(difference_of("probe-00002"), json::array());
}

TEST_F(RevisionsTest, ARuleThatDoesNotGoTogetherWithOthersTakesNoneOfThemAlong) {
  join({group_json(1)}, {command(bus::Verb::set, "all", {{"patch", {{"channels", 8}, {"site", "x"}}}})});
  host = std::make_unique<FleetHost>(loop, types, uplink::UplinkEnvironment{.loop = loop});
  join({group_json(1)}, {command(bus::Verb::set, "all", {{"patch", {{"channels", 8}, {"site", "x"}}}}),
                         command(bus::Verb::set, "all", {{"patch", {{"gain", "9.5"}}}})});
  EXPECT_EQ(value_of("probe-00001", "site"), "x");
  EXPECT_EQ(value_of("probe-00001", "gain"), "2");
}

TEST_F(RevisionsTest, DiffShowsABootKeyUntilTheReboot) {
  join({group_json(1)});
  EXPECT_EQ(difference_of("probe-00001"), json::array());
  change(bus::Verb::set, "all", {{"patch", {{"channels", 4}}}});
  const json expected = {{{"path", "channels"},
                          {"desired", "4"},
                          {"reported", "2"},
                          {"reason", "takes effect at the next reboot"},
                          {"revision", 1}}};
  EXPECT_EQ(difference_of("probe-00001"), expected);
  run(bus::Verb::reboot, "all", {{"down", "2s"}});
  EXPECT_EQ(difference_of("probe-00001").back()["path"], "link");
  loop.run_for(3s);
  EXPECT_EQ(difference_of("probe-00001"), json::array());
}

TEST_F(RevisionsTest, DiffShowsAFaultThatIsGoneAndTheShardsRevision) {
  join({group_json(2)});
  change(bus::Verb::action, "probe-00001", {{"action", "break"}});
  EXPECT_EQ(difference_of("probe-00001"), json::array());
  auto secret_mend = command(bus::Verb::action, "probe-00001", {{"action", "mend"}});
  secret_mend.revision = 0;
  run(secret_mend);
  const auto rows = query("diff", "all");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["id"], "probe-00001");
  EXPECT_EQ(rows[0]["differences"][0]["path"], "action break");
  EXPECT_EQ(rows[0]["differences"][0]["revision"], 1);
  EXPECT_EQ(rows[1], (json{{"shard", 0}, {"revision", 1}, {"matched", 2}}));
}

TEST_F(RevisionsTest, AHundredThousandRulesForExactIdsJoinFast) {
  std::vector<bus::Command> rules;
  for (int i = 1; i <= 100'000; ++i) {
    rules.push_back(command(bus::Verb::set, "probe-" + std::to_string(100'000 + i).substr(1),
                            {{"patch", {{"gain", i % 9}}}}));
  }
  join({group_json(1000)}, std::move(rules));
  EXPECT_EQ(value_of("probe-00042", "gain"), "6");
  EXPECT_EQ(query("diff", "all").size(), 1u);
}

}  // namespace
}  // namespace vfleet::fleet
