// Firmware, diagnostics, logs and certificates: files really go both ways.
#include <algorithm>

#include "tests/integration/ocpp/request_table.h"
#include "tests/integration/ocpp/signer.h"

namespace vfleet::ocpp_test {
namespace {

class OcppMaintenance : public RequestTable {
 protected:
  /// What the messages of that action said, in their order.
  [[nodiscard]] std::vector<std::string> told(const std::string& action) const {
    std::vector<std::string> out;
    for (const json& each : messages(action)) out.push_back(each["status"]);
    return out;
  }
  [[nodiscard]] bool tells(const std::string& action, const std::vector<std::string>& statuses) const {
    return eventually([&] { return told(action) == statuses; });
  }
};

TEST_F(OcppMaintenance, WhereNothingGoesOnATriggerTellsThatItIsIdle) {
  start({});
  ASSERT_TRUE(all_accepted());
  for (const char* message : {"DiagnosticsStatusNotification", "FirmwareStatusNotification"}) {
    run({{"TriggerMessage", {{"requestedMessage", message}}, kAccepted, [&] { return gets(message, 1); }}});
    EXPECT_EQ(csms_.last(kPile, message)["status"], "Idle") << message;
  }
  for (const char* message : {"LogStatusNotification", "Heartbeat", "MeterValues", "StatusNotification"}) {
    const std::uint64_t before = csms_.got(kPile, message);
    run({{"ExtendedTriggerMessage", {{"requestedMessage", message}}, kAccepted, [&] {
            return gets(message, before + 1);
          }}});
  }
  EXPECT_EQ(csms_.last(kPile, "LogStatusNotification")["status"], "Idle");
  expect_conformance();
}

TEST_F(OcppMaintenance, DiagnosticsAreUploadedAndToldOf) {
  start({});
  ASSERT_TRUE(all_accepted());
  const json answer = csms_.call(kPile, "GetDiagnostics", {{"location", csms_.files()}});
  const std::string name = answer["result"].value("fileName", "");
  ASSERT_FALSE(name.empty()) << answer;
  EXPECT_TRUE(tells("DiagnosticsStatusNotification", {"Uploading", "Uploaded"}))
      << json(told("DiagnosticsStatusNotification"));
  EXPECT_GT(csms_.state()["files"].value(name, 0), 0) << csms_.state()["files"];
  expect_conformance();
}

TEST_F(OcppMaintenance, AnUploadThatNobodyTakesFails) {
  start({});
  ASSERT_TRUE(all_accepted());
  (void)csms_.call(kPile, "GetDiagnostics",
                   {{"location", csms_.url().replace(0, 2, "http")}, {"retries", 0}});
  EXPECT_TRUE(tells("DiagnosticsStatusNotification", {"Uploading", "UploadFailed"}))
      << json(told("DiagnosticsStatusNotification"));
  expect_conformance();
}

TEST_F(OcppMaintenance, FirmwareIsDownloadedInstalledAndBootedWith) {
  start({.config = "reboot_time: 100ms, ocpp: {firmware: {install_time: 1s}}"});
  ASSERT_TRUE(all_accepted());
  run({{"UpdateFirmware",
        {{"location", csms_.files() + "/firmware.bin"}, {"retrieveDate", "2020-01-01T00:00:00Z"}},
        {},
        {}}});
  EXPECT_TRUE(tells("FirmwareStatusNotification", {"Downloading", "Downloaded", "Installing", "Installed"}))
      << json(told("FirmwareStatusNotification"));
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 2U);
  EXPECT_EQ(csms_.last(kPile, "BootNotification")["firmwareVersion"], "firmware") << "the file's name";
  expect_conformance();
}

TEST_F(OcppMaintenance, SignedFirmwareIsVerified) {
  start({.config = "reboot_time: 100ms, ocpp: {firmware: {install_time: 1s}}"});
  ASSERT_TRUE(all_accepted());
  const Signer signer;
  const auto order = [&](int request, const std::string& signature) {
    return json{{"requestId", request},
                {"firmware",
                 {{"location", csms_.files() + "/firmware.bin"},
                  {"retrieveDateTime", "2020-01-01T00:00:00Z"},
                  {"signingCertificate", signer.certificate()},
                  {"signature", signature}}}};
  };
  const auto last_is = [&](int request, const char* status) {
    return eventually([&] {
      return csms_.last(kPile, "SignedFirmwareStatusNotification") ==
             json{{"status", status}, {"requestId", request}};
    });
  };
  run({
      {"SignedUpdateFirmware", order(1, signer.sign("other firmware")), kAccepted,
       [&] { return last_is(1, "InvalidSignature"); }},
      {"SignedUpdateFirmware", order(2, signer.sign(std::string(20'000, 'f'))), kAccepted,
       [&] { return last_is(2, "Installed"); }},
  });
  const auto statuses = told("SignedFirmwareStatusNotification");
  EXPECT_NE(std::find(statuses.begin(), statuses.end(), "SignatureVerified"), statuses.end())
      << json(statuses);
  expect_conformance();
}

TEST_F(OcppMaintenance, FirmwareThatIsNotThereIsToldOf) {
  start({});
  ASSERT_TRUE(all_accepted());
  run({{"UpdateFirmware",
        {{"location", csms_.files() + "/nothing.bin"},
         {"retrieveDate", "2020-01-01T00:00:00Z"},
         {"retries", 0}},
        {},
        {}}});
  EXPECT_TRUE(tells("FirmwareStatusNotification", {"Downloading", "DownloadFailed"}))
      << json(told("FirmwareStatusNotification"));
  expect_conformance();
}

TEST_F(OcppMaintenance, ALogIsUploadedUnderItsRequest) {
  start({});
  ASSERT_TRUE(all_accepted());
  for (const char* type : {"DiagnosticsLog", "SecurityLog"}) {
    const std::uint64_t before = csms_.got(kPile, "LogStatusNotification");
    run({{"GetLog",
          {{"log", {{"remoteLocation", csms_.files()}}}, {"logType", type}, {"requestId", 31}},
          kAccepted,
          [&] { return gets("LogStatusNotification", before + 2); }}});
    EXPECT_EQ(csms_.last(kPile, "LogStatusNotification"), (json{{"status", "Uploaded"}, {"requestId", 31}}));
  }
  EXPECT_GE(csms_.state()["files"].size(), 2U);
  expect_conformance();
}

TEST_F(OcppMaintenance, RootCertificatesAreInstalledListedAndDeleted) {
  start({});
  ASSERT_TRUE(all_accepted());
  const json type = {{"certificateType", "CentralSystemRootCertificate"}};
  run({
      {"GetInstalledCertificateIds", type, {{"status", "NotFound"}}, {}},
      {"InstallCertificate",
       {{"certificateType", "CentralSystemRootCertificate"}, {"certificate", Signer().certificate()}},
       kAccepted,
       {}},
      {"InstallCertificate",
       {{"certificateType", "CentralSystemRootCertificate"}, {"certificate", "no certificate"}},
       kRejected,
       {}},
  });
  const json installed = csms_.call(kPile, "GetInstalledCertificateIds", type);
  ASSERT_EQ(installed["result"]["status"], "Accepted") << installed;
  const json hash = {{"certificateHashData", installed["result"]["certificateHashData"][0]}};
  run({
      {"DeleteCertificate", hash, kAccepted, {}},
      {"DeleteCertificate", hash, {{"status", "NotFound"}}, {}},
      {"GetInstalledCertificateIds", type, {{"status", "NotFound"}}, {}},
      {"CertificateSigned", {{"certificateChain", "no certificate"}}, kRejected, {}},
  });
  expect_conformance();
}

TEST_F(OcppMaintenance, TheSecurityProfileRisesOverTheWireAndNeverFalls) {
  start({});
  ASSERT_TRUE(all_accepted());
  const std::string key = "0123456789abcdef";
  run({
      {"ChangeConfiguration", {{"key", "SecurityProfile"}, {"value", "1"}}, kRejected, {}},
      {"ChangeConfiguration", {{"key", "AuthorizationKey"}, {"value", key}}, kAccepted, {}},
  });
  csms_.set({{"passwords", {{kPile, key}}}});
  const json before = csms_.state(kPile)["connections"];
  run({
      {"ChangeConfiguration",
       {{"key", "SecurityProfile"}, {"value", "1"}},
       kAccepted,
       [&] { return eventually([&] { return csms_.state(kPile)["connections"] > before; }); }},
      {"ChangeConfiguration", {{"key", "SecurityProfile"}, {"value", "0"}}, kRejected, {}},
  });
  const json hidden = csms_.call(kPile, "GetConfiguration", {{"key", json::array({"AuthorizationKey"})}});
  EXPECT_FALSE(hidden["result"]["configurationKey"][0].contains("value")) << hidden;
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 1U);
  expect_conformance();
}

TEST_F(OcppMaintenance, ACertificateIsTakenForTheKeyThatWasAskedFor) {
  start({.config = "ocpp: {security: {cpo_name: 'Acme'}}"});
  ASSERT_TRUE(all_accepted());
  run({{"ExtendedTriggerMessage", {{"requestedMessage", "SignChargePointCertificate"}}, kAccepted, [&] {
          return gets("SignCertificate", 1);
        }}});
  const std::string csr = csms_.last(kPile, "SignCertificate").value("csr", "");
  ASSERT_TRUE(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----")) << csr;
  const Signer signer;
  run({
      {"CertificateSigned", {{"certificateChain", signer.certificate()}}, kRejected, {}},
      {"CertificateSigned", {{"certificateChain", signer.issue(csr) + signer.certificate()}}, kAccepted, {}},
  });
  expect_conformance();
}

TEST_F(OcppMaintenance, FirmwareWhoseCertificateIsNoneIsNotFetched) {
  start({});
  ASSERT_TRUE(all_accepted());
  run({{"SignedUpdateFirmware",
        {{"requestId", 5},
         {"firmware",
          {{"location", csms_.files() + "/firmware.bin"},
           {"retrieveDateTime", "2020-01-01T00:00:00Z"},
           {"signingCertificate", "no certificate"},
           {"signature", "c2ln"}}}},
        {{"status", "InvalidCertificate"}},
        {}}});
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
