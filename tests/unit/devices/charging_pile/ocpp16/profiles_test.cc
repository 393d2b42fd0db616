// Charging profiles and the local list of a whole charge point.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

config::Values ac(config::Values more = {}) {
  more.insert({{"kind", text("ac")}, {"rated_power", number(44e3)}, {"connector_current", number(32)}});
  return more;
}

json profile(std::string_view purpose, const json& periods, int id = 1) {
  return {{"chargingProfileId", id},
          {"stackLevel", 0},
          {"chargingProfilePurpose", purpose},
          {"chargingProfileKind", "Relative"},
          {"chargingSchedule", {{"chargingRateUnit", "A"}, {"chargingSchedulePeriod", periods}}}};
}

json period(int start, double limit) {
  return {{"startPeriod", start}, {"limit", limit}};
}

json set(int connector, const json& profile) {
  return {{"connectorId", connector}, {"csChargingProfiles", profile}};
}

/// Of the newest MeterValues.
double current(const OcppWorld& world) {
  const json last = world.last_of("MeterValues");
  for (const json& each : last.at("meterValue").at(0).at("sampledValue")) {
    if (each["measurand"] == "Current.Import") return std::stod(each["value"].get<std::string>());
  }
  return -1;
}

TEST(OcppProfiles, TheNextMeterValuesShowsALimitAndTheEndOfItsPeriodsChangesIt) {
  OcppWorld world(ac());
  world.accept();
  const auto id = world.charge();
  world.run_for(16s);
  EXPECT_GT(current(world), 12);
  json wish = profile("TxProfile", json::array({period(0, 10), period(120, 6)}));
  wish["transactionId"] = id;
  EXPECT_EQ(world.status_of("SetChargingProfile", set(1, wish)), "Accepted");
  world.run_for(16s);
  EXPECT_NEAR(current(world), 10, 0.1);
  world.run_for(2min);
  EXPECT_NEAR(current(world), 6, 0.1);
  EXPECT_EQ(world.state("charging_profiles"), "1");
  // The profile goes with its transaction.
  EXPECT_EQ(world.status_of("RemoteStopTransaction", {{"transactionId", id}}), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.state("charging_profiles"), "0");
}

TEST(OcppProfiles, ALimitOfNothingIsSuspendedEvse) {
  OcppWorld world(ac());
  world.accept();
  world.charge();
  EXPECT_EQ(
      world.status_of("SetChargingProfile", set(0, profile("TxDefaultProfile", json::array({period(0, 0)})))),
      "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "SuspendedEVSE");
  EXPECT_EQ(world.status_of("ClearChargingProfile"), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.statuses(1).back(), "Charging");
  EXPECT_EQ(world.status_of("ClearChargingProfile"), "Unknown");
}

TEST(OcppProfiles, WhatIsNotThereIsRefused) {
  OcppWorld world(ac());
  world.accept();
  const json tx = profile("TxProfile", json::array({period(0, 10)}));
  EXPECT_EQ(world.status_of("SetChargingProfile", set(1, tx)), "Rejected") << "no transaction";
  EXPECT_EQ(world.request("SetChargingProfile", set(7, tx))->at("error"), "PropertyConstraintViolation");
  json wrong = tx;
  wrong["chargingSchedule"]["chargingRateUnit"] = "kW";
  EXPECT_EQ(world.request("SetChargingProfile", set(1, wrong))->at("error"), "PropertyConstraintViolation");
}

TEST(OcppProfiles, ARemoteStartBringsItsProfileWhichGoesWhenNothingComesOfIt) {
  OcppWorld world(ac({{"connect_timeout", duration(60s)}}));
  world.accept();
  const json wish = profile("TxProfile", json::array({period(0, 8)}));
  json with_number = wish;
  with_number["transactionId"] = 3;
  const auto start = [&](const json& with) {
    return world.status_of("RemoteStartTransaction",
                           {{"idTag", "A"}, {"connectorId", 1}, {"chargingProfile", with}});
  };
  EXPECT_EQ(start(with_number), "Rejected");
  EXPECT_EQ(start(wish), "Accepted");
  world.run_for(1s);
  EXPECT_EQ(world.state("charging_profiles"), "1");
  world.run_for(2min);  // no cable
  EXPECT_EQ(world.state("charging_profiles"), "0");
  EXPECT_EQ(start(wish), "Accepted");
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  world.run_for(20s);
  EXPECT_NEAR(current(world), 8, 0.1);
}

TEST(OcppProfiles, ACompositeScheduleTellsWhatHolds) {
  OcppWorld world(ac());
  world.accept();
  const auto asked = world.request("GetCompositeSchedule", {{"connectorId", 1}, {"duration", 600}});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->at("status"), "Accepted");
  EXPECT_EQ(asked->at("chargingSchedule")["chargingSchedulePeriod"][0]["limit"], 32.0);
  EXPECT_EQ(world.status_of("GetCompositeSchedule", {{"connectorId", 9}, {"duration", 600}}), "Rejected");
  EXPECT_EQ(world.key("ChargingScheduleAllowedChargingRateUnit"), "Current,Power");
  EXPECT_EQ(world.key("MaxChargingProfilesInstalled"), "10");
  EXPECT_NE(world.key("SupportedFeatureProfiles").find("SmartCharging"), std::string::npos);
}

TEST(OcppProfiles, ProfilesAndTheLocalListOutliveRebootAndWorker) {
  OcppWorld world(ac());
  world.accept();
  EXPECT_EQ(
      world.status_of("SetChargingProfile", set(1, profile("TxDefaultProfile", json::array({period(0, 9)})))),
      "Accepted");
  const json tags = json::array({{{"idTag", "FRIEND"}, {"idTagInfo", {{"status", "Accepted"}}}}});
  EXPECT_EQ(world.status_of("SendLocalList",
                            {{"listVersion", 3}, {"updateType", "Full"}, {"localAuthorizationList", tags}}),
            "Accepted");
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "Accepted");
  world.run_for(1min);
  EXPECT_EQ(world.state("charging_profiles"), "1");
  EXPECT_EQ(world.request("GetLocalListVersion")->at("listVersion"), 3);
  const auto saved = world.saved();
  ASSERT_TRUE(world.resume(saved));
  world.connect();
  world.run_for(1s);
  EXPECT_EQ(world.request("GetLocalListVersion")->at("listVersion"), 3);
  world.charge();
  world.run_for(20s);
  EXPECT_NEAR(current(world), 9, 0.1);
}

TEST(OcppProfiles, LargeProfilesAndALongListOutliveTheWorker) {
  OcppWorld world(ac());
  world.accept();
  json list = json::array();
  for (int i = 0; i < 24; ++i) list.push_back(period(i * 3600, 6 + i * 0.5));
  for (int i = 0; i < 10; ++i) {
    json it = profile("TxDefaultProfile", list);
    it["chargingProfileId"] = i;
    it["stackLevel"] = i;
    EXPECT_EQ(world.status_of("SetChargingProfile", set(1, it)), "Accepted");
  }
  json tags = json::array();
  for (int i = 0; i < 1000; ++i) {
    tags.push_back({{"idTag", "04A1B2C3D4" + std::to_string(100'000 + i)},
                    {"idTagInfo", {{"status", "Accepted"}, {"expiryDate", "2030-01-01T00:00:00Z"}}}});
  }
  EXPECT_EQ(world.status_of("SendLocalList",
                            {{"listVersion", 3}, {"updateType", "Full"}, {"localAuthorizationList", tags}}),
            "Accepted");
  world.charge();
  const auto saved = world.saved();
  ASSERT_TRUE(world.resume(saved));
  EXPECT_EQ(world.state("charging_profiles"), "10");
  EXPECT_EQ(world.state("local_list_version"), "3");
  EXPECT_EQ(world.state("connector1.transaction"), std::to_string(world.transactions));
}

TEST(OcppLocalList, DecidesOfflineAndBeforeAuthorizeWhereItMay) {
  OcppWorld world(ac({{"ocpp.local_pre_authorize", boolean(true)}}));
  world.accept();
  const auto tag = [](std::string_view name, std::string_view status) {
    return json{{"idTag", name}, {"idTagInfo", {{"status", status}}}};
  };
  EXPECT_EQ(
      world.status_of("SendLocalList", {{"listVersion", 1},
                                        {"updateType", "Full"},
                                        {"localAuthorizationList",
                                         json::array({tag("FRIEND", "Accepted"), tag("FOE", "Blocked")})}}),
      "Accepted");
  world.forget_calls();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "friend"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 0U) << "it is on the list";
  EXPECT_EQ(world.count_of("StartTransaction"), 1U);
  ASSERT_TRUE(world.plug(2));
  ASSERT_TRUE(world.swipe(2, "FOE"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 1U) << "the CSMS may know better";
  std::vector<std::string> conflicts;
  for (const json& each : world.sent("StatusNotification")) {
    if (each.at("errorCode") == "LocalListConflict") conflicts.push_back(each.at("connectorId").dump());
  }
  // Authorize and StartTransaction accept who is blocked on the list.
  EXPECT_EQ(conflicts, (std::vector<std::string>{"0", "0"}));
  world.lose_link();
  EXPECT_TRUE(world.on("stop", 2));
  world.run_for(1s);
  ASSERT_TRUE(world.swipe(2, "FOE"));
  world.run_for(1s);
  EXPECT_EQ(world.state("connector2.status"), "finishing");
  EXPECT_NE(world.key("LocalAuthListEnabled"), "false");
}

}  // namespace
}  // namespace vfleet::pile
