// The worker dies and another one goes on.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

TEST(OcppRestart, ATransactionGoesOnUnderItsNumberWithoutANewBootNotification) {
  OcppWorld world({{"reports.meter.every", duration(60s)}});
  world.accept();
  const auto id = world.charge();
  const auto saved = world.saved();
  ASSERT_FALSE(saved.empty());
  world.forget_calls();
  ASSERT_TRUE(world.resume(saved));
  world.run_for(61s);
  EXPECT_EQ(world.count_of("BootNotification"), 0U);
  EXPECT_EQ(world.last_of("MeterValues").at("transactionId"), id);
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", id}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), id);
}

TEST(OcppRestart, WhatWasNotToldYetIsToldByTheNextLife) {
  OcppWorld world({{"reports.meter.every", duration(60s)}});
  world.accept();
  world.lose_link();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(5min);
  ASSERT_TRUE(world.on("stop", 1));
  world.run_for(1s);
  const auto saved = world.saved();
  world.forget_calls();
  ASSERT_TRUE(world.resume(saved));
  world.run_for(5s);
  EXPECT_EQ(world.count_of("StartTransaction"), 1U);
  EXPECT_EQ(world.count_of("MeterValues"), 5U);
  EXPECT_EQ(world.count_of("StopTransaction"), 1U);
  EXPECT_EQ(world.statuses(1), std::vector<std::string>{"Finishing"}) << "what changed since it was told";
}

TEST(OcppRestart, CardsAndAvailabilityAreKept) {
  OcppWorld world({{"ocpp.local_pre_authorize", boolean(true)}});
  world.accept();
  world.charge(1, "KNOWN");
  ASSERT_TRUE(world.on("stop", 1));
  ASSERT_TRUE(world.on("unplug", 1));
  world.request("ChangeAvailability", {{"connectorId", 2}, {"type", "Inoperative"}});
  world.run_for(1s);
  ASSERT_TRUE(world.resume(world.saved()));
  world.forget_calls();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "KNOWN"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 0U);
  EXPECT_EQ(world.count_of("StartTransaction"), 1U);
  EXPECT_EQ(world.state("connector2.status"), "unavailable");
}

TEST(OcppRestart, ACardThatWaitedForItsAnswerIsAskedForAgain) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.plug(1));
  world.run_for(1s);
  world.latency = 20s;
  ASSERT_TRUE(world.swipe(1, "CARD"));
  world.run_for(1s);
  const auto saved = world.saved();
  world.lose_link();
  world.latency = 0s;
  ASSERT_TRUE(world.resume(saved));
  world.run_for(1s);
  EXPECT_EQ(world.state("connector1.status"), "charging");
}

TEST(OcppRestart, InAMemoryThatIsTooSmallTheOldestMeterValuesAreLeftOut) {
  OcppWorld world({{"reports.meter.every", duration(10s)}, {"stop_when_full", boolean(false)}});
  world.accept();
  world.lose_link();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(40min);
  ASSERT_TRUE(world.on("stop", 1));
  world.run_for(1s);
  const auto saved = world.saved();
  ASSERT_FALSE(saved.empty());
  world.forget_calls();
  ASSERT_TRUE(world.resume(saved));
  world.run_for(20s);
  EXPECT_EQ(world.count_of("StartTransaction"), 1U);
  EXPECT_EQ(world.count_of("StopTransaction"), 1U);
  EXPECT_GT(world.count_of("MeterValues"), 50U);
  EXPECT_LT(world.count_of("MeterValues"), 240U);
}

TEST(OcppRestart, TheTransactionsOfManyConnectorsAreKeptWithoutAllTheirSamples) {
  OcppWorld world({{"connectors", integer(16)},
                   {"reports.meter.every", duration(10s)},
                   {"ocpp.stop_txn_sampled_data", text("Energy.Active.Import.Register")}});
  world.accept();
  for (int connector = 1; connector <= 16; ++connector) world.charge(connector);
  world.run_for(10min);
  const auto saved = world.saved();
  world.forget_calls();
  ASSERT_TRUE(world.resume(saved));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("BootNotification"), 0U);
  ASSERT_TRUE(world.on("stop", 16));
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), world.transactions);
}

TEST(OcppRestart, BytesThatAreNotItsOwnChangeNothing) {
  OcppWorld world;
  world.accept();
  world.charge();
  const auto saved = world.saved();
  for (std::size_t length = 0; length < saved.size(); length += 7) {
    OcppWorld other;
    (void)other.resume(std::span(saved).first(length));
  }
  // Those of the conversation, which stand between the pile's head of 8 and the model's.
  const std::size_t length = std::to_integer<std::size_t>(saved[2]) | std::to_integer<std::size_t>(saved[3])
                                                                          << 8U;
  ASSERT_LT(8 + length, saved.size());
  for (std::size_t at = 8; at < 8 + length; ++at) {
    auto bad = saved;
    bad[at] ^= std::byte{0x5a};
    OcppWorld other;
    other.judge = false;
    (void)other.resume(bad);
    if (other.online()) other.run_for(5s);
  }
}

}  // namespace
}  // namespace vfleet::pile
