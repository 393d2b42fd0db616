#include "simulator/bus/rule_set.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet::bus {
namespace {

using Rules = std::map<std::uint64_t, RuleSet::Rule>;

Command make(std::uint64_t revision, Verb verb, std::string selector, std::string args = "{}") {
  Command out;
  out.revision = revision;
  out.verb = verb;
  out.selector = std::move(selector);
  out.args = std::move(args);
  return out;
}

std::vector<std::string> texts(const RuleSet& set) {
  std::vector<std::string> out;
  for (const auto& [revision, rule] : set.rules()) out.push_back(encode(rule.command));
  return out;
}

Command rollback(std::uint64_t revision, std::uint64_t to, const Rules& now, const Rules& then) {
  return make(revision, Verb::rollback, "all", encode(Rollback{to, delta(now, then), {}, {}}));
}

TEST(RuleSet, SaysWhatARecordDidToTheOthers) {
  RuleSet set;
  EXPECT_TRUE(set.record(make(1, Verb::set, "a", R"({"patch":{"x":1}})")).kept);
  EXPECT_TRUE(set.record(make(2, Verb::set, "a", R"({"patch":{"x":2,"y":2}})")).kept);
  const auto changes = set.record(make(3, Verb::set, "a", R"({"patch":{"x":3}})"));
  EXPECT_EQ(changes.dropped, std::vector<std::uint64_t>{});
  EXPECT_EQ(changes.rewritten, std::vector<std::uint64_t>{2});
  EXPECT_EQ(set.record(make(4, Verb::unset, "all", R"({"paths":["x"]})")).dropped,
            std::vector<std::uint64_t>{3});
  EXPECT_EQ(set.rules().size(), 1U);
}

TEST(RuleSet, ARollbackBringsBackWhatWasCovered) {
  RuleSet set;
  set.record(make(1, Verb::set, "a", R"({"patch":{"x":1,"y":1}})"));
  const Rules then = set.rules();
  set.record(make(2, Verb::set, "a", R"({"patch":{"x":2}})"));
  set.record(make(3, Verb::pause, "all"));
  const auto changes = set.record(rollback(4, 1, set.rules(), then));
  EXPECT_EQ(changes.dropped, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(changes.rewritten, std::vector<std::uint64_t>{1});
  EXPECT_TRUE(delta(set.rules(), then).empty());
}

TEST(RuleSet, WhatARollbackBroughtBackCanBeCoveredAgain) {
  RuleSet set;
  set.record(make(1, Verb::set, "a", R"({"patch":{"x":1}})"));
  const Rules then = set.rules();
  set.record(make(2, Verb::unset, "all", R"({"paths":["x"]})"));
  EXPECT_TRUE(set.rules().empty());
  set.record(rollback(3, 1, set.rules(), then));
  EXPECT_EQ(set.rules().size(), 1U);
  set.record(make(4, Verb::unset, "a", R"({"paths":["x"]})"));
  EXPECT_EQ(set.rules().size(), 0U) << "an unset of all there is leaves nothing behind";
}

TEST(RuleSet, ARollbackWithArgumentsThatAreNoneChangesNothing) {
  RuleSet set;
  set.record(make(1, Verb::pause, "all"));
  for (const char* args :
       {"{", "[]", R"({"dropped":["1"]})", R"({"dropped":[1],"rules":[{}]})", R"({"removed":[1]})"}) {
    EXPECT_FALSE(decode_rollback(args)) << args;
    set.record(make(2, Verb::rollback, "all", args));
    EXPECT_EQ(set.rules().size(), 1U);
  }
}

TEST(RuleSet, RollbackArgumentsSurviveTheWire) {
  Rollback out;
  out.to = 7;
  out.delta.dropped = {8, 9};
  out.delta.added = {make(5, Verb::set, "a", R"({"patch":{"x":1}})")};
  out.groups = {R"({"name":"g"})"};
  out.removed = {"h"};
  const auto in = decode_rollback(encode(out));
  ASSERT_TRUE(in);
  EXPECT_EQ(in->to, 7U);
  EXPECT_EQ(in->delta.dropped, out.delta.dropped);
  EXPECT_EQ(in->delta.added, out.delta.added);
  EXPECT_EQ(in->groups, out.groups);
  EXPECT_EQ(in->removed, out.removed);
}

/// Random histories: control, a worker that saw every command and one that took a snapshot somewhere hold the
/// same rules at every revision; a rollback brings exactly the rules of then.
TEST(RuleSetProperty, EveryoneHoldsTheSameRulesAlsoAfterRollbacks) {
  const std::vector<std::string> selectors = {"all", "a", "b", "site=x", "a,b"};
  const std::vector<std::string> sets = {R"({"patch":{"x":1}})", R"({"patch":{"x":2,"y":2}})",
                                         R"({"patch":{"y":3,"z":3}})"};
  const std::vector<std::string> unsets = {R"({"paths":["x"]})", R"({"paths":["y","z"]})"};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed, 0, "rules");
    RuleSet control;
    RuleSet late;
    std::vector<Rules> at = {{}};
    const auto join = random.below(60);
    for (std::uint64_t revision = 1; revision <= 60; ++revision) {
      const std::string& selector = selectors[random.below(selectors.size())];
      Command command;
      switch (random.below(8)) {
        case 0:
        case 1:
        case 2:
          command = make(revision, Verb::set, selector, sets[random.below(sets.size())]);
          break;
        case 3:
          command = make(revision, Verb::unset, selector, unsets[random.below(unsets.size())]);
          break;
        case 4:
          command = make(revision, random.below(2) == 0 ? Verb::pause : Verb::resume, selector);
          break;
        case 5:
          command = make(revision, random.below(2) == 0 ? Verb::disconnect : Verb::connect, selector);
          break;
        case 6:
          command = make(revision, Verb::action, selector, R"({"action":"break"})");
          break;
        default: {
          const auto to = random.below(revision);
          command = rollback(revision, to, control.rules(), at[to]);
        }
      }
      control.record(command);
      if (revision > join) late.record(command);
      if (revision == join) {
        for (const auto& [number, rule] : control.rules()) late.restore(rule.command);
      }
      at.push_back(control.rules());
      if (command.verb == Verb::rollback) {
        const auto to = decode_rollback(command.args)->to;
        ASSERT_TRUE(delta(control.rules(), at[to]).empty()) << "seed " << seed << " revision " << revision;
      }
      if (revision < join) continue;
      ASSERT_EQ(texts(late), texts(control)) << "seed " << seed << " revision " << revision;
    }
  }
}

}  // namespace
}  // namespace vfleet::bus
