#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

#include "tests/integration/uplink/http_server.h"
#include "tests/integration/uplink/uplink_fixture.h"
#include "tests/support/free_port.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::HttpReply;
using test::HttpRequest;

/// The HTTP uplink against platforms that misbehave.
class HttpUplinkTest : public test::UplinkFixture {
 protected:
  void SetUp() override {
    values_["url"].data = server_->url();
    values_["backoff.first"].data = Duration(20ms);
    values_["backoff.max"].data = Duration(100ms);
  }

  void set(const std::string& path, config::Value value) { values_[path] = std::move(value); }

  std::unique_ptr<Link> open_link(LinkKey key = 1) {
    if (uplink_ == nullptr) make_uplink("http", values_);
    auto link = make_link(key);
    link->open();
    return link;
  }

  std::unique_ptr<Link> connected_link() {
    auto link = open_link();
    EXPECT_TRUE(run_until([&] { return link->up(); }));
    return link;
  }

  static Accepted send(Link& link, std::uint32_t seq, std::string_view body = "{}") {
    return link.send({.seq = seq}, {.type = "status", .body = body});
  }

  // Some of them end, and one comes back where it was.
  std::unique_ptr<test::HttpServer> server_ = std::make_unique<test::HttpServer>(loop_, test::free_port());
  config::Values values_;
};

TEST_F(HttpUplinkTest, FillsTheRequestFromItsTemplates) {
  set("url", {server_->url("/v1/{device.id}/{report.type}?t={device.type}")});
  set("method", {std::string("PUT")});
  set("headers", {config::List{{std::string("X-Device: {device.id}")}}});
  set("token", {std::string("s3cret")});
  std::string head;
  std::string body;
  server_->answer = [&](const HttpRequest& request) {
    head = request.head;
    body = request.body;
    return HttpReply{};
  };
  const auto link = connected_link();
  (void)link->send({.seq = 1}, {.type = "meter", .body = R"({"v":1})"});
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  EXPECT_EQ(head,
            "PUT /v1/pile-1/meter?t=charging_pile HTTP/1.1\r\nX-Device: pile-1\r\nHost: 127.0.0.1:" +
                std::to_string(server_->port()) +
                "\r\nAuthorization: Bearer s3cret\r\nContent-Type: application/json\r\nContent-Length: 7");
  EXPECT_EQ(body, R"({"v":1})");
}

TEST_F(HttpUplinkTest, TakesOtherThan2xxAsRefusedAndKeepsTheConnection) {
  server_->answer = [](const HttpRequest& request) {
    HttpReply reply;
    if (request.number == 2) reply.bytes = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
    if (request.number == 3) reply.bytes = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    return reply;
  };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 3; }));
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_TRUE(owner_.has("1 refused 2"));
  EXPECT_TRUE(owner_.has("1 acked 3"));
  EXPECT_EQ(server_->connections(), 1u);
  EXPECT_EQ(counter("answers_total{status=\"503\"}"), 1u);
}

TEST_F(HttpUplinkTest, TriesAgainUntilTheServerIsThere) {
  const std::uint16_t port = server_->port();
  server_.reset();
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["connection_refused"] >= 3; }));
  EXPECT_FALSE(link->up());
  EXPECT_EQ(send(*link, 1), Accepted::offline);
  server_ = std::make_unique<test::HttpServer>(loop_, port);
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  EXPECT_EQ(send(*link, 2), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 2"); }));
  EXPECT_EQ(counter("connect_failures_total{reason=\"connection_refused\"}"),
            owner_.downs["connection_refused"]);
}

TEST_F(HttpUplinkTest, WaitsBetweenAttempts) {
  set("backoff.first", {Duration(200ms)});
  set("backoff.max", {Duration(1s)});
  server_.reset();
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 20; ++key) links.push_back(open_link(key));
  run_for(300ms);
  // Twenty first attempts, and the few that a wait of up to 200 ms and then 400 ms allows.
  EXPECT_GE(owner_.downs["connection_refused"], 20u);
  EXPECT_LE(owner_.downs["connection_refused"], 120u);
}

TEST_F(HttpUplinkTest, DoesNotSpinOnAServerThatHangsUpAtOnce) {
  set("backoff.first", {Duration(100ms)});
  set("backoff.max", {Duration(100ms)});
  server_->close_on_accept = true;
  const auto link = open_link();
  run_for(500ms);
  EXPECT_GE(server_->connections(), 2u);
  EXPECT_LE(server_->connections(), 60u);
  server_->close_on_accept = false;
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(HttpUplinkTest, LosesTheReportWhoseAnswerIsCut) {
  server_->answer = [](const HttpRequest& request) {
    HttpReply reply;
    if (request.connection == 1)
      reply = {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .close = true};
    return reply;
  };
  const auto link = connected_link();
  (void)send(*link, 1);
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2; }));
  EXPECT_TRUE(owner_.has("1 connection_lost 1"));
  EXPECT_TRUE(owner_.has("1 acked 2")) << "what waited outlives the connection";
  EXPECT_EQ(owner_.ups, 2u);
  EXPECT_EQ(owner_.downs.size(), 1u);
}

TEST_F(HttpUplinkTest, TimesOutOnASlowServer) {
  set("timeout", {Duration(50ms)});
  server_->answer = [](const HttpRequest& request) {
    return request.connection == 1 ? HttpReply{.delay = 2s} : HttpReply{};
  };
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  EXPECT_TRUE(owner_.has("1 timed_out 1"));
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  EXPECT_EQ(owner_.downs["timed_out"], 1u);
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 2"); }));
}

TEST_F(HttpUplinkTest, TimesOutOnAConnectionThatIsHalfDead) {
  set("timeout", {Duration(100ms)});
  server_->read = false;
  const auto link = connected_link();
  (void)send(*link, 1, std::string(8 << 20, 'x'));  // does not fit any socket
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 timed_out 1", "1 down timed_out"}));
}

TEST_F(HttpUplinkTest, SendsWhatDoesNotFitTheSocketAtOnce) {
  const std::string body(6 << 20, 'x');
  std::size_t received = 0;
  server_->answer = [&](const HttpRequest& request) {
    received = request.body.size();
    return HttpReply{};
  };
  const auto link = connected_link();
  (void)send(*link, 1, body);
  (void)send(*link, 2);
  EXPECT_EQ(owner_.sent, 0u);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2; }));
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"1 up", "1 sent 1", "1 acked 1", "1 sent 2", "1 acked 2"}));
  EXPECT_EQ(received, 2u);
}

TEST_F(HttpUplinkTest, TimesOutConnectingToASocketThatNobodyAccepts) {
  boost::asio::ip::tcp::acceptor full(loop_.context());
  const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
  full.open(any.protocol());
  full.bind(any);
  full.listen(0);
  set("url", {"http://127.0.0.1:" + std::to_string(full.local_endpoint().port()) + "/"});
  set("connect_timeout", {Duration(50ms)});
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 5; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.downs["connect_timed_out"] >= 2; }));
  EXPECT_LT(owner_.ups, 5u);
}

TEST_F(HttpUplinkTest, ComesBackAfterTheServerRestarts) {
  const std::uint16_t port = server_->port();
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 50; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 50; }));
  server_.reset();
  ASSERT_TRUE(run_until(
      [&] { return std::none_of(links.begin(), links.end(), [](const auto& link) { return link->up(); }); }));
  server_ = std::make_unique<test::HttpServer>(loop_, port);
  ASSERT_TRUE(run_until(
      [&] { return std::all_of(links.begin(), links.end(), [](const auto& link) { return link->up(); }); }));
  for (const auto& link : links) EXPECT_EQ(send(*link, 1), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.fates[Fate::acked] == 50; }));
}

TEST_F(HttpUplinkTest, DropsConnectionsThatAnswerNonsense) {
  const std::vector<std::pair<std::string, const char*>> nonsense = {
      {"nonsense\r\n\r\n", "answer_malformed"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "answer_malformed"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "answer_too_large"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "answer_malformed"},
      {std::string("\0\0\0\0\0\0\0\0", 8), "answer_malformed"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(40000, 'x') + "\r\n\r\n", "answer_too_large"},
  };
  std::size_t next = 0;
  server_->answer = [&](const HttpRequest&) { return HttpReply{.bytes = nonsense[next].first}; };
  const auto link = connected_link();
  std::map<std::string, std::size_t> reasons;
  for (; next < nonsense.size(); ++next) {
    ASSERT_TRUE(run_until([&] { return link->up(); }));
    (void)send(*link, static_cast<std::uint32_t>(next));
    ASSERT_TRUE(run_until([&] { return owner_.settled == next + 1; })) << next;
    const auto& [bytes, reason] = nonsense[next];
    EXPECT_EQ(owner_.downs[reason], ++reasons[reason]) << bytes.substr(0, 60);
  }
  EXPECT_EQ(owner_.fates[Fate::connection_lost], nonsense.size());
}

TEST_F(HttpUplinkTest, DropsAConnectionThatAnswersTwice) {
  server_->answer = [](const HttpRequest&) {
    const std::string once = HttpReply{}.bytes;
    return HttpReply{.bytes = once + once};
  };
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return server_->connections() == 2; }));
  EXPECT_TRUE(owner_.has("1 acked 1"));
}

TEST_F(HttpUplinkTest, StaysUpWhenTheServerAnnouncesTheEndOfTheConnection) {
  server_->answer = [](const HttpRequest&) {
    return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     .close = true};
  };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 5; ++seq) ASSERT_EQ(send(*link, seq), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 5; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 5u);
  EXPECT_TRUE(owner_.downs.empty());
  EXPECT_TRUE(link->up());
  ASSERT_TRUE(run_until([&] { return server_->connections() == 6; }));
}

TEST_F(HttpUplinkTest, GoesDownWhenItCannotReplaceAnAnnouncedEnd) {
  server_->answer = [&](const HttpRequest&) {
    return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     .close = true};
  };
  const auto link = connected_link();
  owner_.on_settled = [&](LinkKey, const Ticket&, Fate) { server_.reset(); };
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.downs["connection_refused"] > 0; }));
  EXPECT_FALSE(link->up());
  EXPECT_TRUE(owner_.has("1 acked 1"));
}

TEST_F(HttpUplinkTest, ReadsAnswersOfEveryShape) {
  const std::vector<std::string> shapes = {
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + std::string(60000, 'y'),
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
  };
  std::size_t next = 0;
  server_->answer = [&](const HttpRequest&) { return HttpReply{.bytes = shapes[next++]}; };
  const auto link = connected_link();
  for (std::uint32_t seq = 0; seq < shapes.size(); ++seq) (void)send(*link, seq);
  ASSERT_TRUE(run_until([&] { return owner_.settled == shapes.size(); }));
  EXPECT_EQ(owner_.fates[Fate::acked], shapes.size());
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(HttpUplinkTest, ReadsAnAnswerThatEndsWithTheConnection) {
  server_->answer = [](const HttpRequest&) {
    return HttpReply{.bytes = "HTTP/1.1 200 OK\r\n\r\n{\"commands\":[1]}", .close = true};
  };
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 message 1"); }));
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_TRUE(link->up());
}

TEST_F(HttpUplinkTest, HandsOnTheCommandsInAnAnswer) {
  server_->answer = [](const HttpRequest& request) {
    const std::string body = request.number == 1
                                 ? R"({"commands":[{"name":"reboot","id":"7"},{"name":"ptz"}]})"
                                 : R"({"commands":[oops]})";
    return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                              "\r\n\r\n" + body};
  };
  const auto link = connected_link();
  owner_.on_message = [&](LinkKey, std::string_view message) {
    if (message.find("reboot") == std::string_view::npos) return;
    EXPECT_EQ(send(*link, 2), Accepted::yes);
  };
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2; }));
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 acked 1",
                                                     R"(1 message {"name":"reboot","id":"7"})", "1 sent 2",
                                                     R"(1 message {"name":"ptz"})", "1 acked 2"}));
  EXPECT_EQ(counter("malformed_commands_total"), 1u);
}

TEST_F(HttpUplinkTest, StaysUpWhenTheServerClosesAnIdleConnection) {
  set("backoff.first", {Duration(1h)});
  set("backoff.max", {Duration(1h)});
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  server_->drop_connections();
  ASSERT_TRUE(run_until([&] { return server_->connections() == 2; })) << "it does not connect again at once";
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 2"); }));
  EXPECT_EQ(owner_.ups, 1u);
  EXPECT_TRUE(owner_.downs.empty());
  EXPECT_EQ(counter("idle_closes_total"), 1u);
}

TEST_F(HttpUplinkTest, GoesDownWhenAServerThatClosedItsConnectionsHasGone) {
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  server_.reset();
  ASSERT_TRUE(run_until([&] { return owner_.downs["connection_refused"] > 0; }));
  EXPECT_FALSE(link->up());
}

class FullQueue : public HttpUplinkTest {
 protected:
  /// One in flight that is not answered, and two that wait.
  std::unique_ptr<Link> full_link(const std::string& policy) {
    set("queue.max", {std::int64_t{2}});
    set("queue.when_full", {policy});
    server_->answer = [](const HttpRequest&) { return HttpReply{.delay = 50ms}; };
    auto link = connected_link();
    for (std::uint32_t seq = 1; seq <= 3; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
    EXPECT_EQ(link->pending(), 3u);
    return link;
  }
};

TEST_F(FullQueue, Refuses) {
  const auto link = full_link("refuse");
  EXPECT_EQ(send(*link, 4), Accepted::queue_full);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 3; }));
  run_for(20ms);
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
  EXPECT_FALSE(owner_.has("1 sent 4"));
}

TEST_F(FullQueue, DropsTheOldestThatWaits) {
  const auto link = full_link("drop_oldest");
  EXPECT_EQ(send(*link, 4), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 evicted 2"));
  ASSERT_TRUE(run_until([&] { return owner_.settled == 4; }));
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_FALSE(owner_.has("1 sent 2"));
  EXPECT_TRUE(owner_.has("1 acked 3"));
  EXPECT_TRUE(owner_.has("1 acked 4"));
  EXPECT_EQ(counter("queue_evicted_total"), 1u);
}

TEST_F(FullQueue, DropsTheNewest) {
  const auto link = full_link("drop_newest");
  EXPECT_EQ(send(*link, 4), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 evicted 4"));
  ASSERT_TRUE(run_until([&] { return owner_.settled == 4; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
}

TEST_F(HttpUplinkTest, EvictsWhatWaitsWhenItIsClosed) {
  server_->answer = [](const HttpRequest&) { return HttpReply{.bytes = ""}; };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  link->close(false);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 connection_lost 1", "1 evicted 2",
                                                     "1 evicted 3", "1 down closed"}));
}

TEST_F(HttpUplinkTest, DrainsNoLongerThanItsTimeOut) {
  set("timeout", {Duration(100ms)});
  server_->answer = [](const HttpRequest&) { return HttpReply{.bytes = ""}; };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  link->close(true);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 timed_out 1", "1 evicted 2",
                                                     "1 evicted 3", "1 down closed"}));
}

TEST_F(HttpUplinkTest, DrainsOverConnectionsThatEndAfterEachAnswer) {
  server_->answer = [](const HttpRequest&) {
    return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     .close = true};
  };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 4; ++seq) (void)send(*link, seq);
  link->close(true);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 4u);
  EXPECT_EQ(owner_.settled, 4u);
}

TEST_F(HttpUplinkTest, EndsADrainWhenTheConnectionBreaks) {
  server_->answer = [](const HttpRequest&) { return HttpReply{.bytes = "", .close = true}; };
  const auto link = connected_link();
  (void)send(*link, 1);
  (void)send(*link, 2);
  link->close(true);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 1u);
  EXPECT_EQ(owner_.fates[Fate::evicted], 1u);
  run_for(50ms);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
}

TEST_F(HttpUplinkTest, GoesOnWhenItIsOpenedWhileDraining) {
  server_->answer = [](const HttpRequest&) { return HttpReply{.delay = 30ms}; };
  const auto link = connected_link();
  (void)send(*link, 1);
  link->close(true);
  link->open();
  EXPECT_TRUE(link->up());
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 2u);
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(HttpUplinkTest, PacesItsConnections) {
  set("pacing.rate", {200.0});
  std::vector<std::unique_ptr<Link>> links;
  const TimePoint start = loop_.now();
  for (LinkKey key = 1; key <= 60; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 60; }));
  EXPECT_GE(loop_.now() - start, 280ms);
}

TEST_F(HttpUplinkTest, ConnectsOneAfterTheOtherWhenToldTo) {
  set("pacing.in_flight", {std::int64_t{1}});
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 30; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 30; }));
}

TEST_F(HttpUplinkTest, WaitsWhenNoDescriptorIsLeft) {
  if (uplink_ == nullptr) make_uplink("http", values_);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = fcntl(0, F_DUPFD, 0);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto link = open_link();
  run_for(200ms);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_GE(owner_.downs["no_descriptors"], 1u);
  EXPECT_LE(owner_.downs["no_descriptors"], 40u) << "it spun";
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(HttpUplinkTest, ReachesIpv6Addresses) {
  try {
    server_ = std::make_unique<test::HttpServer>(loop_, 0, "::1");
  } catch (const std::exception& error) {
    GTEST_SKIP() << "this machine has no IPv6: " << error.what();
  }
  set("url", {server_->url()});
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.fates[Fate::acked] == 1; }));
}

TEST_F(HttpUplinkTest, LooksAHostNameUpOnceAndTriesEachOfItsAddresses) {
  set("url", {"http://localhost:" + std::to_string(server_->port()) + "/"});
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 10; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 10; }));
  EXPECT_EQ(counter("name_lookups_total"), 1u);
  EXPECT_TRUE(owner_.downs.empty()) << "::1 refuses, 127.0.0.1 is tried at once";
}

TEST_F(HttpUplinkTest, SaysThatANameIsNotKnown) {
  set("url", {std::string("http://not..a..name/")});
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["name_not_resolved"] >= 2; }));
  EXPECT_FALSE(link->up());
  link->close(true);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
}

TEST_F(HttpUplinkTest, MayGoWhileANameIsLookedUp) {
  set("url", {std::string("http://localhost:1/")});
  auto link = open_link();
  link.reset();
  uplink_.reset();
  run_for(100ms);
  EXPECT_TRUE(owner_.events.empty());
}

TEST_F(HttpUplinkTest, NamesEveryMistakeInItsSettings) {
  set("url", {std::string("https://a/{device.name}")});
  set("backoff.first", {Duration(1h)});
  const UplinkEnvironment environment{loop_, network_.get()};
  const auto made = find_uplink("http")->make(environment, values_, owner_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::invalid_argument);
  EXPECT_NE(made.error().detail.find("device.name"), std::string::npos);
  EXPECT_NE(made.error().detail.find("backoff.first"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::uplink
