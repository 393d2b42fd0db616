// What operators make charge points say, legal or not.
#include "tests/integration/ocpp/ocpp_fleet.h"

namespace vfleet::ocpp_test {
namespace {

using OcppTrigger = OcppFleet;

TEST_F(OcppTrigger, AMessageGoesOutWithTheFieldsThatWereSet) {
  start({});
  ASSERT_TRUE(all_accepted());
  const auto sent = fleet_->vfleet({"trigger", kPile, "StatusNotification", "connectorId=1", "status=Faulted",
                                    "errorCode=GroundFailure", "info=0123"});
  EXPECT_EQ(sent.status, 0) << sent.out << sent.err;
  ASSERT_TRUE(eventually([&] { return csms_.last(kPile, "StatusNotification")["status"] == "Faulted"; }));
  const json told = csms_.last(kPile, "StatusNotification");
  EXPECT_EQ(told["errorCode"], "GroundFailure");
  EXPECT_EQ(told["info"], "0123") << "a text, though it looks like a number";
  expect_conformance();
}

TEST_F(OcppTrigger, WhatTheStandardForbidsIsRefusedUnlessItIsForced) {
  start({});
  ASSERT_TRUE(all_accepted());
  const std::uint64_t before = csms_.got(kPile, "StatusNotification");
  const auto refused =
      fleet_->vfleet({"trigger", kPile, "StatusNotification", "connectorId=1", "status=Burning"});
  EXPECT_NE(refused.status, 0) << refused.out << refused.err << csms_.last(kPile, "StatusNotification");
  EXPECT_NE((refused.out + refused.err).find("Burning"), std::string::npos) << refused.out << refused.err;
  EXPECT_EQ(csms_.violations(), "");
  (void)fleet_->vfleet({"trigger", kPile, "StatusNotification", "connectorId=1", "status=Burning", "--raw"});
  EXPECT_TRUE(
      eventually([&] { return csms_.violations().find("strictValidationFailure") != std::string::npos; }));
  EXPECT_EQ(csms_.got(kPile, "StatusNotification"), before) << "the CSMS's library took it";
}

TEST_F(OcppTrigger, EveryMessageOfAChargePointCanBeSent) {
  start({});
  ASSERT_TRUE(all_accepted());
  const std::vector<std::vector<std::string>> all = {
      {"Authorize", "idTag=SOMEBODY"},
      {"BootNotification"},
      {"DataTransfer", "vendorId=vfleet", "data=x"},
      {"DiagnosticsStatusNotification", "status=Uploading"},
      {"FirmwareStatusNotification", "status=Downloading"},
      {"Heartbeat"},
      {"LogStatusNotification", "status=Uploading", "requestId=4"},
      {"MeterValues", "connectorId=1"},
      {"SecurityEventNotification", "type=TamperDetectionActivated"},
      {"SignCertificate", "csr=x"},
      {"SignedFirmwareStatusNotification", "status=Downloading", "requestId=4"},
      {"StatusNotification", "connectorId=2"},
  };
  for (const auto& words : all) {
    const std::uint64_t before = csms_.got(kPile, words[0]);
    std::vector<std::string> call{"trigger", kPile};
    call.insert(call.end(), words.begin(), words.end());
    const auto sent = fleet_->vfleet(call);
    EXPECT_EQ(sent.status, 0) << words[0] << "\n" << sent.out << sent.err;
    EXPECT_TRUE(gets(words[0], before + 1)) << words[0];
  }
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
