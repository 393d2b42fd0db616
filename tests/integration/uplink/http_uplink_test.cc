// The HTTP uplink and what a platform answers, or does not.
#include "tests/integration/uplink/http_uplink_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::HttpReply;
using test::HttpRequest;

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
