// What the CSMS asks of charge points, by itself and for an operator.
#include "tests/unit/platform/ocpp_csms_fixture.h"

namespace vfleet::platform::ocpp {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

using OcppSteeringTest = OcppCsmsTest;

TEST_F(OcppSteeringTest, SendsOneCallAtATimeAndKeepsTheAnswer) {
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

TEST_F(OcppSteeringTest, ChecksAnswersAndGivesUpThoseThatDoNotCome) {
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

TEST_F(OcppSteeringTest, SendsTextAsItIsWhenItIsToldTo) {
  boot();
  ASSERT_TRUE(platform.commands().queue("CP1", "raw", R"("[2,\"x\",\"Reset\"")"));
  wire.pump();
  ASSERT_EQ(wire.calls.size(), 1U);
  EXPECT_EQ(wire.calls[0], R"([2,"x","Reset")");
}

TEST_F(OcppSteeringTest, BeginsAndEndsSessionsByItself) {
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

TEST_F(OcppSteeringTest, BeginsWhereAVehicleWaitsAtWhicheverChargePointThatIs) {
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

TEST_F(OcppSteeringTest, SetsALimitForEachTransactionAndSeesWhetherItIsObeyed) {
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

}  // namespace
}  // namespace vfleet::platform::ocpp
