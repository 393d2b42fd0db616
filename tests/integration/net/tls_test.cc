#include <filesystem>
#include <fstream>

#include "simulator/net/certificates.h"
#include "simulator/net/stream_source.h"
#include "tests/integration/net/stream_client.h"
#include "tests/support/loop_fixture.h"
#include "tests/integration/net/openssl_server.h"

namespace vfleet::net {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// TLS against the real `openssl s_server`, well and badly set up.
class TlsTest : public test::LoopFixture {
 protected:
  TlsTest() {
    std::string pattern = (fs::temp_directory_path() / "vfleet-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    write("ca.crt", authority_.pem().certificate);
    write("other-ca.crt", stranger_.pem().certificate);
    make("server", {.common_name = "server", .names = {"127.0.0.1", "localhost"}, .server = true});
  }
  ~TlsTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }

  /// NAME.crt and NAME.key, valid now unless `wish` says otherwise.
  void make(const std::string& name, CertificateWish wish) {
    if (wish.until == WallTime()) {
      wish.from = clock_.wall_now() - 1h;
      wish.until = clock_.wall_now() + 24h;
    }
    const auto pair = authority_.issue(wish);
    ASSERT_TRUE(pair) << pair.error().detail;
    write(name + ".crt", pair->certificate);
    write(name + ".key", pair->key);
  }

  /// Starts s_server with the certificate NAME.
  void serve(const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"-cert", file(name + ".crt"), "-key", file(name + ".key")});
    server_ = std::make_unique<test::OpensslServer>(more);
    ASSERT_NE(server_->port(), 0) << server_->output();
    port_ = server_->port();
  }

  void make_source(TlsOptions options) {
    if (options.name.empty()) options.name = "127.0.0.1";
    StreamOptions stream;
    stream.tls = std::move(options);
    auto made = StreamSource::make(std::move(stream));
    ASSERT_TRUE(made) << made.error().detail;
    source_ = std::move(*made);
    source_->trouble = [this](StreamError error, std::string_view detail) {
      troubles_.push_back(std::string(to_string(error)) + ": " + std::string(detail));
    };
  }

  /// A client whose attempt has ended.
  std::unique_ptr<test::StreamClient> connect(const TlsIdentity& identity = {}) {
    auto client = std::make_unique<test::StreamClient>();
    client->stream = network_->make_stream(*client, *source_, identity);
    const StreamError error = client->stream->connect(*parse_address("127.0.0.1", port_));
    if (error != StreamError::none) {
      client->connected = error;
      client->detail = client->stream->detail();
      return client;
    }
    EXPECT_TRUE(run_until([&] { return client->answered; }));
    return client;
  }

  /// The attempt fails so, and the reason is said.
  void expect_failure(StreamError error, const std::string& words) {
    const auto client = connect();
    EXPECT_EQ(to_string(client->connected), to_string(error));
    EXPECT_NE(client->detail.find(words), std::string::npos) << client->detail;
    ASSERT_EQ(troubles_.size(), 1u);
    EXPECT_EQ(troubles_[0], std::string(to_string(error)) + ": " + client->detail);
  }

  /// Sends a line and waits for it to come back backwards.
  void expect_echo(test::StreamClient& client) {
    const std::size_t before = client.text.size();
    EXPECT_EQ(client.stream->write_some("hello\n").bytes, 6u);
    EXPECT_TRUE(run_until([&] { return client.text.size() >= before + 6; }));
    EXPECT_EQ(client.text.substr(before), "olleh\n");
  }

  CertificateAuthority authority_ =
      std::move(*CertificateAuthority::make("test CA", clock_.wall_now() - 1h, clock_.wall_now() + 24h));
  CertificateAuthority stranger_ =
      std::move(*CertificateAuthority::make("another CA", clock_.wall_now() - 1h, clock_.wall_now() + 24h));
  fs::path folder_;
  std::unique_ptr<test::OpensslServer> server_;
  std::uint16_t port_ = 0;
  std::unique_ptr<StreamSource> source_;
  std::vector<std::string> troubles_;
};

TEST_F(TlsTest, TalksInEitherVersion) {
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    serve("server", {version});
    make_source({.ca = file("ca.crt")});
    const auto client = connect();
    ASSERT_EQ(to_string(client->connected), "none") << client->detail;
    expect_echo(*client);
    EXPECT_TRUE(troubles_.empty());
    EXPECT_EQ(source_->handshakes(), 1u);
  }
}

TEST_F(TlsTest, CarriesMuchMoreThanASocketTakesAtOnce) {
  serve("server");
  make_source({.ca = file("ca.crt")});
  const auto client = connect();
  ASSERT_EQ(to_string(client->connected), "none") << client->detail;
  // Lines that come back turned around: their sum tells whether a byte is missing.
  std::string all;
  for (int i = 0; i < 20'000; ++i)
    all += std::to_string(i) + " of a line that is a hundred bytes long or so\n";
  std::size_t sent = 0;
  ASSERT_TRUE(run_until([&] {
    while (sent < all.size()) {
      const auto [size, error] = client->stream->write_some(std::string_view(all).substr(sent));
      EXPECT_EQ(to_string(error), "none");
      if (size == 0 || error != StreamError::none) break;
      sent += size;
    }
    return client->text.size() >= all.size();
  }));
  EXPECT_EQ(client->text.size(), all.size());
  EXPECT_EQ(client->text.substr(0, 48),
            "os ro gnol setyb derdnuh a si taht enil a fo 0\n" + client->text.substr(47, 1));
}

TEST_F(TlsTest, RefusesACertificateOfACaThatIsNotTrusted) {
  serve("server");
  make_source({.ca = file("other-ca.crt")});
  expect_failure(StreamError::certificate_untrusted, "unable to get local issuer certificate");
}

TEST_F(TlsTest, RefusesACertificateThatHasExpired) {
  make("old", {.common_name = "old",
               .names = {"127.0.0.1"},
               .server = true,
               .from = clock_.wall_now() - 48h,
               .until = clock_.wall_now() - 24h});
  serve("old");
  make_source({.ca = file("ca.crt")});
  expect_failure(StreamError::certificate_expired, "certificate has expired");
}

TEST_F(TlsTest, RefusesACertificateThatIsNotValidYet) {
  make("early", {.common_name = "early",
                 .names = {"127.0.0.1"},
                 .server = true,
                 .from = clock_.wall_now() + 24h,
                 .until = clock_.wall_now() + 48h});
  serve("early");
  make_source({.ca = file("ca.crt")});
  expect_failure(StreamError::certificate_expired, "not yet valid");
}

TEST_F(TlsTest, RefusesACertificateForAnotherName) {
  make("other", {.common_name = "other", .names = {"other.example"}, .server = true});
  serve("other");
  make_source({.ca = file("ca.crt")});
  expect_failure(StreamError::certificate_name, "IP address mismatch");
  troubles_.clear();
  make_source({.ca = file("ca.crt"), .name = "platform.example"});
  expect_failure(StreamError::certificate_name, "hostname mismatch");
  troubles_.clear();
  make_source({.ca = file("ca.crt"), .name = "other.example"});
  EXPECT_EQ(to_string(connect()->connected), "none");
}

TEST_F(TlsTest, TakesAnyCertificateWhenItIsToldNotToLook) {
  serve("server");
  make_source({.verify = false, .name = "elsewhere.example"});
  const auto client = connect();
  ASSERT_EQ(to_string(client->connected), "none") << client->detail;
  expect_echo(*client);
}

TEST_F(TlsTest, SaysThatTheServerWantsACertificate) {
  // TLS 1.3 tells it after the handshake, 1.2 within.
  serve("server", {"-tls1_3", "-Verify", "1", "-verify_return_error", "-CAfile", file("ca.crt")});
  make_source({.ca = file("ca.crt")});
  const auto late = connect();
  ASSERT_EQ(to_string(late->connected), "none");
  ASSERT_TRUE(run_until([&] { return late->ended != StreamError::none; }));
  EXPECT_EQ(to_string(late->ended), "tls_alert_certificate_required");
  EXPECT_EQ(troubles_, std::vector<std::string>{"tls_alert_certificate_required: " + late->detail});

  troubles_.clear();
  serve("server", {"-tls1_2", "-Verify", "1", "-verify_return_error", "-CAfile", file("ca.crt")});
  expect_failure(StreamError::tls_alert_handshake_failure, "handshake failure");
}

TEST_F(TlsTest, EachDeviceShowsItsOwnCertificate) {
  serve("server", {"-Verify", "1", "-verify_return_error", "-CAfile", file("ca.crt")});
  make("pile-1", {.common_name = "pile-1", .client = true});
  make_source({.ca = file("ca.crt")});
  const std::string certificate = file("pile-1.crt");
  const std::string key = file("pile-1.key");
  auto client = connect({.certificate = certificate, .key = key, .device = 1});
  ASSERT_EQ(to_string(client->connected), "none") << client->detail;
  expect_echo(*client);
  client.reset();  // s_server serves one after the other
  // The same connection as for all devices.
  make_source({.ca = file("ca.crt"), .certificate = certificate, .key = key});
  const auto common = connect();
  ASSERT_EQ(to_string(common->connected), "none") << common->detail;
  expect_echo(*common);
}

TEST_F(TlsTest, SaysThatADevicesCertificateCannotBeUsed) {
  serve("server");
  make_source({.ca = file("ca.crt")});
  const std::string missing = file("pile-9.crt");
  auto client = connect({.certificate = missing, .device = 9});
  EXPECT_EQ(to_string(client->connected), "certificate_unreadable");
  EXPECT_NE(client->detail.find(missing), std::string::npos) << client->detail;
  make("pile-1", {.common_name = "pile-1", .client = true});
  make("pile-2", {.common_name = "pile-2", .client = true});
  client = connect({.certificate = file("pile-1.crt"), .key = file("pile-2.key"), .device = 1});
  EXPECT_EQ(to_string(client->connected), "certificate_unreadable");
  EXPECT_NE(client->detail.find("is not that of"), std::string::npos) << client->detail;
  EXPECT_EQ(troubles_.size(), 2u);
}

TEST_F(TlsTest, ACertificateOfTheWrongCaIsRefusedByTheServer) {
  serve("server", {"-tls1_3", "-Verify", "1", "-verify_return_error", "-CAfile", file("other-ca.crt")});
  make("pile-1", {.common_name = "pile-1", .client = true});
  make_source({.ca = file("ca.crt"), .certificate = file("pile-1.crt"), .key = file("pile-1.key")});
  const auto client = connect();
  ASSERT_EQ(to_string(client->connected), "none") << client->detail;
  ASSERT_TRUE(run_until([&] { return client->ended != StreamError::none; }));
  EXPECT_EQ(to_string(client->ended), "tls_alert_unknown_ca");
}

TEST_F(TlsTest, RefusesToSpeakOldVersions) {
  serve("server", {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  make_source({.ca = file("ca.crt")});
  expect_failure(StreamError::tls_alert_protocol_version, "protocol version");
}

TEST_F(TlsTest, ResumesSessionsAndOnlyItsOwn) {
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    serve("server", {version, "-verify", "1", "-CAfile", file("ca.crt")});
    make("pile-1", {.common_name = "pile-1", .client = true});
    make("pile-2", {.common_name = "pile-2", .client = true});
    make_source({.ca = file("ca.crt")});
    for (int i = 0; i < 3; ++i) {
      const auto client = connect();
      ASSERT_EQ(to_string(client->connected), "none") << client->detail;
      expect_echo(*client);  // tickets of TLS 1.3 come with what is read
    }
    EXPECT_EQ(source_->handshakes(), 3u) << version;
    EXPECT_EQ(source_->resumed(), 2u) << version;
    const std::vector<std::pair<std::string, std::uint64_t>> order = {
        {"pile-1", 1}, {"pile-2", 2}, {"pile-1", 1}};
    for (const auto& [name, device] : order) {
      const std::string certificate = file(name + ".crt");
      const std::string key = file(name + ".key");
      const auto client = connect({.certificate = certificate, .key = key, .device = device});
      ASSERT_EQ(to_string(client->connected), "none") << client->detail;
      expect_echo(*client);
    }
    EXPECT_EQ(source_->resumed(), 3u) << version;
    make_source({.ca = file("ca.crt"), .resume = false});
    for (int i = 0; i < 2; ++i) expect_echo(*connect());
    EXPECT_EQ(source_->resumed(), 0u) << version;
  }
}

TEST_F(TlsTest, AgreesOnAProtocolByAlpn) {
  serve("server", {"-alpn", "mqtt,http/1.1"});
  make_source({.ca = file("ca.crt"), .alpn = {"x", "mqtt"}});
  auto client = connect();
  ASSERT_EQ(to_string(client->connected), "none") << client->detail;
  EXPECT_EQ(client->stream->protocol(), "mqtt");
  client.reset();
  make_source({.ca = file("ca.crt"), .alpn = {"x"}});
  expect_failure(StreamError::tls_alert_no_application_protocol, "no application protocol");
}

TEST_F(TlsTest, NoticesThatTheServerIsGone) {
  serve("server");
  make_source({.ca = file("ca.crt")});
  const auto client = connect();
  ASSERT_EQ(to_string(client->connected), "none") << client->detail;
  server_.reset();
  ASSERT_TRUE(run_until([&] { return client->ended != StreamError::none; }));
  EXPECT_TRUE(client->ended == StreamError::closed_by_peer || client->ended == StreamError::reset)
      << to_string(client->ended);
  EXPECT_EQ(to_string(connect()->connected), "connection_refused");
}

}  // namespace
}  // namespace vfleet::net
