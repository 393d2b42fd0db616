#include "simulator/codec/mqtt/encode.h"
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::Version;

TEST_F(MqttOnSimulatedNetwork, BringsCommandsToItsOwner) {
  const auto link = connected_link();
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"a","type":"stop"})", 0));
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"commands":[{"id":"b"},{"id":"c"}]})", 1));
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"d"})", 2));
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"commands":[{"id")", 1));
  ASSERT_TRUE(run_until([&] { return mqtt_.acks == 3; }));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"a","type":"stop"})"));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"b"})"));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"c"})"));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"d"})"));
  EXPECT_EQ(counter("messages_received_total"), 4u);
  EXPECT_EQ(counter("malformed_commands_total"), 1u);
}

TEST_F(MqttOnSimulatedNetwork, TakesAQos2MessageOnceThoughItComesTwice) {
  set("clean", false);
  const auto link = connected_link();
  codec::mqtt::Publish message{.qos = 2, .packet_id = 9, .topic = "vfleet/pile-1/down", .payload = "{}"};
  std::string bytes;
  encode(message, Version::v3_1_1, bytes);
  message.dup = true;
  encode(message, Version::v3_1_1, bytes);
  push(bytes);
  ASSERT_TRUE(run_until([&] { return mqtt_.acks >= 1; }));
  EXPECT_EQ(counter("messages_received_total"), 1u);
  push(bytes);  // released: it is another one now
  loop_.run_for(1s);
  EXPECT_EQ(counter("messages_received_total"), 2u);
}

TEST_F(MqttOnSimulatedNetwork, ReadsInAnySlices) {
  server_.slice = 1;
  set("qos", 2);
  const auto link = connected_link();
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"a"})", 2));
  for (std::uint32_t seq = 1; seq <= 20; ++seq) (void)send(*link, seq);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 20 && mqtt_.acks == 1; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 20u);
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"a"})"));
}

TEST_F(MqttOnSimulatedNetwork, MayBeClosedWhileAMessageIsRead) {
  server_.slice = 3;  // the message comes in parts, and its memory must outlive the connection
  const auto link = connected_link();
  std::string seen;
  owner_.on_message = [&](LinkKey, std::string_view message) {
    link->close(false);
    seen = message;
  };
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"a"})", 0));
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(seen, R"({"id":"a"})");
}

TEST_F(MqttOnSimulatedNetwork, DropsAServerThatBreaksTheRules) {
  set("version", "5");
  set("receive_maximum", 2);
  const struct {
    std::string bytes;
    std::string_view reason;
  } table[] = {
      {std::string("\x00\x00", 2), "malformed_packet"},
      {std::string("\x20\x03\x00\x00\x00", 5), "protocol_error"},                      // a second CONNACK
      {std::string("\x30\x08\x00\x01x\x03\x23\x00\x01y", 10), "topic_alias_invalid"},  // none was offered
      {std::string("\x34\x06\x00\x01x\x00\x01\x00\x34\x06\x00\x01x\x00\x02\x00\x34\x06\x00\x01x\x00\x03\x00",
                   24),
       "receive_maximum_exceeded"},
      {std::string("\x30\xff\xff\xff\x7f", 5), "packet_too_large"},
      {std::string("\xf0\x00", 2), "authentication_not_supported"},
      {std::string("\x10\x00", 2), "protocol_error"},
  };
  const auto link = connected_link();
  std::size_t protocol_errors = 0;
  for (const auto& each : table) {
    const std::string reason(each.reason);
    const std::size_t before = owner_.downs[reason];
    mqtt_.disconnects.clear();
    push(each.bytes);
    ASSERT_TRUE(run_until([&] { return owner_.downs[reason] == before + 1; })) << reason;
    ASSERT_TRUE(run_until([&] { return link->up() && !mqtt_.disconnects.empty(); })) << reason;
    const bool auth = reason == "authentication_not_supported";
    EXPECT_EQ(to_string(mqtt_.disconnects[0]), auth ? "bad_authentication_method" : reason)
        << "the server is told";
    protocol_errors += each.reason == "protocol_error" ? 1 : 0;
    loop_.run_for(100ms);
  }
  EXPECT_EQ(counter("disconnects_total{reason=\"protocol_error\"}"), protocol_errors);
}

}  // namespace
}  // namespace vfleet::uplink
