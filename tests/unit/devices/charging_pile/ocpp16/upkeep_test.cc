// Firmware, uploads and the security whitepaper of a whole charge point.
#include <malloc.h>

#include <cstdio>

#include "devices/charging_pile/dialects/ocpp16/openssl_handles.h"
#include "simulator/core/tls_credentials.h"
#include "simulator/net/certificates.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

using Words = std::vector<std::string>;

Words words(const OcppWorld& world, std::string_view action) {
  Words out;
  for (const json& each : world.sent(action)) {
    out.push_back(each["status"].get<std::string>() +
                  (each.contains("requestId") ? "#" + each["requestId"].dump() : ""));
  }
  return out;
}

json update(std::string_view location = "http://files/VP-9.1.bin") {
  return {{"location", location}, {"retrieveDate", "2020-01-01T00:00:00Z"}};
}

TEST(OcppFirmware, AnUpdateIsDownloadedInstalledAndToldWithTheNextBoot) {
  OcppWorld world;
  world.accept();
  const auto answer = world.request("UpdateFirmware", update());
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, json::object());
  ASSERT_EQ(world.fetches().size(), 1U);
  EXPECT_EQ(world.fetches()[0].url, "http://files/VP-9.1.bin");
  world.run_for(1s);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"), (Words{"Downloading"}));
  EXPECT_EQ(world.state("firmware_update"), "Downloading");
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "FirmwareStatusNotification"}}),
            "Accepted");
  world.run_for(1s);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"), (Words{"Downloading", "Downloading"}));
  world.forget_calls();
  world.finish_fetch(200, "new firmware");
  world.run_for(2min);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"), (Words{"Downloaded", "Installing", "Installed"}));
  EXPECT_EQ(world.last_of("BootNotification")["firmwareVersion"], "VP-9.1");
  EXPECT_EQ(world.story().back(), "FirmwareStatusNotification");
  EXPECT_EQ(world.state("firmware_update"), "Idle");
  EXPECT_EQ(world.status_of("TriggerMessage", {{"requestedMessage", "FirmwareStatusNotification"}}),
            "Accepted");
  world.run_for(1s);
  EXPECT_EQ(words(world, "FirmwareStatusNotification").back(), "Idle");
}

TEST(OcppFirmware, AnUpdateWaitsForTheTransactionAndFailsWhereAnOperatorWantsIt) {
  OcppWorld world({{"ocpp.firmware.fail", text("install")}});
  world.accept();
  world.charge();
  ASSERT_TRUE(world.request("UpdateFirmware", update()));
  world.finish_fetch(200, "x");
  world.run_for(2min);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"), (Words{"Downloading", "Downloaded"}));
  EXPECT_TRUE(world.on("stop", 1));
  world.run_for(1min);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"),
            (Words{"Downloading", "Downloaded", "Installing", "InstallationFailed"}));
  EXPECT_FALSE(world.rebooting());
}

TEST(OcppFirmware, WhatHappensOfflineIsToldWhenTheConnectionIsBack) {
  OcppWorld world;
  world.accept();
  json request = update();
  request["retries"] = 1;
  request["retryInterval"] = 60;
  ASSERT_TRUE(world.request("UpdateFirmware", request));
  world.run_for(1s);
  world.lose_link();
  world.finish_fetch(0);
  world.run_for(61s);
  ASSERT_EQ(world.fetches().size(), 2U);
  world.finish_fetch(404);
  world.run_for(1s);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"), (Words{"Downloading"}));
  world.regain_link();
  world.run_for(1s);
  EXPECT_EQ(words(world, "FirmwareStatusNotification"), (Words{"Downloading", "DownloadFailed"}));
}

TEST(OcppFirmware, ASignedUpdateNeedsAGoodCertificateAndSignature) {
  OcppWorld world({{"ocpp.security.events", boolean(true)}, {"ocpp.security.all_events", boolean(true)}});
  world.accept();
  const auto ca = net::CertificateAuthority::make("maker", world.wall_now() - 24h, world.wall_now() + 24h);
  ASSERT_TRUE(ca);
  json request{{"requestId", 5},
               {"firmware",
                {{"location", "http://files/s.bin"},
                 {"retrieveDateTime", "2020-01-01T00:00:00Z"},
                 {"signingCertificate", "nonsense"},
                 {"signature", "AAAA"}}}};
  EXPECT_EQ(world.status_of("SignedUpdateFirmware", request), "InvalidCertificate");
  request["firmware"]["signingCertificate"] = ca->pem().certificate;
  EXPECT_EQ(world.status_of("SignedUpdateFirmware", request), "Accepted");
  EXPECT_EQ(world.status_of("SignedUpdateFirmware", request), "AcceptedCanceled");
  world.finish_fetch(200, "firmware");
  world.run_for(1s);
  EXPECT_EQ(words(world, "SignedFirmwareStatusNotification"),
            (Words{"Downloading#5", "Downloading#5", "Downloaded#5", "InvalidSignature#5"}));
  Words events;
  for (const json& each : world.sent("SecurityEventNotification")) events.push_back(each["type"]);
  EXPECT_EQ(events,
            (Words{"StartupOfTheDevice", "InvalidFirmwareSigningCertificate", "InvalidFirmwareSignature"}));
}

TEST(OcppDiagnostics, AreUploadedAndTold) {
  OcppWorld world({{"ocpp.upload.bytes", integer(2000)}});
  world.accept();
  const auto answer = world.request("GetDiagnostics", {{"location", "http://logs/in"}});
  ASSERT_TRUE(answer);
  const std::string file = answer->at("fileName");
  EXPECT_TRUE(file.starts_with("diagnostics-pile-00001-")) << file;
  const auto& fetch = world.fetches().back();
  EXPECT_EQ(fetch.url, "http://logs/in/" + file);
  EXPECT_GE(fetch.body.size(), 2000U);
  EXPECT_NE(fetch.body.find("connector 2 available"), std::string::npos) << fetch.body.substr(0, 300);
  world.finish_fetch(201);
  world.run_for(1s);
  EXPECT_EQ(words(world, "DiagnosticsStatusNotification"), (Words{"Uploading", "Uploaded"}));
  // What cannot be reached by HTTP.
  const auto ftp = world.request("GetDiagnostics", {{"location", "ftp://logs/in"}});
  ASSERT_TRUE(ftp);
  EXPECT_FALSE(ftp->contains("fileName"));
  world.run_for(1s);
  EXPECT_EQ(words(world, "DiagnosticsStatusNotification").back(), "UploadFailed");
  EXPECT_EQ(world.key("SupportedFileTransferProtocols"), "HTTP,HTTPS");
  EXPECT_NE(world.key("SupportedFeatureProfiles").find("FirmwareManagement"), std::string::npos);
}

TEST(OcppDiagnostics, ALogCarriesItsRequestAndTheSecurityLogItsEvents) {
  OcppWorld world({{"ocpp.security.events", boolean(true)}});
  world.accept();
  const json log{{"remoteLocation", "http://logs/in"}};
  EXPECT_EQ(world.status_of("GetLog", {{"log", log}, {"logType", "SecurityLog"}, {"requestId", 31}}),
            "Accepted");
  EXPECT_NE(world.fetches().back().body.find("StartupOfTheDevice"), std::string::npos);
  EXPECT_EQ(world.status_of("GetLog", {{"log", log}, {"logType", "DiagnosticsLog"}, {"requestId", 32}}),
            "AcceptedCanceled");
  EXPECT_EQ(world.status_of("ExtendedTriggerMessage", {{"requestedMessage", "LogStatusNotification"}}),
            "Accepted");
  world.finish_fetch(403);
  world.run_for(1s);
  EXPECT_EQ(words(world, "LogStatusNotification"),
            (Words{"Uploading#31", "Uploading#32", "Idle", "PermissionDenied#32"}));
}

TEST(OcppSecurity, ACertificateIsAskedForAndRootsAreKept) {
  OcppWorld world({{"ocpp.security.cpo_name", text("Charging & Co")}});
  world.accept();
  EXPECT_EQ(world.status_of("CertificateSigned", {{"certificateChain", "x"}}), "Rejected");
  EXPECT_EQ(world.status_of("ExtendedTriggerMessage", {{"requestedMessage", "SignChargePointCertificate"}}),
            "Accepted");
  world.run_for(1s);
  EXPECT_TRUE(world.last_of("SignCertificate")["csr"].get<std::string>().starts_with(
      "-----BEGIN CERTIFICATE REQUEST"));
  const auto ca = net::CertificateAuthority::make("root", world.wall_now() - 24h, world.wall_now() + 24h);
  ASSERT_TRUE(ca);
  EXPECT_EQ(world.status_of("InstallCertificate", {{"certificateType", "CentralSystemRootCertificate"},
                                                   {"certificate", ca->pem().certificate}}),
            "Accepted");
  const auto ids =
      world.request("GetInstalledCertificateIds", {{"certificateType", "CentralSystemRootCertificate"}});
  ASSERT_TRUE(ids);
  EXPECT_EQ(
      world.status_of("DeleteCertificate", {{"certificateHashData", ids->at("certificateHashData")[0]}}),
      "Accepted");
  EXPECT_TRUE(world.operate("SignCertificate", {}));
  EXPECT_EQ(world.count_of("SignCertificate"), 2U);
}

TEST(OcppSecurity, AResetIsAnEventThatIsToldAfterIt) {
  OcppWorld world({{"ocpp.security.events", boolean(true)}});
  world.accept();
  EXPECT_EQ(world.status_of("Reset", {{"type", "Hard"}}), "Accepted");
  world.run_for(1min);
  Words events;
  for (const json& each : world.sent("SecurityEventNotification")) events.push_back(each["type"]);
  EXPECT_EQ(events, (Words{"StartupOfTheDevice", "ResetOrReboot", "StartupOfTheDevice"}));
}

Words events(const OcppWorld& world) {
  Words out;
  for (const json& each : world.sent("SecurityEventNotification")) out.push_back(each["type"]);
  return out;
}

TEST(OcppSecurity, CriticalEventsAreToldAndOthersOnlyKept) {
  OcppWorld world({{"ocpp.security.events", boolean(true)}});
  world.start(/*connect=*/false);
  world.device().link_failed(world, "unauthorized");
  world.device().link_failed(world, "unauthorized");
  world.device().link_failed(world, "certificate_expired");
  world.device().link_failed(world, "tls_version");
  world.device().link_failed(world, "connection_refused");
  world.connect();
  world.run_for(1s);
  EXPECT_EQ(events(world), (Words{"StartupOfTheDevice"}));
  world.damaged(R"([2,"x")");
  ASSERT_TRUE(world.act("tamper", {{"info", text("lid 2")}}));
  ASSERT_TRUE(world.fault("door_open", 1));
  world.run_for(1s);
  EXPECT_EQ(events(world),
            (Words{"StartupOfTheDevice", "TamperDetectionActivated", "TamperDetectionActivated"}));
  EXPECT_EQ(world.sent("SecurityEventNotification")[1].at("techInfo"), "lid 2");
  const json log{{"remoteLocation", "http://logs/in"}};
  EXPECT_EQ(world.status_of("GetLog", {{"log", log}, {"logType", "SecurityLog"}, {"requestId", 1}}),
            "Accepted");
  const std::string& body = world.fetches().back().body;
  std::size_t at = 0;
  for (const char* each :
       {"StartupOfTheDevice", "FailedToAuthenticateAtCentralSystem", "InvalidCentralSystemCertificate",
        "InvalidTLSVersion", "InvalidMessages", "TamperDetectionActivated lid 2"}) {
    at = body.find(each, at);
    ASSERT_NE(at, std::string::npos) << each << " in " << body;
  }
  EXPECT_EQ(body.find("FailedToAuth"), body.rfind("FailedToAuth")) << "again and again is once";
}

TEST(OcppSecurity, WithoutSecurityEventsThereIsNothingToTellOfTampering) {
  OcppWorld world;
  world.accept();
  const auto refused = world.act("tamper");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("ocpp.security.events"), std::string::npos);
}

TEST(OcppSecurity, ACriticalEventOutlivesTheConnectionAndTheWorker) {
  OcppWorld world({{"ocpp.security.events", boolean(true)},
                   {"ocpp.queue_max", integer(16)},
                   {"stop_when_full", boolean(false)},
                   {"reports.meter.every", duration(10s)}});
  world.accept();
  world.charge();
  world.lose_link();
  world.forget_calls();
  world.run_for(10min);
  ASSERT_TRUE(world.act("tamper"));
  ASSERT_TRUE(world.resume(world.saved()));
  world.run_for(5s);
  EXPECT_EQ(events(world), (Words{"MemoryExhaustion", "TamperDetectionActivated"}));
  EXPECT_EQ(world.count_of("BootNotification"), 0U);
}

TEST(OcppSecurity, AnEventWithoutAnAnswerIsToldAgain) {
  OcppWorld world({{"ocpp.security.events", boolean(true)}});
  int left = 2;
  world.replies["SecurityEventNotification"] = [&](const json&) {
    return left-- > 0 ? std::nullopt : std::optional(json::object());
  };
  world.start();
  world.run_for(3min);
  EXPECT_EQ(events(world), (Words{"StartupOfTheDevice", "StartupOfTheDevice", "StartupOfTheDevice"}));
}

TEST(OcppFirmware, AnUpdateAndAnUploadGoOnInTheNextLifeOfTheWorker) {
  OcppWorld world;
  world.accept();
  ASSERT_TRUE(world.request("UpdateFirmware", update()));
  ASSERT_TRUE(world.request("GetDiagnostics", {{"location", "http://logs/in"}, {"retries", 0}}));
  world.run_for(1s);
  world.forget_calls();
  ASSERT_TRUE(world.resume(world.saved()));
  world.run_for(1s);
  ASSERT_EQ(world.fetches().size(), 4U) << "both begin anew";
  EXPECT_EQ(world.fetches()[2].url, "http://files/VP-9.1.bin");
  EXPECT_EQ(world.fetches()[3].url, world.fetches()[1].url);
  EXPECT_NE(world.fetches()[3].body.find("diagnostics log of pile-00001"), std::string::npos);
  world.finish_fetch(200);
  world.run_for(1s);
  EXPECT_EQ(words(world, "DiagnosticsStatusNotification"), (Words{"Uploaded"}));
  EXPECT_EQ(world.state("firmware_update"), "Downloading");
  EXPECT_EQ(world.count_of("BootNotification"), 0U);
}

TEST(OcppSecurity, TheProfileOnlyRisesAndFallsBackWhenItDoesNotConnect) {
  OcppWorld world;
  world.uplink_values = {{"uplink.ocpp.security_profile", "0"}, {"uplink.ocpp.password", ""}};
  world.accept();
  const auto change = [&](const char* key, const char* value) {
    return world.status_of("ChangeConfiguration", {{"key", key}, {"value", value}});
  };
  EXPECT_EQ(change("SecurityProfile", "1"), "Rejected") << "no key";
  EXPECT_EQ(change("AuthorizationKey", "short"), "Rejected");
  EXPECT_EQ(change("AuthorizationKey", "0123456789abcdef0123"), "Accepted");
  EXPECT_EQ(world.key("AuthorizationKey"), "(none)") << "it is write-only";
  EXPECT_EQ(change("SecurityProfile", "2"), "Rejected") << "no root";
  EXPECT_EQ(change("SecurityProfile", "1"), "Accepted");
  EXPECT_EQ(world.uplink_values["uplink.ocpp.security_profile"], "1");
  EXPECT_EQ(change("SecurityProfile", "1"), "Rejected");
  EXPECT_EQ(change("SecurityProfile", "0"), "Rejected");
  // It works: the connection comes back, and nothing falls back.
  world.lose_link();
  world.regain_link();
  world.run_for(5min);
  EXPECT_EQ(world.uplink_values["uplink.ocpp.security_profile"], "1");
  // The next one does not.
  world.uplink_values["uplink.ocpp.tls.ca"] = "root.pem";
  EXPECT_EQ(change("SecurityProfile", "3"), "Rejected") << "no certificate of its own";
  EXPECT_EQ(change("SecurityProfile", "2"), "Accepted");
  world.lose_link();
  world.run_for(59s);
  EXPECT_EQ(world.uplink_values["uplink.ocpp.security_profile"], "2");
  world.run_for(2s);
  EXPECT_EQ(world.uplink_values["uplink.ocpp.security_profile"], "1");
}

/// The certificate that the CSMS grants for the last request: by its own CA, for the key that was asked for.
std::string grant(const OcppWorld& world) {
  const std::string csr = world.last_of("SignCertificate")["csr"];
  const auto bio = ocpp16::reading(csr);
  const ocpp16::OpensslPtr<X509_REQ> request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  const ocpp16::OpensslPtr<EVP_PKEY> ca(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const ocpp16::OpensslPtr<X509> made(X509_new());
  const auto seconds = to_us(world.wall_now()) / 1'000'000;
  ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds - 3600);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds + 3600 * 24);
  X509_set_pubkey(made.get(), X509_REQ_get0_pubkey(request.get()));
  EXPECT_GT(X509_sign(made.get(), ca.get(), EVP_sha256()), 0);
  const ocpp16::OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), made.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

constexpr const char* kProfile = "uplink.ocpp.security_profile";
constexpr const char* kOwn = "uplink.ocpp.client_certificate";

/// Accepted, with a root and a certificate from the wire.
class Certified : public OcppWorld {
 public:
  explicit Certified(const char* profile) {
    uplink_values = {{kProfile, profile}, {"uplink.ocpp.password", ""}, {kOwn, "file"}};
    accept();
    const auto ca = net::CertificateAuthority::make("root", wall_now() - 24h, wall_now() + 24h);
    EXPECT_EQ(status_of("InstallCertificate", {{"certificateType", "CentralSystemRootCertificate"},
                                               {"certificate", ca->pem().certificate}}),
              "Accepted");
  }
  void certify() {
    EXPECT_EQ(status_of("ExtendedTriggerMessage", {{"requestedMessage", "SignChargePointCertificate"}}),
              "Accepted");
    run_for(1s);
    EXPECT_EQ(status_of("CertificateSigned", {{"certificateChain", grant(*this)}}), "Accepted");
  }
  [[nodiscard]] TlsCredentials given() {
    TlsCredentials out;
    dynamic_cast<const CredentialsHolder&>(device()).credentials(out);
    return out;
  }
};

TEST(OcppSecurity, WithACertificateFromTheWireTheProfileRisesToThreeAndFallsBackWithIt) {
  Certified world("0");
  EXPECT_FALSE(world.given().roots.empty());
  EXPECT_EQ(world.status_of("ChangeConfiguration", {{"key", "SecurityProfile"}, {"value", "3"}}), "Rejected");
  world.certify();
  EXPECT_EQ(world.uplink_values[kOwn], "file") << "it is of no use yet";
  EXPECT_EQ(world.state("installed_certificate"), "true");
  EXPECT_EQ(world.status_of("ChangeConfiguration", {{"key", "SecurityProfile"}, {"value", "3"}}), "Accepted");
  EXPECT_EQ(world.uplink_values[kProfile], "3");
  EXPECT_EQ(world.uplink_values[kOwn], "installed");
  world.lose_link();
  world.run_for(61s);
  EXPECT_EQ(world.uplink_values[kProfile], "0");
  EXPECT_EQ(world.uplink_values[kOwn], "file");
  EXPECT_FALSE(world.given().certificate.empty()) << "it is still there";
}

TEST(OcppSecurity, AtProfileThreeANewCertificateIsUsedAndTheOneBeforeComesBackWhenItDoesNotConnect) {
  Certified world("3");
  world.certify();
  EXPECT_EQ(world.uplink_values[kOwn], "installed");
  world.lose_link();
  world.regain_link();
  world.run_for(1s);
  const std::string first = world.given().certificate;
  world.certify();
  EXPECT_NE(world.given().certificate, first);
  world.lose_link();
  world.run_for(61s);
  EXPECT_EQ(world.given().certificate, first);
  EXPECT_EQ(world.uplink_values[kOwn], "installed");
}

TEST(OcppSecurity, ACertificateTakesTwoAndAHalfKibibytesAndWhoHasNonePaysNothing) {
  // What another life takes of what was saved; the roots are those of the first.
  const auto bytes_of = [](OcppWorld& world) {
    const auto saved = world.saved();
    const auto before = mallinfo2().uordblks;
    const auto twin = world.type().make(1, 1, world.config());
    EXPECT_TRUE(twin->restore(world, saved));
    return mallinfo2().uordblks - before;
  };
  OcppWorld plain;
  plain.accept();
  Certified own("0");
  own.certify();
  const auto without = bytes_of(plain);
  const auto with = bytes_of(own);
  EXPECT_LE(with, without + 2560);
  // A sanitizer's malloc counts nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_GT(with, without) << "it measures nothing";
#endif
  std::printf("a certificate of its own: %zu bytes more\n", with - without);
}

TEST(OcppSecurity, CertificatesAndAProfileOnTrialOutliveTheWorker) {
  Certified world("0");
  world.certify();
  EXPECT_EQ(world.status_of("ChangeConfiguration", {{"key", "SecurityProfile"}, {"value", "3"}}), "Accepted");
  const TlsCredentials before = world.given();
  const auto saved = world.saved();
  ASSERT_FALSE(saved.empty());
  // Another life that never connects.
  const auto next = world.type().make(1, 1, world.config());
  ASSERT_TRUE(next->restore(world, saved));
  TlsCredentials given;
  dynamic_cast<const CredentialsHolder&>(*next).credentials(given);
  EXPECT_EQ(given.roots, before.roots);
  EXPECT_EQ(given.certificate, before.certificate);
  EXPECT_EQ(given.key, before.key);
  world.lose_link();
  world.run_for(61s);
  world.uplink_values[kProfile] = "3";
  next->advance(world);
  EXPECT_EQ(world.uplink_values[kProfile], "0");
}

}  // namespace
}  // namespace vfleet::pile
