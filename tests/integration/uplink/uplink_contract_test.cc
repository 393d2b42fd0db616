#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>

#include "simulator/bus/zmq_socket.h"
#include "simulator/net/certificates.h"
#include "tests/integration/fleet/process.h"
#include "tests/integration/uplink/http_server.h"
#include "tests/integration/uplink/message_server.h"
#include "tests/integration/uplink/mqtt_tcp_server.h"
#include "tests/integration/uplink/uplink_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

/// What every uplink promises, against a platform that behaves.
class UplinkContract : public test::UplinkFixture, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string kind = GetParam();
    config::Values values;
    if (is_http()) {
      server_ = std::make_unique<test::HttpServer>(loop_);
      values["url"].data = server_->url();
      if (kind == "http_pool") {
        values["connections"].data = std::string("pool");
        values["pool.size"].data = std::int64_t{kPool};
      }
      make_uplink("http", values);
      return;
    }
    if (kind == "zmq") {
      context_ = std::make_unique<bus::ZmqContext>();
      bus::SocketOptions options;
      options.receive_hwm = 0;
      pull_ = std::move(bus::ZmqSocket::open(*context_, loop_.context(), bus::SocketKind::pull, options,
                                             [this](bus::ZmqSocket::Frames) { ++pulled_; })
                            .value());
      ASSERT_TRUE(pull_->bind("tcp://127.0.0.1:*"));
      values["endpoint"].data = pull_->endpoint();
      values["linger"].data = Duration::zero();  // nobody waits for what a test leaves behind
    }
    if (is_mqtt()) {
      mqtt_ = std::make_unique<test::MqttTcpServer>(loop_);
      values["url"].data = mqtt_->url();
      values["version"].data = std::string(kind == "mqtt_qos2" ? "5" : "3.1.1");
      values["qos"].data = std::int64_t{kind == "mqtt" ? 0 : kind == "mqtt_qos1" ? 1 : 2};
      values["in_flight_max"].data = std::int64_t{1};  // so that they are acked one by one
      make_uplink("mqtt", values);
      return;
    }
    if (const std::string way = message_way(); !way.empty()) {
      using Way = test::MessageServer::Way;
      Way server = way == "websocket" ? Way::websocket : way == "tcp" ? Way::lines : Way::datagrams;
      test::MessageServer::Certificate certificate;
      if (kind.find("_tls") != std::string::npos) {
        server = Way::websocket_tls;
        certificate = make_certificate();
        values["tls.ca"].data = folder_ / "ca.crt";
      }
      message_ = std::make_unique<test::MessageServer>(loop_, server, certificate);
      values["url"].data = message_->url();
      if (kind.ends_with("_acked")) {
        values["ack.by"].data = std::string("any");
        values["in_flight_max"].data = std::int64_t{1};  // so that they are acked one by one
        message_->answer = [](std::string_view) { return std::string("ok"); };
      }
      make_uplink(way, values);
      return;
    }
    make_uplink(kind, values);
  }

  /// The server's, of a CA that is in ca.crt.
  test::MessageServer::Certificate make_certificate() {
    const WallTime from = clock_.wall_now() - 1h;
    const WallTime until = clock_.wall_now() + 24h;
    const auto authority = *net::CertificateAuthority::make("CA", from, until);
    fleet_test::write_file(folder_ / "ca.crt", authority.pem().certificate);
    auto pair = *authority.issue(
        {.common_name = "server", .names = {"127.0.0.1"}, .server = true, .from = from, .until = until});
    return {std::move(pair.certificate), std::move(pair.key)};
  }

  static constexpr std::size_t kPool = 5;
  [[nodiscard]] static bool is_http() { return std::string_view(GetParam()).starts_with("http"); }

  /// The uplink of a kind that carries messages: "tcp_acked" is tcp; empty: another.
  [[nodiscard]] static std::string message_way() {
    const std::string kind = GetParam();
    const std::string way = kind.substr(0, kind.find('_'));
    return way == "websocket" || way == "tcp" || way == "udp" ? way : std::string();
  }

  [[nodiscard]] static bool is_mqtt() { return std::string_view(GetParam()).starts_with("mqtt"); }

  [[nodiscard]] std::size_t arrived() const {
    if (message_ != nullptr) return message_->messages;
    if (mqtt_ != nullptr) return mqtt_->server.received.size();
    if (server_ != nullptr) return server_->requests();
    return pull_ != nullptr ? pulled_ : owner_.settled;
  }

  /// What becomes of a report that arrived.
  [[nodiscard]] static Fate done() {
    const std::string_view kind = GetParam();
    const bool answered = is_http() || kind == "mqtt_qos1" || kind == "mqtt_qos2" || kind.ends_with("_acked");
    return answered ? Fate::acked : Fate::handed_over;
  }

  /// How the recorder writes that down.
  [[nodiscard]] static std::string done(LinkKey link, std::uint32_t seq) {
    return fmt::format("{} {} {}", link, to_string(done()), seq);
  }

  fleet_test::TempDir folder_;
  std::unique_ptr<test::HttpServer> server_;
  std::unique_ptr<test::MqttTcpServer> mqtt_;
  std::unique_ptr<test::MessageServer> message_;
  std::unique_ptr<bus::ZmqContext> context_;
  std::unique_ptr<bus::ZmqSocket> pull_;
  std::size_t pulled_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Uplinks, UplinkContract,
                         testing::Values("http", "http_pool", "mqtt", "mqtt_qos1", "mqtt_qos2", "null", "tcp",
                                         "tcp_acked", "udp", "udp_acked", "websocket", "websocket_acked",
                                         "websocket_tls", "websocket_tls_acked", "zmq"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(UplinkContract, TakesNothingBeforeItIsOpened) {
  const auto link = make_link(1);
  run_for(20ms);
  EXPECT_FALSE(link->up());
  EXPECT_EQ(link->send({.seq = 1}, {.type = "status", .body = "{}"}), Accepted::offline);
  EXPECT_TRUE(owner_.events.empty());
}

TEST_P(UplinkContract, ComesUpOnceWhenOpened) {
  const auto link = make_link(1);
  link->open();
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  run_for(20ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up"}));
}

TEST_P(UplinkContract, SettlesEachReportOnceAfterItWasSent) {
  const auto link = make_link(1);
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  std::vector<std::string> expected = {"1 up"};
  for (std::uint32_t seq = 1; seq <= 20; ++seq) {
    ASSERT_EQ(link->send({.seq = seq}, {.type = "status", .body = "{\"a\":1}"}), Accepted::yes);
    expected.push_back("1 sent " + std::to_string(seq));
    expected.push_back(done(1, seq));
  }
  ASSERT_TRUE(run_until([&] { return owner_.settled == 20 && arrived() == 20; }));
  EXPECT_EQ(owner_.events, expected);
  EXPECT_EQ(link->pending(), 0u);
}

TEST_P(UplinkContract, GivesTheTicketBackAsItWas) {
  const auto link = make_link(1);
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  const Ticket given{.seq = 3, .waiter = 77, .report = 5, .due = loop_.now() - 1s};
  Ticket back;
  owner_.on_settled = [&](LinkKey, const Ticket& ticket, Fate) { back = ticket; };
  ASSERT_EQ(link->send(given, {.type = "status", .body = "{}"}), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  EXPECT_EQ(back.seq, given.seq);
  EXPECT_EQ(back.waiter, given.waiter);
  EXPECT_EQ(back.report, given.report);
  EXPECT_EQ(back.due, given.due);
}

TEST_P(UplinkContract, DrainsBeforeItReportsClosed) {
  const auto link = make_link(1);
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  for (std::uint32_t seq = 1; seq <= 10; ++seq) {
    ASSERT_EQ(link->send({.seq = seq}, {.type = "status", .body = "{}"}), Accepted::yes);
  }
  link->close(true);
  EXPECT_FALSE(link->up());
  EXPECT_EQ(link->send({.seq = 11}, {.type = "status", .body = "{}"}), Accepted::offline);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.fates[done()], 10u);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
  ASSERT_TRUE(run_until([&] { return arrived() == 10; }));
}

TEST_P(UplinkContract, ClosesAtOnceWhenNothingWaits) {
  const auto link = make_link(1);
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  link->close(true);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 down closed"}));
  link->close(false);
  link->close(true);
  run_for(20ms);
  EXPECT_EQ(owner_.events.size(), 2u);
}

TEST_P(UplinkContract, SettlesEverythingWhenItIsClosedWithoutDraining) {
  const auto link = make_link(1);
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  for (std::uint32_t seq = 1; seq <= 5; ++seq)
    (void)link->send({.seq = seq}, {.type = "status", .body = "{}"});
  link->close(false);
  EXPECT_EQ(owner_.settled, 5u);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
  EXPECT_EQ(link->pending(), 0u);
  const std::size_t events = owner_.events.size();
  run_for(50ms);
  EXPECT_EQ(owner_.events.size(), events);
}

TEST_P(UplinkContract, CanBeOpenedAgain) {
  const auto link = make_link(1);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    link->open();
    ASSERT_TRUE(run_until([&] { return link->up(); }));
    ASSERT_EQ(link->send({.seq = round}, {.type = "status", .body = "{}"}), Accepted::yes);
    link->close(true);
    ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == round; }));
  }
  EXPECT_EQ(owner_.fates[done()], 3u);
}

TEST_P(UplinkContract, SaysNothingMoreWhenItIsDestroyed) {
  auto link = make_link(1);
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  for (std::uint32_t seq = 1; seq <= 5; ++seq)
    (void)link->send({.seq = seq}, {.type = "status", .body = "{}"});
  link.reset();
  const std::size_t events = owner_.events.size();
  run_for(50ms);
  EXPECT_EQ(owner_.events.size(), events);
}

TEST_P(UplinkContract, TakesReportsFromWithinItsCallbacks) {
  const auto link = make_link(1);
  owner_.on_settled = [&](LinkKey, const Ticket& ticket, Fate) {
    if (ticket.seq == 50) return;
    EXPECT_EQ(link->send({.seq = ticket.seq + 1}, {.type = "status", .body = "{}"}), Accepted::yes);
  };
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  ASSERT_EQ(link->send({.seq = 1}, {.type = "status", .body = "{}"}), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 50; }));
  EXPECT_EQ(owner_.fates[done()], 50u);
}

TEST_P(UplinkContract, MayBeClosedFromWithinItsCallbacks) {
  const auto link = make_link(1);
  owner_.on_settled = [&](LinkKey, const Ticket&, Fate) { link->close(false); };
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  (void)link->send({.seq = 1}, {.type = "status", .body = "{}"});
  (void)link->send({.seq = 2}, {.type = "status", .body = "{}"});
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  run_for(20ms);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
}

TEST_P(UplinkContract, MayBeReopenedFromWithinItsCallbacks) {
  const auto link = make_link(1);
  owner_.on_settled = [&](LinkKey, const Ticket& ticket, Fate) {
    if (ticket.seq != 1) return;
    link->close(false);
    link->open();
  };
  link->open();
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  (void)link->send({.seq = 1}, {.type = "status", .body = "{}"});
  ASSERT_TRUE(run_until([&] { return owner_.ups == 2 && link->up(); }));
  EXPECT_EQ(owner_.downs["closed"], 1u);
  EXPECT_EQ(link->send({.seq = 2}, {.type = "status", .body = "{}"}), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.has(done(1, 2)); }));
}

/// Both ends of a thousand connections are in this process: more descriptors than many shells allow at first.
bool descriptors_for(rlim_t connections) {
  const rlim_t needed = 2 * connections + 200;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= needed) return true;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == needed;
}

TEST_P(UplinkContract, CarriesAThousandLinks) {
  if (!descriptors_for(1000)) GTEST_SKIP() << "ulimit -Hn allows too few descriptors";
  owner_.keep_events = false;
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 0; key < 1000; ++key) links.push_back(make_link(key));
  for (const auto& link : links) link->open();
  ASSERT_TRUE(run_until([&] { return owner_.ups == 1000; }));
  std::map<LinkKey, std::uint32_t> next;
  owner_.on_settled = [&](LinkKey key, const Ticket& ticket, Fate) {
    EXPECT_EQ(ticket.seq, ++next[key]);  // in order, each once
  };
  for (std::uint32_t seq = 1; seq <= 10; ++seq) {
    for (const auto& link : links)
      ASSERT_EQ(link->send({.seq = seq}, {.type = "status", .body = "{}"}), Accepted::yes);
  }
  ASSERT_TRUE(run_until([&] { return owner_.settled == 10000 && arrived() == 10000; }));
  EXPECT_EQ(owner_.sent, 10000u);
  EXPECT_EQ(owner_.fates[done()], 10000u);
  const std::size_t connections = GetParam() == std::string_view("http_pool") ? kPool : 1000;
  EXPECT_EQ(server_ != nullptr ? server_->connections() : connections, connections);
}

TEST_P(UplinkContract, DescribesItsSettingsAndCounters) {
  const std::string way = message_way();
  const std::string name = is_mqtt() ? "mqtt" : is_http() ? "http" : way.empty() ? GetParam() : way;
  const UplinkKind* kind = find_uplink(name);
  for (const config::Key& key : kind->schema.keys()) EXPECT_FALSE(key.doc.empty()) << key.path;
  std::set<std::string> names;
  for (const Counter& counter : uplink_->counters()) EXPECT_TRUE(names.insert(counter.name).second);
  EXPECT_FALSE(names.empty());
}

}  // namespace
}  // namespace vfleet::uplink
