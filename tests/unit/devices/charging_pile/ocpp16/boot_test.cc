// BootNotification: what is said before and after it, and connections that come and go.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

using Lines = std::vector<std::string>;

OcppWorld::Reply boot_answer(std::string status, int interval) {
  return [=](const json&) -> std::optional<json> {
    return json{{"status", status}, {"currentTime", "2026-03-01T08:00:00Z"}, {"interval", interval}};
  };
}

TEST(OcppBoot, FirstOfAllSaysWhoItIsAndOnceAcceptedTheStatusOfEachConnector) {
  OcppWorld world({{"ocpp.serial_number", text("S-1")}, {"firmware", text("2.1")}});
  world.start();
  world.run_for(1s);
  EXPECT_EQ(world.story(),
            (Lines{"BootNotification", "Status 0 Available", "Status 1 Available", "Status 2 Available"}));
  const json boot = world.last_of("BootNotification");
  EXPECT_EQ(boot.at("chargePointVendor"), "vfleet");
  EXPECT_EQ(boot.at("chargePointModel"), "VP-120");
  EXPECT_EQ(boot.at("chargePointSerialNumber"), "S-1");
  EXPECT_EQ(boot.at("firmwareVersion"), "2.1");
  EXPECT_FALSE(boot.contains("iccid"));
}

TEST(OcppBoot, WhatWaitedIsToldBehindTheStatuses) {
  OcppWorld world;
  world.accept();
  world.charge();
  world.run_for(90s);
  world.forget_calls();
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "Accepted");
  world.run_for(1min);
  const Lines story = world.story();
  ASSERT_GE(story.size(), 5U);
  EXPECT_EQ(Lines(story.begin(), story.begin() + 5),
            (Lines{"BootNotification", "Status 0 Available", "Status 1 Finishing", "Status 2 Available",
                   "StopTransaction"}));
}

TEST(OcppBoot, NothingButBootNotificationIsSentBeforeItsAnswer) {
  OcppWorld world;
  world.latency = 20s;
  world.start();
  world.run_for(5s);
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(14s);
  EXPECT_EQ(world.story(), Lines{"BootNotification"});
  world.latency = 0s;
  world.run_for(2s);
  EXPECT_EQ(world.count_of("StartTransaction"), 1U);
}

TEST(OcppBoot, HeartbeatsFollowInTheIntervalOfTheAnswer) {
  OcppWorld world;
  world.heartbeat_interval = 40;
  world.accept();
  EXPECT_EQ(world.key("HeartbeatInterval"), "40");
  world.forget_calls();
  world.run_for(400s);
  EXPECT_EQ(world.count_of("Heartbeat"), 10U);
}

TEST(OcppBoot, AnIntervalOfZeroLeavesTheHeartbeatAsItIs) {
  OcppWorld world({{"reports.heartbeat.every", duration(70s)}});
  world.heartbeat_interval = 0;
  world.accept();
  EXPECT_EQ(world.key("HeartbeatInterval"), "70");
}

TEST(OcppBoot, WhilePendingItAnswersAndSendsWhatIsAskedForOnly) {
  OcppWorld world;
  world.replies["BootNotification"] = boot_answer("Pending", 100);
  world.start();
  world.run_for(1s);
  EXPECT_EQ(world.state("registration"), "pending");
  ASSERT_TRUE(world.plug(1));
  world.run_for(50s);
  EXPECT_EQ(world.story(), Lines{"BootNotification"});
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 1}}), "Rejected");
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", 1}}), "Rejected");
  EXPECT_EQ(world.change("HeartbeatInterval", "77")->at("status"), "Accepted");
  world.forget_calls();
  EXPECT_EQ(
      world.status_of("TriggerMessage", {{"requestedMessage", "StatusNotification"}, {"connectorId", 1}}),
      "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.story(), Lines{"Status 1 Preparing"});
  world.forget_calls();
  world.run_for(50s);
  EXPECT_EQ(world.story(), Lines{"BootNotification"}) << "again after the interval";
}

TEST(OcppBoot, WhilePendingTheCsmsMayAskForTheNextBootNotification) {
  OcppWorld world;
  world.replies["BootNotification"] = boot_answer("Pending", 3600);
  world.start();
  world.run_for(10s);
  world.replies.clear();
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "BootNotification"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.state("registration"), "accepted");
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "BootNotification"}}), "Rejected");
}

TEST(OcppBoot, WhileRejectedItSaysAndAnswersNothingUntilTheIntervalHasPassed) {
  OcppWorld world;
  world.replies["BootNotification"] = boot_answer("Rejected", 600);
  world.start();
  world.run_for(1s);
  EXPECT_EQ(world.state("registration"), "rejected");
  EXPECT_FALSE(world.request("GetConfiguration").has_value());
  world.run_for(590s);
  EXPECT_EQ(world.story(), Lines{"BootNotification"});
  world.replies.clear();
  world.run_for(20s);
  EXPECT_EQ(world.state("registration"), "accepted");
  EXPECT_TRUE(world.request("GetConfiguration").has_value());
}

TEST(OcppBoot, WithoutAnAnswerItTriesAgainEverMoreSeldom) {
  OcppWorld world({{"ocpp.message_timeout", duration(5s)},
                   {"ocpp.boot_retry_interval", duration(10s)},
                   {"ocpp.boot_retry_interval_max", duration(60s)}});
  world.replies["BootNotification"] = [](const json&) { return std::nullopt; };
  world.start();
  world.run_for(600s);
  ASSERT_GE(world.calls.size(), 6U);
  const auto gap = [&](std::size_t i) { return world.calls[i + 1].at - world.calls[i].at - 5s; };
  for (const auto& [i, least] :
       std::vector<std::pair<std::size_t, Duration>>{{0, 10s}, {1, 20s}, {2, 40s}, {3, 60s}, {4, 60s}}) {
    EXPECT_GE(gap(i), least) << i;
    EXPECT_LE(gap(i), least * 5 / 4) << i;
  }
  EXPECT_EQ(world.count_of("BootNotification"), world.calls.size());
}

TEST(OcppBoot, AnErrorAndAnAnswerThatIsNoneCountAsNoAnswer) {
  for (const json& bad : {json{{"error", "InternalError"}}, json{{"status", "Maybe"}}, json::object()}) {
    OcppWorld world;
    world.replies["BootNotification"] = [&](const json&) { return std::optional(bad); };
    world.start();
    world.run_for(5s);
    EXPECT_EQ(world.state("registration"), "none") << bad;
    EXPECT_EQ(world.story(), Lines{"BootNotification"});
    EXPECT_EQ(world.refusals.at(1).find(bad.contains("error") ? "CALLERROR InternalError"
                                                              : "its answer is not valid: "),
              0u)
        << world.refusals.at(1);
    world.replies.clear();
    world.run_for(20s);
    EXPECT_EQ(world.state("registration"), "accepted") << bad;
  }
}

TEST(OcppBoot, AConnectionThatEndsBeforeTheAnswerBeginsWithBootNotificationAgain) {
  OcppWorld world;
  world.latency = 10s;
  world.start();
  world.run_for(5s);
  world.lose_link();
  world.latency = 0s;
  world.run_for(5s);
  world.regain_link();
  world.run_for(1s);
  EXPECT_EQ(world.count_of("BootNotification"), 2U);
  EXPECT_EQ(world.state("registration"), "accepted");
}

TEST(OcppBoot, AfterALostConnectionOnlyChangedStatusesAreToldAndNoBootNotification) {
  OcppWorld world;
  world.accept();
  world.lose_link();
  ASSERT_TRUE(world.plug(2));
  world.run_for(10s);
  world.forget_calls();
  world.regain_link();
  world.run_for(1s);
  EXPECT_EQ(world.story(), Lines{"Status 2 Preparing"});
}

TEST(OcppBoot, AStatusThatTheLostConnectionCutOffIsToldAgain) {
  OcppWorld world;
  world.accept();
  world.latency = 5s;
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.plug(2));
  world.run_for(1s);
  world.lose_link();
  world.latency = 0s;
  world.forget_calls();
  world.regain_link();
  world.run_for(1s);
  EXPECT_EQ(world.story(), (Lines{"Status 1 Preparing", "Status 2 Preparing"}));
}

TEST(OcppBoot, AfterARebootItBeginsAnew) {
  OcppWorld world({{"reboot_time", duration(15s)}});
  world.accept();
  world.forget_calls();
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "Accepted");
  world.run_for(20s);
  EXPECT_EQ(world.story(),
            (Lines{"BootNotification", "Status 0 Available", "Status 1 Available", "Status 2 Available"}));
}

TEST(OcppBoot, AnswersThatComeTooLateAreIgnored) {
  OcppWorld world({{"ocpp.message_timeout", duration(5s)}, {"ocpp.boot_retry_interval", duration(60s)}});
  world.latency = 20s;
  world.start();
  world.run_for(30s);
  EXPECT_EQ(world.state("registration"), "none");
  EXPECT_EQ(world.verdicts.at(1), device::Verdict::timed_out);
  world.latency = 0s;
  world.run_for(60s);
  EXPECT_EQ(world.state("registration"), "accepted");
}

TEST(OcppBoot, BytesThatAreNoMessageHurtNobody) {
  OcppWorld world;
  world.accept();
  for (const char* bytes :
       {"", "x", "[", "[]", "[2]", "[3,\"a\"]", "[3,\"a\",{}]", "[4,\"a\",\"b\",\"c\",{}]", "[9,\"a\"]",
        "{\"a\":1}", "[3,1,{}]", "\xff\xfe", "[2,\"\\u0000", "[3,null,null]"}) {
    world.raw(bytes);
  }
  world.run_for(1s);
  EXPECT_EQ(world.state("registration"), "accepted");
  EXPECT_GT(std::stod(world.state("malformed_messages")), 5);
}

}  // namespace
}  // namespace vfleet::pile
