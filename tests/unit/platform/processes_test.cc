// What processes share, and how their figures become one.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "simulator/platform/command_book.h"
#include "simulator/platform/processes/channel.h"
#include "simulator/platform/processes/shared_state.h"
#include "simulator/platform/snapshot.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

TEST(SharedState, GivesTheSameDeviceToAllWhoAskAtOnce) {
  auto state = SharedState::create(1000).value();
  std::vector<SequenceCounts> counts(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < counts.size(); ++t) {
    threads.emplace_back([&, t] {
      // Each thread has every fourth number of each device.
      for (std::uint64_t seq = 1 + t; seq <= 64; seq += counts.size()) {
        for (int device = 0; device < 500; ++device) {
          state->find_or_add("pile-" + std::to_string(device))->see({1, seq}, Outcome::accepted, counts[t]);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(state->devices(), 500U);
  SequenceCounts sum;
  for (const SequenceCounts& each : counts) {
    sum.missing += each.missing;
    sum.duplicates += each.duplicates;
    sum.stale += each.stale;
  }
  EXPECT_EQ(sum.missing, 0U) << "a gap at one is filled at another";
  EXPECT_EQ(sum.duplicates, 0U);
  EXPECT_EQ(sum.stale, 0U);
  EXPECT_EQ(state->find_or_add("pile-7")->sequence().last_seq(), 64U);
}

TEST(SharedLock, OfAProcessThatWasKilledHoldsNobodyUp) {
  SharedLock lock;
  lock.lock();
  lock.lock();
  lock.unlock();
  lock.lock();
}

TEST(Channel, AnAnswerThatCameTooLateIsNoAnswerToTheNextQuestion) {
  ManualClock clock;
  auto ends = Channel::open().value();
  const TimePoint later = clock.now() + std::chrono::seconds(1);
  const auto asks = [&](const char* target) { return ends.parent.send({"GET", target, {}}, clock, later); };
  const auto answers = [&] {
    const auto question = ends.child.receive_question(clock, later).value();
    return ends.child.send({200, question.target + std::string(100'000, 'x')}, clock, later);
  };
  ASSERT_TRUE(asks("/first"));
  EXPECT_EQ(ends.parent.receive_answer(clock, clock.now()).error().code, Errc::timed_out);
  ASSERT_TRUE(answers());
  ASSERT_TRUE(asks("/second"));
  std::thread member([&] { EXPECT_TRUE(answers()); });
  const auto answer = ends.parent.receive_answer(clock, later);
  member.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.substr(0, 7), "/second");
}

TEST(SharedState, HasRoomForSoManyAndForgetsAll) {
  auto state = SharedState::create(2).value();
  SequenceCounts counts;
  state->find_or_add("a")->see({1, 5}, Outcome::accepted, counts);
  EXPECT_NE(state->find_or_add("b"), nullptr);
  EXPECT_EQ(state->find_or_add("c"), nullptr);
  EXPECT_EQ(state->find_or_add(""), nullptr);
  EXPECT_EQ(state->find_or_add(std::string(200, 'x')), nullptr);
  state->forget();
  EXPECT_EQ(state->devices(), 0U);
  EXPECT_EQ(state->find_or_add("a")->sequence().last_seq(), 0U);
  EXPECT_EQ(state->devices(), 1U);
}

TEST(SharedState, KeepsRegistersAndChargesOfADeviceForAll) {
  auto state = SharedState::create(2).value();
  SharedDevice& device = *state->find_or_add("a");
  EXPECT_FALSE(device.tell_register(1, {100, 10})) << "the first one";
  EXPECT_EQ(device.tell_register(1, {90, 20})->value, 100);
  EXPECT_FALSE(device.tell_register(1, {500, 15})) << "older than what is known";
  EXPECT_EQ(device.tell_register(1, {95, 21})->value, 90);
  for (std::uint32_t channel = 2; channel <= SharedDevice::kRegistersMax; ++channel)
    EXPECT_FALSE(device.tell_register(channel, {1, 1}));
  EXPECT_FALSE(device.tell_register(77, {1, 1}));
  EXPECT_FALSE(device.tell_register(77, {0, 2})) << "there is no room for it";
  for (int i = 1; i <= 5; ++i) device.begin({i, static_cast<std::uint64_t>(i) * 10, i * 1000, 1});
  EXPECT_FALSE(device.charge(1)) << "the oldest gave way";
  EXPECT_EQ(device.charge(2)->start, 2000);
  EXPECT_EQ(device.charge_with(50)->id, 5);
  device.end(5);
  EXPECT_FALSE(device.charge(5));
  EXPECT_FALSE(device.charge(0));
  state->forget();
  EXPECT_FALSE(device.charge(2));
  EXPECT_FALSE(device.tell_register(1, {1, 1}));
  // A charge that lasts stays while others come and go.
  device.begin({10, 7, 1000, 1});
  for (int i = 11; i < 20; ++i) {
    device.begin({i, 8, 2000, 2});
    device.end(i);
  }
  ASSERT_TRUE(device.charge(10));
  EXPECT_EQ(device.charge_with(7)->id, 10);
}

TEST(CommandClaims, AreWonByOneOfTheBooksThatHoldACommand) {
  auto claims = std::make_unique<CommandClaims>();
  CommandBook one(claims.get());
  CommandBook two(claims.get());
  const std::string id = one.queue("pile-1", "reboot", "{}").value();
  two.queue_as(CommandBook::number_of(id), "pile-1", "reboot", "{}");
  EXPECT_TRUE(two.anything_waits());
  EXPECT_EQ(two.take("pile-1").size(), 1U);
  EXPECT_TRUE(one.take("pile-1").empty());
  EXPECT_FALSE(one.anything_waits());
  EXPECT_TRUE(one.answered("pile-1", id, "{}"));
  EXPECT_FALSE(two.answered("pile-1", id, "{}")) << "answered already";
  EXPECT_EQ(one.counts().queued + two.counts().queued, 1U);
  EXPECT_EQ(one.counts().delivered + two.counts().delivered, 1U);
}

TEST(Snapshot, NamesTheWorstOfAllProcesses) {
  const ManualClock clock;
  Platform one(clock, 1);
  Platform two(clock, 2);
  for (int i = 0; i < 12; ++i) one.complain("deviation", "pile-" + std::to_string(i), "ykc_bill", "w");
  for (int i = 0; i < 3; ++i) two.complain("bill_mismatch", "pile-99", "ykc_bill", "cost \xff");
  Snapshot all = Snapshot::of(one, {});
  const auto other = Snapshot::from_wire(Snapshot::of(two, {}).to_wire());
  ASSERT_TRUE(other);
  all.merge(*other);
  const json figures = json::parse(all.to_json(one));
  EXPECT_EQ(figures["complaints"], (json{{"deviation", 12}, {"bill_mismatch", 3}}));
  ASSERT_EQ(figures["worst_complaints"].size(), 10U);
  EXPECT_EQ(figures["worst_complaints"][0]["device"], "pile-99");
  EXPECT_NE(all.to_line(one).find(
                "15 complaints (bill_mismatch 3, deviation 12), first of all bill_mismatch of pile-99"),
            std::string::npos)
      << all.to_line(one);
  EXPECT_FALSE(Snapshot::from_wire(R"({"counters":{},"types":{},"worst":[{"count":1}]})"));
}

TEST(Snapshot, AddsUpWhatProcessesTell) {
  const ManualClock clock;
  Platform one(clock, 1);
  Platform two(clock, 2);
  const auto take = [](Platform& platform, std::uint64_t seq) {
    std::string text;
    codec::json::Writer writer(text);
    codec::envelope::begin(writer, {.device = "pile-1", .boot = 1, .seq = seq, .type = "meter"});
    writer.raw("{}");
    codec::envelope::finish(writer);
    EXPECT_TRUE(platform.take(text, {.way = Way::mqtt, .type = {}, .device = {}}).taken);
  };
  for (const std::uint64_t seq : {1, 2, 3}) take(one, seq);
  take(two, 1);
  Snapshot sum = Snapshot::of(one, {{"mqtt.publishes", 3}});
  const auto other =
      Snapshot::from_wire(Snapshot::of(two, {{"mqtt.publishes", 1}, {"ws.opened", 2}}).to_wire());
  ASSERT_TRUE(other.has_value());
  sum.merge(*other);
  const json figures = json::parse(sum.to_json(one));
  EXPECT_EQ(figures["received"], 4);
  EXPECT_EQ(figures["by_type"], (json{{"meter", 4}}));
  EXPECT_EQ(figures["by_way"]["mqtt"], 4);
  EXPECT_EQ(figures["mqtt"]["publishes"], 4);
  EXPECT_EQ(figures["ws"]["opened"], 2);
  EXPECT_EQ(figures["latency"]["sent"]["count"], 4);
}

TEST(Snapshot, IsNotReadFromAnythingElse) {
  const ManualClock clock;
  const Platform platform(clock, 1);
  const std::string good = Snapshot::of(platform, {}).to_wire();
  ASSERT_TRUE(Snapshot::from_wire(good).has_value());
  const std::vector<std::string> others = {
      "", "{}", "[]", good.substr(1), R"({"counters":{"a":-1},"types":{},"rate":[],"sent":{},"due":{}})"};
  for (const std::string& bad : others) {
    EXPECT_FALSE(Snapshot::from_wire(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace vfleet::platform
