// What a charge point may say before, while and after its CSMS accepts it.
#include "tests/integration/ocpp/ocpp_fleet.h"

namespace vfleet::ocpp_test {
namespace {

using OcppBoot = OcppFleet;

TEST_F(OcppBoot, AcceptedItTellsTheStatusOfEveryConnectorAndTakesTheHeartbeatInterval) {
  csms_.set({{"boot", {{"status", "Accepted"}, {"interval", 1}}}});
  start({});
  ASSERT_TRUE(all_accepted());
  for (const int connector : {0, 1, 2}) EXPECT_EQ(csms_.status(kPile, connector), "Available") << connector;
  EXPECT_TRUE(gets("Heartbeat", 2));
  EXPECT_EQ(fleet_->values(kPile, "reports.heartbeat.every").begin()->second, "1s");
  EXPECT_EQ(csms_.state(kPile)["protocol"], "ocpp1.6");
  expect_conformance();
}

TEST_F(OcppBoot, RejectedItSaysNothingUntilItsNextTry) {
  csms_.set({{"boot", {{"status", "Rejected"}, {"interval", 2}}}});
  start({});
  ASSERT_TRUE(gets("BootNotification", 2));
  const json got = csms_.state(kPile)["got"];
  EXPECT_EQ(got.size(), 1U) << got;
  csms_.set({{"boot", {{"status", "Accepted"}, {"interval", 300}}}});
  EXPECT_TRUE(all_accepted());
  expect_conformance();
}

TEST_F(OcppBoot, PendingItSendsOnlyWhatItIsAskedForAndRefusesToCharge) {
  csms_.set({{"boot", {{"status", "Pending"}, {"interval", 3}}}});
  start({});
  ASSERT_TRUE(eventually([&] { return csms_.state(kPile)["registration"] == "Pending"; }));
  EXPECT_EQ(csms_.status_of(kPile, "RemoteStartTransaction", {{"idTag", "A"}, {"connectorId", 1}}),
            "Rejected");
  EXPECT_EQ(csms_.status_of(kPile, "RemoteStopTransaction", {{"transactionId", 1}}), "Rejected");
  EXPECT_TRUE(csms_.call(kPile, "GetConfiguration", json::object()).contains("result"));
  EXPECT_EQ(csms_.status_of(kPile, "TriggerMessage",
                            {{"requestedMessage", "StatusNotification"}, {"connectorId", 2}}),
            "Accepted");
  EXPECT_TRUE(gets("StatusNotification", 1));
  EXPECT_EQ(csms_.last(kPile, "StatusNotification")["connectorId"], 2);
  csms_.set({{"boot", {{"status", "Accepted"}, {"interval", 300}}}});
  EXPECT_TRUE(all_accepted()) << "it tries again by itself";
  expect_conformance();
}

TEST_F(OcppBoot, AnUnansweredBootNotificationIsTriedAgain) {
  csms_.set({{"timeoutMs", 2000}});
  csms_.mischief(kPile, "BootNotification", "silent");
  csms_.mischief(kPile, "BootNotification", "error");
  start({.config = "ocpp: {message_timeout: 2s, boot_retry_interval: 1s}"});
  EXPECT_TRUE(all_accepted());
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 3U);
  expect_conformance();
}

TEST_F(OcppBoot, AConnectionThatComesBackIsNoBoot) {
  start({});
  ASSERT_TRUE(all_accepted());
  const std::uint64_t statuses = csms_.got(kPile, "StatusNotification");
  csms_.set({{"refuseAll", true}});
  csms_.drop();
  ASSERT_TRUE(eventually([&] { return !csms_.state()["refused"].empty(); }));
  act("plug", {"connector=2"});
  csms_.set({{"refuseAll", false}});
  EXPECT_TRUE(status_becomes(2, "Preparing"));
  EXPECT_EQ(csms_.got(kPile, "StatusNotification"), statuses + 1) << "only what changed is told";
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 1U);
  expect_conformance();
}

TEST_F(OcppBoot, AWrongPasswordIsRefusedAndANewOneTaken) {
  csms_.set({{"passwords", {{kPile, "the right one"}}}});
  start({.uplink = "security_profile: 1, password: 'a wrong one'"});
  ASSERT_TRUE(eventually([&] { return !csms_.state()["refused"].empty(); }));
  EXPECT_EQ(csms_.state()["refused"][0]["code"], 401);
  const auto set = fleet_->vfleet({"set", kPile, "uplink.ocpp.password=the right one"});
  EXPECT_EQ(set.status, 0) << set.out << set.err;
  EXPECT_TRUE(all_accepted());
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
