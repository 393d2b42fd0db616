// Every message that a CSMS can send, its answer, and what it does.
#include "tests/integration/ocpp/request_table.h"

namespace vfleet::ocpp_test {
namespace {

using OcppRequests = RequestTable;

TEST_F(OcppRequests, ConfigurationKeysAreReadAndChangedAndActOnTheSettingsOfTheOperator) {
  start({});
  ASSERT_TRUE(all_accepted());
  const json all = csms_.call(kPile, "GetConfiguration", json::object());
  EXPECT_GE(all["result"]["configurationKey"].size(), 20U) << all;
  run({
      {"GetConfiguration",
       {{"key", json::array({"NumberOfConnectors", "Nonsense"})}},
       {{"unknownKey", json::array({"Nonsense"})}},
       {}},
      {"ChangeConfiguration",
       {{"key", "MeterValueSampleInterval"}, {"value", "7"}},
       kAccepted,
       [&] { return value("reports.meter.every") == "7s" && key("MeterValueSampleInterval") == "7"; }},
      {"ChangeConfiguration",
       {{"key", "HeartbeatInterval"}, {"value", "1"}},
       kAccepted,
       [&] { return more_of("Heartbeat") && more_of("Heartbeat"); }},
      {"ChangeConfiguration", {{"key", "HeartbeatInterval"}, {"value", "often"}}, kRejected, {}},
      {"ChangeConfiguration", {{"key", "WebSocketPingInterval"}, {"value", "-1"}}, kRejected, {}},
      {"ChangeConfiguration", {{"key", "NumberOfConnectors"}, {"value", "3"}}, kRejected, {}},
      {"ChangeConfiguration", {{"key", "Nonsense"}, {"value", "3"}}, {{"status", "NotSupported"}}, {}},
      {"ChangeConfiguration",
       {{"key", "MeterValuesSampledData"}, {"value", "Energy.Active.Import.Register,RPM"}},
       kRejected,
       [&] { return key("MeterValuesSampledData").find("RPM") == std::string::npos; }},
      {"ChangeConfiguration",
       {{"key", "ClockAlignedDataInterval"}, {"value", "1"}},
       kAccepted,
       [&] {
         return more_of("MeterValues") &&
                csms_.last(kPile, "MeterValues")["meterValue"][0]["sampledValue"][0]["context"] ==
                    "Sample.Clock";
       }},
      {"ChangeConfiguration", {{"key", "ClockAlignedDataInterval"}, {"value", "0"}}, kAccepted, {}},
  });
  const auto set = fleet_->vfleet({"set", kPile, "ocpp.connector_phase_rotation=1.RST,2.RST"});
  EXPECT_EQ(set.status, 0) << set.out << set.err;
  EXPECT_EQ(key("ConnectorPhaseRotation"), "1.RST,2.RST");
  expect_conformance();
}

TEST_F(OcppRequests, SessionsAreStartedAndStoppedFromAfar) {
  start({.config = "reports: {meter: {every: 1s}}"});
  ASSERT_TRUE(all_accepted());
  const auto transaction = [&] {
    const json all = csms_.state(kPile)["transactions"];
    return all.empty() ? -1 : std::stoi(all.items().begin().key());
  };
  act("plug", {"connector=1", "soc=10%"});
  run({
      {"RemoteStartTransaction",
       {{"connectorId", 1}, {"idTag", "REMOTE-1"}},
       kAccepted,
       [&] {
         return gets("StartTransaction", 1) && csms_.last(kPile, "StartTransaction")["idTag"] == "REMOTE-1" &&
                status_becomes(1, "Charging") && gets("MeterValues", 1);
       }},
      {"RemoteStartTransaction", {{"connectorId", 1}, {"idTag", "REMOTE-2"}}, kRejected, {}},
      {"RemoteStartTransaction", {{"connectorId", 9}, {"idTag", "REMOTE-2"}}, kRejected, {}},
      {"RemoteStopTransaction", {{"transactionId", 1}}, kRejected, {}},
      {"ChangeAvailability", {{"connectorId", 1}, {"type", "Inoperative"}}, {{"status", "Scheduled"}}, {}},
  });
  run({
      {"RemoteStopTransaction",
       {{"transactionId", transaction()}},
       kAccepted,
       [&] {
         return gets("StopTransaction", 1) && csms_.last(kPile, "StopTransaction")["reason"] == "Remote";
       }},
  });
  EXPECT_TRUE(status_becomes(1, "Unavailable")) << "as was scheduled";
  act("unplug", {"connector=1"});
  run({{"ChangeAvailability", {{"connectorId", 1}, {"type", "Operative"}}, kAccepted, [&] {
          return status_becomes(1, "Available");
        }}});
  expect_conformance();
}

TEST_F(OcppRequests, ConnectorsAreTakenOutOfServiceUnlockedAndReserved) {
  start({});
  ASSERT_TRUE(all_accepted());
  const std::string later = "2099-01-01T00:00:00Z";
  run({
      {"ChangeAvailability",
       {{"connectorId", 2}, {"type", "Inoperative"}},
       kAccepted,
       [&] { return status_becomes(2, "Unavailable"); }},
      {"ChangeAvailability", {{"connectorId", 2}, {"type", "Inoperative"}}, kAccepted, {}},
      {"ReserveNow",
       {{"connectorId", 2}, {"expiryDate", later}, {"idTag", "R"}, {"reservationId", 1}},
       {{"status", "Unavailable"}},
       {}},
      {"ChangeAvailability",
       {{"connectorId", 2}, {"type", "Operative"}},
       kAccepted,
       [&] { return status_becomes(2, "Available"); }},
      {"ChangeAvailability",
       {{"connectorId", 0}, {"type", "Inoperative"}},
       kAccepted,
       [&] {
         return status_becomes(0, "Unavailable") && status_becomes(1, "Unavailable") &&
                status_becomes(2, "Unavailable");
       }},
      {"ChangeAvailability",
       {{"connectorId", 0}, {"type", "Operative"}},
       kAccepted,
       [&] {
         return status_becomes(0, "Available") && status_becomes(1, "Available") &&
                status_becomes(2, "Available");
       }},
      {"ChangeAvailability", {{"connectorId", 9}, {"type", "Operative"}}, kRejected, {}},
      {"ReserveNow",
       {{"connectorId", 1}, {"expiryDate", later}, {"idTag", "R"}, {"reservationId", 7}},
       kAccepted,
       [&] { return status_becomes(1, "Reserved"); }},
      {"ReserveNow",
       {{"connectorId", 1}, {"expiryDate", later}, {"idTag", "S"}, {"reservationId", 8}},
       {{"status", "Occupied"}},
       {}},
      {"CancelReservation", {{"reservationId", 99}}, kRejected, {}},
      {"CancelReservation",
       {{"reservationId", 7}},
       kAccepted,
       [&] { return status_becomes(1, "Available"); }},
      {"UnlockConnector", {{"connectorId", 9}}, {{"status", "NotSupported"}}, {}},
      {"UnlockConnector", {{"connectorId", 1}}, {{"status", "Unlocked"}}, {}},
  });
  const std::int64_t id = begin_transaction(1);
  ASSERT_GT(id, 0);
  run({{"UnlockConnector", {{"connectorId", 1}}, {{"status", "Unlocked"}}, [&] {
          return gets("StopTransaction", 1) &&
                 csms_.last(kPile, "StopTransaction")["reason"] == "UnlockCommand";
        }}});
  expect_conformance();
}

TEST_F(OcppRequests, AConnectorThatWasPreparedGoesOutOfServiceByAWayThatThereIs) {
  start({});
  ASSERT_TRUE(all_accepted());
  act("plug", {"connector=1"});
  ASSERT_TRUE(status_becomes(1, "Preparing"));
  run({
      {"ChangeAvailability",
       {{"connectorId", 1}, {"type", "Inoperative"}},
       kAccepted,
       [&] { return status_becomes(1, "Unavailable"); }},
      {"ChangeAvailability",
       {{"connectorId", 1}, {"type", "Operative"}},
       kAccepted,
       [&] { return status_becomes(1, "Preparing"); }},
  });
  expect_conformance();
}

TEST_F(OcppRequests, AReservedConnectorStartsForItsCardAndTellsTheReservation) {
  start({});
  ASSERT_TRUE(all_accepted());
  run({{"ReserveNow",
        {{"connectorId", 1},
         {"expiryDate", "2099-01-01T00:00:00Z"},
         {"idTag", "CARD-1"},
         {"reservationId", 7}},
        kAccepted,
        [&] { return status_becomes(1, "Reserved"); }}});
  ASSERT_GT(begin_transaction(1, "CARD-1"), 0);
  EXPECT_EQ(csms_.last(kPile, "StartTransaction").value("reservationId", 0), 7);
  expect_conformance();
}

TEST_F(OcppRequests, MessagesAreSentWhenTheyAreAskedFor) {
  start({});
  ASSERT_TRUE(all_accepted());
  const std::uint64_t statuses = csms_.got(kPile, "StatusNotification");
  run({
      {"TriggerMessage",
       {{"requestedMessage", "Heartbeat"}},
       kAccepted,
       [&] { return gets("Heartbeat", 1); }},
      {"TriggerMessage",
       {{"requestedMessage", "MeterValues"}, {"connectorId", 2}},
       kAccepted,
       [&] {
         return gets("MeterValues", 1) &&
                csms_.last(kPile, "MeterValues")["meterValue"][0]["sampledValue"][0]["context"] == "Trigger";
       }},
      {"TriggerMessage",
       {{"requestedMessage", "StatusNotification"}},
       kAccepted,
       [&] { return gets("StatusNotification", statuses + 3); }},
      {"TriggerMessage", {{"requestedMessage", "StatusNotification"}, {"connectorId", 9}}, kRejected, {}},
      {"TriggerMessage", {{"requestedMessage", "BootNotification"}}, kRejected, {}},
  });
  expect_conformance();
}

TEST_F(OcppRequests, AResetEndsTransactionsAndBootsAgain) {
  start({.config = "reboot_time: 100ms"});
  ASSERT_TRUE(all_accepted());
  std::uint64_t boots = 1;
  for (const char* type : {"Soft", "Hard"}) {
    const std::int64_t id = begin_transaction(1);
    ASSERT_GT(id, 0);
    EXPECT_EQ(csms_.status_of(kPile, "Reset", {{"type", type}}), "Accepted");
    EXPECT_TRUE(gets("BootNotification", ++boots));
    EXPECT_TRUE(gets("StopTransaction", boots - 1));
    EXPECT_EQ(csms_.last(kPile, "StopTransaction")["reason"], std::string(type) + "Reset");
    act("unplug", {"connector=1"});
    EXPECT_TRUE(status_becomes(1, "Available"));
  }
  expect_conformance();
}

TEST_F(OcppRequests, VendorsAreAnsweredAndCachesEmptied) {
  start({});
  ASSERT_TRUE(all_accepted());
  run({
      {"DataTransfer",
       {{"vendorId", "com.example.nobody"}, {"data", "x"}},
       {{"status", "UnknownVendorId"}},
       {}},
      {"ClearCache", json::object(), kAccepted, {}},
  });
  expect_conformance();
}

TEST_F(OcppRequests, WhatIsNoValidRequestIsRefusedWithTheCodeOfItsMistake) {
  start({.config = "ocpp: {corrected_spelling: true, strict: true}"});
  ASSERT_TRUE(all_accepted());
  struct Row {
    const char* rest;  // of the CALL
    const char* code;
  };
  int number = 0;
  for (const Row& row : {
           Row{R"("MakeCoffee",{})", "NotImplemented"},
           Row{R"("Reset",{})", "OccurrenceConstraintViolation"},
           Row{R"("Reset",{"type":"Gentle"})", "PropertyConstraintViolation"},
           Row{R"("Reset",{"type":5})", "TypeConstraintViolation"},
           Row{R"("Reset",{"type":"Soft","why":"x"})", "FormationViolation"},
           Row{R"("Reset",[])", "FormationViolation"},
           Row{R"("ChangeAvailability",{"connectorId":"1","type":"Operative"})", "TypeConstraintViolation"},
           Row{R"("BootNotification",{"chargePointVendor":"v","chargePointModel":"m"})", "NotSupported"},
       }) {
    const std::string id = "bad-" + std::to_string(++number);
    const json answer = csms_.raw(kPile, "[2,\"" + id + "\"," + row.rest + "]", id);
    ASSERT_TRUE(answer.is_array() && answer.size() == 5) << row.rest << " " << answer;
    EXPECT_EQ(answer[0], 4) << row.rest;
    EXPECT_EQ(answer[2], row.code) << row.rest << " " << answer;
  }
  // What is no message, or answers nothing, does not end the conversation.
  for (const char* text :
       {"no JSON", "[]", "{}", "[9,\"x\",{}]", R"([3,"nobody",{}])", R"([4,"nobody","GenericError","",{}])"})
    EXPECT_EQ(csms_.raw(kPile, text, "nobody", std::chrono::milliseconds(50)), nullptr) << text;
  EXPECT_EQ(csms_.status_of(kPile, "ClearCache", json::object()), "Accepted");
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 1U);
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
