#include "simulator/codec/websocket/handshake.h"
#include "simulator/codec/websocket/message_reader.h"
#include "simulator/core/base64.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using test::SimulatedServer;
namespace ws = codec::websocket;

/// The WebSocket uplink in virtual time, against a server of our own codec that does what a test says.
class WebSocketOnSimulatedNetwork : public test::SimulatedUplink {
 protected:
  WebSocketOnSimulatedNetwork() {
    values_["url"].data = std::string("ws://platform.example:8080/ws/{device.id}");
    values_["backoff.first"].data = Duration(1s);
    values_["backoff.max"].data = Duration(8s);
    values_["ping.every"].data = Duration(0s);
    network_.names["platform.example"] = {"127.0.0.1"};
    server_.received = [this](SimulatedConnection& c, std::string_view bytes) { take(c, bytes); };
  }

  void take(SimulatedConnection& c, std::string_view bytes) {
    c.inbox += bytes;
    if (!readers_.contains(c.number())) {
      const std::size_t size = ws::head_size(c.inbox);
      if (size == 0) return;
      head_ = c.inbox.substr(0, size);
      c.inbox.erase(0, size);
      readers_.emplace(c.number(), ws::MessageReader());
      c.send(answer(ws::read_request(head_).value()));
    }
    std::string in = std::exchange(c.inbox, {});
    std::span<char> rest(in);
    for (ws::Event e = next(c, rest); e.kind != ws::Event::Kind::none; e = next(c, rest)) {
      if (e.kind == ws::Event::Kind::text || e.kind == ws::Event::Kind::binary) {
        messages_.emplace_back(e.payload);
        on_message(c, messages_.back());
      }
      if (e.kind == ws::Event::Kind::ping && pongs_) send(c, ws::Opcode::pong, e.payload);
      if (e.kind == ws::Event::Kind::ping) ++pings_;
      if (e.kind == ws::Event::Kind::pong) ++pongs_received_;
      if (e.kind == ws::Event::Kind::close) closes_.push_back(e.code);
      if (e.kind == ws::Event::Kind::close || e.kind == ws::Event::Kind::error) return;
    }
  }

  ws::Event next(SimulatedConnection& c, std::span<char>& rest) { return readers_.at(c.number()).next(rest); }

  static void send(SimulatedConnection& c, ws::Opcode opcode, std::string_view payload, bool fin = true) {
    std::string out;
    ws::append_frame(ws::Role::server, opcode, payload, 0, out, fin);
    c.send(out);
  }

  void start(LinkKey links = 1) {
    make_uplink("websocket", values_);
    for (LinkKey key = 1; key <= links; ++key) links_.push_back(make_link(key));
    for (const auto& each : links_) each->open();
  }
  void started() {
    start();
    loop_.run_for(100ms);
    ASSERT_TRUE(link().up());
  }
  void ack_by_member() {
    values_["ack.by"].data = std::string("member");
    on_message = [](SimulatedConnection& c, std::string_view message) {
      send(c, ws::Opcode::text, "{\"ack\":" + std::string(message.substr(1, message.size() - 2)) + "}");
    };
  }

  [[nodiscard]] Link& link() const { return *links_.front(); }
  /// The body is "[SEQ]".
  Accepted report(std::uint32_t seq) {
    const std::string body = "[" + std::to_string(seq) + "]";
    return link().send({.seq = seq}, {.type = "status", .body = body});
  }
  [[nodiscard]] SimulatedConnection& connection() const { return *server_.connections().back(); }

  config::Values values_;
  SimulatedServer& server_ = network_.listen(8080);
  std::function<std::string(const ws::UpgradeRequest&)> answer = [](const ws::UpgradeRequest& request) {
    std::string out;
    ws::append_answer(request.key, {}, out);
    return out;
  };
  std::function<void(SimulatedConnection&, std::string_view)> on_message = [](SimulatedConnection&,
                                                                              std::string_view) {};
  bool pongs_ = true;
  std::size_t pings_ = 0;
  std::size_t pongs_received_ = 0;
  std::string head_;
  std::vector<std::string> messages_;
  std::vector<std::uint16_t> closes_;
  std::map<std::size_t, ws::MessageReader> readers_;
  std::vector<std::unique_ptr<Link>> links_;
};

TEST_F(WebSocketOnSimulatedNetwork, FillsTheHandshakeFromItsTemplates) {
  values_["headers"].data =
      config::List{{std::string("X-Type: {device.type}")}, {std::string("X-Site: {label.site}")}};
  values_["username"].data = std::string("{device.id}");
  values_["password"].data = std::string("s3cret");
  values_["subprotocols"].data = config::List{{std::string("b.v2")}, {std::string("a.v1")}};
  owner_.labels["site"] = "north";
  answer = [](const ws::UpgradeRequest& request) {
    std::string out;
    ws::append_answer(request.key, "a.v1", out);
    return out;
  };
  started();
  EXPECT_EQ(ws::read_request(head_)->target, "/ws/pile-1");
  EXPECT_EQ(ws::read_request(head_)->protocols, "b.v2, a.v1");
  EXPECT_NE(head_.find("\r\nHost: platform.example:8080\r\n"), std::string::npos);
  EXPECT_NE(head_.find("\r\nX-Type: charging_pile\r\nX-Site: north\r\n"), std::string::npos) << head_;
  EXPECT_NE(head_.find("\r\nAuthorization: Basic " + base64_encode("pile-1:s3cret") + "\r\n"),
            std::string::npos);
}

TEST_F(WebSocketOnSimulatedNetwork, SaysWhyAHandshakeFailed) {
  struct Row {
    std::string answer;
    const char* reason;
  };
  const std::vector<Row> rows = {
      {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "unauthorized"},
      {"HTTP/1.1 403 Forbidden\r\n\r\n", "forbidden"},
      {"HTTP/1.1 404 Not Found\r\n\r\n", "not_found"},
      {"HTTP/1.1 503 Busy\r\n\r\n", "service_unavailable"},
      {"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "handshake_refused"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "handshake_malformed"},
      {"SSH-2.0-OpenSSH\r\n\r\n", "handshake_malformed"},
      {std::string(20'000, 'x'), "handshake_malformed"},
  };
  std::size_t at = 0;
  answer = [&](const ws::UpgradeRequest&) { return rows[at].answer; };
  start();
  for (; at < rows.size(); ++at) {
    const std::size_t before = owner_.downs[rows[at].reason];
    ASSERT_TRUE(loop_.run_until([&] { return owner_.downs[rows[at].reason] > before; }, 1min))
        << rows[at].reason;
  }
  EXPECT_EQ(owner_.ups, 0u);
  EXPECT_EQ(counter("handshakes_refused_total{status=\"401\"}"), 1u);
  EXPECT_EQ(counter("connect_failures_total{reason=\"not_found\"}"), 1u);
}

TEST_F(WebSocketOnSimulatedNetwork, SaysWhatAnswersInPlaceOfAServer) {
  answer = [](const ws::UpgradeRequest&) { return std::string("220 mail.example ESMTP\r\n"); };
  start();
  ASSERT_TRUE(loop_.run_until([&] { return !owner_.events.empty(); }, 1s))
      << "not only when the time is over";
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 down handshake_malformed"}));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("does not speak WebSocket; it began with \"220 mail.example"),
            std::string::npos)
      << warnings_[0];
  loop_.run_for(61s);
  answer = [](const ws::UpgradeRequest&) { return std::string("HTTP/1.1 101 Fine\r\n\r\n"); };
  ASSERT_TRUE(
      loop_.run_until([&] { return warnings_.back().find("lacks Upgrade") != std::string::npos; }, 2min))
      << warnings_.back();
}

TEST_F(WebSocketOnSimulatedNetwork, WantsOneOfItsSubprotocols) {
  values_["subprotocols"].data = config::List{{std::string("a.v1")}};
  start();
  ASSERT_TRUE(loop_.run_until([&] { return !owner_.events.empty(); }, 1s));
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 down subprotocol_refused"}));
}

TEST_F(WebSocketOnSimulatedNetwork, GivesUpOnAServerThatDoesNotAnswerTheHandshake) {
  values_["connect_timeout"].data = Duration(3s);
  values_["backoff.first"].data = Duration(8s);
  answer = [](const ws::UpgradeRequest&) { return std::string(); };
  start();
  loop_.run_for(2999ms);
  EXPECT_TRUE(owner_.events.empty());
  loop_.run_for(2ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 down handshake_timed_out"}));
}

TEST_F(WebSocketOnSimulatedNetwork, ReadsTheHandshakeAndWhatFollowsInAnySlices) {
  answer = [](const ws::UpgradeRequest& request) {
    std::string out;
    ws::append_answer(request.key, {}, out);
    ws::append_frame(ws::Role::server, ws::Opcode::text, R"({"name":"hello"})", 0, out);
    return out;
  };
  for (const std::size_t slice : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    server_.slice = slice;
    start();
    loop_.run_for(1s);
    EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", R"(1 message {"name":"hello"})"})) << slice;
    owner_.events.clear();
    links_.clear();
    readers_.clear();
  }
}

TEST_F(WebSocketOnSimulatedNetwork, HandsOverWithoutAcknowledgements) {
  started();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) ASSERT_EQ(report(seq), Accepted::yes);
  EXPECT_EQ(owner_.fates[Fate::handed_over], 3u);
  loop_.run_for(1s);
  EXPECT_EQ(messages_, (std::vector<std::string>{"[1]", "[2]", "[3]"}));
  EXPECT_EQ(link().pending(), 0u);
}

TEST_F(WebSocketOnSimulatedNetwork, KeepsAnswersThatItDidNotAskForFromTheDevice) {
  ack_by_member();
  for (const char* by : {"none", "any"}) {
    values_["ack.by"].data = std::string(by);
    started();
    (void)report(1);
    loop_.run_for(100ms);
    send(connection(), ws::Opcode::text, R"({"ack":1})");
    loop_.run_for(100ms);
    EXPECT_EQ(owner_.settled, 1u);
    EXPECT_FALSE(owner_.has(R"(1 message {"ack":1})"));
    EXPECT_GE(counter("late_answers_total"), 1u);
    links_.clear();
    owner_.settled = 0;
  }
}

TEST_F(WebSocketOnSimulatedNetwork, MatchesAnswersByTheirMember) {
  ack_by_member();
  std::vector<std::string> held;
  on_message = [&](SimulatedConnection& c, std::string_view message) {
    held.emplace_back(message);
    if (held.size() < 3) return;
    send(c, ws::Opcode::text, R"({"ack":3})");
    send(c, ws::Opcode::text, R"({"name":"reboot"})");
    send(c, ws::Opcode::text, R"({"ack":"1","commands":[{"name":"a"},{"name":"b"}]})");
    send(c, ws::Opcode::text, R"({"ack":99})");
    send(c, ws::Opcode::text, R"({"ack":2})");
  };
  started();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) ASSERT_EQ(report(seq), Accepted::yes);
  loop_.run_for(100ms);
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{
                "1 up", "1 sent 1", "1 sent 2", "1 sent 3", "1 acked 3", R"(1 message {"name":"reboot"})",
                "1 acked 1", R"(1 message {"name":"a"})", R"(1 message {"name":"b"})", "1 acked 2"}));
  EXPECT_EQ(counter("late_answers_total"), 1u);
}

TEST_F(WebSocketOnSimulatedNetwork, TakesAnyMessageAsTheAnswerToTheOldest) {
  values_["ack.by"].data = std::string("any");
  on_message = [](SimulatedConnection& c, std::string_view) { send(c, ws::Opcode::binary, "\x06"); };
  started();
  (void)report(1);
  (void)report(2);
  loop_.run_for(100ms);
  send(connection(), ws::Opcode::text, "for the device");
  loop_.run_for(100ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 sent 2", "1 acked 1", "1 acked 2",
                                                     "1 message for the device"}));
}

TEST_F(WebSocketOnSimulatedNetwork, KeepsTheConnectionWhenAnAnswerThatHasANumberIsLate) {
  ack_by_member();
  values_["ack.timeout"].data = Duration(2s);
  on_message = [](SimulatedConnection& c, std::string_view message) {
    if (message != "[1]") send(c, ws::Opcode::text, R"({"ack":2})");
  };
  started();
  (void)report(1);
  loop_.run_for(1s);
  (void)report(2);
  loop_.run_for(999ms);
  EXPECT_FALSE(owner_.has("1 timed_out 1"));
  loop_.run_for(2ms);
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"1 up", "1 sent 1", "1 sent 2", "1 acked 2", "1 timed_out 1"}));
  send(connection(), ws::Opcode::text, R"({"ack":1})");
  loop_.run_for(10s);
  EXPECT_EQ(owner_.settled, 2u);
  EXPECT_EQ(counter("late_answers_total"), 1u);
  EXPECT_TRUE(link().up());
}

TEST_F(WebSocketOnSimulatedNetwork, DropsTheConnectionWhenAnAnswerWithoutANumberIsLate) {
  values_["ack.by"].data = std::string("any");
  values_["ack.timeout"].data = Duration(2s);
  started();
  (void)report(1);
  loop_.run_for(1s);
  (void)report(2);
  loop_.run_for(1001ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 sent 2", "1 timed_out 1",
                                                     "1 connection_lost 2", "1 down timed_out"}));
}

TEST_F(WebSocketOnSimulatedNetwork, HoldsBackWhatIsMoreThanMayBeInFlight) {
  ack_by_member();
  values_["in_flight_max"].data = std::int64_t{2};
  values_["queue.max"].data = std::int64_t{1};
  server_.delay = 10ms;
  start();
  loop_.run_for(1s);
  ASSERT_TRUE(link().up());
  for (std::uint32_t seq = 1; seq <= 3; ++seq) {
    EXPECT_FALSE(link().refuses("meter"));
    EXPECT_EQ(report(seq), Accepted::yes);
  }
  EXPECT_TRUE(link().refuses("meter"));
  EXPECT_EQ(report(4), Accepted::queue_full);
  EXPECT_EQ(link().pending(), 3u);
  loop_.run_for(10ms);
  EXPECT_EQ(messages_.size(), 2u);
  loop_.run_for(1s);
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
  EXPECT_EQ(messages_, (std::vector<std::string>{"[1]", "[2]", "[3]"}));
}

TEST_F(WebSocketOnSimulatedNetwork, WritesWhatWaitsForASlowReaderInOrder) {
  server_.window = 1000;
  values_["queue.max"].data = std::int64_t{500};
  started();
  connection().read(false);
  for (std::uint32_t seq = 1; seq <= 400; ++seq) ASSERT_EQ(report(seq), Accepted::yes);
  EXPECT_GT(link().pending(), 200u);
  loop_.run_for(1s);
  connection().read(true);
  loop_.run_for(1s);
  ASSERT_EQ(messages_.size(), 400u);
  for (std::uint32_t seq = 1; seq <= 400; ++seq)
    EXPECT_EQ(messages_[seq - 1], "[" + std::to_string(seq) + "]");
  EXPECT_EQ(owner_.sent, 400u);
  EXPECT_EQ(owner_.fates[Fate::handed_over], 400u);
  EXPECT_EQ(link().pending(), 0u);
}

TEST_F(WebSocketOnSimulatedNetwork, DropsAPeerThatReadsNothingForTooLong) {
  server_.window = 100;
  started();
  connection().read(false);
  for (std::uint32_t seq = 1; seq <= 30; ++seq) (void)report(seq);
  loop_.run_for(9s);
  EXPECT_TRUE(link().up());
  loop_.run_for(1100ms);
  EXPECT_EQ(owner_.downs["timed_out"], 1u);
  loop_.run_for(10s);
  EXPECT_EQ(owner_.settled, 30u) << "what waited went over the next connection";
  EXPECT_EQ(owner_.fates[Fate::handed_over] + owner_.fates[Fate::timed_out], 30u);
}

TEST_F(WebSocketOnSimulatedNetwork, PingsAndDropsAPeerThatIsHalfDead) {
  values_["ping.every"].data = Duration(30s);
  values_["ping.timeout"].data = Duration(5s);
  started();
  loop_.run_for(10min);
  EXPECT_EQ(pings_, 20u);
  EXPECT_TRUE(link().up());
  connection().go_silent();
  loop_.run_for(36s);
  EXPECT_EQ(owner_.downs["ping_timed_out"], 1u);
  loop_.run_for(10s);
  EXPECT_TRUE(link().up());
  EXPECT_EQ(owner_.ups, 2u);
  pongs_ = false;
  loop_.run_for(36s);
  EXPECT_EQ(owner_.downs["ping_timed_out"], 2u);
}

TEST_F(WebSocketOnSimulatedNetwork, AnswersPings) {
  started();
  send(connection(), ws::Opcode::text, "a", false);
  send(connection(), ws::Opcode::ping, "now");
  send(connection(), ws::Opcode::continuation, "b");
  loop_.run_for(100ms);
  EXPECT_EQ(pongs_received_, 1u);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 message ab"}));
}

TEST_F(WebSocketOnSimulatedNetwork, NamesTheReasonOfAnEnd) {
  struct Row {
    std::function<void(SimulatedConnection&)> end;
    const char* reason;
    std::vector<std::uint16_t> closes;
  };
  const auto close = [](std::uint16_t code) {
    return [code](SimulatedConnection& c) {
      std::string out;
      ws::append_close(ws::Role::server, code, "because", 0, out);
      c.send(out);
    };
  };
  const std::vector<Row> rows = {
      {close(1001), "closed_going_away", {1001}},
      {close(1008), "closed_policy_violation", {1008}},
      {close(4001), "closed_private", {4001}},
      {close(ws::kNoStatusReceived), "closed_no_status", {ws::kNoStatusReceived}},
      {[](SimulatedConnection& c) { c.close(); }, "closed_by_peer", {}},
      {[](SimulatedConnection& c) { c.reset(); }, "reset", {}},
      {[](SimulatedConnection& c) { c.send("\xc1\x01x"); }, "protocol_error", {1002}},
      {[](SimulatedConnection& c) { c.send("\x81\x01\xff"); }, "invalid_utf8", {1007}},
      {[](SimulatedConnection& c) { c.send("\x82\x7f" + std::string(8, '\x01')); },
       "message_too_big",
       {1009}},
  };
  ack_by_member();
  on_message = [](SimulatedConnection&, std::string_view) {};
  start();
  std::uint32_t seq = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.reason);
    ASSERT_TRUE(loop_.run_until([&] { return link().up(); }, 1min));
    closes_.clear();
    (void)report(++seq);
    loop_.run_for(1ms);
    row.end(connection());
    loop_.run_until([&] { return owner_.downs[row.reason] == 1; }, 1s);
    EXPECT_EQ(owner_.downs[row.reason], 1u);
    EXPECT_TRUE(owner_.has("1 connection_lost " + std::to_string(seq)));
    loop_.run_for(1ms);
    EXPECT_EQ(closes_, row.closes);
  }
}

TEST_F(WebSocketOnSimulatedNetwork, TheAnswerMayComeBehindInterimOnesInAnySlices) {
  answer = [](const ws::UpgradeRequest& request) {
    std::string out = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    ws::append_answer(request.key, {}, out);
    ws::append_frame(ws::Role::server, ws::Opcode::text, "welcome", 0, out);
    return out;
  };
  for (const std::size_t slice : {SIZE_MAX, std::size_t{1}}) {
    server_.slice = slice;
    links_.clear();
    owner_.events.clear();
    start();
    loop_.run_for(5s);
    EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 message welcome"}));
  }
}

TEST_F(WebSocketOnSimulatedNetwork, BacksOffFromAServerThatAgreesAndHangsUp) {
  answer = [](const ws::UpgradeRequest& request) {
    std::string out;
    ws::append_answer(request.key, {}, out);
    ws::append_close(ws::Role::server, 1008, {}, 0, out);
    return out;
  };
  start();
  loop_.run_for(5min);
  // Waits of up to 8 s: about one attempt in 4 s.
  EXPECT_GT(server_.accepted_count(), 30u);
  EXPECT_LT(server_.accepted_count(), 150u);
}

TEST_F(WebSocketOnSimulatedNetwork, SaysGoodbyeWhenItHasDrained) {
  ack_by_member();
  server_.delay = 50ms;
  start();
  loop_.run_for(1s);
  (void)report(1);
  link().close(true);
  EXPECT_FALSE(link().up());
  EXPECT_EQ(report(2), Accepted::offline);
  loop_.run_for(1s);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 acked 1", "1 down closed"}));
  EXPECT_EQ(closes_, (std::vector<std::uint16_t>{1000}));
}

TEST_F(WebSocketOnSimulatedNetwork, DrainsNoLongerThanItsTimeOut) {
  values_["ack.by"].data = std::string("member");
  values_["ack.timeout"].data = Duration(3s);
  started();
  (void)report(1);
  link().close(true);
  loop_.run_for(3001ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 timed_out 1", "1 down closed"}));
}

TEST_F(WebSocketOnSimulatedNetwork, MayBeClosedAndOpenedWhileItTellsOfALoss) {
  ack_by_member();
  on_message = [](SimulatedConnection&, std::string_view) {};
  started();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)report(seq);
  owner_.on_settled = [&](LinkKey, const Ticket& ticket, Fate) {
    if (ticket.seq != 1) return;
    link().close(false);
    link().open();
    EXPECT_EQ(report(9), Accepted::offline);
  };
  connection().reset();
  loop_.run_for(1s);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 sent 2", "1 sent 3",
                                                     "1 connection_lost 1", "1 connection_lost 2",
                                                     "1 connection_lost 3", "1 down closed", "1 up"}));
}

TEST_F(WebSocketOnSimulatedNetwork, SaysWhichSettingsAreWrong) {
  const auto refuses = [this](const std::string& key, config::Value value, std::string_view text) {
    config::Values values = values_;
    values[key] = std::move(value);
    const UplinkEnvironment environment{.loop = loop_, .network = &network_, .seed = 1};
    const auto made = find_uplink("websocket")->make(environment, values, owner_);
    ASSERT_FALSE(made) << key;
    EXPECT_NE(made.error().detail.find(text), std::string::npos) << made.error().detail;
  };
  refuses("url", {std::string("http://a/")}, "ws://");
  refuses("url", {std::string("ws://a/{seq}")}, "seq");
  refuses("headers", {config::List{{std::string("Host: a")}}}, "Host");
  refuses("headers", {config::List{{std::string("no colon")}}}, "no colon");
  refuses("headers", {config::List{{std::string("X: a\r\nY: b")}}}, "control character");
  refuses("subprotocols", {config::List{{std::string("a b")}}}, "a b");
  refuses("username", {std::string("{device.ido}")}, "device.id");
  values_["token"].data = std::string("t");
  refuses("username", {std::string("u")}, "not both");
}

}  // namespace
}  // namespace vfleet::uplink
