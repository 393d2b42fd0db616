// What every uplink with connections says when TLS does not come about: the reason that is counted, and the
// words in the worker's log.
#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "simulator/net/certificates.h"
#include "tests/integration/fleet/process.h"
#include "tests/integration/net/openssl_server.h"
#include "tests/integration/uplink/uplink_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

struct Way {
  const char* kind;
  const char* secure;
  const char* plain;
};

/// Takes connections, says `greeting` and closes, or neither.
class PlainServer {
 public:
  PlainServer(loop::AsioLoop& loop, std::string greeting, bool close)
      : acceptor_(loop.context(), {asio::ip::address_v4::loopback(), 0}),
        greeting_(std::move(greeting)),
        close_(close) {
    accept();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      boost::system::error_code ignored;
      asio::write(socket, asio::buffer(greeting_), ignored);
      if (close_) socket.shutdown(tcp::socket::shutdown_both, ignored);
      sockets_.push_back(std::move(socket));
      accept();
    });
  }

  tcp::acceptor acceptor_;
  std::vector<tcp::socket> sockets_;
  std::string greeting_;
  bool close_;
};

class TlsUplink : public test::UplinkFixture, public testing::WithParamInterface<Way> {
 protected:
  TlsUplink() {
    write("ca.crt", authority_.pem().certificate);
    write("other-ca.crt", stranger_.pem().certificate);
    issue(authority_, "server", {.common_name = "server", .names = {"127.0.0.1"}, .server = true});
    issue(stranger_, "strange", {.common_name = "pile-1", .client = true});
    set("tls.ca", file("ca.crt"));
    set("backoff.first", Duration(50ms));
    set("backoff.max", Duration(200ms));
  }

  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
  void issue(const net::CertificateAuthority& by, const std::string& name, net::CertificateWish wish) {
    if (wish.until == WallTime()) wish.until = clock_.wall_now() + 24h;
    if (wish.from == WallTime()) wish.from = clock_.wall_now() - 1h;
    const auto pair = *by.issue(wish);
    write(name + ".crt", pair.certificate);
    write(name + ".key", pair.key);
  }

  /// A real openssl s_server with the certificate NAME.
  void serve(const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"-cert", file(name + ".crt"), "-key", file(name + ".key")});
    server_ = std::make_unique<test::OpensslServer>(more);
    ASSERT_NE(server_->port(), 0) << server_->output();
    port_ = server_->port();
  }
  void serve_plain(std::string greeting, bool close) {
    plain_ = std::make_unique<PlainServer>(loop_, std::move(greeting), close);
    port_ = plain_->port();
  }

  template <class T>
  void set(const std::string& path, T value) {
    values_[path].data = std::move(value);
  }

  std::unique_ptr<Link> open(const char* scheme) {
    set("url", std::string(scheme) + "://127.0.0.1:" + std::to_string(port_));
    make_uplink(GetParam().kind, values_);
    auto link = make_link(1);
    link->open();
    return link;
  }

  /// The link goes down for `reason` (or one of two), it is counted, and the log has `words`.
  void expect_reason(const std::set<std::string>& reasons, const std::string& words) {
    std::string reason;
    ASSERT_TRUE(run_until([&] {
      for (const std::string& each : reasons) {
        if (owner_.downs[each] > 0) reason = each;
      }
      return !reason.empty();
    })) << (owner_.events.empty() ? "nothing happened" : owner_.events.back());
    EXPECT_GE(counter("connect_failures_total{reason=\"" + reason + "\"}") +
                  counter("disconnects_total{reason=\"" + reason + "\"}"),
              1u)
        << reason;
    const std::string begin = std::string("uplink ") + GetParam().kind + ", ";
    EXPECT_TRUE(std::any_of(warnings_.begin(), warnings_.end(), [&](const std::string& line) {
      return line.starts_with(begin) && line.find(words) != std::string::npos;
    })) << (warnings_.empty() ? "no word" : warnings_.back());
  }
  void expect_tls_reason(const std::string& reason, const std::string& words) {
    const auto link = open(GetParam().secure);
    expect_reason({reason}, words);
  }

  fleet_test::TempDir folder_;
  net::CertificateAuthority authority_ =
      std::move(*net::CertificateAuthority::make("CA", clock_.wall_now() - 1h, clock_.wall_now() + 24h));
  net::CertificateAuthority stranger_ = std::move(
      *net::CertificateAuthority::make("other CA", clock_.wall_now() - 1h, clock_.wall_now() + 24h));
  std::unique_ptr<test::OpensslServer> server_;
  std::unique_ptr<PlainServer> plain_;
  std::uint16_t port_ = 0;
  config::Values values_;
};

INSTANTIATE_TEST_SUITE_P(Uplinks, TlsUplink,
                         testing::Values(Way{"http", "https", "http"}, Way{"mqtt", "mqtts", "mqtt"},
                                         Way{"websocket", "wss", "ws"}, Way{"tcp", "tls", "tcp"}),
                         [](const auto& each) { return std::string(each.param.kind); });

TEST_P(TlsUplink, SaysThatItDoesNotKnowTheCa) {
  serve("server");
  set("tls.ca", file("other-ca.crt"));
  expect_tls_reason("certificate_untrusted", "unable to get local issuer certificate (tls.ca names");
}

TEST_P(TlsUplink, SaysThatTheCertificateHasExpired) {
  issue(authority_, "old",
        {.common_name = "old",
         .names = {"127.0.0.1"},
         .server = true,
         .from = clock_.wall_now() - 48h,
         .until = clock_.wall_now() - 24h});
  serve("old");
  expect_tls_reason("certificate_expired", "certificate has expired");
}

TEST_P(TlsUplink, SaysThatTheCertificateIsForAnotherName) {
  issue(authority_, "other", {.common_name = "other", .names = {"other.example"}, .server = true});
  serve("other");
  expect_tls_reason("certificate_name", "IP address mismatch (tls.name");
}

TEST_P(TlsUplink, SaysThatTheServerAsksForACertificate) {
  const std::vector<std::string> asks = {"-Verify", "1", "-verify_return_error", "-CAfile", file("ca.crt")};
  std::vector<std::string> words = {"-tls1_3"};
  words.insert(words.end(), asks.begin(), asks.end());
  serve("server", words);
  expect_tls_reason("tls_alert_certificate_required", "tls.cert");
  words.front() = "-tls1_2";
  serve("server", words);
  expect_tls_reason("tls_alert_handshake_failure", "tls.cert");
}

TEST_P(TlsUplink, SaysThatTheServerDoesNotAcceptItsCertificate) {
  for (const char* version : {"-tls1_3", "-tls1_2"}) {
    serve("server", {version, "-Verify", "1", "-verify_return_error", "-CAfile", file("ca.crt")});
    set("tls.cert", file("strange.crt"));
    set("tls.key", file("strange.key"));
    owner_.downs.clear();
    expect_tls_reason("tls_alert_unknown_ca", "does not accept the certificate of tls.cert");
  }
}

TEST_P(TlsUplink, SaysThatTheDevicesCertificateCannotBeRead) {
  serve("server");
  set("tls.cert", file("{device.id}.crt"));
  set("tls.key", file("{device.id}.key"));
  expect_tls_reason("certificate_unreadable", "cannot read " + file("pile-1.crt"));
}

TEST_P(TlsUplink, SaysThatTheServerIsTooOld) {
  serve("server", {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  expect_tls_reason("tls_alert_protocol_version", "TLS 1.2 and 1.3 are spoken here");
}

TEST_P(TlsUplink, SaysThatThePortIsAPlainOne) {
  serve_plain("HTTP/1.1 400 Bad Request\r\n\r\n", true);
  expect_tls_reason("not_tls", "the port may be a plain one");
}

TEST_P(TlsUplink, SaysThatThePortIsClosedToTls) {
  serve_plain("", true);
  const auto link = open(GetParam().secure);
  expect_reason({"handshake_cut", "reset"}, "does it speak TLS on this port?");
}

TEST_P(TlsUplink, SaysThatNobodyAnswersTheHandshake) {
  serve_plain("", false);
  set("connect_timeout", Duration(100ms));
  expect_tls_reason("handshake_timed_out", "does it speak TLS on this port?");
}

TEST_P(TlsUplink, SaysThatAServerWhichEndsAPlainConnectionMayWantTls) {
  serve("server");
  if (GetParam().kind == std::string_view("tcp")) set("ack.by", std::string("any"));
  const auto link = open(GetParam().plain);
  ASSERT_TRUE(run_until([&] { return link->up() || !owner_.downs.empty(); }));
  if (link->up()) {
    ASSERT_EQ(link->send({.seq = 1}, {.type = "status", .body = "{\"a\":1}"}), Accepted::yes);
  }
  expect_reason({"closed_by_peer", "reset"}, "if it expects TLS on this port");
}

TEST_P(TlsUplink, IsNotToldToWantTlsOfAServerThatSpoke) {
  serve_plain("hello\r\n", true);
  const auto link = open(GetParam().plain);
  ASSERT_TRUE(run_until([&] { return !owner_.downs.empty(); }));
  for (const std::string& line : warnings_) EXPECT_EQ(line.find("TLS"), std::string::npos) << line;
}

}  // namespace
}  // namespace vfleet::uplink
