#include "control/server/desired_state.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "simulator/core/random.h"

namespace vfleet::control::server {
namespace {

using bus::Verb;

bus::Command make(Verb verb, std::string selector, std::string args = "{}") {
  bus::Command out;
  out.verb = verb;
  out.selector = std::move(selector);
  out.args = std::move(args);
  return out;
}

std::uint64_t record(DesiredState& state, bus::Command command) {
  command.revision = state.revision() + 1;
  state.record(command);
  return command.revision;
}

TEST(DesiredState, TakesTheRevisionOfTheLastCommand) {
  DesiredState state;
  EXPECT_EQ(record(state, make(Verb::set, "a", R"({"patch":{"x":1}})")), 1U);
  EXPECT_EQ(record(state, make(Verb::reload, "all")), 2U);
  EXPECT_EQ(record(state, make(Verb::pause, "a")), 3U);
  EXPECT_EQ(state.revision(), 3U);
}

TEST(DesiredState, DropsARuleThatANewerOneCoversWhole) {
  DesiredState state;
  record(state, make(Verb::set, "a", R"({"patch":{"x":1}})"));
  record(state, make(Verb::set, "b", R"({"patch":{"x":2}})"));
  record(state, make(Verb::set, "a", R"({"patch":{"x":3,"y":4}})"));
  ASSERT_EQ(state.rules().size(), 2U);
  EXPECT_EQ(state.rules().begin()->first, 2U);
  EXPECT_EQ(state.rules().rbegin()->first, 3U);
}

TEST(DesiredState, KeepsWhatANewerRuleDoesNotCover) {
  DesiredState state;
  record(state, make(Verb::set, "a", R"({"patch":{"x":1,"y":2}})"));
  record(state, make(Verb::set, "a", R"({"patch":{"x":3}})"));
  ASSERT_EQ(state.rules().size(), 2U);
  EXPECT_EQ(state.rules().begin()->second.command.args, R"({"patch":{"y":2}})");
}

TEST(DesiredState, ARuleForAllCoversEverySelector) {
  DesiredState state;
  record(state, make(Verb::set, "a", R"({"patch":{"x":1}})"));
  record(state, make(Verb::set, "b", R"({"patch":{"x":2}})"));
  record(state, make(Verb::set, "all", R"({"patch":{"x":3}})"));
  EXPECT_EQ(state.rules().size(), 1U);
}

TEST(DesiredState, TakingBackLeavesNothingBehind) {
  DesiredState state;
  record(state, make(Verb::set, "a", R"({"patch":{"x":1}})"));
  record(state, make(Verb::unset, "a", R"({"paths":["x"]})"));
  record(state, make(Verb::pause, "a"));
  record(state, make(Verb::resume, "a"));
  record(state, make(Verb::disconnect, "a"));
  record(state, make(Verb::connect, "all"));
  EXPECT_TRUE(state.rules().empty());
}

TEST(DesiredState, KeepsAnUnsetThatTakesBackForSomeOnly) {
  DesiredState state;
  record(state, make(Verb::set, "all", R"({"patch":{"x":1}})"));
  record(state, make(Verb::unset, "a", R"({"paths":["x","never_set"]})"));
  ASSERT_EQ(state.rules().size(), 2U);
  EXPECT_EQ(state.rules().rbegin()->second.command.args, R"({"paths":["x"]})");
}

TEST(DesiredState, KeepsDurableActionsInOrderOnceEach) {
  DesiredState state;
  for (int i = 0; i < 10; ++i) {
    record(state, make(Verb::action, "a", R"({"action":"fault"})"));
    record(state, make(Verb::action, "a", R"({"action":"clear"})"));
  }
  ASSERT_EQ(state.rules().size(), 2U);
  EXPECT_EQ(state.rules().begin()->second.command.args, R"({"action":"fault"})");
}

TEST(DesiredState, TenThousandChangesOfOneKeyAreOneRule) {
  DesiredState state;
  for (int i = 0; i < 10'000; ++i) {
    record(state, make(Verb::set, "a", "{\"patch\":{\"x\":" + std::to_string(i) + "}}"));
  }
  EXPECT_EQ(state.rules().size(), 1U);
  EXPECT_EQ(state.setting("x").size(), 1U);
  EXPECT_TRUE(state.setting("y").empty());
}

// Whatever is compacted away, every device ends with the values of the whole history.
TEST(DesiredState, CompactionChangesNoDevice) {
  using Overlay = std::map<std::string, int>;
  const std::map<std::string, std::vector<int>> devices = {
      {"all", {0, 1, 2, 3}}, {"a", {0, 1}}, {"b", {1, 2}}, {"c", {3}}};
  const auto apply = [&](const bus::Command& command, std::vector<Overlay>& overlays) {
    const auto args = nlohmann::json::parse(command.args);
    for (const int device : devices.at(command.selector)) {
      Overlay& overlay = overlays[static_cast<std::size_t>(device)];
      switch (command.verb) {
        case Verb::set:
          for (const auto& [path, value] : args["patch"].items()) overlay[path] = value.get<int>();
          break;
        case Verb::unset:
          for (const auto& path : args["paths"]) overlay.erase(path.get<std::string>());
          break;
        case Verb::pause:
          overlay["paused"] = 1;
          break;
        case Verb::resume:
          overlay.erase("paused");
          break;
        default:
          FAIL();
      }
    }
  };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed, 0, "compaction");
    const char* selectors[] = {"all", "a", "b", "c"};
    const char* paths[] = {"x", "y", "z"};
    DesiredState state;
    std::vector<Overlay> whole(4);
    for (int i = 0; i < 60; ++i) {
      const std::string selector = selectors[random.below(4)];
      const std::string path = paths[random.below(3)];
      const std::string other = paths[random.below(3)];
      bus::Command command;
      switch (random.below(4)) {
        case 0:
        case 1: {
          nlohmann::json patch = {{path, i}};
          patch[other] = i + 1000;
          command = make(Verb::set, selector, nlohmann::json{{"patch", patch}}.dump());
          break;
        }
        case 2:
          command = make(Verb::unset, selector, nlohmann::json{{"paths", {path}}}.dump());
          break;
        default:
          command = make(random.chance(0.5) ? Verb::pause : Verb::resume, selector);
      }
      apply(command, whole);
      command.revision = state.revision() + 1;
      state.record(command);
      std::vector<Overlay> compacted(4);
      for (const auto& [revision, rule] : state.rules()) apply(rule.command, compacted);
      ASSERT_EQ(compacted, whole) << "seed " << seed << " step " << i;
    }
    EXPECT_LE(state.rules().size(), 16U);
  }
}

}  // namespace
}  // namespace vfleet::control::server
