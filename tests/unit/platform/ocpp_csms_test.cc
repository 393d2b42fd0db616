#include "simulator/platform/roles/ocpp/csms.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "simulator/core/base64.h"
#include "simulator/platform/processes/shared_state.h"

namespace vfleet::platform::ocpp {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// The connection of one charge point: what is sent to it is kept.
struct Wire final : Line {
  Csms* csms = nullptr;
  ChargePoint* charge_point = nullptr;
  std::vector<std::string> calls;
  std::vector<std::uint64_t> ended;

  void call_waits(std::uint64_t) override { pump(); }
  void end(std::uint64_t link) override { ended.push_back(link); }
  void pump() {
    std::string call;
    if (csms->next_call(*charge_point, call)) calls.push_back(call);
  }
};

struct OcppCsmsTest : testing::Test {
  ManualClock clock;
  Platform platform{clock, 1};
  OcppSettings settings;
  Csms csms{platform, settings, {}};
  Wire wire;
  int ids = 0;
  Mischief mischief;

  OcppCsmsTest() {
    wire.csms = &csms;
    wire.charge_point = csms.came("CP1", wire, 7);
  }
  /// What stands in the CSMS's answer to any text; null: there is none.
  json say(const std::string& text, bool early = false) {
    std::string answer;
    mischief = csms.take(*wire.charge_point, text, early,
                         {.way = Way::ocpp, .down = nullptr, .link = 7, .type = {}, .device = "CP1"}, answer)
                   .mischief;
    wire.pump();
    return answer.empty() ? json() : json::parse(answer);
  }
  /// The payload of the answer to a CALL; of a CALLERROR its code.
  json call(const std::string& action, const json& payload) {
    const std::string id = "id-" + std::to_string(++ids);
    const json answer = say(json({2, id, action, payload}).dump());
    EXPECT_EQ(answer[1], id);
    return answer[2];
  }
  json boot() { return call("BootNotification", {{"chargePointVendor", "V"}, {"chargePointModel", "M"}}); }
  void status(int connector, const std::string& status) {
    EXPECT_EQ(call("StatusNotification",
                   {{"connectorId", connector}, {"errorCode", "NoError"}, {"status", status}}),
              json::object());
  }
  json start(int connector, std::int64_t meter, const std::string& time = "2026-03-01T08:00:00Z",
             const std::string& tag = "TAG1") {
    return call("StartTransaction",
                {{"connectorId", connector}, {"idTag", tag}, {"meterStart", meter}, {"timestamp", time}});
  }
  void meter(int connector, const json& id, const std::string& time, const json& samples) {
    json payload = {{"connectorId", connector},
                    {"meterValue", {{{"timestamp", time}, {"sampledValue", samples}}}}};
    if (!id.is_null()) payload["transactionId"] = id;
    EXPECT_EQ(call("MeterValues", payload), json::object());
  }
  json stop(const json& id, std::int64_t meter, const std::string& time = "2026-03-01T09:00:00Z",
            const json& data = json()) {
    json payload = {{"transactionId", id}, {"meterStop", meter}, {"timestamp", time}};
    if (!data.is_null()) payload["transactionData"] = data;
    return call("StopTransaction", payload);
  }
  [[nodiscard]] std::uint64_t complaints(const std::string& kind) const {
    const auto found = platform.complaints().by_kind().find(kind);
    return found == platform.complaints().by_kind().end() ? 0 : found->second;
  }
  [[nodiscard]] std::string first_complaint(const std::string& kind) const {
    const auto rows = platform.complaints().find(kind, "CP1", 1);
    return rows.empty() ? "" : rows.front()->about + ": " + rows.front()->what;
  }
  [[nodiscard]] std::size_t all_complaints() const { return platform.complaints().find({}, {}, 100).size(); }
};

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

TEST_F(OcppCsmsTest, SendsOneCallAtATimeAndKeepsTheAnswer) {
  const std::string first = platform.commands().queue("CP1", "GetConfiguration", R"({"key":["X"]})").value();
  const std::string second = platform.commands().queue("CP1", "ClearCache", "{}").value();
  wire.pump();
  EXPECT_EQ(wire.calls.size(), 0U) << "not before it has spoken";
  boot();
  ASSERT_EQ(wire.calls.size(), 1U);
  const json call = json::parse(wire.calls[0]);
  EXPECT_EQ(call[2], "GetConfiguration");
  EXPECT_EQ(call[3], (json{{"key", {"X"}}}));
  wire.pump();
  EXPECT_EQ(wire.calls.size(), 1U);
  const std::string answer = json({3, call[1], {{"unknownKey", {"X"}}}}).dump();
  say(answer);
  EXPECT_EQ(platform.commands().find(first)->answer, answer);
  ASSERT_EQ(wire.calls.size(), 2U);
  say(json({4, json::parse(wire.calls[1])[1], "NotSupported", "", json::object()}).dump());
  EXPECT_EQ(platform.commands().find(second)->state, DownCommand::State::answered);
  EXPECT_EQ(csms.counts().calls_refused, 1U);
  EXPECT_EQ(csms.counts().calls_answered, 2U);
  EXPECT_EQ(all_complaints(), 0U);
}

TEST_F(OcppCsmsTest, ChecksAnswersAndGivesUpThoseThatDoNotCome) {
  boot();
  ASSERT_TRUE(platform.commands().queue("CP1", "ClearCache", "{}"));
  ASSERT_TRUE(platform.commands().queue("CP1", "ClearCache", "{}"));
  wire.pump();
  clock.advance(29s);
  csms.tick();
  EXPECT_EQ(wire.calls.size(), 1U);
  clock.advance(2s);
  csms.tick();
  ASSERT_EQ(wire.calls.size(), 2U);
  EXPECT_EQ(csms.counts().calls_timed_out, 1U);
  say(json({3, json::parse(wire.calls[0])[1], {{"status", "Accepted"}}}).dump());
  EXPECT_EQ(csms.counts().answers_unasked, 1U) << "too late";
  say(json({3, json::parse(wire.calls[1])[1], {{"status", "Perhaps"}}}).dump());
  EXPECT_NE(first_complaint("invalid_answer").find("ClearCache: status: 'Perhaps'"), std::string::npos);
}

TEST_F(OcppCsmsTest, SendsTextAsItIsWhenItIsToldTo) {
  boot();
  ASSERT_TRUE(platform.commands().queue("CP1", "raw", R"("[2,\"x\",\"Reset\"")"));
  wire.pump();
  ASSERT_EQ(wire.calls.size(), 1U);
  EXPECT_EQ(wire.calls[0], R"([2,"x","Reset")");
}

TEST_F(OcppCsmsTest, BeginsAndEndsSessionsByItself) {
  settings.sessions_per_s = 1;
  settings.session_s = 60;
  boot();
  status(1, "Unavailable");
  status(2, "Available");
  status(3, "Preparing");
  clock.advance(1s);
  csms.tick();
  ASSERT_EQ(wire.calls.size(), 1U);
  json call = json::parse(wire.calls[0]);
  EXPECT_EQ(call[2], "RemoteStartTransaction");
  EXPECT_EQ(call[3], (json{{"connectorId", 3}, {"idTag", "VFLEET-CSMS"}})) << "where a vehicle waits";
  settings.sessions_per_s = 0;
  say(json({3, call[1], {{"status", "Accepted"}}}).dump());
  const json id = start(3, 100, "2026-03-01T08:00:10Z", "VFLEET-CSMS")["transactionId"];
  clock.advance(59s);
  csms.tick();
  EXPECT_EQ(wire.calls.size(), 1U);
  clock.advance(1s);
  csms.tick();
  ASSERT_EQ(wire.calls.size(), 2U);
  call = json::parse(wire.calls[1]);
  EXPECT_EQ(call[2], "RemoteStopTransaction");
  EXPECT_EQ(call[3], (json{{"transactionId", id}}));
  say(json({3, call[1], {{"status", "Rejected"}}}).dump());
  clock.advance(5s);
  csms.tick();
  ASSERT_EQ(wire.calls.size(), 3U) << "asked again";
  say(json({3, json::parse(wire.calls[2])[1], {{"status", "Accepted"}}}).dump());
  stop(id, 200);
  clock.advance(60s);
  csms.tick();
  EXPECT_EQ(wire.calls.size(), 3U);
  EXPECT_EQ(csms.counts().sessions_asked, 1U);
  EXPECT_EQ(csms.counts().sessions_started, 1U);
  EXPECT_EQ(csms.counts().sessions_stopped, 2U);
}

TEST_F(OcppCsmsTest, BeginsWhereAVehicleWaitsAtWhicheverChargePointThatIs) {
  boot();
  status(1, "Available");
  Wire second;
  second.csms = &csms;
  second.charge_point = csms.came("CP2", second, 8);
  std::string out;
  int number = 0;
  const auto say_of_second = [&](const char* action, const json& payload) {
    out.clear();
    (void)csms.take(*second.charge_point, json({2, std::to_string(++number), action, payload}).dump(), false,
                    {.way = Way::ocpp, .down = nullptr, .link = 8, .type = {}, .device = "CP2"}, out);
  };
  say_of_second("BootNotification", {{"chargePointVendor", "V"}, {"chargePointModel", "M"}});
  say_of_second("StatusNotification",
                {{"connectorId", 1}, {"errorCode", "NoError"}, {"status", "Preparing"}});
  settings.sessions_per_s = 1;
  clock.advance(1s);
  csms.tick();
  EXPECT_EQ(wire.calls.size(), 0U);
  ASSERT_EQ(second.calls.size(), 1U) << "its driver is there";
  clock.advance(1s);
  csms.tick();
  EXPECT_EQ(wire.calls.size(), 1U) << "whose driver may come";
}

TEST_F(OcppCsmsTest, SetsALimitForEachTransactionAndSeesWhetherItIsObeyed) {
  settings.limit = 7000;
  boot();
  const json id = start(1, 100)["transactionId"];
  ASSERT_EQ(wire.calls.size(), 1U) << "behind the answer";
  const json call = json::parse(wire.calls[0]);
  EXPECT_EQ(call[2], "SetChargingProfile");
  const json profile = call[3]["csChargingProfiles"];
  EXPECT_EQ(profile["transactionId"], id);
  EXPECT_EQ(profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"], 7000.0);
  say(json({3, call[1], {{"status", "Accepted"}}}).dump());
  EXPECT_EQ(csms.counts().limits_set, 1U);
  const auto draws = [&](const char* time, const char* power) {
    meter(1, id, time, {{{"value", power}, {"measurand", "Power.Active.Import"}, {"unit", "W"}}});
  };
  draws("2026-03-01T08:00:05Z", "11000");
  EXPECT_EQ(complaints("limit_exceeded"), 0U) << "it has some seconds to obey";
  draws("2026-03-01T08:01:00Z", "6990");
  EXPECT_EQ(complaints("limit_exceeded"), 0U);
  EXPECT_EQ(csms.counts().limits_checked, 1U);
  draws("2026-03-01T08:02:00Z", "11000");
  EXPECT_EQ(first_complaint("limit_exceeded"),
            "MeterValues: transaction " + id.dump() + " draws 11000.0 W, its profile allows 7000.0");
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

TEST_F(OcppCsmsTest, NumbersTransactionsApartFromThoseOfOtherProcesses) {
  Csms one(platform, settings, {0, 2});
  Csms two(platform, settings, {1, 2});
  Wire a;
  Wire b;
  ChargePoint* at_one = one.came("A", a, 1);
  ChargePoint* at_two = two.came("B", b, 2);
  const Source source{.way = Way::ocpp, .down = nullptr, .link = 1, .type = {}, .device = "A"};
  std::string first;
  std::string second;
  const std::string text =
      R"([2,"1","StartTransaction",{"connectorId":1,"idTag":"T","meterStart":0,"timestamp":"2026-03-01T08:00:00Z"}])";
  one.take(*at_one, text, false, source, first);
  two.take(*at_two, text, false, source, second);
  const int id = json::parse(first)[2]["transactionId"];
  EXPECT_EQ(json::parse(second)[2]["transactionId"], id + 1);
  second.clear();
  two.take(*at_two,
           json({2,
                 "2",
                 "StopTransaction",
                 {{"transactionId", id}, {"meterStop", 1}, {"timestamp", "2026-03-01T09:00:00Z"}}})
               .dump(),
           false, source, second);
  EXPECT_EQ(two.counts().transactions_elsewhere, 1U);
  EXPECT_EQ(all_complaints(), 0U);
}

/// Two processes of one platform, and a charge point that moves between them.
struct OcppProcessesTest : testing::Test {
  ManualClock clock;
  std::unique_ptr<SharedState> shared = SharedState::create(10).value();
  Platform here{clock,
                Platform::Options{.seed = 1, .limits = {}, .any_payload = false, .shared = shared.get()}};
  Platform there{clock,
                 Platform::Options{.seed = 2, .limits = {}, .any_payload = false, .shared = shared.get()}};
  OcppSettings settings;
  Csms one{here, settings, {0, 2}};
  Csms two{there, settings, {1, 2}};
  Wire a;
  Wire b;
  ChargePoint* at_one = one.came("A", a, 1);
  ChargePoint* at_two = two.came("A", b, 2);
  int ids = 0;

  json say(bool second, const std::string& action, const json& payload) {
    const Source source{.way = Way::ocpp, .down = nullptr, .link = 1, .type = {}, .device = "A"};
    std::string out;
    const std::string text = json({2, std::to_string(++ids), action, payload}).dump();
    (second ? two : one).take(second ? *at_two : *at_one, text, false, source, out);
    return json::parse(out)[2];
  }
  json start(bool second, std::int64_t meter, const std::string& time) {
    return say(
        second, "StartTransaction",
        {{"connectorId", 1}, {"idTag", "T"}, {"meterStart", meter}, {"timestamp", time}})["transactionId"];
  }
  void stop(bool second, const json& id, std::int64_t meter, const std::string& time) {
    say(second, "StopTransaction", {{"transactionId", id}, {"meterStop", meter}, {"timestamp", time}});
  }
  [[nodiscard]] std::string complaints() const {
    std::string out;
    for (const Platform* each : {&here, &there}) {
      for (const auto& [kind, count] : each->complaints().by_kind())
        out += kind + " " + std::to_string(count) + " ";
    }
    return out;
  }
};

TEST_F(OcppProcessesTest, ATransactionThatMovedIsHeldAgainstWhereItBegan) {
  const json id = start(false, 1000, "2026-03-01T08:00:00Z");
  stop(true, id, 2000, "2026-03-01T09:00:00Z");
  EXPECT_EQ(two.counts().transactions_moved, 1U);
  EXPECT_EQ(two.counts().transactions_checked, 1U);
  EXPECT_EQ(two.counts().transactions_elsewhere, 0U);
  EXPECT_EQ(complaints(), "");
  // It has ended for the other one, too: the next one on this connector overlaps nothing.
  const json next = start(false, 2000, "2026-03-01T10:00:00Z");
  EXPECT_EQ(complaints(), "");
  EXPECT_EQ(start(true, 2000, "2026-03-01T10:00:00Z"), next) << "said again on another connection";
  stop(true, next, 1500, "2026-03-01T11:00:00Z");
  EXPECT_EQ(complaints(), "energy_mismatch 1 register_back 1 ");
}

TEST_F(OcppProcessesTest, ARegisterThatFellOnTheWayIsNoticed) {
  const auto meter = [&](bool second, const std::string& time, const char* value) {
    say(second, "MeterValues",
        {{"connectorId", 1},
         {"meterValue", {{{"timestamp", time}, {"sampledValue", {{{"value", value}}}}}}}});
  };
  meter(false, "2026-03-01T08:00:00Z", "5000");
  meter(true, "2026-03-01T08:01:00Z", "5100");
  EXPECT_EQ(complaints(), "");
  meter(false, "2026-03-01T08:00:30Z", "5050");
  EXPECT_EQ(complaints(), "") << "it had waited in a queue";
  meter(false, "2026-03-01T08:02:00Z", "5010");
  EXPECT_EQ(complaints(), "register_back 1 ");
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
