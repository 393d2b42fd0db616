#include "simulator/codec/ocpp/override.h"

#include <gtest/gtest.h>

namespace vfleet::codec::ocpp {
namespace {

std::string changed(Action action, std::string payload, const std::vector<Override>& overrides,
                    Check check = Check::by_table) {
  const std::string before = payload;
  const Status status = override_payload(message(action).request, overrides, check, payload);
  if (status) return payload;
  EXPECT_EQ(payload, before) << "what was refused must not be changed";
  return std::string(to_string(status.error().code)) + ": " + status.error().detail;
}

const std::string kStatus = R"({"connectorId":1,"errorCode":"NoError","status":"Available"})";
const std::string kMeter =
    R"({"connectorId":1,"meterValue":[{"timestamp":"2026-03-01T08:00:00Z","sampledValue":[{"value":"1"}]}]})";

TEST(OcppOverride, SetsFieldsByPath) {
  EXPECT_EQ(changed(Action::StatusNotification, kStatus,
                    {{"status", "Faulted"}, {"errorCode", "GroundFailure"}, {"info", "wet"}}),
            R"({"connectorId":1,"errorCode":"GroundFailure","status":"Faulted","info":"wet"})");
  EXPECT_EQ(
      changed(Action::MeterValues, kMeter,
              {{"meterValue.0.sampledValue.1.value", "7.5"}, {"meterValue.0.sampledValue.1.unit", "kWh"}}),
      R"({"connectorId":1,"meterValue":[{"timestamp":"2026-03-01T08:00:00Z","sampledValue":[{"value":"1"},{"value":"7.5","unit":"kWh"}]}]})");
  EXPECT_EQ(changed(Action::GetConfiguration, "{}", {{"key.0", "12"}, {"key.1", "HeartbeatInterval"}}),
            R"({"key":["12","HeartbeatInterval"]})");
}

TEST(OcppOverride, ATextFieldTakesANumberAsText) {
  EXPECT_EQ(changed(Action::Authorize, R"({"idTag":"a"})", {{"idTag", "0123"}}), R"({"idTag":"0123"})");
  EXPECT_EQ(changed(Action::Authorize, R"({"idTag":"a"})", {{"idTag", "123"}}), R"({"idTag":"123"})");
  EXPECT_EQ(changed(Action::Authorize, R"({"idTag":"a"})", {{"idTag", "\"q\""}}), R"({"idTag":"q"})");
  EXPECT_EQ(changed(Action::Authorize, R"({"idTag":"a"})", {{"idTag", "123"}}, Check::none),
            R"({"idTag":123})");
}

TEST(OcppOverride, NullTakesAFieldOut) {
  EXPECT_EQ(changed(Action::StatusNotification,
                    R"({"connectorId":1,"errorCode":"NoError","status":"Available","info":"x"})",
                    {{"info", "null"}}),
            kStatus);
  EXPECT_EQ(changed(Action::StatusNotification, kStatus, {{"info", "null"}}, Check::none),
            R"({"connectorId":1,"errorCode":"NoError","status":"Available","info":null})");
}

TEST(OcppOverride, WhatTheTableForbidsIsRefusedUnlessUnchecked) {
  EXPECT_EQ(changed(Action::StatusNotification, kStatus, {{"errorCode", "Wet"}}).substr(0, 55),
            "invalid argument: errorCode: 'Wet' is none of Connector");
  EXPECT_EQ(
      changed(Action::StatusNotification, kStatus, {{"colour", "red"}}),
      "invalid argument: colour: the message has no such field (FormationViolation); --raw sends it all "
      "the same");
  EXPECT_EQ(
      changed(Action::StatusNotification, kStatus, {{"status", "null"}}),
      "invalid argument: status: is missing (OccurenceConstraintViolation); --raw sends it all the same");
  EXPECT_EQ(changed(Action::StatusNotification, kStatus,
                    {{"connectorId", "99999999999999999999"}, {"colour.deep", "red"}}, Check::none),
            R"({"connectorId":1e+20,"errorCode":"NoError","status":"Available","colour":{"deep":"red"}})");
}

TEST(OcppOverride, PathsThatLeadNowhereAreRefused) {
  EXPECT_EQ(changed(Action::StatusNotification, kStatus, {{"status.deep", "x"}}, Check::none),
            "invalid argument: status.deep: leads through a value that has no members");
  EXPECT_EQ(changed(Action::MeterValues, kMeter, {{"meterValue.5.timestamp", "x"}}, Check::none),
            "invalid argument: meterValue.5.timestamp: '5' is no element of the list, nor the next one");
  std::string path = "a";
  for (int i = 0; i < 100; ++i) path += ".a";
  EXPECT_EQ(changed(Action::MeterValues, kMeter, {{path, "x"}}, Check::none),
            "invalid argument: a path: has too many names");
  EXPECT_EQ(changed(Action::MeterValues, "[]", {{"connectorId", "2"}}),
            "malformed: the payload is no JSON object");
}

TEST(OcppOverride, ThePartsAroundThePayloadAreSetUncheckedOnly) {
  std::string frame = R"([2,"id-1","Heartbeat",{}])";
  const std::vector<Override> parts{
      {"$.id", "x"}, {"$.action", "Boo"}, {"$.type", "7"}, {"$.payload", "[1]"}};
  EXPECT_FALSE(override_call(Action::Heartbeat, parts, Check::by_table, frame));
  EXPECT_EQ(frame, R"([2,"id-1","Heartbeat",{}])");
  EXPECT_TRUE(override_call(Action::Heartbeat, parts, Check::none, frame));
  EXPECT_EQ(frame, R"([7,"x","Boo",[1]])");
  frame = R"([2,"id-1","Authorize",{"idTag":"a"}])";
  EXPECT_TRUE(
      override_call(Action::Authorize, std::vector<Override>{{"idTag", "55"}}, Check::by_table, frame));
  EXPECT_EQ(frame, R"([2,"id-1","Authorize",{"idTag":"55"}])");
  const Status unknown =
      override_call(Action::Authorize, std::vector<Override>{{"$.name", "55"}}, Check::none, frame);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().detail, "$.name: a CALL has the parts $.type, $.id, $.action and $.payload");
}

}  // namespace
}  // namespace vfleet::codec::ocpp
