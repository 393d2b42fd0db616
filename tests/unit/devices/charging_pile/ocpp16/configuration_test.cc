// GetConfiguration and ChangeConfiguration: the CSMS and operators change the same values.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

std::string changed(OcppWorld& world, const std::string& key, const std::string& value) {
  return world.change(key, value)->value("status", "(none)");
}

TEST(OcppConfiguration, EveryRequiredKeyIsToldWhenNoneIsNamed) {
  OcppWorld world;
  world.accept();
  const auto answer = world.request("GetConfiguration");
  std::set<std::string> names;
  for (const json& line : answer->at("configurationKey")) names.insert(line.at("key"));
  for (const char* key : {"AuthorizeRemoteTxRequests",
                          "ClockAlignedDataInterval",
                          "ConnectionTimeOut",
                          "ConnectorPhaseRotation",
                          "GetConfigurationMaxKeys",
                          "HeartbeatInterval",
                          "LocalAuthorizeOffline",
                          "LocalPreAuthorize",
                          "MeterValuesAlignedData",
                          "MeterValuesSampledData",
                          "MeterValueSampleInterval",
                          "NumberOfConnectors",
                          "ResetRetries",
                          "StopTransactionOnEVSideDisconnect",
                          "StopTransactionOnInvalidId",
                          "StopTxnAlignedData",
                          "StopTxnSampledData",
                          "SupportedFeatureProfiles",
                          "TransactionMessageAttempts",
                          "TransactionMessageRetryInterval",
                          "UnlockConnectorOnEVSideDisconnect"}) {
    EXPECT_TRUE(names.contains(key)) << key;
  }
  EXPECT_FALSE(answer->contains("unknownKey"));
}

TEST(OcppConfiguration, NamesAreReadWithoutRegardToCapitalsAndUnknownOnesAreListed) {
  OcppWorld world;
  world.accept();
  const auto answer = world.request("GetConfiguration", {{"key", {"numberofconnectors", "Nonsense"}}});
  EXPECT_EQ(answer->at("configurationKey").at(0),
            (json{{"key", "NumberOfConnectors"}, {"readonly", true}, {"value", "2"}}));
  EXPECT_EQ(answer->at("unknownKey"), json::array({"Nonsense"}));
}

TEST(OcppConfiguration, NoMoreKeysMayBeNamedThanGetConfigurationMaxKeysAndNoneMeansAll) {
  OcppWorld world({{"ocpp.get_configuration_max_keys", integer(2)}});
  world.accept();
  EXPECT_EQ(world.key("GetConfigurationMaxKeys"), "2");
  EXPECT_EQ(world.request("GetConfiguration", {{"key", {"HeartbeatInterval", "Nonsense"}}})
                ->at("unknownKey")
                .size(),
            1U);
  EXPECT_EQ(world.status_of("GetConfiguration", {{"key", {"HeartbeatInterval", "CpoName", "ResetRetries"}}}),
            "OccurenceConstraintViolation");
  EXPECT_GT(world.request("GetConfiguration")->at("configurationKey").size(), 40U);
}

TEST(OcppConfiguration, EachChangeHasItsAnswer) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(changed(world, "Nonsense", "1"), "NotSupported");
  EXPECT_EQ(changed(world, "NumberOfConnectors", "4"), "Rejected");
  EXPECT_EQ(changed(world, "HeartbeatInterval", "soon"), "Rejected");
  EXPECT_EQ(changed(world, "HeartbeatInterval", "-1"), "Rejected");
  EXPECT_EQ(changed(world, "HeartbeatInterval", "99999999999"), "Rejected");
  EXPECT_EQ(changed(world, "LocalPreAuthorize", "perhaps"), "Rejected");
  EXPECT_EQ(changed(world, "MeterValuesSampledData", "Voltage,Humidity"), "Rejected");
  std::string many = "Voltage";
  for (int i = 0; i < 16; ++i) many += ",Voltage";
  EXPECT_EQ(changed(world, "MeterValuesSampledData", many), "Rejected") << "17 of them";
  EXPECT_EQ(changed(world, "ConnectionTimeOut", "0"), "Rejected");
  EXPECT_EQ(changed(world, "ConnectorPhaseRotation", "0.RST,1.RST"), "RebootRequired");
  EXPECT_EQ(changed(world, "ConnectorPhaseRotation", "Unknown"), "RebootRequired");
  for (const char* bad : {"", "RRT", "0.RST,", "x.RST", ".RST", "0.RST;1.RST"})
    EXPECT_EQ(changed(world, "ConnectorPhaseRotation", bad), "Rejected") << bad;
  EXPECT_EQ(changed(world, "localpreauthorize", "TRUE"), "Accepted");
  EXPECT_EQ(world.key("LocalPreAuthorize"), "true");
  EXPECT_EQ(world.key("HeartbeatInterval"), "300") << "what was rejected changed nothing";
}

TEST(OcppConfiguration, EveryKeyThatCanBeWrittenTakesItsOwnValueAgain) {
  OcppWorld world;
  world.accept();
  const auto answer = world.request("GetConfiguration");
  for (const json& line : answer->at("configurationKey")) {
    const auto name = line.at("key").get<std::string>();
    if (line.at("readonly") == true) {
      EXPECT_EQ(changed(world, name, "1"), "Rejected") << name;
    } else if (line.contains("value")) {
      const std::string status = changed(world, name, line.at("value"));
      EXPECT_TRUE(status == "Accepted" || status == "RebootRequired") << name << " " << status;
    }
  }
}

TEST(OcppConfiguration, TheCsmsAndTheOperatorChangeTheSameValue) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(changed(world, "MeterValueSampleInterval", "7"), "Accepted");
  EXPECT_EQ(world.config_value("reports.meter.every"), "7s");
  ASSERT_TRUE(world.set("reports.meter.every", duration(90s)));
  EXPECT_EQ(world.key("MeterValueSampleInterval"), "90");
  ASSERT_TRUE(world.set("ocpp.minimum_status_duration", duration(3s)));
  EXPECT_EQ(world.key("MinimumStatusDuration"), "3");
  EXPECT_EQ(changed(world, "StopTransactionOnEVSideDisconnect", "false"), "Accepted");
  EXPECT_EQ(world.config_value("end_on_unplug"), "false");
}

TEST(OcppConfiguration, ANewSampleIntervalHoldsAtOnceAndZeroEndsTheMeterValues) {
  OcppWorld world({{"reports.meter.every", duration(60s)}});
  world.accept();
  world.charge();
  EXPECT_EQ(changed(world, "MeterValueSampleInterval", "10"), "Accepted");
  world.forget_calls();
  world.run_for(60s);
  EXPECT_EQ(world.count_of("MeterValues"), 6U);
  EXPECT_EQ(changed(world, "MeterValueSampleInterval", "0"), "Accepted");
  world.forget_calls();
  world.run_for(10min);
  EXPECT_EQ(world.count_of("MeterValues"), 0U);
}

TEST(OcppConfiguration, WhatBelongsToTheConnectionIsAnsweredBeforeItIsChanged) {
  OcppWorld world;
  world.accept();
  EXPECT_EQ(changed(world, "WebSocketPingInterval", "-1"), "Rejected");
  EXPECT_EQ(changed(world, "WebSocketPingInterval", "86401"), "Rejected") << "more than the key may be";
  EXPECT_EQ(changed(world, "WebSocketPingInterval", "45"), "Accepted");
  EXPECT_EQ(world.config_value("uplink.ocpp.ping.every"), "45s");
  EXPECT_EQ(world.key("WebSocketPingInterval"), "45");
}

TEST(OcppConfiguration, NewMeasurandsStandInTheNextMeterValues) {
  OcppWorld world({{"reports.meter.every", duration(10s)}});
  world.accept();
  world.charge();
  EXPECT_EQ(changed(world, "MeterValuesSampledData", "Voltage"), "Accepted");
  world.forget_calls();
  world.run_for(11s);
  const json values = world.last_of("MeterValues").at("meterValue").at(0).at("sampledValue");
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values.at(0).at("measurand"), "Voltage");
}

}  // namespace
}  // namespace vfleet::pile
