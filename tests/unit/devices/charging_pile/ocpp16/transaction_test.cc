// StartTransaction, MeterValues, StopTransaction: what they say, in which order, and how they are tried
// again.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

using Lines = std::vector<std::string>;

/// The value of a measurand in a MeterValue object; NaN without one.
double value_of(const json& meter_value, const std::string& measurand, const std::string& phase = "") {
  for (const json& each : meter_value.at("sampledValue")) {
    if (each.value("measurand", "Energy.Active.Import.Register") == measurand &&
        each.value("phase", "") == phase) {
      return std::stod(each.at("value").get<std::string>());
    }
  }
  return std::nan("");
}

TEST(OcppTransaction, RunsFromTheCardToTheCableOut) {
  OcppWorld world({{"reports.meter.every", duration(60s)}});
  world.accept();
  world.forget_calls();
  const auto id = world.charge();
  world.run_for(61s);
  EXPECT_TRUE(world.swipe(1, "CARD"));
  world.run_for(1s);
  EXPECT_TRUE(world.on("unplug", 1));
  world.run_for(1s);
  EXPECT_EQ(world.story(),
            (Lines{"Status 1 Preparing", "Authorize", "Status 1 Charging", "StartTransaction", "MeterValues",
                   "StopTransaction", "Status 1 Finishing", "Status 1 Available"}));
  EXPECT_EQ(world.last_of("Authorize"), (json{{"idTag", "CARD"}}));
  const json start = world.last_of("StartTransaction");
  EXPECT_EQ(start.at("idTag"), "CARD");
  EXPECT_EQ(start.at("connectorId"), 1);
  EXPECT_FALSE(start.contains("reservationId"));
  const json stop = world.last_of("StopTransaction");
  EXPECT_EQ(stop.at("transactionId"), id);
  EXPECT_EQ(stop.at("idTag"), "CARD");
  EXPECT_EQ(stop.at("reason"), "Local");
  EXPECT_GT(stop.at("meterStop").get<std::int64_t>(), start.at("meterStart").get<std::int64_t>());
  EXPECT_FALSE(stop.contains("transactionData"));
  const json meter = world.last_of("MeterValues");
  EXPECT_EQ(meter.at("transactionId"), id);
  EXPECT_EQ(meter.at("connectorId"), 1);
}

TEST(OcppTransaction, EachWayToEndItHasItsReason) {
  const auto reason = [](const std::function<void(OcppWorld&, std::int64_t)>& end) {
    OcppWorld world;
    world.accept();
    const auto id = world.charge();
    end(world, id);
    world.run_for(40s);
    return world.last_of("StopTransaction").at("reason").get<std::string>();
  };
  EXPECT_EQ(reason([](OcppWorld& w, auto) { EXPECT_TRUE(w.on("stop", 1)); }), "Local");
  EXPECT_EQ(reason([](OcppWorld& w, auto) { EXPECT_TRUE(w.on("unplug", 1)); }), "EVDisconnected");
  EXPECT_EQ(reason([](OcppWorld& w, auto) { EXPECT_TRUE(w.act("estop")); }), "EmergencyStop");
  EXPECT_EQ(reason([](OcppWorld& w, auto) { EXPECT_TRUE(w.fault("ground_fault", 1)); }), "Other");
  EXPECT_EQ(reason([](OcppWorld& w, auto id) {
              w.request("RemoteStopTransaction", {{"transactionId", id}});
            }),
            "Remote");
  EXPECT_EQ(reason([](OcppWorld& w, auto) {
              w.request("UnlockConnector", {{"connectorId", 1}});
            }),
            "UnlockCommand");
  EXPECT_EQ(reason([](OcppWorld& w, auto) { w.request("Reset", {{"type", "Soft"}}); }), "SoftReset");
  EXPECT_EQ(reason([](OcppWorld& w, auto) { w.request("Reset", {{"type", "Hard"}}); }), "HardReset");
}

TEST(OcppTransaction, ATransactionWithoutACardHasTheTagOfThePile) {
  OcppWorld world({{"ocpp.local_id_tag", text("BUTTON")}});
  world.accept();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 0U);
  EXPECT_EQ(world.last_of("StartTransaction").at("idTag"), "BUTTON");
}

TEST(OcppTransaction, WithoutAnAnswerAMessageIsTriedAgainAndThenGivenUp) {
  OcppWorld world({{"ocpp.message_timeout", duration(10s)},
                   {"ocpp.transaction_message_attempts", integer(3)},
                   {"ocpp.transaction_message_retry_interval", duration(60s)},
                   {"reports.meter.every", duration(0s)}});
  world.accept();
  world.replies["StartTransaction"] = [](const json&) { return std::nullopt; };
  world.charge();
  world.run_for(10min);
  std::vector<TimePoint> times;
  for (const auto& call : world.calls) {
    if (call.action == "StartTransaction") times.push_back(call.at);
  }
  ASSERT_EQ(times.size(), 3U);
  EXPECT_EQ(times[1] - times[0], 70s);
  EXPECT_EQ(times[2] - times[1], 130s);
  EXPECT_EQ(world.state("dropped_messages"), "1");
  EXPECT_TRUE(world.on("stop", 1));
  world.run_for(1s);
  EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), -1) << "nobody knows its number";
}

TEST(OcppTransaction, TheCsmsHasItsTimeToAnswerAlsoWhenModelTimeRunsFaster) {
  OcppWorld world({{"ocpp.message_timeout", duration(10s)},
                   {"ocpp.transaction_message_attempts", integer(2)},
                   {"ocpp.transaction_message_retry_interval", duration(60s)},
                   {"reports.meter.every", duration(0s)}});
  world.scale = 10;
  world.accept();
  world.replies["StartTransaction"] = [](const json&) { return std::nullopt; };
  world.charge();
  world.run_for(30min);
  std::vector<TimePoint> times;
  for (const auto& call : world.calls) {
    if (call.action == "StartTransaction") times.push_back(call.at);
  }
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[1] - times[0], 700s) << "ten seconds and a minute, by the clock of the CSMS";
}

TEST(OcppTransaction, AnErrorIsAnswerEnoughToTryAgainAndNewMessagesWaitBehindIt) {
  OcppWorld world(
      {{"ocpp.transaction_message_retry_interval", duration(30s)}, {"reports.meter.every", duration(0s)}});
  world.accept();
  int tries = 0;
  world.replies["StartTransaction"] = [&](const json&) -> std::optional<json> {
    if (++tries == 1) return json{{"error", "InternalError"}};
    return json{{"idTagInfo", {{"status", "Accepted"}}}, {"transactionId", 7}};
  };
  world.charge();
  world.forget_calls();
  EXPECT_TRUE(world.on("stop", 1));
  world.run_for(60s);
  EXPECT_EQ(world.story(), (Lines{"Status 1 Finishing", "StartTransaction", "StopTransaction"}));
  EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), 7);
}

TEST(OcppTransaction, OneThatIsNotAcceptedEndsOrGivesNoMorePower) {
  for (const bool ends : {true, false}) {
    OcppWorld world({{"ocpp.stop_transaction_on_invalid_id", boolean(ends)}});
    world.accept();
    world.replies["StartTransaction"] = [](const json&) {
      return json{{"idTagInfo", {{"status", "Blocked"}}}, {"transactionId", 5}};
    };
    ASSERT_TRUE(world.plug(1));
    ASSERT_TRUE(world.swipe(1, "CARD"));
    world.run_for(5s);
    if (ends) {
      EXPECT_EQ(world.last_of("StopTransaction").at("reason"), "DeAuthorized");
      EXPECT_EQ(world.last_of("StopTransaction").at("transactionId"), 5);
    } else {
      EXPECT_EQ(world.count_of("StopTransaction"), 0U);
      EXPECT_EQ(world.state("connector1.status"), "suspended_evse");
      EXPECT_EQ(world.statuses(1).back(), "SuspendedEVSE");
    }
  }
}

TEST(OcppTransaction, ACardThatIsNotAcceptedMayStillHaveSomeEnergy) {
  const auto energy = [](const OcppWorld& world) { return std::stod(world.state("energy_wh")); };
  OcppWorld world({{"ocpp.stop_transaction_on_invalid_id", boolean(false)},
                   {"ocpp.max_energy_on_invalid_id", integer(500)}});
  world.accept();
  world.replies["StartTransaction"] = [](const json&) {
    return json{{"idTagInfo", {{"status", "Invalid"}}}, {"transactionId", 5}};
  };
  EXPECT_EQ(world.key("MaxEnergyOnInvalidId"), "500");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "CARD"));
  world.run_for(5s);
  EXPECT_EQ(world.state("connector1.status"), "charging");
  // The worker dies meanwhile: it has no more for that.
  ASSERT_TRUE(world.resume(world.saved()));
  ASSERT_TRUE(world.run_until([&] { return world.state("connector1.status") == "suspended_evse"; }, 10min));
  EXPECT_NEAR(energy(world), 500, 10);
  world.run_for(10min);
  EXPECT_NEAR(energy(world), 500, 10);
  EXPECT_EQ(world.count_of("StopTransaction"), 0U);
  ASSERT_TRUE(world.swipe(1, "CARD"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("StopTransaction"), 1U);
  // The next one is asked about anew.
  world.replies.clear();
  ASSERT_TRUE(world.swipe(1, "OTHER"));
  world.run_for(10min);
  EXPECT_GT(energy(world), 600);
}

TEST(OcppTransaction, MeterValuesTellTheMeasurandsAndPhasesThatAreConfigured) {
  OcppWorld world(
      {{"kind", text("ac")},
       {"rated_power", number(22e3)},
       {"connector_current", number(32)},
       {"reports.meter.every", duration(60s)},
       {"ocpp.meter_values_sampled_data",
        text("Energy.Active.Import.Register,Power.Active.Import,Power.Active.Import.L2,Current.Import.L1,"
             "Voltage.L3,SoC,Temperature,Power.Offered,Current.Offered")}});
  world.accept();
  world.charge();
  world.run_for(61s);
  const json meter = world.last_of("MeterValues").at("meterValue").at(0);
  EXPECT_EQ(meter.at("sampledValue").size(), 9U);
  const double current = value_of(meter, "Current.Import", "L1");
  EXPECT_EQ(value_of(meter, "Voltage", "L3-N"), 230);
  EXPECT_GT(current, 10);
  EXPECT_NEAR(value_of(meter, "Power.Active.Import", "L2"), 230 * current, 1e-6);
  EXPECT_NEAR(value_of(meter, "Power.Active.Import"), 3 * 230 * current, 1e-6);
  EXPECT_NEAR(value_of(meter, "SoC"), 50, 2);
  EXPECT_FALSE(std::isnan(value_of(meter, "Temperature")));
  EXPECT_EQ(value_of(meter, "Power.Offered"), 22000);
  EXPECT_NEAR(value_of(meter, "Current.Offered"), 22000 / 690.0, 0.01);
  for (const json& each : meter.at("sampledValue")) EXPECT_EQ(each.at("context"), "Sample.Periodic");
}

TEST(OcppTransaction, ClockAlignedMeterValuesComeAtMultiplesOfTheIntervalForEveryConnector) {
  OcppWorld world({{"ocpp.clock_aligned_data_interval", duration(900s)},
                   {"ocpp.meter_values_aligned_data", text("Energy.Active.Import.Register,Voltage")},
                   {"stop_when_full", boolean(false)},
                   {"reports.meter.every", duration(0s)}});
  world.accept();
  const auto id = world.charge(2);
  world.run_for(1h);
  const auto all = world.sent("MeterValues");
  ASSERT_EQ(all.size(), 12U);
  double sum = 0;
  for (const json& each : all) {
    const json& value = each.at("meterValue").at(0);
    EXPECT_TRUE(value.at("timestamp").get<std::string>().ends_with("0:00.000Z") ||
                value.at("timestamp").get<std::string>().ends_with("5:00.000Z"))
        << value.at("timestamp");
    EXPECT_EQ(value.at("sampledValue").at(0).at("context"), "Sample.Clock");
    EXPECT_EQ(each.contains("transactionId"), each.at("connectorId") == 2);
    // The main meter is the sum of the connectors'.
    if (each.at("connectorId") == 0) {
      sum = value_of(value, "Energy.Active.Import.Register");
    } else {
      sum -= value_of(value, "Energy.Active.Import.Register");
    }
    if (each.at("connectorId") == 2) {
      EXPECT_NEAR(sum, 0, 0.01);
    }
    if (each.at("connectorId") == 2) {
      EXPECT_EQ(each.at("transactionId"), id);
    }
  }
}

TEST(OcppTransaction, TransactionDataTellsBeginSamplesAndEnd) {
  OcppWorld world({{"reports.meter.every", duration(60s)},
                   {"ocpp.clock_aligned_data_interval", duration(300s)},
                   {"ocpp.stop_txn_sampled_data", text("Energy.Active.Import.Register,SoC")},
                   {"ocpp.stop_txn_aligned_data", text("Voltage")},
                   {"ocpp.stop_transaction_max_meter_values", integer(6)}});
  world.accept();
  world.charge();
  world.run_for(10min);
  EXPECT_TRUE(world.on("stop", 1));
  world.run_for(1s);
  const json stop = world.last_of("StopTransaction");
  const json& data = stop.at("transactionData");
  ASSERT_EQ(data.size(), 6U) << "the oldest between begin and end gave way";
  EXPECT_EQ(data.front().at("sampledValue").at(0).at("context"), "Transaction.Begin");
  EXPECT_EQ(data.back().at("sampledValue").at(0).at("context"), "Transaction.End");
  EXPECT_EQ(value_of(data.front(), "Energy.Active.Import.Register"),
            world.last_of("StartTransaction").at("meterStart").get<double>());
  EXPECT_EQ(std::floor(value_of(data.back(), "Energy.Active.Import.Register")),
            stop.at("meterStop").get<double>());
  int clock = 0;
  for (std::size_t i = 1; i < data.size(); ++i) {
    EXPECT_GE(data[i].at("timestamp"), data[i - 1].at("timestamp"));
    const json& first = data[i].at("sampledValue").at(0);
    if (first.at("context") != "Sample.Clock") continue;
    ++clock;
    EXPECT_EQ(first.at("measurand"), "Voltage");
  }
  EXPECT_GE(clock, 1);
}

TEST(OcppTransaction, AVehicleThatLeavesMaySuspendTheTransactionInsteadOfEndingIt) {
  OcppWorld world({{"end_on_unplug", boolean(false)}});
  world.accept();
  world.charge();
  EXPECT_TRUE(world.on("unplug", 1));
  world.run_for(1s);
  const json status = world.last_of("StatusNotification");
  EXPECT_EQ(status.at("status"), "SuspendedEV");
  EXPECT_EQ(status.at("info"), "EV side disconnected");
  EXPECT_EQ(world.count_of("StopTransaction"), 0U);
}

TEST(OcppTransaction, AnAcPileKeepsTheCableOfAVehicleThatLeftWhereItIsToldTo) {
  OcppWorld world({{"kind", text("ac")},
                   {"rated_power", number(22e3)},
                   {"connector_current", number(32)},
                   {"ocpp.unlock_connector_on_ev_side_disconnect", boolean(false)}});
  world.accept();
  const auto leave = [&] {
    world.charge();
    world.forget_calls();
    ASSERT_TRUE(world.on("unplug", 1));
    world.run_for(1s);
    EXPECT_EQ(world.last_of("StopTransaction").at("reason"), "EVDisconnected");
    EXPECT_EQ(world.statuses(1), (Lines{"Finishing"}));
    world.run_for(1h);
    EXPECT_EQ(world.state("connector1.status"), "finishing");
    EXPECT_FALSE(world.plug(1)) << "there is a cable in already";
    EXPECT_FALSE(world.on("unplug", 1));
    EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "X"}, {"connectorId", 1}}), "Rejected");
    world.forget_calls();
  };
  leave();
  // Its card lets it go, and nobody is asked.
  ASSERT_TRUE(world.swipe(1, "card"));
  world.run_for(1s);
  EXPECT_EQ(world.story(), (Lines{"Status 1 Available"}));
  leave();
  ASSERT_TRUE(world.resume(world.saved()));
  world.run_for(1s);
  EXPECT_EQ(world.status_of("UnlockConnector", {{"connectorId", 1}}), "Unlocked");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Available");
  EXPECT_EQ(world.change("UnlockConnectorOnEVSideDisconnect", "true")->at("status"), "Accepted");
  world.charge();
  world.forget_calls();
  ASSERT_TRUE(world.on("unplug", 1));
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1), (Lines{"Finishing", "Available"}));
}

TEST(OcppTransaction, ASecondFaultIsToldThoughTheStatusStaysFaulted) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.fault("ground_fault"));
  world.run_for(1s);
  world.forget_calls();
  ASSERT_TRUE(world.fault("fan_failure"));
  world.run_for(1s);
  // Of the whole charge point: it and each connector, once.
  ASSERT_EQ(world.calls.size(), 3U);
  for (const json& each : world.sent("StatusNotification")) {
    EXPECT_EQ(each.at("status"), "Faulted");
    EXPECT_EQ(each.at("errorCode"), "OtherError");
    EXPECT_EQ(each.at("vendorErrorCode"), "fan_failure");
  }
  world.forget_calls();
  ASSERT_TRUE(world.fault("over_temperature", 1));
  world.run_for(1s);
  ASSERT_EQ(world.calls.size(), 1U);
  EXPECT_EQ(world.last_of("StatusNotification").at("errorCode"), "HighTemperature");
  EXPECT_EQ(world.last_of("StatusNotification").at("connectorId"), 1);
  ASSERT_TRUE(world.clear());
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Available");
  EXPECT_EQ(world.last_of("StatusNotification").at("errorCode"), "NoError");
}

TEST(OcppTransaction, AFaultIsToldWithTheWordsOfTheStandardAndThoseOfTheVendor) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.fault("ground_fault", 1));
  world.run_for(1s);
  json status = world.last_of("StatusNotification");
  EXPECT_EQ(status.at("status"), "Faulted");
  EXPECT_EQ(status.at("errorCode"), "GroundFailure");
  EXPECT_EQ(status.at("vendorErrorCode"), "ground_fault");
  ASSERT_TRUE(world.clear("ground_fault", 1));
  world.run_for(1s);
  status = world.last_of("StatusNotification");
  EXPECT_EQ(status.at("status"), "Available");
  EXPECT_EQ(status.at("errorCode"), "NoError");
}

TEST(OcppTransaction, AStatusThatDoesNotLastIsNotTold) {
  OcppWorld world({{"ocpp.minimum_status_duration", duration(10s)}});
  world.accept();
  world.forget_calls();
  ASSERT_TRUE(world.plug(1));
  world.run_for(5s);
  ASSERT_TRUE(world.on("unplug", 1));
  world.run_for(30s);
  EXPECT_EQ(world.story(), Lines{});
  ASSERT_TRUE(world.plug(1));
  world.run_for(9s);
  EXPECT_EQ(world.story(), Lines{});
  world.run_for(2s);
  EXPECT_EQ(world.story(), Lines{"Status 1 Preparing"});
}

TEST(OcppTransaction, WithoutItsCableAnAuthorisationLapsesAfterConnectionTimeOut) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(world.change("ConnectionTimeOut", "45")->at("status"), "Accepted");
  ASSERT_TRUE(world.swipe(1, "CARD"));
  world.run_for(44s);
  EXPECT_EQ(world.statuses(1), (Lines{"Available", "Preparing"}));
  world.run_for(2s);
  EXPECT_EQ(world.statuses(1), (Lines{"Available", "Preparing", "Available"}));
  EXPECT_EQ(world.count_of("StartTransaction"), 0U);
}

}  // namespace
}  // namespace vfleet::pile
