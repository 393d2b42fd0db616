// What the CSMS asks for.
#include "devices/charging_pile/config.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

using Lines = std::vector<std::string>;

TEST(OcppRequests, ARequestIsAnsweredBeforeItIsCarriedOut) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.plug(1));
  world.run_for(1s);
  world.forget_calls();
  // The answer is there although nothing that follows from it has been sent.
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 1}}), "Accepted");
  ASSERT_FALSE(world.said.empty());
  world.run_for(1s);
  EXPECT_EQ(world.story(), (Lines{"Status 1 Charging", "StartTransaction"}));
}

TEST(OcppRequests, ARemoteStartNeedsAConnectorThatIsThereAndFree) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 3}}), "Rejected");
  world.charge(1);
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 1}}), "Rejected");
  ASSERT_TRUE(world.fault("ground_fault", 2));
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 2}}), "Rejected");
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}}), "Rejected") << "none is free";
  ASSERT_TRUE(world.clear());
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}}), "Accepted");
  ASSERT_TRUE(world.plug(2));
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StartTransaction").at("connectorId"), 2);
}

TEST(OcppRequests, WithoutAConnectorTheOneWithAVehicleIsChosen) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.plug(2));
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "A"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StartTransaction").at("connectorId"), 2);
}

TEST(OcppRequests, ARemoteStopNamesATransactionThatRuns) {
  OcppWorld world;
  world.accept();
  const auto id = world.charge();
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", id + 1}}), "Rejected");
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", id}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Finishing");
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", id}}), "Rejected");
}

TEST(OcppRequests, ATransactionWhoseNumberNobodyKnowsCannotBeStoppedByMinusOne) {
  OcppWorld world;
  world.accept();
  world.replies["StartTransaction"] = [](const json&) { return std::nullopt; };
  world.charge();
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", -1}}), "Rejected");
}

TEST(OcppRequests, AvailabilityChangesAtOnceOrWhenTheTransactionHasEnded) {
  OcppWorld world;
  world.accept();
  world.charge(1);
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 1}, {"type", "Inoperative"}}),
            "Scheduled");
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 2}, {"type", "Inoperative"}}), "Accepted");
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 2}, {"type", "Inoperative"}}), "Accepted");
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 3}, {"type", "Inoperative"}}), "Rejected");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Charging");
  EXPECT_EQ(world.statuses(2).back(), "Unavailable");
  EXPECT_TRUE(world.on("stop", 1));
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Unavailable");
  EXPECT_EQ(world.statuses(0).back(), "Unavailable") << "every connector is";
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 0}, {"type", "Operative"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(2).back(), "Available");
  EXPECT_EQ(world.statuses(0).back(), "Available");
}

TEST(OcppRequests, AvailabilityIsKeptOverAReset) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 0}, {"type", "Inoperative"}}), "Accepted");
  EXPECT_EQ(world.status_of("Reset", {{"type", "Soft"}}), "Accepted");
  world.run_for(1s);
  world.forget_calls();
  world.run_for(60s);
  EXPECT_EQ(world.story(), (Lines{"BootNotification", "Status 0 Unavailable", "Status 1 Unavailable",
                                  "Status 2 Unavailable"}));
}

TEST(OcppRequests, ASoftResetWaitsUntilTheTransactionsAreToldAHardOneDoesNot) {
  for (const bool soft : {true, false}) {
    OcppWorld world({{"reboot_time", duration(60s)}});
    world.accept();
    world.charge();
    world.latency = 4s;
    EXPECT_EQ(world.status_of("Reset", {{"type", soft ? "Soft" : "Hard"}}), "Accepted");
    world.run_for(1s);
    EXPECT_EQ(world.rebooting(), !soft);
    if (soft) {
      EXPECT_EQ(world.status_of("Reset", {{"type", "Soft"}}), "Rejected") << "it is about to";
    }
    world.run_for(100s);
    world.latency = 0s;
    world.run_for(100s);
    EXPECT_EQ(world.last_of("StopTransaction").at("reason"), soft ? "SoftReset" : "HardReset");
    EXPECT_EQ(world.count_of("BootNotification"), 2U);
    EXPECT_EQ(world.state("queued_messages"), "0");
  }
}

TEST(OcppRequests, AResetThatFailsIsTriedAgainAsOftenAsResetRetriesSays) {
  for (const int retries : {1, 2}) {
    OcppWorld world({{"ocpp.reset_failures", integer(2)}, {"ocpp.reset_retries", integer(retries)}});
    world.accept();
    world.forget_calls();
    EXPECT_EQ(world.status_of("Reset", {{"type", retries == 1 ? "Soft" : "Hard"}}), "Accepted");
    world.run_for(15s);
    EXPECT_FALSE(world.rebooting());
    EXPECT_EQ(world.count_of("BootNotification"), 0U);
    world.run_for(1min);
    EXPECT_EQ(world.count_of("BootNotification"), retries == 1 ? 0U : 1U) << retries;
    if (retries == 2) continue;
    ASSERT_EQ(world.count_of("StatusNotification"), 1U);
    const json status = world.last_of("StatusNotification");
    EXPECT_EQ(status.at("errorCode"), "ResetFailure");
    EXPECT_EQ(status.at("status"), "Available");
    EXPECT_EQ(status.at("connectorId"), 0);
    EXPECT_FALSE(status.contains("vendorErrorCode"));
    world.charge();  // it goes on as before
  }
}

TEST(OcppRequests, ASoftResetComesAsSoonAsTheLastEndIsTold) {
  OcppWorld world({{"reboot_time", duration(60s)}});
  world.accept();
  world.charge();
  world.latency = 2s;
  EXPECT_EQ(world.status_of("Reset", {{"type", "Soft"}}), "Accepted");
  EXPECT_TRUE(world.run_until([&] { return world.rebooting(); }, 9s));
  EXPECT_EQ(world.state("queued_messages"), "0");
}

TEST(OcppRequests, BeforeAHardResetNothingIsSaidThatWouldBeCutOff) {
  OcppWorld world;
  world.accept();
  world.charge();
  world.forget_calls();
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "Accepted");
  world.run_for(60s);
  EXPECT_EQ(world.story().front(), "BootNotification");
  EXPECT_EQ(world.count_of("StopTransaction"), 1U);
}

TEST(OcppRequests, WhatWasPreparedIsFinishedBeforeItsConnectorGoesOutOfService) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.plug(1));
  world.run_for(1s);
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 1}, {"type", "Inoperative"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1), (Lines{"Available", "Preparing", "Finishing", "Unavailable"}));
}

TEST(OcppRequests, AnOperatorMayLetItBreakTheRulesOfStatuses) {
  OcppWorld world({{"strict_status", boolean(false)}});
  world.accept();
  ASSERT_TRUE(world.plug(1));
  world.run_for(1s);
  world.forget_calls();
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 1}, {"type", "Inoperative"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1), (Lines{"Unavailable"})) << "from Preparing";
  // Who says nothing of it gets a charge point that keeps to them.
  const auto strict = [](const config::Values& values) {
    const auto built = make_charging_pile()->build(values);
    EXPECT_TRUE(built);
    return built && static_cast<const PileConfig&>(**built).settings.supply.strict_status;
  };
  EXPECT_TRUE(strict({{"dialect", text("ocpp16")}}));
  EXPECT_FALSE(strict({{"dialect", text("ocpp16")}, {"strict_status", boolean(false)}}));
  EXPECT_FALSE(strict({{"dialect", text("ykc")}}));
}

TEST(OcppRequests, AFaultIsToldWithItsStatusAndSoIsItsEnd) {
  OcppWorld world;
  world.accept();
  world.charge();
  ASSERT_TRUE(world.fault("connector_lock_failure", 1));
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1), (Lines{"Available", "Preparing", "Charging", "Faulted"}));
  EXPECT_EQ(world.last_of("StatusNotification").at("errorCode"), "ConnectorLockFailure");
  world.forget_calls();
  ASSERT_TRUE(world.clear("all", 1));
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1), (Lines{"Finishing"}));
  EXPECT_EQ(world.last_of("StatusNotification").at("errorCode"), "NoError");
}

TEST(OcppRequests, AStopTransactionThatTheResetCutOffIsToldAfterTheBoot) {
  OcppWorld world;
  world.accept();
  const auto id = world.charge();
  world.replies["StopTransaction"] = [](const json&) { return std::nullopt; };
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "Accepted");
  world.run_for(10s);
  world.replies.clear();
  world.forget_calls();
  world.run_for(60s);
  ASSERT_EQ(world.count_of("StopTransaction"), 1U);
  EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), id);
  EXPECT_EQ(world.story().front(), "BootNotification");
}

TEST(OcppRequests, UnlockConnectorEndsTheTransactionFirst) {
  OcppWorld world;
  world.accept();
  world.charge();
  EXPECT_EQ(world.status_of("UnlockConnector", {{"connectorId", 1}}), "Unlocked");
  EXPECT_EQ(world.status_of("UnlockConnector", {{"connectorId", 9}}), "NotSupported");
  ASSERT_TRUE(world.fault("connector_lock_failure", 2));
  EXPECT_EQ(world.status_of("UnlockConnector", {{"connectorId", 2}}), "UnlockFailed");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Finishing");
}

TEST(OcppRequests, DataTransferIsForTheVendorThatIsConfigured) {
  OcppWorld world({{"ocpp.data_transfer_vendor", text("com.example")}});
  world.accept();
  EXPECT_EQ(world.status_of("DataTransfer", {{"vendorId", "com.example"}, {"data", "x"}}), "Accepted");
  EXPECT_EQ(world.status_of("DataTransfer", {{"vendorId", "org.other"}}), "UnknownVendorId");
}

TEST(OcppRequests, AReservationKeepsTheConnectorForItsCardAndIsNamedWhenItIsUsed) {
  OcppWorld world;
  world.accept();
  const json wish{
      {"connectorId", 1}, {"expiryDate", "2099-01-01T00:00:00Z"}, {"idTag", "MINE"}, {"reservationId", 12}};
  EXPECT_EQ(world.status_of("ReserveNow", wish), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Reserved");
  EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "OTHER"}, {"connectorId", 1}}), "Rejected");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "OTHER"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("StartTransaction"), 0U);
  ASSERT_TRUE(world.swipe(1, "MINE"));
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StartTransaction").at("reservationId"), 12);
  EXPECT_EQ(world.status_of("CancelReservation", {{"reservationId", 12}}), "Rejected") << "it is used";
}

TEST(OcppRequests, AReservationAsksForNoCapitalsAndHasANumberOf32Bits) {
  OcppWorld world;
  world.accept();
  json wish{{"connectorId", 1},
            {"expiryDate", "2030-01-01T00:00:00Z"},
            {"idTag", "Mixed-Case"},
            {"reservationId", 4294967297}};
  EXPECT_EQ(world.status_of("ReserveNow", wish), "Rejected");
  wish["reservationId"] = -2147483648;
  EXPECT_EQ(world.status_of("ReserveNow", wish), "Accepted");
  EXPECT_EQ(world.status_of("CancelReservation", {{"reservationId", 2147483648}}), "Rejected");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "mIXED-cASE"));
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StartTransaction").at("reservationId"), -2147483648);
}

TEST(OcppRequests, AReservationMayBeForAGroupOfCards) {
  OcppWorld world;
  world.accept();
  world.request("ReserveNow", {{"connectorId", 1},
                               {"expiryDate", "2099-01-01T00:00:00Z"},
                               {"idTag", "MINE"},
                               {"parentIdTag", "FAMILY"},
                               {"reservationId", 12}});
  world.replies["Authorize"] = [](const json&) {
    return json{{"idTagInfo", {{"status", "Accepted"}, {"parentIdTag", "FAMILY"}}}};
  };
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "KID"));
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StartTransaction").at("reservationId"), 12);
}

TEST(OcppRequests, ReservationsAreRefusedWhereTheyCannotBeKept) {
  OcppWorld world;
  world.accept();
  const auto reserve = [&](int connector, int id, std::string expiry = "2099-01-01T00:00:00Z") {
    return world.status_of(
        "ReserveNow",
        {{"connectorId", connector}, {"expiryDate", expiry}, {"idTag", "A"}, {"reservationId", id}});
  };
  EXPECT_EQ(reserve(3, 1), "Rejected");
  EXPECT_EQ(reserve(1, 1, "2001-01-01T00:00:00Z"), "Rejected");
  EXPECT_EQ(reserve(1, 1, "0001-01-01T00:00:00Z"), "Rejected");
  EXPECT_EQ(reserve(1, 1, "9999-12-31T23:59:59Z"), "Accepted") << "for ever";
  EXPECT_EQ(world.status_of("CancelReservation", {{"reservationId", 1}}), "Accepted");
  ASSERT_TRUE(world.plug(1));
  EXPECT_EQ(reserve(1, 1), "Occupied");
  ASSERT_TRUE(world.fault("ground_fault", 2));
  EXPECT_EQ(reserve(2, 1), "Faulted");
  ASSERT_TRUE(world.clear());
  EXPECT_EQ(reserve(2, 1), "Accepted");
  EXPECT_EQ(reserve(0, 2), "Occupied") << "no other is free";
  EXPECT_EQ(world.status_of("CancelReservation", {{"reservationId", 1}}), "Accepted");
  EXPECT_EQ(reserve(0, 2), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(2).back(), "Available");
}

TEST(OcppRequests, AWholeNumberMayBeWrittenWithAPoint) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(world.status_of("ChangeAvailability", {{"connectorId", 1.0}, {"type", "Inoperative"}}),
            "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Unavailable");
  EXPECT_EQ(world.statuses(2).back(), "Available") << "it is not connector 0, which is all";
}

TEST(OcppRequests, ATagThatIsTooLongInUtf8IsCutBetweenTwoCharacters) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.plug(1));
  EXPECT_EQ(
      world.status_of("RemoteStartTransaction",
                      {{"connectorId", 1}, {"idTag", "\u6d4b\u8bd5\u5361\u53f7\u6d4b\u8bd5\u5361\u53f7"}}),
      "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StartTransaction").at("idTag"), "\u6d4b\u8bd5\u5361\u53f7\u6d4b\u8bd5");
}

TEST(OcppRequests, TriggerMessageSendsWhatItNamesAfterTheAnswer) {
  OcppWorld world;
  world.accept();
  const auto id = world.charge(1);
  world.forget_calls();
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "StatusNotification"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.story(), (Lines{"Status 0 Available", "Status 1 Charging", "Status 2 Available"}));
  world.forget_calls();
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "MeterValues"}, {"connectorId", 1}}),
            "Accepted");
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "Heartbeat"}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.story(), (Lines{"MeterValues", "Heartbeat"}));
  const json meter = world.last_of("MeterValues");
  EXPECT_EQ(meter.at("transactionId"), id);
  EXPECT_EQ(meter.at("meterValue").at(0).at("sampledValue").at(0).at("context"), "Trigger");
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "MeterValues"}, {"connectorId", 3}}),
            "Rejected");
  // Without a connector: the main meter and each.
  world.forget_calls();
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "MeterValues"}}), "Accepted");
  world.run_for(1s);
  const auto all = world.sent("MeterValues");
  ASSERT_EQ(all.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].at("connectorId"), i);
  const auto power = [](const json& message) {
    for (const json& each : message.at("meterValue").at(0).at("sampledValue")) {
      if (each.at("measurand") == "Power.Active.Import")
        return std::stod(each.at("value").get<std::string>());
    }
    return -1.0;
  };
  EXPECT_GT(power(all[1]), 1000);
  EXPECT_NEAR(power(all[0]), power(all[1]) + power(all[2]), 4) << "a current of 0.01 A is 3.5 W";
}

TEST(OcppRequests, WhatIsWrongIsAnsweredWithItsErrorCode) {
  OcppWorld world({{"ocpp.strict", boolean(true)}});
  world.accept();
  EXPECT_EQ(world.status_of("MakeCoffee"), "NotImplemented");
  EXPECT_EQ(world.status_of("Heartbeat"), "NotSupported");
  EXPECT_EQ(world.status_of("Reset", {{"type", "Gentle"}}), "PropertyConstraintViolation");
  EXPECT_EQ(world.status_of("Reset", {{"type", 1}}), "TypeConstraintViolation");
  EXPECT_EQ(world.status_of("Reset"), "OccurenceConstraintViolation");
  EXPECT_NE(world.status_of("Reset", {{"type", "Soft"}, {"now", true}}), "Accepted");
  EXPECT_FALSE(world.rebooting());
}

TEST(OcppRequests, TheSpellingOfOccurrenceIsASetting) {
  OcppWorld world({{"ocpp.corrected_spelling", boolean(true)}});
  world.accept();
  EXPECT_EQ(world.status_of("Reset"), "OccurrenceConstraintViolation");
}

TEST(OcppRequests, UnlessItIsStrictMembersThatTheStandardDoesNotHaveAreLetPass) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(world.status_of("ClearCache", {{"why", "because"}}), "Accepted");
}

TEST(OcppRequests, TheFeatureProfilesAreThoseWhoseRequestsAreAllDealtWith) {
  OcppWorld world;
  world.accept();
  const std::string profiles = world.key("SupportedFeatureProfiles");
  for (const char* each : {"Core", "Reservation", "RemoteTrigger"}) {
    EXPECT_NE(profiles.find(each), std::string::npos) << profiles;
  }
}

}  // namespace
}  // namespace vfleet::pile
