// What operators do: any message with any field, and other answers than the usual ones.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

config::Values rule(std::string message, std::string with, std::int64_t times = 0, Duration after = 0s) {
  return {{"message", text(std::move(message))},
          {"with", text(std::move(with))},
          {"times", integer(times)},
          {"after", duration(after)}};
}

TEST(OcppOperator, TriggersAnyMessageWithAnyField) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.operate("StatusNotification",
                            {{"connectorId", "1"}, {"status", "Faulted"}, {"errorCode", "GroundFailure"}}));
  const json status = world.last_of("StatusNotification");
  EXPECT_EQ(status.at("connectorId"), 1);
  EXPECT_EQ(status.at("status"), "Faulted");
  EXPECT_EQ(status.at("errorCode"), "GroundFailure");
  EXPECT_EQ(world.state("connector1.status"), "available") << "it is only said";
}

TEST(OcppOperator, EveryMessageOfAChargePointCanBeTriggeredWithoutAField) {
  OcppWorld world;
  world.accept();
  for (const char* report :
       {"Authorize", "BootNotification", "DataTransfer", "DiagnosticsStatusNotification",
        "FirmwareStatusNotification", "Heartbeat", "MeterValues", "StartTransaction", "StatusNotification",
        "StopTransaction", "LogStatusNotification", "SecurityEventNotification", "SignCertificate",
        "SignedFirmwareStatusNotification"}) {
    world.forget_calls();
    const auto done = world.operate(report, {});
    EXPECT_TRUE(done) << report << ": " << done.error().detail;
    ASSERT_FALSE(world.calls.empty()) << report;
    EXPECT_EQ(world.calls.front().action, report);
    world.run_for(1s);
  }
}

TEST(OcppOperator, WhatTheStandardForbidsIsSentUncheckedOnly) {
  OcppWorld world;
  world.accept();
  world.forget_calls();
  const auto refused = world.operate("StatusNotification", {{"status", "Exploded"}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("Exploded"), std::string::npos);
  EXPECT_TRUE(world.calls.empty());
  world.judge = false;
  ASSERT_TRUE(world.operate("StatusNotification",
                            {{"status", "Exploded"}, {"connectorId", "99"}, {"x", "[1]"}}, true));
  const json status = world.last_of("StatusNotification");
  EXPECT_EQ(status.at("status"), "Exploded");
  EXPECT_EQ(status.at("connectorId"), 99);
  EXPECT_EQ(status.at("x"), json::array({1}));
}

TEST(OcppOperator, BeforeTheCsmsHasAcceptedItOnlyRawMessagesGo) {
  for (const char* status : {"Rejected", "Pending"}) {
    OcppWorld world;
    world.replies["BootNotification"] = [&](const json&) {
      return json{{"status", status}, {"currentTime", "2026-03-01T08:00:00Z"}, {"interval", 600}};
    };
    world.start();
    world.run_for(1s);
    world.forget_calls();
    const bool asked = std::string_view(status) == "Pending";
    const auto usual = world.operate("Heartbeat", {});
    EXPECT_EQ(usual.has_value(), asked) << "Pending lets pass what somebody asks for";
    if (!asked) {
      EXPECT_NE(usual.error().detail.find("--raw"), std::string::npos) << usual.error().detail;
    }
    world.run_for(1s);
    world.forget_calls();
    EXPECT_TRUE(world.operate("StartTransaction", {{"connectorId", "1"}, {"idTag", "ILLEGAL"}}, true));
    EXPECT_EQ(world.last_of("StartTransaction").at("idTag"), "ILLEGAL") << status;
    world.run_for(1s);
    EXPECT_EQ(world.calls.size(), 1U) << "and nothing else";
  }
  // Also while nobody has answered the BootNotification yet, in its turn.
  OcppWorld world({{"ocpp.message_timeout", duration(10s)}});
  world.replies["BootNotification"] = [](const json&) { return std::nullopt; };
  world.start();
  world.run_for(1s);
  (void)world.operate("MeterValues", {}, true);
  EXPECT_EQ(world.count_of("MeterValues"), 0U) << "one CALL at a time";
  world.run_for(10s);
  EXPECT_EQ(world.count_of("MeterValues"), 1U);
}

TEST(OcppOperator, ATriggeredMessageDoesNotDisturbWhatTheChargePointSaysItself) {
  OcppWorld world;
  world.accept();
  const auto id = world.charge();
  ASSERT_TRUE(world.operate("StartTransaction", {{"connectorId", "1"}, {"idTag", "X"}}));
  world.run_for(1s);
  ASSERT_TRUE(world.operate("StopTransaction", {{"transactionId", "4711"}}));
  world.run_for(1s);
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", id}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), id);
}

TEST(OcppOperator, ANameOfAnotherDialectIsRefusedWithWhatThisOneSpeaks) {
  OcppWorld world;
  world.accept();
  const auto refused = world.operate("heartbeat", {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("speaks ocpp16"), std::string::npos);
  EXPECT_FALSE(world.operate("Reset", {})) << "the CSMS sends that";
  EXPECT_FALSE(world.operate("StatusNotification", {{"connectorId", "7"}}));
}

TEST(OcppOperator, ATriggerThatWaitsForItsTurnIsToldWhenTheConnectionEnds) {
  OcppWorld world;
  world.accept();
  world.latency = 10s;
  ASSERT_TRUE(world.operate("Heartbeat", {}));
  const auto waits = world.operate("MeterValues", {{"connectorId", "1"}});
  ASSERT_FALSE(waits);
  EXPECT_EQ(waits.error().code, Errc::timed_out) << "it has not been sent yet";
  world.lose_link();
  EXPECT_EQ(world.answered.at(world.deferred()).error().code, Errc::link_down);
}

TEST(OcppOperator, RejectsTheNextRequestsOfAKindWithoutDoingWhatTheyAskFor) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.act("answer", rule("RemoteStartTransaction", "Rejected", 3)));
  ASSERT_TRUE(world.plug(1));
  const json start{{"idTag", "A"}, {"connectorId", 1}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.status_of("RemoteStartTransaction", start), "Rejected");
  EXPECT_EQ(world.state("connector1.status"), "preparing");
  EXPECT_EQ(world.status_of("RemoteStartTransaction", start), "Accepted");
}

TEST(OcppOperator, MakesItNeverAnswerOrAnswerWithAnError) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.act("answer", rule("*", "nothing")));
  ASSERT_TRUE(world.act("answer", rule("ClearCache", "InternalError")));
  EXPECT_EQ(world.status_of("GetConfiguration"), "(none)");
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "(none)");
  EXPECT_FALSE(world.rebooting());
  EXPECT_EQ(world.status_of("ClearCache"), "InternalError");
  EXPECT_EQ(world.state("answer_rules"), "2");
  ASSERT_TRUE(world.act("answer", rule("*", "default")));
  ASSERT_TRUE(world.act("answer", rule("ClearCache", "default")));
  EXPECT_EQ(world.status_of("ClearCache"), "Accepted");
  EXPECT_EQ(world.state("answer_rules"), "0");
}

TEST(OcppOperator, MakesItAnswerLate) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.act("answer", rule("RemoteStartTransaction", "", 1, 40s)));
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 1}}), "(none)");
  const int late = world.requests();
  world.run_for(39s);
  EXPECT_FALSE(world.answer_to(late));
  EXPECT_EQ(world.state("connector1.status"), "preparing");
  world.run_for(2s);
  ASSERT_TRUE(world.answer_to(late));
  EXPECT_EQ(world.answer_to(late)->at("status"), "Accepted");
  EXPECT_EQ(world.state("connector1.status"), "charging");
}

TEST(OcppOperator, AnAnswerThatTheMessageCannotHaveIsRefusedWithWhatItCan) {
  OcppWorld world;
  world.accept();
  const auto wrong = world.act("answer", rule("Reset", "Scheduled"));
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("Rejected"), std::string::npos) << wrong.error().detail;
  EXPECT_FALSE(world.act("answer", rule("BootNotification", "Accepted"))) << "a CSMS does not send that";
  EXPECT_FALSE(world.act("answer", rule("GetConfiguration", "Accepted"))) << "its answer has no status";
  EXPECT_TRUE(world.act("answer", rule("ChangeAvailability", "Scheduled")));
  EXPECT_FALSE(world.act("answer", rule("*", "Rejected"))) << "not every answer has that";
  EXPECT_FALSE(world.act("answer", rule("Reset", "{\"status\":"))) << "no JSON";
  EXPECT_TRUE(world.act("answer", rule("DataTransfer", "status=Rejected data=no")));
  EXPECT_EQ(*world.request("DataTransfer", {{"vendorId", "x"}}),
            (json{{"status", "Rejected"}, {"data", "no"}}));
}

TEST(OcppOperator, OtherDialectsHaveNoSuchAnswers) {
  PileWorld world;
  world.start();
  const auto refused = world.act("answer", rule("*", "nothing"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("json"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::pile
