#include "control/server/pending_commands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "simulator/core/clock.h"
#include "simulator/core/random.h"

namespace vfleet::control::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

using Kinds = std::vector<std::string>;

class Pending : public ::testing::Test {
 protected:
  struct Frame {
    std::string to;
    json body;
  };

  void start(const std::string& id, std::uint64_t seq, std::vector<std::uint32_t> answering,
             std::uint32_t shards, bool wait_for_all = false) {
    PendingCommands::Start start;
    start.id = id;
    start.seq = seq;
    start.revision = 7;
    start.shards = shards;
    start.answering = std::move(answering);
    start.wait_for_all = wait_for_all;
    pending.start(std::move(start), "op", clock.now());
  }
  void answer(const std::string& id, std::uint64_t seq, std::uint32_t shard, std::uint64_t matched,
              std::uint64_t applied) {
    bus::CommandResult result;
    result.id = id;
    result.seq = seq;
    result.shard = shard;
    result.matched = matched;
    result.applied = applied;
    for (std::uint64_t i = applied; i < matched; ++i) result.reject("d" + std::to_string(i), "offline");
    pending.answered(result, clock.now());
  }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const Frame& frame : frames) out.push_back(frame.body["kind"]);
    return out;
  }

  ManualClock clock;
  std::vector<Frame> frames;
  PendingCommands pending{[this](const std::string& to, const std::string& frame) {
    frames.push_back({to, json::parse(frame)});
  }};
};

TEST_F(Pending, AddsUpWhatAllWorkersSay) {
  start("c1", 1, {0, 1}, 2);
  answer("c1", 1, 0, 5, 5);
  answer("c1", 1, 1, 4, 3);
  EXPECT_EQ(kinds(), (Kinds{"accepted", "result"}));
  const json& result = frames.back().body;
  EXPECT_EQ(result["status"], 4);
  EXPECT_EQ(result["matched"], 9);
  EXPECT_EQ(result["applied"], 8);
  EXPECT_EQ(result["rejected"], 1);
  EXPECT_EQ(result["answered"], 2);
  EXPECT_EQ(result["revision"], 7);
  EXPECT_EQ(result["reasons"][0]["text"], "offline");
}

TEST_F(Pending, SaysThatARuleIsKeptThatEveryDeviceRejects) {
  PendingCommands::Start of_set;
  of_set.revision = 7;
  of_set.shards = 2;
  of_set.answering = {0, 1};
  of_set.drop_by = "`vfleet unset` drops it";
  const auto ask = [&](const std::string& id, std::uint64_t seq) {
    of_set.id = id;
    of_set.seq = seq;
    pending.start(of_set, "op", clock.now());
  };
  ask("none", 1);
  answer("none", 1, 0, 5, 0);
  answer("none", 1, 1, 4, 0);
  EXPECT_EQ(frames.back().body["status"], 1);
  EXPECT_EQ(frames.back().body["hint"],
            "revision 7 is kept as a rule, for devices that come or change later; `vfleet unset` drops it");
  ask("some", 2);
  answer("some", 2, 0, 5, 0);
  answer("some", 2, 1, 4, 1);
  EXPECT_FALSE(frames.back().body.contains("hint"));
  ask("nobody", 3);
  answer("nobody", 3, 0, 0, 0);
  answer("nobody", 3, 1, 0, 0);
  EXPECT_FALSE(frames.back().body.contains("hint"));
  of_set.drop_by.clear();  // what made no rule
  ask("transient", 4);
  answer("transient", 4, 0, 5, 0);
  answer("transient", 4, 1, 4, 0);
  EXPECT_EQ(frames.back().body["status"], 1);
  EXPECT_FALSE(frames.back().body.contains("hint"));
}

TEST_F(Pending, CountsAnAnswerOnce) {
  start("c1", 1, {0, 1}, 2);
  answer("c1", 1, 0, 5, 5);
  answer("c1", 1, 0, 5, 5);
  answer("other", 1, 1, 5, 5);
  answer("c1", 1, 9, 5, 5);
  EXPECT_EQ(pending.size(), 1U);
  answer("c1", 1, 1, 1, 1);
  EXPECT_EQ(frames.back().body["matched"], 6);
}

TEST_F(Pending, NamesTheSilentWorkerWhenTimeIsOver) {
  start("c1", 1, {0, 1}, 2);
  answer("c1", 1, 0, 5, 5);
  clock.advance(4900ms);
  pending.tick(clock.now());
  EXPECT_EQ(pending.size(), 1U);
  clock.advance(100ms);
  pending.tick(clock.now());
  const json& error = frames.back().body;
  EXPECT_EQ(error["kind"], "error");
  EXPECT_EQ(error["code"], "outcome_unknown");
  EXPECT_EQ(error["silent"], json::array({1}));
  EXPECT_EQ(error["matched"], 5);
}

TEST_F(Pending, TellsProgressAtMostFiveTimesASecond) {
  std::vector<std::uint32_t> shards(100);
  std::iota(shards.begin(), shards.end(), 0U);
  start("c1", 1, shards, 100);
  for (std::uint32_t shard = 0; shard < 99; ++shard) {
    clock.advance(10ms);
    answer("c1", 1, shard, 1, 1);
    pending.tick(clock.now());
  }
  const Kinds told = kinds();
  const auto progress = std::count(told.begin(), told.end(), "progress");
  EXPECT_GE(progress, 3);
  EXPECT_LE(progress, 5);
}

TEST_F(Pending, RepeatsTheAnswerToTheSameId) {
  start("c1", 1, {0}, 1);
  EXPECT_TRUE(pending.repeat("c1", "late"));
  answer("c1", 1, 0, 2, 2);
  EXPECT_EQ(frames.back().to, "late");
  frames.clear();
  EXPECT_TRUE(pending.repeat("c1", "again"));
  EXPECT_EQ(kinds(), (Kinds{"accepted", "result"}));
  EXPECT_EQ(frames.back().to, "again");
  EXPECT_EQ(frames.back().body["matched"], 2);
  EXPECT_FALSE(pending.repeat("unknown", "again"));
}

TEST_F(Pending, ForgetsTheOldestAnswers) {
  PendingCommands small([](const std::string&, const std::string&) {},
                        [](std::uint64_t, const journal::Outcome&) {}, 2);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    PendingCommands::Start start;
    start.id = std::to_string(seq);
    start.seq = seq;
    small.start(std::move(start), "op", clock.now());
  }
  EXPECT_FALSE(small.repeat("1", "op"));
  EXPECT_TRUE(small.repeat("3", "op"));
}

TEST_F(Pending, AWorkerThatRestartedIsSilentAtOnce) {
  start("c1", 1, {0, 1}, 2);
  answer("c1", 1, 0, 5, 5);
  pending.restarted(1);
  EXPECT_EQ(frames.back().body["kind"], "result");
  EXPECT_EQ(frames.back().body["status"], 4);
  EXPECT_EQ(frames.back().body["silent"], json::array({1}));
}

TEST_F(Pending, WaitsForAllWhenAskedTo) {
  start("c1", 5, {0}, 2, true);
  answer("c1", 5, 0, 5, 5);
  EXPECT_EQ(pending.size(), 1U);
  pending.applied(1, 4);
  EXPECT_EQ(pending.size(), 1U);
  pending.applied(1, 5);
  EXPECT_EQ(frames.back().body["kind"], "result");
  EXPECT_EQ(frames.back().body["status"], 0);
  EXPECT_EQ(frames.back().body["silent"], json::array());
}

// Whatever the order of answers, repeats and restarts: one final frame, and the sums of the answers that
// counted.
TEST_F(Pending, MergesInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    frames.clear();
    Random random(seed, 0, "pending");
    const auto shards = static_cast<std::uint32_t>(1 + random.below(8));
    std::vector<std::uint32_t> all(shards);
    std::iota(all.begin(), all.end(), 0U);
    const std::string id = "s" + std::to_string(seed);
    start(id, seed, all, shards);
    std::vector<bool> settled(shards, false);
    std::uint64_t matched = 0;
    std::uint64_t silent = 0;
    std::uint32_t left = shards;
    while (left > 0) {
      const auto shard = static_cast<std::uint32_t>(random.below(shards));
      const std::uint64_t count = random.below(10);
      if (random.chance(0.1)) {
        if (!settled[shard]) ++silent, --left;
        settled[shard] = true;
        pending.restarted(shard);
      } else {
        if (!settled[shard]) matched += count, --left;
        settled[shard] = true;
        answer(id, seed, shard, count, count);
      }
    }
    ASSERT_EQ(pending.size(), 0U);
    const json& result = frames.back().body;
    ASSERT_EQ(result["kind"], "result");
    EXPECT_EQ(result["matched"], matched);
    EXPECT_EQ(result["silent"].size(), silent);
    EXPECT_EQ(result["answered"], shards - silent);
  }
}

}  // namespace
}  // namespace vfleet::control::server
