#include <gtest/gtest.h>

#include "simulator/codec/mqtt/bytes.h"
#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/packet_reader.h"
#include "simulator/codec/mqtt/topic.h"
#include "simulator/core/random.h"
#include "tests/unit/codec/mqtt_packets.h"

namespace vfleet::codec::mqtt {
namespace {

using Progress = PacketReader::Progress;

DecodeContext context(const PacketCase& each) {
  return {.from = each.from, .version = each.version};
}

TEST(MqttCodec, DecodesEveryPacketOfTheTable) {
  for (const PacketCase& each : packet_cases()) {
    Packet packet;
    const Decoded decoded = decode(each.bytes, context(each), packet);
    EXPECT_EQ(decoded.error, ReasonCode::success) << each.name << ": " << to_string(decoded.error);
    EXPECT_EQ(decoded.consumed, each.bytes.size()) << each.name;
    EXPECT_TRUE(packet == each.packet) << each.name;
  }
}

TEST(MqttCodec, EncodesEveryPacketOfTheTable) {
  for (const PacketCase& each : packet_cases()) {
    std::string out = "before";
    encode(each.packet, each.version, out);
    EXPECT_EQ(out, "before" + each.bytes) << each.name;
    if (const auto* publish = std::get_if<Publish>(&each.packet)) {
      EXPECT_EQ(encoded_size(*publish, each.version), each.bytes.size()) << each.name;
    }
  }
}

TEST(MqttCodec, WaitsForTheRestOfAPacket) {
  for (const PacketCase& each : packet_cases()) {
    for (std::size_t size = 0; size < each.bytes.size(); ++size) {
      Packet packet;
      const Decoded decoded = decode(std::string_view(each.bytes).substr(0, size), context(each), packet);
      EXPECT_EQ(decoded.error, ReasonCode::success) << each.name << " " << size;
      EXPECT_EQ(decoded.consumed, 0u) << each.name << " " << size;
    }
  }
}

TEST(MqttCodec, LeavesWhatFollowsAPacket) {
  for (const PacketCase& each : packet_cases()) {
    Packet packet;
    const std::string twice = each.bytes + each.bytes;
    const Decoded decoded = decode(twice, context(each), packet);
    EXPECT_EQ(decoded.consumed, each.bytes.size()) << each.name;
    EXPECT_TRUE(packet == each.packet) << each.name;
  }
}

TEST(MqttCodec, KnowsWhichSideSendsWhat) {
  for (const PacketCase& each : packet_cases()) {
    DecodeContext other = context(each);
    other.from = each.from == Sender::client ? Sender::server : Sender::client;
    const bool both =
        std::holds_alternative<Publish>(each.packet) || std::holds_alternative<Ack>(each.packet) ||
        (each.version == Version::v5 &&
         (std::holds_alternative<Disconnect>(each.packet) || std::holds_alternative<Auth>(each.packet)));
    Packet packet;
    const Decoded decoded = decode(each.bytes, other, packet);
    EXPECT_EQ(decoded.error, both ? ReasonCode::success : ReasonCode::protocol_error) << each.name;
  }
}

TEST(MqttCodec, RefusesTheFlagsThatAreReserved) {
  for (const PacketCase& each : packet_cases()) {
    if (std::holds_alternative<Publish>(each.packet)) continue;
    for (int bit = 0; bit < 4; ++bit) {
      std::string bytes = each.bytes;
      bytes[0] = static_cast<char>(bytes[0] ^ (1 << bit));
      Packet packet;
      EXPECT_EQ(decode(bytes, context(each), packet).error, ReasonCode::malformed_packet) << each.name;
    }
  }
}

struct Wrong {
  Sender from;
  Version version;
  std::string_view hex;
  ReasonCode error;
};

TEST(MqttCodec, SaysWhatIsWrong) {
  constexpr auto kMalformed = ReasonCode::malformed_packet;
  constexpr auto kProtocol = ReasonCode::protocol_error;
  constexpr Version k311 = Version::v3_1_1;
  constexpr Version k5 = Version::v5;
  constexpr Sender kClient = Sender::client;
  constexpr Sender kServer = Sender::server;
  const Wrong table[] = {
      {kClient, k311, "00 00", kMalformed},                    // packet type 0
      {kClient, k311, "F0 00", kProtocol},                     // AUTH in 3.1.1
      {kServer, k311, "E0 00", kProtocol},                     // a 3.1.1 server does not disconnect
      {kClient, k311, "30 80 80 80 80 01", kMalformed},        // a length of five bytes
      {kClient, k311, "30 85 00 00 03 61 2F 62", kMalformed},  // a length that is longer than needed
      {kClient, k311, "10 0C 00 04 4D 51 54 54 03 02 00 3C 00 00", ReasonCode::unsupported_protocol_version},
      {kClient, k311, "10 0E 00 06 4D 51 49 73 64 70 03 02 00 3C 00 00",
       ReasonCode::unsupported_protocol_version},
      {kClient, k311, "10 0C 00 04 4D 51 54 58 04 02 00 3C 00 00", kMalformed},        // MQTX
      {kClient, k311, "10 0C 00 04 4D 51 54 54 04 03 00 3C 00 00", kMalformed},        // the reserved flag
      {kClient, k311, "10 0C 00 04 4D 51 54 54 04 1E 00 3C 00 00", kMalformed},        // will QoS 3
      {kClient, k311, "10 0C 00 04 4D 51 54 54 04 22 00 3C 00 00", kMalformed},        // retain of no will
      {kClient, k311, "10 0E 00 04 4D 51 54 54 04 42 00 3C 00 00 00 00", kMalformed},  // a password, no name
      {kClient, k311, "10 0D 00 04 4D 51 54 54 04 02 00 3C 00 00 00", kMalformed},     // a byte too much
      {kServer, k311, "20 02 02 00", kMalformed},
      {kServer, k311, "20 02 01 05", kProtocol},  // a session, and refused
      {kServer, k311, "20 03 00 00 00", kMalformed},
      {kServer, k5, "20 03 00 42 00", kProtocol},  // neither accepted nor refused
      {kServer, k5, "20 02 01 01", kProtocol},     // a session, and refused as 3.1.1 does
      {kClient, k311, "36 09 00 03 61 2F 62 00 01 68 69", kMalformed},  // QoS 3
      {kClient, k311, "38 07 00 03 61 2F 62 68 69", kMalformed},        // DUP of QoS 0
      {kClient, k311, "32 07 00 03 61 2F 62 00 00", kMalformed},        // packet id 0
      {kClient, k311, "30 05 00 03 61 2F 2B", ReasonCode::topic_name_invalid},
      {kClient, k311, "30 02 00 00", ReasonCode::topic_name_invalid},
      {kClient, k5, "30 03 00 00 00", kProtocol},                    // no topic, no alias
      {kClient, k5, "30 06 00 00 03 23 00 00", kProtocol},           // alias 0
      {kClient, k5, "30 09 00 00 06 23 00 01 23 00 01", kProtocol},  // two aliases
      {kClient, k5, "30 08 00 01 61 04 21 00 01 00", kMalformed},    // half a property
      {kClient, k5, "30 07 00 01 61 03 21 00 01", kProtocol},        // one that does not belong here
      {kClient, k5, "30 06 00 01 61 02 2B 00", kMalformed},          // an unknown one
      {kClient, k311, "30 05 00 03 61 00 62", kMalformed},           // U+0000
      {kClient, k311, "30 05 00 03 ED A0 80", kMalformed},           // a surrogate
      {kClient, k311, "30 04 00 02 C0 80", kMalformed},              // overlong
      {kClient, k311, "40 02 00 00", kMalformed},
      {kClient, k311, "40 03 00 01 00", kMalformed},            // a reason code in 3.1.1
      {kClient, k311, "82 02 00 0A", kProtocol},                // nothing to subscribe to
      {kClient, k311, "82 05 00 0A 00 01 61", kMalformed},      // no options
      {kClient, k311, "82 06 00 0A 00 01 61 03", kMalformed},   // QoS 3
      {kClient, k311, "82 06 00 0A 00 01 61 04", kMalformed},   // an option of MQTT 5
      {kClient, k5, "82 07 00 0A 00 00 01 61 30", kMalformed},  // retain handling 3
      {kClient, k311, "82 08 00 0A 00 03 61 23 2F 00", ReasonCode::topic_filter_invalid},
      {kServer, k311, "90 02 00 0A", kMalformed},
      {kServer, k311, "B0 03 00 0A 00", kMalformed},
      {kServer, k311, "D0 01 00", kMalformed},
      {kServer, k5, "F0 07 18 05 16 00 02 61 62", kProtocol},  // data of no method
  };
  for (const Wrong& each : table) {
    Packet packet;
    const std::string bytes = from_hex(each.hex);
    const Decoded decoded = decode(bytes, {.from = each.from, .version = each.version}, packet);
    EXPECT_EQ(to_string(decoded.error), to_string(each.error)) << each.hex;
    EXPECT_EQ(decoded.consumed, 0u) << each.hex;
  }
}

TEST(MqttCodec, TakesTheRefusalOfAServerThatSpeaks311AloneForWhatItIs) {
  const std::pair<std::string_view, ReasonCode> table[] = {
      {"20 02 00 00", ReasonCode::unsupported_protocol_version},  // it has not looked at the version
      {"20 02 00 01", ReasonCode::unsupported_protocol_version},
      {"20 02 00 04", ReasonCode::bad_user_name_or_password},
      {"20 02 00 05", ReasonCode::not_authorized},
  };
  for (const auto& [hex, reason] : table) {
    Packet packet;
    const std::string bytes = from_hex(hex);
    ASSERT_EQ(decode(bytes, {.from = Sender::server, .version = Version::v5}, packet).consumed, bytes.size());
    EXPECT_EQ(to_string(std::get<Connack>(packet).reason), to_string(reason)) << hex;
  }
}

TEST(MqttCodec, ChecksTheSizeBeforeTheBytesAreThere) {
  Packet packet;
  EXPECT_EQ(decode(from_hex("30 80 01"), {.packet_max = 100}, packet).error, ReasonCode::packet_too_large);
  EXPECT_EQ(packet_size(from_hex("30 80 01"), 131).consumed, 131u);
  EXPECT_EQ(packet_size(from_hex("30 80"), 131).consumed, 0u);
  EXPECT_EQ(packet_size(from_hex("30 FF FF FF 7F"), kRemainingLengthMax + 5).consumed,
            kRemainingLengthMax + 5);
}

TEST(MqttCodec, WritesLengthsOfEverySize) {
  for (const std::size_t size : {0U, 120U, 121U, 130U, 16'375U, 16'384U, 2'097'152U}) {
    const std::string payload(size, 'x');
    const Publish publish{.topic = "a/b", .payload = payload};
    std::string out;
    encode(publish, Version::v5, out);
    EXPECT_EQ(out.size(), encoded_size(publish, Version::v5));
    Packet packet;
    ASSERT_EQ(decode(out, {.version = Version::v5}, packet).consumed, out.size()) << size;
    EXPECT_EQ(std::get<Publish>(packet), publish);
  }
}

TEST(MqttCodec, FindsPropertiesById) {
  std::string bytes;
  PropertyWriter(bytes)
      .number(PropertyId::payload_format_indicator, 1)
      .number(PropertyId::message_expiry_interval, 300)
      .text(PropertyId::content_type, "application/json")
      .user("fleet", "north")
      .user("fleet", "south")
      .number(PropertyId::subscription_identifier, 200);
  const Properties properties(bytes);
  EXPECT_EQ(check_properties(bytes, static_cast<unsigned>(PacketType::publish)), ReasonCode::success);
  EXPECT_EQ(properties.number(PropertyId::message_expiry_interval), 300u);
  EXPECT_EQ(properties.number(PropertyId::subscription_identifier), 200u);
  EXPECT_EQ(properties.text(PropertyId::content_type), "application/json");
  EXPECT_EQ(properties.user("fleet"), "north");
  EXPECT_FALSE(properties.number(PropertyId::topic_alias).has_value());
  EXPECT_FALSE(properties.user("nobody").has_value());
  Properties rest = properties;
  std::size_t count = 0;
  while (Properties::next(rest)) ++count;
  EXPECT_EQ(count, 6u);
}

TEST(MqttCodec, GoesThroughFilters) {
  std::string bytes;
  const Subscription first{.filter = "a/#", .qos = 2, .no_local = true, .retain_handling = 2};
  const Subscription second{.filter = "+", .qos = 1, .retain_as_published = true};
  Filters::append(first, bytes);
  Filters::append(second, bytes);
  Filters rest(bytes, true);
  EXPECT_EQ(Filters::next(rest), first);
  EXPECT_EQ(Filters::next(rest), second);
  EXPECT_FALSE(Filters::next(rest).has_value());
}

TEST(MqttCodec, NamesReasonsInBothVersionsAlike) {
  EXPECT_EQ(to_string(ReasonCode::receive_maximum_exceeded), "receive_maximum_exceeded");
  EXPECT_EQ(to_string(static_cast<ReasonCode>(0xF3)), "unknown_reason_code");
  for (std::uint8_t code = 0; code <= 5; ++code) EXPECT_EQ(to_return_code(from_return_code(code)), code);
  EXPECT_EQ(from_return_code(77), ReasonCode::unspecified_error);
}

/// Everything a side sends in one version, as one stream.
std::string stream_of(Sender from, Version version, std::vector<const PacketCase*>& cases) {
  std::string out;
  for (const PacketCase& each : packet_cases()) {
    if (each.from != from || each.version != version) continue;
    cases.push_back(&each);
    out += each.bytes;
  }
  return out;
}

TEST(MqttPacketReader, ReadsTheSameInAnySlices) {
  Random random(1, 2, "slices");
  for (const Sender from : {Sender::client, Sender::server}) {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
      std::vector<const PacketCase*> cases;
      const std::string all = stream_of(from, version, cases);
      for (int round = 0; round < 200; ++round) {
        PacketReader reader;
        std::size_t got = 0;
        for (std::size_t at = 0; at < all.size();) {
          const std::size_t size = round == 0 ? all.size() : round == 1 ? 1 : 1 + random.below(40);
          // A copy of its own, so that a sanitizer sees a view that outlives its slice.
          const std::string slice = all.substr(at, size);
          at += slice.size();
          std::string_view in = slice;
          Packet packet;
          while (reader.next(in, {.from = from, .version = version}, packet) == Progress::packet) {
            ASSERT_LT(got, cases.size());
            EXPECT_TRUE(packet == cases[got]->packet) << cases[got]->name;
            ++got;
          }
          EXPECT_TRUE(in.empty());
        }
        EXPECT_EQ(got, cases.size());
        EXPECT_EQ(reader.held(), 0u);
        EXPECT_EQ(reader.error(), ReasonCode::success);
      }
    }
  }
}

TEST(MqttPacketReader, StaysBrokenUntilItIsReset) {
  PacketReader reader;
  Packet packet;
  const std::string wrong = from_hex("D0");
  const std::string rest = from_hex("01 00");
  std::string_view in = wrong;
  EXPECT_EQ(reader.next(in, {}, packet), Progress::more);
  EXPECT_EQ(reader.held(), 1u);
  in = rest;
  EXPECT_EQ(reader.next(in, {}, packet), Progress::broken);
  EXPECT_EQ(reader.error(), ReasonCode::malformed_packet);
  const std::string ping = from_hex("D0 00");
  in = ping;
  EXPECT_EQ(reader.next(in, {}, packet), Progress::broken);
  reader.reset();
  in = ping;
  EXPECT_EQ(reader.next(in, {}, packet), Progress::packet);
}

TEST(MqttPacketReader, RefusesALargePacketBeforeItHoldsIt) {
  PacketReader reader;
  Packet packet;
  const std::string start = from_hex("30 FF FF FF 7F 00 03");
  std::string_view in = start;
  EXPECT_EQ(reader.next(in, {.packet_max = 1000}, packet), Progress::broken);
  EXPECT_EQ(reader.error(), ReasonCode::packet_too_large);
  EXPECT_EQ(reader.held(), 0u);
}

TEST(MqttPacketReader, LendsTheMemoryOfAPacketThatCameInParts) {
  PacketReader reader;
  Packet packet;
  const std::string bytes = from_hex("30 08 00 03 61 2F 62 68 65 79");
  std::string_view in = std::string_view(bytes).substr(0, 5);
  EXPECT_EQ(reader.next(in, {}, packet), Progress::more);
  in = std::string_view(bytes).substr(5);
  ASSERT_EQ(reader.next(in, {}, packet), Progress::packet);
  const auto memory = reader.take_memory();
  ASSERT_NE(memory, nullptr);
  reader.reset();
  EXPECT_EQ(std::get<Publish>(packet).payload, "hey");
}

TEST(MqttTopic, ChecksNamesAndFilters) {
  for (const std::string_view topic : {"a", "/", "a/b", "/a//b", "$SYS/x", "Akku/\xC3\xA4"}) {
    EXPECT_TRUE(is_topic_name(topic)) << topic;
    EXPECT_TRUE(is_topic_filter(topic)) << topic;
  }
  for (const std::string_view filter : {"#", "+", "a/#", "a/+/b", "+/+", "/+", "$share/g/a/#"}) {
    EXPECT_FALSE(is_topic_name(filter)) << filter;
    EXPECT_TRUE(is_topic_filter(filter)) << filter;
  }
  for (const std::string_view wrong :
       {"", "a#", "a/#/b", "a+", "a/b+/c", "#/", "$share/g", "$share//a", "$share/g/"}) {
    EXPECT_FALSE(is_topic_filter(wrong)) << wrong;
  }
  EXPECT_FALSE(is_topic_name(std::string(70'000, 'a')));
}

TEST(MqttTopic, MatchesAsTheSpecificationSays) {
  const std::pair<std::string_view, std::string_view> yes[] = {
      {"a/b", "a/b"},    {"#", "a/b"},         {"a/#", "a/b/c"},        {"a/#", "a"},
      {"+", "a"},        {"a/+", "a/b"},       {"+/+", "/a"},           {"/+", "/a"},
      {"a/+/c", "a//c"}, {"$SYS/#", "$SYS/x"}, {"$share/g/a/+", "a/b"}, {"a/+", "a/"}};
  for (const auto& [filter, topic] : yes) EXPECT_TRUE(topic_matches(filter, topic)) << filter << " " << topic;
  const std::pair<std::string_view, std::string_view> no[] = {
      {"a/b", "a"},    {"a", "a/b"},      {"+", "/a"},   {"a/+", "a"}, {"a/+", "a/b/c"},
      {"#", "$SYS/x"}, {"+/x", "$SYS/x"}, {"a/#", "ab"}, {"a", "A"}};
  for (const auto& [filter, topic] : no) EXPECT_FALSE(topic_matches(filter, topic)) << filter << " " << topic;
}

}  // namespace
}  // namespace vfleet::codec::mqtt
