// Smart charging, local lists: what a CSMS sets changes what piles draw and whom they let charge.
#include "tests/integration/ocpp/request_table.h"

namespace vfleet::ocpp_test {
namespace {

class OcppCharging : public RequestTable {
 protected:
  static json profile(int id, const std::string& purpose, double watts, int stack_level = 0) {
    return {{"chargingProfileId", id},
            {"stackLevel", stack_level},
            {"chargingProfilePurpose", purpose},
            {"chargingProfileKind", "Absolute"},
            {"chargingSchedule",
             {{"chargingRateUnit", "W"},
              {"startSchedule", "2020-01-01T00:00:00Z"},
              {"chargingSchedulePeriod", json::array({json{{"startPeriod", 0}, {"limit", watts}}})}}}};
  }

  /// What the newest MeterValues of the transaction says, in W; -1 when it does not.
  [[nodiscard]] double power() const {
    const json values = csms_.last(kPile, "MeterValues");
    if (!values.is_object()) return -1;
    for (const json& sample : values["meterValue"].back()["sampledValue"]) {
      if (sample.value("measurand", "") != "Power.Active.Import" || sample.contains("phase")) continue;
      return std::stod(sample["value"].get<std::string>()) * (sample.value("unit", "W") == "kW" ? 1000 : 1);
    }
    return -1;
  }
  [[nodiscard]] bool power_becomes(double least, double most) const {
    return eventually([&] { return power() >= least && power() <= most; });
  }
};

TEST_F(OcppCharging, ALimitOfTheCsmsIsWhatTheNextMeterValuesShow) {
  start({.config = "reports: {meter: {every: 1s}}, "
                   "ocpp: {meter_values_sampled_data: 'Energy.Active.Import.Register,Power.Active.Import'}"});
  ASSERT_TRUE(all_accepted());
  const std::int64_t id = begin_transaction(1);
  ASSERT_GT(id, 0);
  ASSERT_TRUE(power_becomes(10'000, 1e6)) << power();
  json tx = profile(1, "TxProfile", 5000);
  tx["transactionId"] = id;
  json wrong = tx;
  wrong["transactionId"] = id + 1;
  run({
      {"SetChargingProfile", {{"connectorId", 1}, {"csChargingProfiles", wrong}}, kRejected, {}},
      {"SetChargingProfile",
       {{"connectorId", 2}, {"csChargingProfiles", profile(1, "TxProfile", 5000)}},
       kRejected,
       {}},
      {"SetChargingProfile",
       {{"connectorId", 9}, {"csChargingProfiles", tx}},
       {{"code", "PropertyConstraintViolation"}},
       {}},
      {"SetChargingProfile",
       {{"connectorId", 1}, {"csChargingProfiles", tx}},
       kAccepted,
       [&] { return power_becomes(3000, 5000); }},
      {"SetChargingProfile",
       {{"connectorId", 0}, {"csChargingProfiles", profile(2, "ChargePointMaxProfile", 4000)}},
       kAccepted,
       [&] { return power_becomes(2000, 4000); }},
  });
  const json composite = csms_.call(kPile, "GetCompositeSchedule",
                                    {{"connectorId", 1}, {"duration", 600}, {"chargingRateUnit", "W"}});
  EXPECT_EQ(composite["result"]["status"], "Accepted") << composite;
  EXPECT_EQ(composite["result"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"], 4000) << composite;
  run({
      {"GetCompositeSchedule", {{"connectorId", 9}, {"duration", 600}}, kRejected, {}},
      {"ClearChargingProfile", {{"id", 77}}, {{"status", "Unknown"}}, {}},
      {"ClearChargingProfile", {{"id", 2}}, kAccepted, [&] { return power_becomes(4001, 5000); }},
      {"ClearChargingProfile", json::object(), kAccepted, [&] { return power_becomes(10'000, 1e6); }},
  });
  expect_conformance();
}

TEST_F(OcppCharging, ARemoteStartBringsItsProfile) {
  start({.config = "reports: {meter: {every: 1s}}, "
                   "ocpp: {meter_values_sampled_data: 'Energy.Active.Import.Register,Power.Active.Import'}"});
  ASSERT_TRUE(all_accepted());
  act("plug", {"connector=1", "soc=10%"});
  run({{"RemoteStartTransaction",
        {{"connectorId", 1}, {"idTag", "REMOTE"}, {"chargingProfile", profile(1, "TxProfile", 5000)}},
        kAccepted,
        [&] { return gets("StartTransaction", 1) && power_becomes(3000, 5000); }}});
  expect_conformance();
}

TEST_F(OcppCharging, TheLocalListDecidesBeforeTheCsmsIsAsked) {
  start({.config = "ocpp: {local_pre_authorize: true, local_auth_list_enabled: true}"});
  ASSERT_TRUE(all_accepted());
  const json friends = json::array({{{"idTag", "FRIEND"}, {"idTagInfo", {{"status", "Accepted"}}}},
                                    {{"idTag", "ENEMY"}, {"idTagInfo", {{"status", "Blocked"}}}}});
  run({
      {"GetLocalListVersion", json::object(), {{"listVersion", 0}}, {}},
      {"SendLocalList",
       {{"listVersion", 3}, {"updateType", "Full"}, {"localAuthorizationList", friends}},
       kAccepted,
       {}},
      {"GetLocalListVersion", json::object(), {{"listVersion", 3}}, {}},
      {"SendLocalList",
       {{"listVersion", 2}, {"updateType", "Differential"}, {"localAuthorizationList", json::array()}},
       {{"status", "VersionMismatch"}},
       {}},
  });
  ASSERT_GT(begin_transaction(1, "FRIEND"), 0);
  EXPECT_EQ(csms_.got(kPile, "Authorize"), 0U) << "the list knows";
  run({{"SendLocalList",
        {{"listVersion", 4},
         {"updateType", "Differential"},
         {"localAuthorizationList", json::array({json{{"idTag", "FRIEND"}}})}},
        kAccepted,
        {}},
       {"GetLocalListVersion", json::object(), {{"listVersion", 4}}, {}}});
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
