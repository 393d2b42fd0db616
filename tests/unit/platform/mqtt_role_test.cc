#include "simulator/platform/roles/mqtt_role.h"

#include <gtest/gtest.h>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/packet_reader.h"

namespace vfleet::platform {
namespace {

namespace mqtt = codec::mqtt;
using Then = stream::Taken::Then;

std::string report(std::uint64_t seq) {
  std::string text;
  codec::json::Writer writer(text);
  codec::envelope::begin(
      writer, {.device = "pile-1", .boot = 1, .seq = seq, .due_us = 5, .sent_us = 9, .type = "meter"});
  writer.raw("{}");
  codec::envelope::finish(writer);
  return text;
}

struct MqttRoleTest : testing::TestWithParam<mqtt::Version> {
  ManualClock clock;
  Platform platform{clock, 1};
  MqttRole role{platform};
  stream::Client client;
  std::string in;   // what the client has sent and the role has not used
  std::string out;  // what the role has answered
  stream::Taken last;

  MqttRoleTest() { client.number = 77; }
  void TearDown() override { role.gone(client); }

  // What the client has written so far reaches the role in pieces of `size`.
  void send(std::string bytes, std::size_t size = 1U << 20U) {
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      in += bytes.substr(at, size);
      do {
        last = role.take(client, in, out);
        in.erase(0, last.used);
      } while (last.more);
      if (last.then != Then::keep) return;
    }
  }
  void connect() {
    std::string bytes;
    mqtt::encode(mqtt::Connect{.version = GetParam(), .client_id = "pile-1"}, bytes);
    send(bytes);
    out.clear();
  }
  std::string published(std::uint64_t seq, std::uint8_t qos, std::uint16_t id, bool dup = false) const {
    const std::string text = report(seq);
    std::string bytes;
    mqtt::encode(mqtt::Publish{.dup = dup, .qos = qos, .packet_id = id, .topic = "up/meter", .payload = text},
                 GetParam(), bytes);
    return bytes;
  }
  std::string acked(mqtt::PacketType type, std::uint16_t id,
                    mqtt::ReasonCode reason = mqtt::ReasonCode::success) const {
    std::string bytes;
    mqtt::encode(mqtt::Ack{.type = type, .packet_id = id, .reason = reason}, GetParam(), bytes);
    return bytes;
  }
  void misbehave(std::string_view json) {
    platform.misbehaviour().set(MisbehaviourSettings::from_json(json).value(), clock.now());
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, MqttRoleTest, testing::Values(mqtt::Version::v3_1_1, mqtt::Version::v5));

TEST_P(MqttRoleTest, AnswersABatchInOneGoInAnyPieces) {
  const std::string batch = published(1, 0, 0) + published(2, 1, 7) + published(3, 2, 8) + published(4, 1, 9);
  const std::string expected = acked(mqtt::PacketType::puback, 7) + acked(mqtt::PacketType::pubrec, 8) +
                               acked(mqtt::PacketType::puback, 9);
  connect();
  send(batch);
  EXPECT_EQ(out, expected);
  EXPECT_EQ(platform.figures().received, 4U);
  for (const std::size_t size : {1U, 2U, 3U, 50U}) {
    out.clear();
    send(acked(mqtt::PacketType::pubrel, 8));
    out.clear();
    send(batch, size);
    EXPECT_EQ(out, expected) << size;
  }
  EXPECT_EQ(platform.figures().sequence.missing, 0U);
  EXPECT_EQ(role.counts().protocol_errors, 0U);
}

TEST_P(MqttRoleTest, CountsAMessageOfQos2OnceHoweverOftenItComes) {
  connect();
  send(published(1, 2, 8) + published(1, 2, 8, true));
  EXPECT_EQ(platform.figures().received, 1U);
  EXPECT_EQ(out, acked(mqtt::PacketType::pubrec, 8) + acked(mqtt::PacketType::pubrec, 8));
  out.clear();
  send(acked(mqtt::PacketType::pubrel, 8) + acked(mqtt::PacketType::pubrel, 8));
  EXPECT_EQ(out, acked(mqtt::PacketType::pubcomp, 8) +
                     acked(mqtt::PacketType::pubcomp, 8, mqtt::ReasonCode::packet_identifier_not_found));
  send(published(2, 2, 8));
  EXPECT_EQ(platform.figures().received, 2U);
}

TEST_P(MqttRoleTest, EndsAConnectionThatBreaksTheProtocol) {
  send(published(1, 0, 0));
  EXPECT_NE(last.then, Then::keep) << "CONNECT comes first";
  EXPECT_EQ(platform.figures().received, 0U);
  in.clear();
  connect();
  send(std::string("\xf0\x7f\x00", 3) + std::string(127, 'x'));
  EXPECT_EQ(last.then, Then::close);
  EXPECT_EQ(role.counts().protocol_errors, 2U);
}

TEST_P(MqttRoleTest, RefusesWithAReasonWhereTheVersionHasOne) {
  connect();
  misbehave(R"({"refuse_ratio":1})");
  send(published(1, 1, 7));
  if (GetParam() == mqtt::Version::v5) {
    EXPECT_EQ(out, acked(mqtt::PacketType::puback, 7, mqtt::ReasonCode::quota_exceeded));
    EXPECT_EQ(last.then, Then::keep);
  } else {
    EXPECT_EQ(out, "");
    EXPECT_EQ(last.then, Then::cut);
  }
  EXPECT_EQ(platform.figures().refused, 1U);
}

TEST_P(MqttRoleTest, CutsAnAcknowledgementAtAByteAndHoldsOneBack) {
  connect();
  misbehave(R"({"cut_ratio":1,"cut_point":"at_byte","cut_byte":3,"for_requests":1})");
  send(published(1, 1, 7) + published(2, 1, 8));
  EXPECT_EQ(out, acked(mqtt::PacketType::puback, 7).substr(0, 3));
  EXPECT_EQ(last.then, Then::cut);
  EXPECT_EQ(platform.figures().received, 1U);
  in.clear();
  out.clear();
  misbehave(R"({"delay_ms":250})");
  in = published(2, 1, 8) + published(3, 1, 9);
  last = role.take(client, in, out);
  EXPECT_EQ(out, acked(mqtt::PacketType::puback, 8));
  EXPECT_EQ(last.delay, std::chrono::milliseconds(250));
  EXPECT_TRUE(last.more) << "what is behind it waits";
}

// Only MQTT 5 has aliases.
struct MqttRoleAliasTest : MqttRoleTest {};

TEST_P(MqttRoleAliasTest, KnowsTopicsByTheirAlias) {
  connect();
  std::string properties;
  mqtt::PropertyWriter(properties).number(mqtt::PropertyId::topic_alias, 2);
  const std::string first = report(1);
  const std::string second = report(2);
  std::string bytes;
  mqtt::encode(mqtt::Publish{.topic = "up", .properties = mqtt::Properties(properties), .payload = first},
               GetParam(), bytes);
  mqtt::encode(mqtt::Publish{.properties = mqtt::Properties(properties), .payload = second}, GetParam(),
               bytes);
  send(bytes);
  EXPECT_EQ(platform.figures().received, 2U);
  properties.clear();
  mqtt::PropertyWriter(properties).number(mqtt::PropertyId::topic_alias, 3);
  bytes.clear();
  mqtt::encode(mqtt::Publish{.properties = mqtt::Properties(properties), .payload = second}, GetParam(),
               bytes);
  send(bytes);
  EXPECT_EQ(last.then, Then::close) << "nobody said what alias 3 is";
}

INSTANTIATE_TEST_SUITE_P(Versions, MqttRoleAliasTest, testing::Values(mqtt::Version::v5));

TEST_P(MqttRoleTest, CountsTheWillOfAClientThatGoesWithoutAWord) {
  std::string bytes;
  mqtt::encode(mqtt::Connect{.version = GetParam(),
                             .client_id = "pile-1",
                             .will = mqtt::Will{.topic = "gone", .payload = "power lost"}},
               bytes);
  send(bytes);
  role.gone(client);
  client.state.reset();
  EXPECT_EQ(role.counts().wills, 1U);
  const auto kept = platform.recent().find({.device = {}, .type = "will", .fields = {}});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0]->text, "power lost");
  send(bytes);
  bytes.clear();
  mqtt::encode(mqtt::Disconnect(), GetParam(), bytes);
  send(bytes);
  role.gone(client);
  client.state.reset();
  EXPECT_EQ(role.counts().wills, 1U) << "DISCONNECT takes it back";
}

TEST(MqttSessions, ThatAreOverMakeRoomForOthers) {
  ManualClock clock;
  Platform platform(clock, 1);
  MqttRole role(platform);
  std::string properties;
  mqtt::PropertyWriter(properties).number(mqtt::PropertyId::session_expiry_interval, 60);
  // Whether the client finds a session; afterwards it goes away.
  const auto resumes = [&](const std::string& id) {
    std::string bytes;
    mqtt::Connect packet{.version = mqtt::Version::v5, .clean_start = false};
    packet.client_id = id;
    packet.properties = mqtt::Properties(properties);
    mqtt::encode(packet, bytes);
    stream::Client client;
    client.number = 1;
    std::string out;
    const std::uint64_t before = role.counts().sessions_resumed;
    (void)role.take(client, bytes, out);
    role.gone(client);
    return role.counts().sessions_resumed > before;
  };
  for (std::size_t i = 0; i < MqttRole::kSessionsMax; ++i) resumes("old-" + std::to_string(i));
  EXPECT_FALSE(resumes("new"));
  EXPECT_FALSE(resumes("new")) << "there was room for one too many";
  clock.advance(std::chrono::minutes(2));
  EXPECT_FALSE(resumes("new"));
  EXPECT_TRUE(resumes("new"));
}

}  // namespace
}  // namespace vfleet::platform
