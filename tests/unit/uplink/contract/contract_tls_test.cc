#include <filesystem>
#include <fstream>

#include "simulator/core/clock.h"
#include "tests/support/tls_peer.h"
#include "tests/unit/uplink/contract/contract_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

/// Every uplink over TLS, on the simulated network; the server is checked, as it is by default.
class ContractOfTls : public Contract {
 protected:
  ContractOfTls() {
    std::ofstream(ca_) << authority().pem().certificate;
    values_["url"].data = entry().tls_url;
    values_["tls.ca"].data = ca_.string();
  }
  ~ContractOfTls() override { std::filesystem::remove(ca_); }

  static const net::CertificateAuthority& authority() {
    static const net::CertificateAuthority made = make_authority();
    return made;
  }
  static net::CertificateAuthority make_authority() {
    const WallTime now = RealClock().wall_now();
    return std::move(*net::CertificateAuthority::make("CA", now - 2h, now + 24h));
  }
  static net::PemPair certificate(const net::CertificateAuthority& by, std::string name = "127.0.0.1",
                                  std::chrono::hours until = 24h) {
    const WallTime now = RealClock().wall_now();
    return *by.issue({.common_name = "server",
                      .names = {std::move(name)},
                      .server = true,
                      .from = now - 2h,
                      .until = now + until});
  }

  void serve(const net::PemPair& certificate) {
    tls_ = std::make_unique<test::TlsPeer>(server_, certificate);
    tls_->received = [this](test::SimulatedConnection& c, std::string_view bytes) {
      peer_->take(
          c.number(), bytes,
          {.say = [this, &c](std::string_view text) { tls_->send(c, text); }, .close = [&c] { c.close(); }});
    };
  }

  /// The reason is told to the owner, counted, and logged in words.
  void fails_with(const std::string& reason, std::string_view words) {
    start();
    ASSERT_TRUE(loop_.run_until([&] { return !owner_.downs.empty(); }, 10s));
    EXPECT_EQ(owner_.downs.begin()->first, reason);
    EXPECT_EQ(counter("connect_failures_total{reason=\"" + reason + "\"}"), owner_.downs[reason]);
    EXPECT_EQ(owner_.ups, 0u);
    ASSERT_FALSE(warnings_.empty());
    EXPECT_NE(warnings_[0].find(words), std::string::npos) << warnings_[0];
  }

  std::filesystem::path ca_ =
      std::filesystem::path(testing::TempDir()) / ("contract-" + entry().name + ".pem");
  std::unique_ptr<test::TlsPeer> tls_;
};

INSTANTIATE_TEST_SUITE_P(Uplinks, ContractOfTls, testing::ValuesIn(test::contract_entries()),
                         [](const auto& each) { return each.param.name; });

TEST_P(ContractOfTls, CarriesReports) {
  serve(certificate(authority()));
  started();
  for (std::uint32_t seq = 1; seq <= 5; ++seq) ASSERT_EQ(report(seq), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(peer_->reports.size(), 5u);
  EXPECT_EQ(done_count(), 5u);
  EXPECT_TRUE(warnings_.empty());
}

TEST_P(ContractOfTls, RefusesACertificateOfNobodyItKnows) {
  serve(certificate(make_authority()));
  fails_with("certificate_untrusted", "certificate");
}

TEST_P(ContractOfTls, RefusesACertificateThatHasExpired) {
  serve(certificate(authority(), "127.0.0.1", -1h));
  fails_with("certificate_expired", "expired");
}

TEST_P(ContractOfTls, RefusesACertificateOfAnotherName) {
  serve(certificate(authority(), "other.example"));
  fails_with("certificate_name", "127.0.0.1");
}

TEST_P(ContractOfTls, SaysThatTheServerDoesNotSpeakTls) {
  server_.received = [](test::SimulatedConnection& c, std::string_view) {
    c.send("HTTP/1.1 400 Bad\r\n\r\n");
  };
  fails_with("not_tls", "TLS");
}

TEST_P(ContractOfTls, SaysThatTheServerEndedTheHandshake) {
  server_.received = [](test::SimulatedConnection& c, std::string_view) { c.close(); };
  fails_with("handshake_cut", "handshake");
}

TEST_P(ContractOfTls, LivesOnWhenBytesAreTamperedWith) {
  serve(certificate(authority()));
  started();
  connection().send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'z'));
  ASSERT_TRUE(loop_.run_until([&] { return owner_.downs["tls_failed"] == 1; }, 10s));
  ASSERT_TRUE(comes_up());
  ASSERT_EQ(report(1), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(done_count(), 1u);
}

}  // namespace
}  // namespace vfleet::uplink
