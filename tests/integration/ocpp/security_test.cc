// Security profiles that rise over the wire, with certificates that came over it, against a CSMS that is not
// ours.
#include <csignal>

#include "tests/integration/ocpp/request_table.h"
#include "tests/integration/ocpp/signer.h"

namespace vfleet::ocpp_test {
namespace {

class OcppSecurity : public RequestTable {
 protected:
  /// A CSMS that listens for TLS, and asks for certificates of `clients_`, and one pile.
  void start_pile(const std::string& config = "ocpp: {security: {fall_back_after: 60s}}",
                  const std::string& uplink = "") {
    serve(root_);
    start({.config = config,
           .uplink = "secure_url: 'wss://127.0.0.1:" + std::to_string(port_) +
                     "/ocpp', connect_timeout: 20s" + uplink});
    ASSERT_TRUE(all_accepted());
  }
  void serve(const Signer& signer) {
    const Signer::Server server = signer.serve("127.0.0.1");
    port_ = csms_.listen(
        {.certificate = server.certificate, .key = server.key, .clients = clients_.certificate()});
  }

  json change(const std::string& key, const std::string& value) const {
    return csms_.call(kPile, "ChangeConfiguration", {{"key", key}, {"value", value}});
  }
  [[nodiscard]] std::uint64_t connections() const { return csms_.state(kPile)["connections"]; }
  /// It is connected anew, with that profile.
  [[nodiscard]] bool returns_with(int profile, std::uint64_t before) const {
    return eventually([&] {
      const json state = csms_.state(kPile);
      return state["connections"] > before && state["connected"] == true && state["profile"] == profile;
    });
  }
  void raise(int profile) {
    const std::uint64_t before = connections();
    EXPECT_EQ(change("SecurityProfile", std::to_string(profile))["result"], kAccepted);
    ASSERT_TRUE(returns_with(profile, before)) << csms_.state(kPile)["profile"] << fleet_->worker_log(0);
    EXPECT_EQ(key("SecurityProfile"), std::to_string(profile));
  }
  void give_key(const std::string& key) {
    const auto admit = [&] { csms_.set({{"passwords", {{kPile, key}}}}); };
    const std::uint64_t before = connections();
    const int profile = csms_.state(kPile)["profile"];
    // Who is connected stays so. With profile 0 no password is said: the CSMS asks for it from the next one
    // on.
    if (profile > 0) admit();
    EXPECT_EQ(change("AuthorizationKey", key)["result"], kAccepted);
    ASSERT_TRUE(returns_with(profile, before));
    if (profile == 0) admit();
  }
  [[nodiscard]] std::string install(const Signer& signer) const {
    return csms_.status_of(
        kPile, "InstallCertificate",
        {{"certificateType", "CentralSystemRootCertificate"}, {"certificate", signer.certificate()}});
  }
  /// A request for a certificate comes, and `signer` grants it.
  void grant(const Signer& signer) {
    const std::uint64_t before = csms_.got(kPile, "SignCertificate");
    EXPECT_EQ(csms_.status_of(kPile, "ExtendedTriggerMessage",
                              {{"requestedMessage", "SignChargePointCertificate"}}),
              "Accepted");
    ASSERT_TRUE(gets("SignCertificate", before + 1));
    const std::string chain =
        signer.issue(csms_.last(kPile, "SignCertificate").value("csr", "")) + signer.certificate();
    EXPECT_EQ(csms_.status_of(kPile, "CertificateSigned", {{"certificateChain", chain}}), "Accepted");
  }
  [[nodiscard]] bool log_tells(const std::string& words) const {
    return eventually([&] { return fleet_->worker_log(0).find(words) != std::string::npos; });
  }

  Signer root_{"CSMS Root"};
  Signer clients_{"Charge Point Root"};
  std::uint16_t port_ = 0;
};

TEST_F(OcppSecurity, AChargePointRisesToMutualTlsByWhatItGetsOverTheWireAndKeepsItOverTheWorkersEnd) {
  start_pile();
  ASSERT_EQ(csms_.state(kPile)["profile"], 0);
  give_key("0123456789abcdef");
  raise(1);
  give_key("fedcba9876543210");
  EXPECT_EQ(change("SecurityProfile", "2")["result"], kRejected) << "there is no root yet";
  ASSERT_EQ(install(root_), "Accepted");
  raise(2);
  EXPECT_EQ(change("SecurityProfile", "3")["result"], kRejected) << "there is no certificate yet";
  grant(clients_);
  raise(3);
  EXPECT_EQ(csms_.state(kPile)["certificate"], kPile);
  EXPECT_EQ(csms_.state(kPile)["protocol"], "ocpp1.6");
  EXPECT_EQ(value("uplink.ocpp.client_certificate"), "installed");
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 1U) << "a new connection is no boot";

  fleet_->worker(0).signal(SIGKILL);
  EXPECT_TRUE(fleet_->worker(0).wait(std::chrono::minutes(1)).has_value());
  const std::uint64_t before = connections();
  fleet_->start_worker(0);
  EXPECT_TRUE(returns_with(3, before)) << fleet_->worker_log(0);
  expect_conformance();
}

TEST_F(OcppSecurity, ANewCertificateIsUsedAtOnceAndOneThatDoesNotConnectIsTakenBack) {
  start_pile("ocpp: {security: {fall_back_after: 3s}}");
  ASSERT_EQ(install(root_), "Accepted");
  grant(clients_);
  raise(3);
  std::uint64_t before = connections();
  grant(clients_);
  ASSERT_TRUE(returns_with(3, before));
  // Of a CA that the CSMS does not know: it is let in with its certificate only.
  csms_.set({{"profiles", {{kPile, 3}}}});
  before = connections();
  const std::uint64_t refused = csms_.state()["refused"].size();
  grant(Signer("Somebody"));
  EXPECT_TRUE(eventually([&] { return csms_.state()["refused"].size() > refused; }));
  EXPECT_TRUE(returns_with(3, before)) << fleet_->worker_log(0);
  EXPECT_TRUE(log_tells("the new certificate does not connect"));
  expect_conformance();
}

TEST_F(OcppSecurity, AProfileThatDoesNotConnectIsTakenBackAndTheReasonIsTold) {
  start_pile("ocpp: {security: {fall_back_after: 3s}}");
  give_key("0123456789abcdef");
  raise(1);
  ASSERT_EQ(install(Signer("Somebody")), "Accepted");
  const std::uint64_t before = connections();
  EXPECT_EQ(change("SecurityProfile", "2")["result"], kAccepted);
  ASSERT_TRUE(returns_with(1, before)) << fleet_->worker_log(0);
  EXPECT_EQ(key("SecurityProfile"), "1");
  EXPECT_TRUE(log_tells("certificate_untrusted"));
  EXPECT_TRUE(log_tells("the new security profile does not connect: back to 1"));
  // With the right one it does.
  ASSERT_EQ(install(root_), "Accepted");
  raise(2);
  expect_conformance();
}

TEST_F(OcppSecurity, ARootThatIsDeletedIsTrustedNoMore) {
  start_pile();
  give_key("0123456789abcdef");
  ASSERT_EQ(install(root_), "Accepted");
  raise(2);
  const json ids =
      csms_.call(kPile, "GetInstalledCertificateIds", {{"certificateType", "CentralSystemRootCertificate"}});
  EXPECT_EQ(csms_.status_of(kPile, "DeleteCertificate",
                            {{"certificateHashData", ids["result"]["certificateHashData"][0]}}),
            "Accepted");
  csms_.drop(kPile);
  EXPECT_TRUE(log_tells("certificate_untrusted")) << fleet_->worker_log(0);
  EXPECT_EQ(csms_.state(kPile)["connected"], false);
  expect_conformance();
}

TEST_F(OcppSecurity, ACertificateThatCameOverTheWireGoesBeforeThatOfTheFile) {
  fleet_test::TempDir folder;
  const Signer::Server own = clients_.serve("by file");
  fleet_test::write_file(folder / "own", own.certificate + own.key);
  fleet_test::write_file(folder / "root", root_.certificate());
  start_pile(
      "ocpp: {security: {fall_back_after: 60s}}",
      ", security_profile: 3, tls: {cert: '" + (folder / "own") + "', ca: '" + (folder / "root") + "'}");
  EXPECT_EQ(csms_.state(kPile)["certificate"], "by file");
  const std::uint64_t before = connections();
  grant(clients_);
  ASSERT_TRUE(returns_with(3, before));
  EXPECT_EQ(csms_.state(kPile)["certificate"], kPile);
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
