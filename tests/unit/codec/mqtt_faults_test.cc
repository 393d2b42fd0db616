#include "simulator/codec/mqtt/faults.h"

#include <gtest/gtest.h>

#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"

namespace vfleet::codec::mqtt {
namespace {

using Kind = Fault::Kind;
using Then = Misbehaviour::Then;

std::string publication(Version version, std::uint8_t qos) {
  std::string out;
  encode(Publish{.qos = qos, .packet_id = 7, .topic = "a/b", .properties = {}, .payload = "x"}, version, out);
  return out;
}

Decoded decoded(std::string_view bytes, Version version, Packet& packet) {
  return decode(bytes, {.from = Sender::client, .version = version}, packet);
}

class MqttFaults : public testing::TestWithParam<Version> {};

TEST_P(MqttFaults, NeverTouchWhatStandsBeforeThePacket) {
  std::string whole;
  encode(Connect{.version = GetParam(), .properties = {}, .client_id = "d"}, whole);
  for (const auto& [word, kind] : fault_kinds()) {
    for (const PacketType type : {PacketType::connect, PacketType::publish}) {
      for (std::uint64_t at = 0; at < 30; ++at) {
        std::string bytes = "before";
        bytes += type == PacketType::connect ? whole : publication(GetParam(), 1);
        const std::string as_it_was = bytes;
        const auto then = apply({.kind = kind, .at = at}, GetParam(), type, bytes, 6);
        EXPECT_EQ(bytes.substr(0, 6), "before") << word;
        if (!then) {
          EXPECT_EQ(bytes, as_it_was) << word;
        } else if (kind != Kind::cut) {
          EXPECT_NE(bytes, as_it_was) << word;
        }
      }
    }
  }
}

TEST_P(MqttFaults, BreakWhatTheyAreNamedAfter) {
  const struct {
    Kind kind;
    ReasonCode reason;
  } table[] = {
      {Kind::bad_type, ReasonCode::malformed_packet},  {Kind::qos_3, ReasonCode::malformed_packet},
      {Kind::bad_topic, ReasonCode::malformed_packet}, {Kind::wildcard_topic, ReasonCode::topic_name_invalid},
      {Kind::zero_id, ReasonCode::malformed_packet},
  };
  Packet packet;
  for (const auto& each : table) {
    std::string bytes = publication(GetParam(), 1);
    ASSERT_EQ(apply({.kind = each.kind}, GetParam(), PacketType::publish, bytes, 0), Then::go_on);
    EXPECT_EQ(decoded(bytes, GetParam(), packet).error, each.reason) << to_string(each.kind);
  }
}

TEST_P(MqttFaults, AddPacketsThatAreWellFormedByThemselves) {
  Packet packet;
  for (const Kind kind : {Kind::same_id, Kind::second_connect, Kind::repeat}) {
    std::string bytes = publication(GetParam(), 1);
    const std::size_t size = bytes.size();
    ASSERT_TRUE(apply({.kind = kind}, GetParam(), PacketType::publish, bytes, 0));
    ASSERT_EQ(decoded(bytes, GetParam(), packet).consumed, size);
    const std::string_view rest = std::string_view(bytes).substr(size);
    EXPECT_EQ(decoded(rest, GetParam(), packet).consumed, rest.size()) << to_string(kind);
    if (kind == Kind::second_connect) {
      EXPECT_TRUE(std::holds_alternative<Connect>(packet));
    } else {
      EXPECT_EQ(std::get<Publish>(packet).packet_id, 7);
    }
  }
}

TEST_P(MqttFaults, NeedAPacketThatHasWhatItTakes) {
  std::string bytes = publication(GetParam(), 0);
  for (const Kind kind : {Kind::same_id, Kind::zero_id, Kind::bad_version, Kind::no_ack, Kind::bad_flags}) {
    EXPECT_FALSE(apply({.kind = kind}, GetParam(), PacketType::publish, bytes, 0)) << to_string(kind);
  }
  EXPECT_FALSE(
      apply({.kind = Kind::drop, .packet = PacketType::pingreq}, GetParam(), PacketType::publish, bytes, 0));
  EXPECT_FALSE(apply({.kind = Kind::flip, .at = bytes.size()}, GetParam(), PacketType::publish, bytes, 0));
  EXPECT_EQ(bytes, publication(GetParam(), 0));
}

TEST_P(MqttFaults, SayALengthOfOneMore) {
  for (const std::size_t payload : {0U, 100U, 122U, 123U, 124U, 16'000U, 16'378U}) {
    std::string bytes;
    const std::string text(payload, 'x');
    encode(Publish{.topic = "a", .properties = {}, .payload = text}, GetParam(), bytes);
    ASSERT_TRUE(apply({.kind = Kind::wrong_length}, GetParam(), PacketType::publish, bytes, 0));
    EXPECT_EQ(packet_size(bytes, kRemainingLengthMax).consumed, bytes.size() + 1) << payload;
  }
}

TEST_P(MqttFaults, AreDoneAsOftenAsTheyShall) {
  Faults faults(GetParam());
  faults.arm(1, {.kind = Kind::drop, .packet = PacketType::publish, .times = 2});
  const auto left = [&](std::uint32_t key) {
    std::string bytes = publication(GetParam(), 1);
    EXPECT_EQ(faults.leaving(key, PacketType::publish, bytes, 0), Then::go_on);
    return !bytes.empty();
  };
  EXPECT_TRUE(left(2)) << "of another session";
  EXPECT_FALSE(left(1));
  EXPECT_FALSE(left(1));
  EXPECT_TRUE(left(1));
  EXPECT_TRUE(faults.empty());
  faults.arm(1, {.kind = Kind::drop, .times = 0});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(left(1));
  faults.disarm(1);
  EXPECT_TRUE(left(1));
  EXPECT_EQ(faults.done().at("drop"), 102u);
}

INSTANTIATE_TEST_SUITE_P(Versions, MqttFaults, testing::Values(Version::v3_1_1, Version::v5));

}  // namespace
}  // namespace vfleet::codec::mqtt
