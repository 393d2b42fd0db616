// What happens while the CSMS cannot be reached, and how it is told afterwards.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

/// Two transactions in an hour without a connection.
void live_an_hour_offline(OcppWorld& world) {
  world.lose_link();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(world.plug(1));
    ASSERT_TRUE(world.on("start", 1));
    world.run_for(20min);
    ASSERT_TRUE(world.on("stop", 1));
    ASSERT_TRUE(world.on("unplug", 1));
    world.run_for(10min);
  }
  world.forget_calls();
}

TEST(OcppOffline, AnHourOfTransactionsIsToldInItsOrderWithTheTimesAtWhichItHappened) {
  OcppWorld world({{"reports.meter.every", duration(60s)}});
  world.accept();
  live_an_hour_offline(world);
  world.regain_link();
  world.run_for(10s);
  std::vector<std::string> kinds;
  std::string last;
  std::int64_t energy = 0;
  int starts = 0;
  for (const auto& call : world.calls) {
    std::string at;
    if (call.action == "MeterValues") {
      at = call.payload.at("meterValue").at(0).at("timestamp");
      EXPECT_EQ(call.payload.at("transactionId"), 1000 + starts) << "its transaction was answered before";
    } else if (call.action == "StartTransaction" || call.action == "StopTransaction") {
      at = call.payload.at("timestamp");
      kinds.push_back(call.action);
      starts += call.action == "StartTransaction";
      const auto meter =
          call.payload.at(call.action == "StartTransaction" ? "meterStart" : "meterStop").get<std::int64_t>();
      EXPECT_GE(meter, energy);
      energy = meter;
    } else {
      continue;
    }
    EXPECT_GE(at, last);
    last = at;
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"StartTransaction", "StopTransaction", "StartTransaction",
                                             "StopTransaction"}));
  EXPECT_EQ(world.count_of("MeterValues"), 40U);
  EXPECT_EQ(world.count_of("BootNotification"), 0U);
  EXPECT_EQ(world.state("queued_messages"), "0");
}

TEST(OcppOffline, HeartbeatsAndStatusesOfThePastAreNotTold) {
  OcppWorld world;
  world.heartbeat_interval = 60;
  world.accept();
  live_an_hour_offline(world);
  world.regain_link();
  world.run_for(10s);
  EXPECT_EQ(world.count_of("Heartbeat"), 0U);
  EXPECT_EQ(world.count_of("StatusNotification"), 0U) << "it is Available again";
  EXPECT_GT(world.forgone, 50U) << "heartbeats that were due";
}

TEST(OcppOffline, TheBacklogGoesOutWithAPauseAndWhatIsNewPassesIt) {
  OcppWorld world({{"reports.meter.every", duration(60s)}, {"ocpp.drain_interval", duration(2s)}});
  world.accept();
  live_an_hour_offline(world);
  world.regain_link();
  world.run_for(11s);
  EXPECT_LE(world.calls.size(), 7U);
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "Heartbeat"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Heartbeat"), 1U);
  world.run_for(2min);
  EXPECT_EQ(world.state("queued_messages"), "0");
  std::vector<TimePoint> times;
  for (const auto& call : world.calls) {
    if (call.action == "MeterValues") times.push_back(call.at);
  }
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 1], 2s);
}

TEST(OcppOffline, InAFullQueueTheOldestMeterValuesGiveWayButNoStartOrStop) {
  OcppWorld world({{"reports.meter.every", duration(10s)}, {"ocpp.queue_max", integer(30)}});
  world.accept();
  live_an_hour_offline(world);
  EXPECT_EQ(world.state("queued_messages"), "30");
  EXPECT_GT(std::stod(world.state("dropped_messages")), 100);
  world.regain_link();
  world.run_for(10s);
  EXPECT_EQ(world.count_of("StartTransaction"), 2U);
  EXPECT_EQ(world.count_of("StopTransaction"), 2U);
  EXPECT_EQ(world.count_of("MeterValues"), 26U);
}

TEST(OcppOffline, AConnectionThatFlapsUsesNoAttemptUp) {
  OcppWorld world({{"ocpp.transaction_message_attempts", integer(1)}});
  world.accept();
  world.replies["StartTransaction"] = [](const json&) { return std::nullopt; };
  world.charge();
  for (int i = 0; i < 5; ++i) {
    world.lose_link();
    world.run_for(1s);
    world.regain_link();
    world.run_for(1s);
  }
  world.replies.clear();
  world.lose_link();
  world.regain_link();
  world.run_for(1s);
  EXPECT_EQ(world.state("dropped_messages"), "0");
  EXPECT_GT(std::stod(world.state("connector1.transaction")), 1000);
}

TEST(OcppOffline, APlatformThatReadsTooSlowlyIsGivenTime) {
  OcppWorld world;
  world.accept();
  world.congested = true;
  world.forget_calls();
  ASSERT_TRUE(world.plug(1));
  world.run_for(30s);
  EXPECT_TRUE(world.calls.empty());
  world.congested = false;
  world.run_for(2s);
  EXPECT_EQ(world.story(), std::vector<std::string>{"Status 1 Preparing"});
}

}  // namespace
}  // namespace vfleet::pile
