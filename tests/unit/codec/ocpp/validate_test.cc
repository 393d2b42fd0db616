#include "simulator/codec/ocpp/validate.h"

#include <gtest/gtest.h>

#include <set>

#include "simulator/codec/ocpp/describe.h"
#include "tests/bench/counting_new.h"
#include "tests/support/ocpp_examples.h"

namespace vfleet::codec::ocpp {
namespace {

/// Each request and each response.
template <class Visit>
void for_each_object(const Visit& visit) {
  for (const Message& each : messages()) {
    visit(std::string(each.name) + " request", each.request);
    visit(std::string(each.name) + " response", each.response);
  }
}

std::string verdict(const Object& object, std::string_view payload, const Rules& rules = {}) {
  const auto violation = validate(object, payload, rules);
  return violation ? std::string(to_string(violation->code)) + " " + violation->text() : "good";
}

std::string request(Action action, std::string_view payload, const Rules& rules = {}) {
  return verdict(message(action).request, payload, rules);
}

std::string response(Action action, std::string_view payload, const Rules& rules = {}) {
  return verdict(message(action).response, payload, rules);
}

TEST(OcppMessages, TheTableHasEveryActionInTheOrderOfTheirNumbers) {
  ASSERT_EQ(messages().size(), kActionCount);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const Message& each = messages()[i];
    EXPECT_EQ(static_cast<std::size_t>(each.action), i) << each.name;
    EXPECT_EQ(find_action(each.name), each.action);
    EXPECT_FALSE(each.doc.empty()) << each.name;
    names.insert(each.name);
  }
  EXPECT_EQ(names.size(), kActionCount);
  EXPECT_EQ(find_action("heartbeat"), std::nullopt);
  EXPECT_EQ(find_action("Heartbeat.req"), std::nullopt);
  EXPECT_EQ(to_string(Action::UpdateFirmware), "UpdateFirmware");
  EXPECT_EQ(message(Action::DataTransfer).sender, Sender::both);
  EXPECT_EQ(message(Action::StopTransaction).sender, Sender::charge_point);
  EXPECT_EQ(message(Action::CancelReservation).sender, Sender::central_system);
}

TEST(OcppValidate, TheMinimalAndTheMaximalExampleOfEveryMessageAreGood) {
  for_each_object([](const std::string& name, const Object& object) {
    EXPECT_EQ(verdict(object, test::minimal_example(object)), "good") << name;
    EXPECT_EQ(verdict(object, test::maximal_example(object)), "good") << name;
    EXPECT_LE(object.fields.size(), 32U) << name;
  });
}

TEST(OcppValidate, EveryMistakeInEveryFieldIsFoundAtItsPlaceWithItsCode) {
  std::size_t count = 0;
  for_each_object([&](const std::string& name, const Object& object) {
    for (const test::Mistake& each : test::mistakes(object)) {
      const auto violation = validate(object, each.payload);
      ASSERT_TRUE(violation.has_value()) << name << " " << each.name << "\n" << each.payload;
      EXPECT_EQ(violation->path, each.path) << name << " " << each.name;
      EXPECT_EQ(violation->code, each.code) << name << " " << each.name << ": " << violation->reason;
      EXPECT_FALSE(violation->reason.empty());
      const bool without = validate(object, each.payload, {.limits = false}).has_value();
      EXPECT_EQ(without, !each.limit) << name << " " << each.name;
      ++count;
    }
  });
  EXPECT_GT(count, 2000U);
}

TEST(OcppValidate, ReasonsNameTheValueAndWhatWasExpected) {
  EXPECT_EQ(
      request(Action::StatusNotification, R"({"connectorId":1,"errorCode":"NoError","status":"Foo"})"),
      "PropertyConstraintViolation status: 'Foo' is none of Available, Preparing, Charging, SuspendedEV, "
      "SuspendedEVSE, Finishing, Reserved, Unavailable, Faulted");
  EXPECT_EQ(
      request(Action::Authorize, R"({"idTag":"123456789012345678901"})"),
      "PropertyConstraintViolation idTag: '123456789012345678901' has 21 characters, at most 20 are allowed");
  EXPECT_EQ(request(Action::Authorize, "{}"), "OccurenceConstraintViolation idTag: is missing");
  EXPECT_EQ(request(Action::Authorize, R"({"idTag":7})"),
            "TypeConstraintViolation idTag: expected a string, got a number");
  EXPECT_EQ(
      request(Action::Authorize, R"({"idTag":null})"),
      "TypeConstraintViolation idTag: expected a string, got null; a field without a value is left out");
  EXPECT_EQ(request(Action::Heartbeat, R"({"now":1})"),
            "FormationViolation now: the message has no such field");
  EXPECT_EQ(request(Action::Heartbeat, "null"), "FormationViolation expected an object, got null");
  EXPECT_EQ(request(Action::Heartbeat, "{"), "FormationViolation no JSON at byte 1");
  EXPECT_EQ(request(Action::Heartbeat, "{} x"), "FormationViolation no JSON at byte 3");
  EXPECT_EQ(response(Action::Heartbeat, R"({"currentTime":"2026-03-01T08:00:00"})"),
            "PropertyConstraintViolation currentTime: '2026-03-01T08:00:00' lacks its zone: Z, or an offset "
            "as +08:00");
  EXPECT_EQ(request(Action::UnlockConnector, R"({"connectorId":0})"),
            "PropertyConstraintViolation connectorId: 0 is less than 1");
  EXPECT_EQ(request(Action::UnlockConnector, R"({"connectorId":1e30})"),
            "PropertyConstraintViolation connectorId: 1e30 is past 64 bits");
  EXPECT_EQ(request(Action::MeterValues, R"({"connectorId":1,"meterValue":[]})"),
            "OccurenceConstraintViolation meterValue: has 0 elements, expected at least 1");
  EXPECT_EQ(
      request(
          Action::MeterValues,
          R"({"connectorId":1,"meterValue":[{"timestamp":"2026-03-01T08:00:00Z","sampledValue":[{"value":"1"},{"value":2}]}]})"),
      "TypeConstraintViolation meterValue.0.sampledValue.1.value: expected a string, got a number");
  EXPECT_EQ(request(Action::Authorize, R"({"idTag":"a","idTag":"b"})"),
            "OccurenceConstraintViolation idTag: is there twice");
}

TEST(OcppValidate, AWholeNumberMayBeWrittenInOtherWays) {
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":1.0})"), "good");
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":12e2})"), "good");
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":9223372036854775807})"), "good");
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":-0.5})"),
            "TypeConstraintViolation reservationId: expected an integer, got -0.5");
  EXPECT_EQ(request(Action::UnlockConnector, R"({"connectorId":0.0})"),
            "PropertyConstraintViolation connectorId: 0.0 is less than 1");
}

TEST(OcppValidate, NamesAndWordsMayBeWrittenWithEscapes) {
  EXPECT_EQ(request(Action::Reset, R"({"t\u0079pe":"H\u0061rd"})"), "good");
  EXPECT_EQ(response(Action::Heartbeat, R"({"currentTime":"2026-03-01T08:00:00\u005a"})"), "good");
  EXPECT_EQ(
      request(
          Action::Authorize,
          R"({"idTag":"\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145\u5145"})"),
      "good");
}

TEST(OcppValidate, NumbersPastEveryTypeAreRefusedAndNotTakenForZero) {
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":1e300})"),
            "PropertyConstraintViolation reservationId: 1e300 is past 64 bits");
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":1e-400})"),
            "TypeConstraintViolation reservationId: expected an integer, got 1e-400");
  EXPECT_EQ(request(Action::CancelReservation, R"({"reservationId":1e400})"),
            "FormationViolation no JSON at byte 22");
  // Also where nobody looks at it: what is good is read by another parser afterwards.
  EXPECT_EQ(request(Action::Heartbeat, R"({"extra":[-1e400]})", {.unknown_fields = true}),
            "FormationViolation no JSON at byte 16");
}

TEST(OcppValidate, AUriMayHaveEscapedSlashes) {
  EXPECT_EQ(request(Action::GetDiagnostics, R"({"location":"ftp:\/\/user@host\/logs"})"), "good");
  EXPECT_EQ(request(Action::GetDiagnostics, R"({"location":"ftp:\/\/ho\u0020st"})"),
            "PropertyConstraintViolation location: 'ftp://ho st' is no URI, as ftp://user@host/folder is");
}

TEST(OcppValidate, SettingsTakeWhatSomePeersSend) {
  EXPECT_EQ(request(Action::Reset, R"({"type":"Hard","vendor":{"deep":[1,{}]}})", {.unknown_fields = true}),
            "good");
  EXPECT_EQ(request(Action::Reset, R"({"type":"Hard","vendor":[1})", {.unknown_fields = true}),
            "FormationViolation no JSON at byte 26");
  const std::string nulls = R"({"connectorId":null,"idTag":"a","chargingProfile":null})";
  EXPECT_EQ(request(Action::RemoteStartTransaction, nulls, {.null_is_absent = true}), "good");
  EXPECT_EQ(request(Action::Authorize, R"({"idTag":null})", {.null_is_absent = true}),
            "OccurenceConstraintViolation idTag: is missing");
  EXPECT_EQ(
      response(Action::Heartbeat, R"({"currentTime":"2026-03-01T08:00:00"})", {.times_without_zone = true}),
      "good");
  const std::string quarter =
      R"({"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":6.25}]}}})";
  EXPECT_EQ(request(Action::SetChargingProfile, quarter),
            "PropertyConstraintViolation csChargingProfiles.chargingSchedule.chargingSchedulePeriod.0.limit: "
            "6.25 has "
            "more than one digit behind the point");
  EXPECT_EQ(request(Action::SetChargingProfile, quarter, {.any_decimals = true}), "good");
  EXPECT_EQ(request(Action::Authorize, "{}", {.missing = ErrorCode::protocol_error}),
            "ProtocolError idTag: is missing");
}

TEST(OcppValidate, AGoodMessageAllocatesNothing) {
  std::vector<std::pair<const Object*, std::string>> all;
  for_each_object([&](const std::string&, const Object& object) {
    all.emplace_back(&object, test::maximal_example(object));
  });
  const std::uint64_t before = bench::allocations();
  std::size_t good = 0;
  for (const auto& [object, payload] : all) good += validate(*object, payload) ? 0 : 1;
  EXPECT_EQ(bench::allocations(), before);
  EXPECT_EQ(good, all.size());
}

TEST(OcppValidate, ALongValueIsShownInPart) {
  const auto violation =
      validate(message(Action::Reset).request, R"({"type":")" + std::string(5000, 'x') + R"("})");
  ASSERT_TRUE(violation);
  EXPECT_LT(violation->reason.size(), 200U);
}

TEST(OcppErrorCode, BothSpellingsAreReadAndOneIsChosenToSend) {
  EXPECT_EQ(to_string(ErrorCode::occurrence_constraint_violation), "OccurenceConstraintViolation");
  EXPECT_EQ(to_string(ErrorCode::occurrence_constraint_violation, Spelling::corrected),
            "OccurrenceConstraintViolation");
  EXPECT_EQ(error_code("OccurenceConstraintViolation"), ErrorCode::occurrence_constraint_violation);
  EXPECT_EQ(error_code("OccurrenceConstraintViolation"), ErrorCode::occurrence_constraint_violation);
  EXPECT_EQ(error_code("FormatViolation"), ErrorCode::formation_violation);
  EXPECT_EQ(error_code("Oops"), std::nullopt);
  for (int i = 0; i <= static_cast<int>(ErrorCode::rpc_framework_error); ++i)
    EXPECT_EQ(error_code(to_string(static_cast<ErrorCode>(i))), static_cast<ErrorCode>(i));
}

TEST(OcppDescribe, EveryFieldIsToldWithTypeUnitAndWhatItMayBe) {
  const auto lines = describe(message(Action::StopTransaction).request);
  const auto line = [&](std::string_view path) {
    for (const FieldLine& each : lines)
      if (each.path == path) return each.type + "|" + each.unit + "|" + each.doc;
    return std::string("not there");
  };
  EXPECT_EQ(line("meterStop"), "number|Wh|required: meter reading at the end");
  EXPECT_EQ(line("idTag"), "text||at most 20 characters: the tag that stopped it");
  EXPECT_EQ(line("transactionData"), "list||values of the transaction");
  EXPECT_EQ(line("transactionData.0.timestamp"), "text||required; date-time: when the values were read");
  EXPECT_EQ(line("transactionData.0.sampledValue.0.format"), "text||one of Raw, SignedData: Raw when absent");
  for_each_object([](const std::string& name, const Object& object) {
    for (const FieldLine& each : describe(object)) EXPECT_FALSE(each.doc.empty()) << name << " " << each.path;
  });
}

}  // namespace
}  // namespace vfleet::codec::ocpp
