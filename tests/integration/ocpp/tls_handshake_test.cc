// The security profiles of the OCPP uplink against a CSMS that is not ours, without a device in between.
#include <gtest/gtest.h>

#include "simulator/core/base64.h"
#include "tests/integration/ocpp/csms.h"
#include "tests/integration/ocpp/signer.h"
#include "tests/integration/uplink/uplink_fixture.h"

namespace vfleet::ocpp_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// What stands between the lines of a PEM text.
std::string der_of(const std::string& pem) {
  const auto first = pem.find('\n') + 1;
  std::string body = pem.substr(first, pem.find("-----END") - first);
  std::erase(body, '\n');
  return base64_decode(body).value_or("");
}

class OcppTls : public test::UplinkFixture {
 protected:
  OcppTls() {
    values_["backoff.first"].data = Duration(50ms);
    values_["backoff.max"].data = Duration(200ms);
    // A machine with much to do takes its time for a handshake.
    values_["connect_timeout"].data = Duration(20s);
    values_["security_profile"].data = std::int64_t{2};
    values_["password"].data = std::string("correct horse");
    fleet_test::write_file(folder_ / "root", root_.certificate());
    values_["tls.ca"].data = folder_ / "root";
    csms_.set({{"passwords", {{"pile-1", "correct horse"}}}});
  }

  /// The CSMS has a certificate for that name, by `signer`.
  void listen(const Signer& signer, const std::string& name = "127.0.0.1") {
    const Signer::Server server = signer.serve(name);
    tls_.certificate = server.certificate;
    tls_.key = server.key;
    port_ = csms_.listen(tls_);
    ASSERT_NE(port_, 0);
  }
  void connect() {
    link_.reset();
    values_["secure_url"].data = "wss://127.0.0.1:" + std::to_string(port_) + "/ocpp";
    make_uplink("ocpp", values_);
    link_ = make_link(1);
    link_->open();
  }
  [[nodiscard]] bool comes_up() {
    return run_until([&] { return link_->up(); }, 60s);
  }
  void drop_and_return() {
    const std::size_t before = owner_.ups;
    csms_.drop("pile-1");
    EXPECT_TRUE(run_until([&] { return owner_.ups > before; }, 60s));
  }
  /// It does not connect: the reason is told to the owner, counted, and logged with what helps.
  void fails_with(const std::string& reason, const std::string& words) {
    ASSERT_TRUE(run_until([&] { return owner_.downs.contains(reason); }, 60s)) << json(owner_.downs);
    EXPECT_FALSE(link_->up());
    EXPECT_GE(counter("connect_failures_total{reason=\"" + reason + "\"}"), 1U);
    if (words.empty()) return;
    std::string log;
    for (const std::string& each : warnings_) log += each + "\n";
    EXPECT_NE(log.find(words), std::string::npos) << log;
  }

  /// A key and a certificate of `signer` for the charge point.
  [[nodiscard]] static Signer::Server issue(const Signer& signer) { return signer.serve("pile-1"); }
  void show(const Signer::Server& own) {
    fleet_test::write_file(folder_ / "own", own.certificate + own.key);
    values_["security_profile"].data = std::int64_t{3};
    values_["tls.cert"].data = folder_ / "own";
  }

  Csms csms_;
  Signer root_;
  Signer stranger_{"Somebody"};
  fleet_test::TempDir folder_;
  Csms::Tls tls_;
  config::Values values_;
  std::uint16_t port_ = 0;
  std::unique_ptr<uplink::Link> link_;
};

TEST_F(OcppTls, Profile2GoesOverTlsWithThePassword) {
  listen(root_);
  connect();
  ASSERT_TRUE(comes_up()) << json(owner_.downs);
  const json state = csms_.state("pile-1");
  EXPECT_EQ(state["profile"], 2);
  EXPECT_EQ(state["protocol"], "ocpp1.6");
  EXPECT_EQ(csms_.violations(), "");
}

TEST_F(OcppTls, Profile2WithAWrongPasswordIsUnauthorized) {
  listen(root_);
  values_["password"].data = std::string("wrong");
  connect();
  fails_with("unauthorized", "");
  EXPECT_EQ(csms_.state()["refused"][0], (json{{"identity", "pile-1"}, {"code", 401}}));
}

TEST_F(OcppTls, AServerWhoseCertificateIsOfAnUnknownCaIsNotSpokenTo) {
  listen(stranger_);
  connect();
  fails_with("certificate_untrusted", "tls.ca names the CAs that are trusted");
  EXPECT_EQ(csms_.state()["refused"].size(), 0U) << "nothing was said to it";
  // The server gets another one.
  listen(root_);
  EXPECT_TRUE(comes_up());
}

TEST_F(OcppTls, AServerWhoseCertificateIsForAnotherNameIsNotSpokenTo) {
  listen(root_, "csms.example.com");
  connect();
  fails_with("certificate_name", "tls.name gives the name that is looked for");
  values_["tls.name"].data = std::string("csms.example.com");
  connect();
  EXPECT_TRUE(comes_up());
}

TEST_F(OcppTls, Profile3ShowsItsCertificateAndNoPassword) {
  tls_.clients = root_.certificate();
  tls_.demand = true;
  listen(root_);
  show(issue(root_));
  connect();
  ASSERT_TRUE(comes_up()) << json(owner_.downs);
  const json state = csms_.state("pile-1");
  EXPECT_EQ(state["profile"], 3);
  EXPECT_EQ(state["certificate"], "pile-1");
  EXPECT_EQ(state["protocol"], "ocpp1.6");
}

TEST_F(OcppTls, AServerThatDemandsACertificateRefusesWithoutAndWithAStrangers) {
  tls_.clients = root_.certificate();
  tls_.demand = true;
  listen(root_);
  const auto refused = [&] {
    connect();
    EXPECT_TRUE(run_until([&] { return !owner_.downs.empty(); }, 60s));
    EXPECT_FALSE(link_->up());
    return json(owner_.downs);
  };
  // By an alert; but a server that hangs up at once may take back what it said.
  const auto by_alert = [](const json& downs, const std::string& alert) {
    return downs.contains(alert) || downs.contains("reset") || downs.contains("closed_by_peer");
  };
  json downs = refused();
  EXPECT_TRUE(by_alert(downs, "tls_alert_certificate_required")) << downs;
  show(issue(stranger_));
  owner_.downs.clear();
  downs = refused();
  EXPECT_TRUE(by_alert(downs, "tls_alert_unknown_ca")) << downs;
  EXPECT_EQ(owner_.ups, 0U);
  show(issue(root_));
  connect();
  EXPECT_TRUE(comes_up());
}

TEST_F(OcppTls, RootsThatCameOverTheWireAreTrustedBesideThoseOfTheFile) {
  listen(stranger_);
  owner_.given.roots = der_of(stranger_.certificate());
  connect();
  ASSERT_TRUE(comes_up()) << json(owner_.downs);
  // The file's root is still trusted, and a session of the one is not taken for the other's.
  listen(root_);
  drop_and_return();
  EXPECT_TRUE(link_->up());
}

TEST_F(OcppTls, ARootThatIsTakenAwayIsNotTrustedThoughASessionCouldBeResumed) {
  listen(stranger_);
  owner_.given.roots = der_of(stranger_.certificate());
  connect();
  ASSERT_TRUE(comes_up()) << json(owner_.downs);
  drop_and_return();
  owner_.given.roots.clear();
  csms_.drop("pile-1");
  fails_with("certificate_untrusted", "tls.ca");
}

TEST_F(OcppTls, ACertificateThatCameOverTheWireIsShownAndWithoutItNobodyConnects) {
  tls_.clients = root_.certificate();
  tls_.demand = true;
  listen(root_);
  values_["security_profile"].data = std::int64_t{3};
  values_["client_certificate"].data = std::string("installed");
  connect();
  fails_with("certificate_unreadable", "no certificate came over the wire yet");
  const Signer::Server own = issue(root_);
  owner_.given.certificate = der_of(own.certificate);
  owner_.given.key = der_of(own.key);
  EXPECT_TRUE(comes_up()) << json(owner_.downs);
  EXPECT_EQ(csms_.state("pile-1")["certificate"], "pile-1");
  // With another key it is of no use.
  owner_.given.key = der_of(issue(root_).key);
  owner_.downs.clear();
  csms_.drop("pile-1");
  fails_with("certificate_unreadable", "");  // of each kind the log tells once a minute
}

}  // namespace
}  // namespace vfleet::ocpp_test
