#include "simulator/platform/roles/ocpp/ocpp_role.h"

#include <gtest/gtest.h>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/core/base64.h"

namespace vfleet::platform {
namespace {

namespace websocket = codec::websocket;
using Then = stream::Taken::Then;

struct OcppRoleTest : testing::Test {
  ManualClock clock;
  Platform platform{clock, 1};
  OcppSettings settings;
  ocpp::Csms csms{platform, settings, {}};
  OcppRole role{platform, csms, settings};
  stream::Client client;
  std::string in;   // what the client has sent and the role has not used
  std::string out;  // what the role has answered
  stream::Taken last;

  OcppRoleTest() {
    client.number = 77;
    role.connected(client);
  }
  void TearDown() override { role.gone(client); }

  void send(std::string_view bytes, std::size_t size = 1U << 20U) {
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      in += bytes.substr(at, size);
      do {
        last = role.take(client, in, out);
        in.erase(0, last.used);
      } while (last.more);
      if (last.then != Then::keep) return;
    }
  }
  static std::string handshake(std::string_view path = "/ocpp/CP1",
                               std::string_view protocols = "ocpp2.0.1, ocpp1.6",
                               std::string_view headers = "") {
    std::string out;
    websocket::append_request({.target = path,
                               .authority = "localhost",
                               .key = websocket::make_key(1, 2),
                               .protocols = protocols,
                               .headers = headers},
                              out);
    return out;
  }
  static std::string frame(std::string_view text, websocket::Opcode opcode = websocket::Opcode::text,
                           bool fin = true) {
    std::string out;
    websocket::append_frame(websocket::Role::client, opcode, text, 0x12345678, out, fin);
    return out;
  }
  /// The texts that came behind the handshake's answer.
  std::vector<std::string> heard() {
    std::vector<std::string> texts;
    const std::size_t head = out.starts_with("HTTP/") ? websocket::head_size(out) : 0;
    std::string_view bytes = std::string_view(out).substr(head);
    websocket::MessageReader reader;
    for (auto event = reader.next(bytes); event.kind != websocket::Event::Kind::none;
         event = reader.next(bytes))
      texts.emplace_back(event.payload);
    return texts;
  }
  [[nodiscard]] std::uint64_t complaints(const char* kind) const {
    const auto found = platform.complaints().by_kind().find(kind);
    return found == platform.complaints().by_kind().end() ? 0 : found->second;
  }
  static constexpr std::string_view kHeartbeat = R"([2,"1","Heartbeat",{}])";
};

TEST_F(OcppRoleTest, AnswersInAnyPieces) {
  const std::string fragments = frame(R"([2,"2","Hea)", websocket::Opcode::text, false) +
                                frame("p", websocket::Opcode::ping) +
                                frame(R"(rtbeat",{}])", websocket::Opcode::continuation);
  const std::string all = handshake() + frame(kHeartbeat) + fragments;
  std::string whole;
  for (const std::size_t size : {std::size_t{1} << 20U, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    role.gone(client);
    client.state.reset();
    in.clear();
    out.clear();
    send(all, size);
    if (whole.empty()) whole = out;
    EXPECT_EQ(out, whole) << size;
  }
  EXPECT_NE(whole.find("Sec-WebSocket-Protocol: ocpp1.6\r\n"), std::string::npos);
  const auto texts = heard();
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0], R"([3,"1",{"currentTime":"2026-03-01T08:00:00.000Z"}])");
  EXPECT_EQ(texts[1], "p");
  EXPECT_EQ(texts[2], R"([3,"2",{"currentTime":"2026-03-01T08:00:00.000Z"}])");
}

TEST_F(OcppRoleTest, RefusesHandshakesThatAreNoneOfItsOwn) {
  const auto refusal = [&](const std::string& request) {
    in.clear();
    out.clear();
    send(request);
    EXPECT_EQ(last.then, Then::close);
    return out.substr(0, out.find('\r'));
  };
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n").substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(refusal(handshake("/")).substr(0, 12), "HTTP/1.1 404");
  EXPECT_EQ(refusal(handshake("/ocpp/%ff")).substr(0, 12), "HTTP/1.1 404");
  EXPECT_EQ(refusal(handshake("/ocpp/CP1", "ocpp2.0.1")).substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(refusal(std::string(20'000, 'x')).substr(0, 12), "HTTP/1.1 431");
  settings.password = "secret";
  EXPECT_EQ(refusal(handshake()).substr(0, 12), "HTTP/1.1 401");
  EXPECT_EQ(role.sockets().refused, 6U);
  EXPECT_EQ(role.counts().unauthorized, 1U);
  EXPECT_EQ(role.counts().subprotocol_refused, 1U);
  in.clear();
  out.clear();
  send(handshake("/a/b/CP%201", "ocpp1.6", "Authorization: Basic " + base64_encode("CP 1:secret") + "\r\n"));
  EXPECT_EQ(out.substr(0, 12), "HTTP/1.1 101");
  EXPECT_EQ(csms.connected(), 1U);
}

TEST_F(OcppRoleTest, MayForgetTheSubprotocolAsSomeServersDo) {
  settings.no_subprotocol = true;
  send(handshake());
  EXPECT_EQ(out.find("Sec-WebSocket-Protocol"), std::string::npos);
  EXPECT_EQ(out.substr(0, 12), "HTTP/1.1 101");
}

TEST_F(OcppRoleTest, ClosesOnWhatIsNoText) {
  send(handshake() + frame("x", websocket::Opcode::binary));
  EXPECT_EQ(last.then, Then::close);
  EXPECT_EQ(role.sockets().protocol_errors, 1U);
}

TEST_F(OcppRoleTest, ClosesOnAMessageThatIsTooLongBeforeItHasCome) {
  send(handshake());
  std::string head = frame(std::string(70'000, 'x')).substr(0, 14);
  head[2] = head[3] = head[4] = head[5] = 0;
  head[6] = 1;  // 16 MiB and more
  send(head);
  EXPECT_EQ(last.then, Then::close);
  EXPECT_EQ(role.sockets().protocol_errors, 1U);
}

TEST_F(OcppRoleTest, SeesACallThatDidNotWaitForTheAnswerBeforeIt) {
  send(handshake());
  send(frame(kHeartbeat));
  send(frame(R"([2,"2","Heartbeat",{}])"));
  EXPECT_EQ(complaints("call_too_early"), 0U);
  send(frame(R"([2,"3","Heartbeat",{}])") + frame(R"([2,"4","Heartbeat",{}])"));
  EXPECT_EQ(complaints("call_too_early"), 1U);
  send(frame(R"([3,"x",{}])") + frame(R"([2,"5","Heartbeat",{}])"));
  EXPECT_EQ(complaints("call_too_early"), 1U) << "an answer may be followed at once";
  platform.misbehaviour().set(MisbehaviourSettings::from_json(R"({"pause_ms":1,"pause_every_ms":9})").value(),
                              clock.now());
  send(frame(R"([2,"6","Heartbeat",{}])") + frame(R"([2,"7","Heartbeat",{}])"));
  EXPECT_EQ(complaints("call_too_early"), 1U) << "who paused cannot tell";
}

TEST_F(OcppRoleTest, SendsACallBehindAnAnswer) {
  ASSERT_TRUE(platform.commands().queue("CP1", "ClearCache", "{}"));
  send(handshake());
  send(frame(kHeartbeat));
  const auto texts = heard();
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_NE(texts[1].find("\"ClearCache\""), std::string::npos);
}

TEST_F(OcppRoleTest, MisbehavesAsItIsTold) {
  const auto misbehave = [&](const char* json) {
    platform.misbehaviour().set(MisbehaviourSettings::from_json(json).value(), clock.now());
    out.clear();
  };
  send(handshake());
  misbehave(R"({"refuse_ratio":1,"for_requests":1})");
  send(frame(kHeartbeat));
  EXPECT_EQ(heard().at(0), R"([4,"1","GenericError","refused, as it was asked for",{}])");
  EXPECT_EQ(platform.figures().refused, 1U);
  misbehave(R"({"garbage_ratio":1,"for_requests":1})");
  send(frame(R"([2,"2","Heartbeat",{}])"));
  EXPECT_EQ(heard().at(0).find("currentTime"), std::string::npos);
  misbehave(R"({"delay_ms":50,"for_requests":1})");
  in += frame(R"([2,"3","Heartbeat",{}])") + frame(R"([2,"4","Heartbeat",{}])");
  last = role.take(client, in, out);
  EXPECT_TRUE(last.more);
  EXPECT_EQ(last.delay, std::chrono::milliseconds(50));
  in.erase(0, last.used);
  misbehave(R"({"cut_ratio":1})");
  send("x");
  EXPECT_EQ(last.then, Then::cut);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace vfleet::platform
