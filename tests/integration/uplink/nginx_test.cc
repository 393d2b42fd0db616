#include <csignal>

#include "tests/integration/fleet/process.h"
#include "tests/integration/uplink/uplink_fixture.h"
#include "tests/support/free_port.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using fleet_test::Process;
using fleet_test::TempDir;

/// The HTTP uplink against the real nginx.
class Nginx : public test::UplinkFixture {
 protected:
  ~Nginx() override {
    if (server_ == nullptr) return;
    server_->signal(SIGTERM);
    (void)server_->wait(20s);
  }

  void start_server(const std::string& server, const std::string& listen = "") {
    write_config(server, listen);
    launch_server();
  }

  void write_config(const std::string& server, const std::string& listen = "") {
    const std::string at = folder_.path();
    fleet_test::write_file(
        folder_ / "nginx.conf",
        main_ + "daemon off; worker_processes 1; pid " + at + "/nginx.pid; error_log " + at +
            "/error.log notice;\nevents { worker_connections 256; }\nhttp {\n log_format how '$uri $status "
            "$sent_http_transfer_encoding';\n access_log " +
            at + "/access.log how;\n client_body_temp_path " + at + "/body; proxy_temp_path " + at +
            "/proxy; fastcgi_temp_path " + at + "/fastcgi; uwsgi_temp_path " + at +
            "/uwsgi; scgi_temp_path " + at + "/scgi;\n server { listen 127.0.0.1:" + std::to_string(port_) +
            " " + listen + ";\n" + server + "\n } }\n");
  }

  void launch_server() {
    server_ = std::make_unique<Process>(
        std::vector<std::string>{"/usr/sbin/nginx", "-e", folder_ / "error.log", "-p", folder_.path(), "-c",
                                 folder_ / "nginx.conf"},
        folder_ / "server.out", folder_ / "server.err");
    // It writes its pid once it listens.
    ASSERT_TRUE(run_until([&] { return !fleet_test::read_file(folder_ / "nginx.pid").empty(); }))
        << fleet_test::read_file(folder_ / "server.err") << fleet_test::read_file(folder_ / "error.log");
  }

  std::unique_ptr<Link> connected_link(const std::string& scheme = "http") {
    values_["url"].data = scheme + "://127.0.0.1:" + std::to_string(port_) + "/{report.type}/{device.id}";
    values_["backoff.first"].data = Duration(50ms);
    values_["backoff.max"].data = Duration(200ms);
    make_uplink("http", values_);
    auto link = make_link(1);
    link->open();
    EXPECT_TRUE(run_until([&] { return link->up(); }));
    return link;
  }

  static Accepted send(Link& link, std::uint32_t seq, std::string_view type = "meter",
                       std::string_view body = "{}") {
    return link.send({.seq = seq}, {.type = type, .body = body});
  }

  /// Sends and waits for what becomes of it.
  void send_and_settle(Link& link, std::uint32_t seq, std::string_view type = "meter",
                       std::string_view body = "{}") {
    const std::size_t before = owner_.settled;
    ASSERT_TRUE(run_until([&] { return link.up(); }));
    ASSERT_EQ(send(link, seq, type, body), Accepted::yes);
    ASSERT_TRUE(run_until([&] { return owner_.settled > before; }));
  }

  TempDir folder_;
  std::string main_;  // of its configuration
  std::uint16_t port_ = test::free_port();
  std::unique_ptr<Process> server_;
  config::Values values_;
};

TEST_F(Nginx, IsSentToOverConnectionsThatItEndsAfterSomeRequests) {
  start_server("keepalive_requests 3; location / { return 200 '{\"ok\":true}'; }");
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 10; ++seq) ASSERT_EQ(send(*link, seq), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 10; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 10u);
  EXPECT_EQ(counter("connects_total"), 4u);
  EXPECT_EQ(owner_.ups, 1u);
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(Nginx, MayCloseAnIdleConnectionWithoutTheDeviceGoingDown) {
  start_server("keepalive_timeout 1s; location / { return 204; }");
  const auto link = connected_link();
  send_and_settle(*link, 1);
  ASSERT_TRUE(run_until([&] { return counter("idle_closes_total") >= 1; }));
  send_and_settle(*link, 2);
  EXPECT_EQ(owner_.fates[Fate::acked], 2u);
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(Nginx, AnswersInChunksAndWithErrors) {
  // With gzip on, nginx does not know the length before it sends: chunks.
  start_server(
      "client_max_body_size 1k; gzip on; gzip_min_length 1; gzip_types *; "
      "location /chunked/ { return 200 "
      "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; }\n"
      "location /meter/ { return 200; } location /gone/ { return 404; } location /busy/ { return 503; }");
  values_["headers"].data = config::List{{std::string("Accept-Encoding: gzip")}};
  const auto link = connected_link();
  send_and_settle(*link, 1, "chunked");
  send_and_settle(*link, 2, "gone");
  send_and_settle(*link, 3, "busy");
  send_and_settle(*link, 4, "meter", std::string(5000, 'x'));  // 413, and nginx ends the connection
  send_and_settle(*link, 5, "meter");
  EXPECT_TRUE(run_until([&] {
    return fleet_test::read_file(folder_ / "access.log").find("/chunked/pile-1 200 chunked\n") !=
           std::string::npos;
  })) << fleet_test::read_file(folder_ / "access.log");
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_TRUE(owner_.has("1 refused 2"));
  EXPECT_TRUE(owner_.has("1 refused 3"));
  EXPECT_TRUE(owner_.has("1 refused 4"));
  EXPECT_TRUE(owner_.has("1 acked 5"));
  for (const char* status : {"404", "503", "413"}) {
    EXPECT_EQ(counter("answers_total{status=\"" + std::string(status) + "\"}"), 1u) << status;
  }
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(Nginx, TakesAReloadDuringARun) {
  start_server("location / { return 200; }");
  const auto link = connected_link();
  send_and_settle(*link, 1);
  write_config("location / { return 201; }");
  server_->signal(SIGHUP);
  std::uint32_t seq = 1;
  ASSERT_TRUE(run_until([&] {
    if (link->up() && link->pending() == 0) (void)send(*link, ++seq);
    return counter("answers_total{status=\"201\"}") >= 3;
  }));
  ASSERT_TRUE(run_until([&] { return link->pending() == 0; }));
  // At most the request that was on its way when the old worker closed the connection.
  EXPECT_GE(owner_.fates[Fate::acked] + 1, owner_.settled);
}

TEST_F(Nginx, IsMetAgainAfterARestart) {
  start_server("location / { return 200; }");
  const auto link = connected_link();
  send_and_settle(*link, 1);
  server_->signal(SIGTERM);
  ASSERT_TRUE(server_->wait(20s).has_value());
  ASSERT_TRUE(run_until([&] { return owner_.downs["connection_refused"] >= 1; }));
  launch_server();
  send_and_settle(*link, 2);
  EXPECT_TRUE(owner_.has("1 acked 2"));
}

TEST_F(Nginx, MayEndAConnectionInPlaceOfAnAnswer) {
  start_server("location / { return 200; } location /cut/ { return 444; }");
  const auto link = connected_link();
  send_and_settle(*link, 1);
  send_and_settle(*link, 2, "cut");
  send_and_settle(*link, 3);
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_TRUE(owner_.has("1 connection_lost 2"));
  EXPECT_TRUE(owner_.has("1 acked 3"));
  EXPECT_EQ(owner_.downs["closed_by_peer"], 1u);
}

TEST_F(Nginx, IsLeftWhenItStandsStillWithoutAWord) {
  main_ = "master_process off; ";  // so that there is one process to stop
  start_server("location / { return 200; }");
  values_["timeout"].data = Duration(1s);
  const auto link = connected_link();
  send_and_settle(*link, 1);
  server_->signal(SIGSTOP);
  send_and_settle(*link, 2);
  EXPECT_TRUE(owner_.has("1 timed_out 2"));
  ASSERT_TRUE(run_until([&] { return owner_.downs["timed_out"] >= 1; }));
  server_->signal(SIGCONT);
  std::uint32_t seq = 2;
  ASSERT_TRUE(run_until([&] {
    if (owner_.has("1 acked " + std::to_string(seq))) return true;
    if (link->up() && link->pending() == 0) (void)send(*link, ++seq);
    return false;
  }));
}

TEST_F(Nginx, IsReachedOverTls) {
  Process make_certificate(
      {"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-days", "2", "-subj", "/CN=nginx", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
       folder_ / "key.pem", "-out", folder_ / "cert.pem"},
      folder_ / "openssl.out", folder_ / "openssl.err");
  ASSERT_EQ(make_certificate.wait(20s), 0) << fleet_test::read_file(folder_ / "openssl.err");
  start_server("ssl_certificate " + (folder_ / "cert.pem") + "; ssl_certificate_key " +
                   (folder_ / "key.pem") + "; location / { return 200; }",
               "ssl");
  values_["tls.ca"].data = folder_ / "cert.pem";
  values_["connections"].data = std::string("pool");
  values_["pool.size"].data = std::int64_t{2};
  const auto link = connected_link("https");
  for (std::uint32_t seq = 1; seq <= 20; ++seq) ASSERT_EQ(send(*link, seq), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 20; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 20u);
}

}  // namespace
}  // namespace vfleet::uplink
