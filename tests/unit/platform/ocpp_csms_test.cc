// What the CSMS answers, checks and remembers.
#include <limits>

#include "simulator/core/base64.h"
#include "tests/unit/platform/ocpp_csms_fixture.h"

namespace vfleet::platform::ocpp {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_F(OcppCsmsTest, AnswersABootAsItIsTold) {
  settings.interval_s = 77;
  EXPECT_EQ(boot(),
            (json{{"status", "Accepted"}, {"currentTime", "2026-03-01T08:00:00.000Z"}, {"interval", 77}}));
  settings.boot = OcppSettings::Boot::pending;
  EXPECT_EQ(boot()["status"], "Pending");
  EXPECT_EQ(call("Heartbeat", json::object()), "SecurityError");
  EXPECT_EQ(first_complaint("before_accepted"), "Heartbeat: its boot is pending, and it was not asked");
  settings.boot = OcppSettings::Boot::rejected;
  EXPECT_EQ(boot()["status"], "Rejected");
  EXPECT_EQ(call("Heartbeat", json::object()), "SecurityError");
  EXPECT_EQ(complaints("before_accepted"), 2U);
  settings.boot = OcppSettings::Boot::accepted;
  EXPECT_EQ(boot()["status"], "Accepted");
  EXPECT_EQ(call("Heartbeat", json::object()), (json{{"currentTime", "2026-03-01T08:00:00.000Z"}}));
  EXPECT_EQ(csms.counts().boots, 4U);
  EXPECT_EQ(platform.figures().received, 5U) << "what is answered with a CALLERROR is refused";
  EXPECT_EQ(platform.figures().refused, 2U);
}

TEST_F(OcppCsmsTest, LetsAPendingChargePointSayWhatItWasAskedFor) {
  settings.boot = OcppSettings::Boot::pending;
  boot();
  ASSERT_TRUE(platform.commands().queue("CP1", "TriggerMessage", R"({"requestedMessage":"Heartbeat"})"));
  wire.pump();
  ASSERT_EQ(wire.calls.size(), 1U);
  const json asked = json::parse(wire.calls[0]);
  EXPECT_EQ(asked[2], "TriggerMessage");
  say(json({3, asked[1], {{"status", "Accepted"}}}).dump());
  EXPECT_TRUE(call("Heartbeat", json::object()).contains("currentTime"));
  EXPECT_EQ(call("Heartbeat", json::object()), "SecurityError");
}

TEST_F(OcppCsmsTest, AcceptsTagsByTheirPatterns) {
  settings.tags = {"04*", "MASTER"};
  settings.invalid_tags = {"04BAD*"};
  settings.invalid_as = "Blocked";
  const auto status_of = [&](const char* tag) {
    return call("Authorize", {{"idTag", tag}})["idTagInfo"]["status"];
  };
  EXPECT_EQ(status_of("04AA"), "Accepted");
  EXPECT_EQ(status_of("MASTER"), "Accepted");
  EXPECT_EQ(status_of("mAster"), "Accepted") << "tags are the same in small letters";
  EXPECT_EQ(status_of("04BAD1"), "Blocked");
  EXPECT_EQ(status_of("05AA"), "Blocked");
  EXPECT_EQ(csms.counts().tags_refused, 2U);
}

TEST_F(OcppCsmsTest, HoldsMeterValuesAgainstStartAndStop) {
  const json started = start(1, 1000);
  EXPECT_EQ(started["idTagInfo"]["status"], "Accepted");
  const json id = started["transactionId"];
  EXPECT_GT(id, 0);
  meter(1, id, "2026-03-01T08:10:00Z", {{{"value", "1500.5"}}});
  meter(1, id, "2026-03-01T08:20:00Z",
        {{{"value", "2.25"}, {"unit", "kWh"}, {"measurand", "Energy.Active.Import.Register"}},
         {{"value", "11000"}, {"measurand", "Power.Active.Import"}}});
  EXPECT_EQ(stop(id, 3000), json::object());
  EXPECT_EQ(all_complaints(), 0U) << first_complaint("energy_mismatch");
  EXPECT_EQ(csms.counts().transactions_checked, 1U);
  EXPECT_EQ(csms.counts().energy_wh, 2000U);
}

TEST_F(OcppCsmsTest, NamesTheChargePointWhoseBillDoesNotAddUp) {
  json id = start(1, 1000)["transactionId"];
  meter(1, id, "2026-03-01T08:10:00Z", {{{"value", "1500"}}});
  stop(id, 1200);
  EXPECT_EQ(first_complaint("energy_mismatch"),
            "StopTransaction: transaction " + id.dump() + ": meterStop is 1200 Wh, MeterValues told 1500 Wh");
  EXPECT_EQ(complaints("register_back"), 1U);
  id = start(2, 500)["transactionId"];
  stop(id, 400);
  EXPECT_NE(first_complaint("energy_mismatch").find("meterStop is 400 Wh, meterStart 500 Wh"),
            std::string::npos);
  id = start(3, 500)["transactionId"];
  stop(id, 900, "2026-03-01T09:00:00Z",
       {{{"timestamp", "2026-03-01T08:00:00Z"},
         {"sampledValue", {{{"value", "700"}, {"context", "Transaction.Begin"}}}}}});
  EXPECT_NE(first_complaint("energy_mismatch").find("the sample Transaction.Begin 700 Wh"),
            std::string::npos);
  EXPECT_EQ(complaints("energy_mismatch"), 3U);
}

TEST_F(OcppCsmsTest, BelievesARegisterAsFinelyAsItIsTold) {
  const json id = start(1, 1049)["transactionId"];
  meter(1, id, "2026-03-01T08:10:00Z", {{{"value", "1.1"}, {"unit", "kWh"}}});
  stop(id, 1060);
  EXPECT_EQ(complaints("energy_mismatch"), 0U) << "1.1 kWh may be 1060 Wh";
}

TEST_F(OcppCsmsTest, TakesRegistersThatNoMeterShows) {
  const json id = start(1, std::numeric_limits<std::int64_t>::max())["transactionId"];
  stop(id, 1000);
  EXPECT_EQ(complaints("energy_mismatch"), 1U) << "it fell by all that there is";
  stop(start(2, std::numeric_limits<std::int64_t>::min())["transactionId"], 1000);
}

TEST_F(OcppCsmsTest, SeesRegistersAndTimesThatGoBack) {
  meter(1, json(), "2026-03-01T08:00:00Z", {{{"value", "5000"}}});
  meter(1, json(), "2026-03-01T08:01:00Z", {{{"value", "4000"}}});
  EXPECT_EQ(first_complaint("register_back"),
            "MeterValues: the register of connector 1 fell from 5000 to 4000 Wh");
  meter(1, json(), "2026-03-01T07:00:00Z", {{{"value", "3000"}}});
  EXPECT_EQ(complaints("register_back"), 1U) << "an older reading that comes late is smaller";
  const json id = start(2, 1, "2026-03-01T08:00:00Z")["transactionId"];
  stop(id, 2, "2026-03-01T07:59:59.5Z");
  EXPECT_EQ(first_complaint("time_back"), "StopTransaction: 0.500 s older than the message before it");
}

TEST_F(OcppCsmsTest, KnowsWhatComesAgain) {
  const json first = start(1, 1000);
  EXPECT_EQ(start(1, 1000), first) << "the answer to it was lost";
  EXPECT_EQ(csms.counts().transactions_started, 1U);
  stop(first["transactionId"], 1100);
  stop(first["transactionId"], 1100);
  EXPECT_EQ(csms.counts().stops_repeated, 1U);
  EXPECT_EQ(csms.counts().transactions_ended, 1U);
  EXPECT_EQ(start(1, 1000), first) << "even then";
  EXPECT_EQ(all_complaints(), 0U);
}

TEST_F(OcppCsmsTest, ComplainsOfTransactionsThatThereAreNot) {
  const json id = start(1, 10)["transactionId"];
  start(1, 20, "2026-03-01T08:30:00Z");
  EXPECT_EQ(complaints("transaction_overlap"), 1U);
  meter(1, -1, "2026-03-01T08:31:00Z", {{{"value", "30"}}});
  EXPECT_EQ(complaints("transaction_unknown"), 0U) << "-1: its start was never answered";
  stop(0, 30);
  EXPECT_EQ(complaints("transaction_unknown"), 1U);
  stop(id.get<int>() - 1'000'000, 30);
  EXPECT_EQ(csms.counts().transactions_elsewhere, 1U);
}

TEST_F(OcppCsmsTest, AnswersAWrongPayloadWithItsError) {
  EXPECT_EQ(
      call("StatusNotification", {{"connectorId", 1}, {"errorCode", "NoError"}, {"status", "Sleeping"}}),
      "PropertyConstraintViolation");
  EXPECT_NE(first_complaint("invalid_payload").find("StatusNotification: status: 'Sleeping' is none of"),
            std::string::npos);
  EXPECT_EQ(call("Heartbeat", {{"extra", 1}}), "FormationViolation");
  EXPECT_EQ(call("RemoteStartTransaction", {{"idTag", "X"}}), "NotImplemented");
  EXPECT_EQ(call("Nonsense", json::object()), "NotImplemented");
  EXPECT_EQ(complaints("unknown_action"), 2U);
  EXPECT_EQ(platform.figures().refused, 4U);
  settings.strict = false;
  EXPECT_EQ(call("Heartbeat", {{"extra", 1}}).is_object(), true);
  EXPECT_EQ(complaints("invalid_payload"), 3U);
}

TEST_F(OcppCsmsTest, TakesAnyBytes) {
  for (const char* text :
       {"", "{}", "[", "[2]", "[2,3]", "[\"2\",\"x\"]", "[3,\"x\"]", "[4,\"x\"]", "\xff\xfe"})
    EXPECT_EQ(say(text), json()) << text;
  EXPECT_EQ(say(R"([2,"a"])")[2], "ProtocolError");
  EXPECT_EQ(say(R"([2,"a","Heartbeat"])")[2], "ProtocolError");
  EXPECT_EQ(say(R"([2,"b","Heartbeat",{},1])")[2], "FormationViolation");
  EXPECT_EQ(say(R"([2,"c","Heartbeat",[]])")[2], "FormationViolation");
  EXPECT_EQ(say(R"([2,"c","Heartbeat",{})")[2], "FormationViolation");
  EXPECT_EQ(say(R"([9,"d",{}])"), json());
  EXPECT_EQ(csms.counts().answers_unasked, 0U);
  EXPECT_EQ(say(R"([3,"e",{}])"), json());
  EXPECT_EQ(csms.counts().answers_unasked, 1U);
  EXPECT_GT(complaints("not_ocpp"), 8U);
  EXPECT_EQ(platform.figures().received, 0U);
}

TEST_F(OcppCsmsTest, SeesIdsThatComeAgainAndCallsThatComeTooEarly) {
  say(R"([2,"same","Heartbeat",{}])");
  say(R"([2,"same","Heartbeat",{}])");
  EXPECT_EQ(complaints("id_repeated"), 1U);
  say(R"([2,"next","Heartbeat",{}])", true);
  EXPECT_EQ(first_complaint("call_too_early"), "Heartbeat: sent before the answer to the CALL before it");
}

TEST_F(OcppCsmsTest, AsksForThePasswordThatItHasSet) {
  settings.password = "start";
  const auto basic = [](const std::string& pair) { return "Basic " + base64_encode(pair); };
  EXPECT_FALSE(csms.lets_in("CP1", ""));
  EXPECT_FALSE(csms.lets_in("CP1", basic("CP2:start")));
  EXPECT_FALSE(csms.lets_in("CP1", basic("CP1:wrong")));
  EXPECT_FALSE(csms.lets_in("CP1", "Bearer x"));
  EXPECT_FALSE(csms.lets_in("CP1", "Basic %%%"));
  EXPECT_TRUE(csms.lets_in("CP1", basic("CP1:start")));
  boot();
  ASSERT_TRUE(platform.commands().queue("CP1", "ChangeConfiguration",
                                        R"({"key":"AuthorizationKey","value":"4142"})"));
  wire.pump();
  say(json({3, json::parse(wire.calls.at(0))[1], {{"status", "Accepted"}}}).dump());
  EXPECT_FALSE(csms.lets_in("CP1", basic("CP1:start")));
  EXPECT_TRUE(csms.lets_in("CP1", basic("CP1:4142")));
  EXPECT_TRUE(csms.lets_in("CP1", basic("CP1:AB"))) << "the bytes that the digits stand for";
  EXPECT_TRUE(csms.lets_in("CP2", basic("CP2:start")));
}

TEST_F(OcppCsmsTest, EndsTheOldConnectionOfAChargePointThatComesAgain) {
  Wire other;
  other.csms = &csms;
  EXPECT_EQ(csms.came("CP1", other, 8), wire.charge_point);
  EXPECT_EQ(wire.ended, std::vector<std::uint64_t>{7});
  csms.gone(*wire.charge_point, 7);
  EXPECT_EQ(csms.connected(), 1U) << "the old one has gone, the new one is there";
  csms.gone(*wire.charge_point, 8);
  EXPECT_EQ(csms.connected(), 0U);
}

TEST_F(OcppCsmsTest, KnowsNothingOfAnotherFleetWithTheSameIds) {
  boot();
  meter(1, json(), "2026-03-01T08:00:00Z", {{{"value", "5000"}}});
  platform.reset(true);
  csms.gone(*wire.charge_point, 7);
  EXPECT_EQ(csms.came("CP1", wire, 9), wire.charge_point);
  ids = 0;
  meter(1, json(), "2026-03-01T08:00:01Z", {{{"value", "0"}}});
  EXPECT_EQ(all_complaints(), 0U);
}

TEST(OcppLimits, NoMoreChargePointsThanDevicesAreRemembered) {
  ManualClock clock;
  StoreLimits limits;
  limits.devices_max = 2;
  Platform platform(clock, 1, limits);
  const OcppSettings settings;
  Csms csms(platform, settings, {});
  Wire wire;
  EXPECT_NE(csms.came("A", wire, 1), nullptr);
  EXPECT_NE(csms.came("B", wire, 2), nullptr);
  EXPECT_EQ(csms.came("C", wire, 3), nullptr);
  EXPECT_NE(csms.came("A", wire, 4), nullptr);
}

}  // namespace
}  // namespace vfleet::platform::ocpp
