#include "simulator/bus/messages.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet::bus {
namespace {

Command rule(std::uint64_t revision) {
  return {.epoch = 1,
          .seq = revision,
          .id = "r" + std::to_string(revision),
          .revision = revision,
          .selector = "all",
          .verb = Verb::set,
          .args = R"({"patch":{"z":"1","a":"2"}})"};
}

std::vector<FromWorker> from_worker() {
  CommandResult result{.id = "x", .epoch = 1, .seq = 2, .shard = 3, .matched = 4};
  result.reject("pile-1", "offline");
  return {
      Join{.shard = 3,
           .pid = 4711,
           .version = "0.1.0",
           .attempt = 2,
           .boot = 9,
           .describe = R"([{"name":"pile"},{"b":1,"a":2}])"},
      Join{},
      Grant{.attempt = 2, .credit = 16},
      TailRequest{.epoch = 7, .from = 100},
      result,
      Alive{.epoch = 7, .applied_seq = ~0ULL, .state = WorkerState::catching},
      Statistics{R"({"sent":5,"acked":{"z":1,"a":2}})"},
      QueryRows{.query = 5, .rows = {R"({"id":"pile-1","values":{"b":1,"a":[]}})", "{}"}, .last = true},
      LogLines{.boot = 3,
               .lines = {{.seq = 8, .at_us = -5, .level = log::Level::warn, .text = "a \"quoted\"\nline"},
                         {.seq = 12, .at_us = 5, .device = "pile-1", .text = ""}}},
      LogLines{},
      End{R"({"sent":5})"},
  };
}

std::vector<ToWorker> to_worker() {
  return {
      Welcome{.attempt = 2,
              .epoch = 7,
              .assignment = {.fleet = "demo",
                             .seed = ~0ULL,
                             .time_scale = 0.1,
                             .start_us = 5,
                             .shard = 2,
                             .shards = 3,
                             .boot = 4,
                             .time_zone = "Asia/Shanghai"}},
      SnapshotPart{.attempt = 2,
                   .part = 1,
                   .seq = 40,
                   .groups = {R"({"name":"dc","labels":{"z":["1"],"a":["2"]}})"},
                   .rules = {rule(1), rule(2)},
                   .last = true},
      SnapshotPart{},
      TailPart{.epoch = 7, .commands = {rule(3)}, .too_old = false, .last = false},
      TailPart{.epoch = 7, .too_old = true},
      QueryRequest{
          .query = 5, .name = "ls", .selector = "type=\"x y\"", .args = R"({"limit":10})", .after_seq = 12},
      CancelQuery{5},
      Stop{},
      Denied{"another version"},
  };
}

TEST(Messages, FromWorkersReadBackAsTheyWerePacked) {
  for (const FromWorker& message : from_worker()) {
    const auto packed = pack(message);
    ASSERT_TRUE(packed);
    const auto read = unpack_from_worker(packed->letter, packed->body);
    ASSERT_TRUE(read) << packed->letter << packed->body << ": " << read.error().detail;
    EXPECT_TRUE(*read == message) << packed->letter << packed->body;
  }
}

TEST(Messages, ToWorkersReadBackAsTheyWerePacked) {
  for (const ToWorker& message : to_worker()) {
    const auto packed = pack(message);
    ASSERT_TRUE(packed);
    const auto read = unpack_to_worker(packed->letter, packed->body);
    ASSERT_TRUE(read) << packed->letter << packed->body << ": " << read.error().detail;
    ASSERT_EQ(read->index(), message.index());
    const auto again = pack(*read);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->body, packed->body);
  }
}

TEST(Messages, OpaqueBodiesKeepTheOrderOfTheirMembers) {
  const auto packed = pack(ToWorker(SnapshotPart{.groups = {R"({"labels":{"zone":["1"],"area":["2"]}})"}}));
  const auto read = unpack_to_worker(packed->letter, packed->body);
  EXPECT_EQ(std::get<SnapshotPart>(*read).groups.front(), R"({"labels":{"zone":["1"],"area":["2"]}})");
}

TEST(Messages, BodiesAreAsThePageSays) {
  EXPECT_EQ(pack(FromWorker(TailRequest{.epoch = 7, .from = 100}))->body, R"({"epoch":7,"from":100})");
  EXPECT_EQ(pack(FromWorker(Alive{.epoch = 7, .applied_seq = 9, .state = WorkerState::live}))->body,
            R"({"epoch":7,"applied_seq":9,"state":"live"})");
  EXPECT_EQ(encode(Beat{.epoch = 7, .seq = 9}), R"({"epoch":7,"seq":9})");
  EXPECT_EQ(xpub_welcome(7), R"(W{"epoch":7})");
  EXPECT_EQ(worker_identity(12), "worker-12");
}

TEST(Messages, WhatIsNoJsonIsReplacedBeforeItIsSent) {
  EXPECT_EQ(pack(FromWorker(Statistics{"nonsense"}))->body, "{}");
  EXPECT_EQ(pack(FromWorker(Join{.describe = "]["}))->body.find("]["), std::string::npos);
  EXPECT_EQ(pack(FromWorker(QueryRows{.query = 1, .rows = {"}{"}}))->body,
            R"({"query":1,"rows":[{}],"last":false})");
}

TEST(Messages, PublishedFramesReadBack) {
  EXPECT_EQ(decode_beat(encode(Beat{.epoch = 7, .seq = ~0ULL})), (Beat{.epoch = 7, .seq = ~0ULL}));
  EXPECT_EQ(decode_xpub_welcome(xpub_welcome(7)), 7u);
  for (const char* bad : {"", "W", "B{\"epoch\":7}", "W{}", "W{\"epoch\":-7}"})
    EXPECT_FALSE(decode_xpub_welcome(bad));
  EXPECT_EQ(shard_of_identity("worker-4294967295"), 4294967295u);
  for (const char* bad : {"", "worker-", "worker--1", "worker-4294967296", "worker-1x", "xworker-1"}) {
    EXPECT_FALSE(shard_of_identity(bad)) << bad;
  }
}

TEST(Messages, UnknownLettersAndForeignBodiesAreRefused) {
  for (const char* letter : {"", "?", "JJ"}) {
    EXPECT_EQ(unpack_from_worker(letter, "{}").error().code, Errc::malformed);
    EXPECT_EQ(unpack_to_worker(letter, "{}").error().code, Errc::malformed);
  }
  EXPECT_FALSE(unpack_from_worker("J", "{}"));
  EXPECT_FALSE(unpack_from_worker("A", R"({"epoch":1,"applied_seq":1,"state":"odd"})"));
  EXPECT_FALSE(unpack_from_worker("Q", R"({"query":1,"rows":[1],"last":true})"));
  EXPECT_FALSE(
      unpack_to_worker("P", R"({"attempt":1,"part":0,"seq":0,"groups":[],"rules":[{}],"last":true})"));
  EXPECT_FALSE(unpack_to_worker("Z", "[]"));
}

TEST(Messages, AShardOutOfRangeAndAStoppedClockAreRefused) {
  Welcome welcome{.attempt = 1, .epoch = 1, .assignment = {.shard = 3, .shards = 3}};
  auto packed = pack(ToWorker(welcome));
  EXPECT_FALSE(unpack_to_worker(packed->letter, packed->body));
  welcome.assignment = {.time_scale = 0};
  packed = pack(ToWorker(welcome));
  EXPECT_FALSE(unpack_to_worker(packed->letter, packed->body));
}

TEST(Messages, WhatIsOverFourMebibytesIsNotPacked) {
  const std::string big = R"({"a":")" + std::string(2U << 20U, 'x') + "\"}";
  EXPECT_TRUE(pack(FromWorker(QueryRows{.rows = {big}})));
  EXPECT_EQ(pack(FromWorker(QueryRows{.rows = {big, big}})).error().code, Errc::too_large);
  EXPECT_EQ(unpack_from_worker("S", std::string((4U << 20U) + 1, ' ')).error().code, Errc::too_large);
}

TEST(Messages, NoDamageEverThrowsOrLosesWhatItAccepts) {
  std::vector<Packed> seeds;
  for (const FromWorker& message : from_worker()) seeds.push_back(*pack(message));
  for (const ToWorker& message : to_worker()) seeds.push_back(*pack(message));
  Random random(5, 5, "damage");
  for (int round = 0; round < 30000; ++round) {
    Packed seed = seeds[random.below(seeds.size())];
    for (std::uint64_t n = random.below(4); n > 0; --n) {
      const auto at = static_cast<std::size_t>(random.below(seed.body.size()));
      switch (random.below(3)) {
        case 0:
          seed.body.resize(at + 1);
          break;
        case 1:
          seed.body[at] = static_cast<char>(random.below(256));
          break;
        default:
          seed.body.insert(at, seed.body.substr(at, random.below(9)));
          break;
      }
    }
    if (const auto read = unpack_from_worker(seed.letter, seed.body)) {
      const auto again = pack(*read);
      ASSERT_TRUE(again);
      const auto twice = unpack_from_worker(again->letter, again->body);
      ASSERT_TRUE(twice) << seed.body << " -> " << again->body;
      EXPECT_TRUE(*twice == *read);
    }
    if (const auto read = unpack_to_worker(seed.letter, seed.body)) {
      const auto again = pack(*read);
      ASSERT_TRUE(again);
      EXPECT_TRUE(unpack_to_worker(again->letter, again->body)) << seed.body << " -> " << again->body;
    }
  }
}

}  // namespace
}  // namespace vfleet::bus
