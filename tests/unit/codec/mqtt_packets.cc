#include "tests/unit/codec/mqtt_packets.h"

#include <deque>

namespace vfleet::codec::mqtt {
namespace {

constexpr Version k311 = Version::v3_1_1;
constexpr Version k5 = Version::v5;
constexpr Sender kClient = Sender::client;
constexpr Sender kServer = Sender::server;

int digit(char c) {
  return c <= '9' ? c - '0' : c - 'A' + 10;
}

/// Bytes that stay.
std::string_view keep(std::string bytes) {
  static std::deque<std::string> kept;
  return kept.emplace_back(std::move(bytes));
}

Properties properties(std::string_view hex) {
  return Properties(keep(from_hex(hex)));
}

Filters filters(std::string_view hex, bool with_options) {
  return {keep(from_hex(hex)), with_options};
}

std::vector<PacketCase> make_cases() {
  std::vector<PacketCase> out;
  const auto add = [&](std::string_view name, Sender from, Version version, std::string_view hex,
                       Packet packet) {
    out.push_back({name, from, version, from_hex(hex), std::move(packet)});
  };

  add("the smallest CONNECT", kClient, k311, "10 0C 00 04 4D 51 54 54 04 02 00 3C 00 00",
      Connect{.version = k311, .keep_alive_s = 60});
  add("CONNECT with a will, a name and a password", kClient, k311,
      "10 21 00 04 4D 51 54 54 04 F4 00 0A 00 03 64 2D 31 "
      "00 03 77 2F 74 00 04 67 6F 6E 65 00 01 75 00 02 70 77",
      Connect{.version = k311,
              .clean_start = false,
              .keep_alive_s = 10,
              .client_id = "d-1",
              .will = Will{.topic = "w/t", .payload = "gone", .qos = 2, .retain = true},
              .username = "u",
              .password = "pw"});
  add("CONNECT of MQTT 5 with properties and a will with some", kClient, k5,
      "10 29 00 04 4D 51 54 54 05 2E 00 0A 08 11 00 00 0E 10 21 00 14 00 03 64 2D 31"
      " 05 18 00 00 00 1E 00 03 77 2F 74 00 04 67 6F 6E 65",
      Connect{.version = k5,
              .clean_start = true,
              .keep_alive_s = 10,
              .properties = properties("11 00 00 0E 10 21 00 14"),
              .client_id = "d-1",
              .will = Will{.topic = "w/t",
                           .payload = "gone",
                           .qos = 1,
                           .retain = true,
                           .properties = properties("18 00 00 00 1E")}});
  add("CONNECT of MQTT 5 with a password alone", kClient, k5,
      "10 0F 00 04 4D 51 54 54 05 42 00 00 00 00 00 00 00", Connect{.version = k5, .password = ""});

  add("CONNACK", kServer, k311, "20 02 00 00", Connack{});
  add("CONNACK of a session that was kept", kServer, k311, "20 02 01 00", Connack{.session_present = true});
  add("CONNACK that refuses a password", kServer, k311, "20 02 00 04",
      Connack{.reason = ReasonCode::bad_user_name_or_password});
  add("CONNACK of MQTT 5 with limits", kServer, k5, "20 0B 01 00 08 21 00 0A 22 00 05 24 01",
      Connack{.session_present = true, .properties = properties("21 00 0A 22 00 05 24 01")});
  add("CONNACK of MQTT 5 that is busy", kServer, k5, "20 03 00 89 00",
      Connack{.reason = ReasonCode::server_busy});

  add("PUBLISH QoS 0", kClient, k311, "30 08 00 03 61 2F 62 68 65 79",
      Publish{.topic = "a/b", .payload = "hey"});
  add("PUBLISH QoS 1, retained, again", kClient, k311, "3B 0A 00 03 61 2F 62 00 0A 68 65 79",
      Publish{.dup = true, .retain = true, .qos = 1, .packet_id = 10, .topic = "a/b", .payload = "hey"});
  add("PUBLISH without a payload", kServer, k311, "34 07 00 03 61 2F 62 FF FF",
      Publish{.qos = 2, .packet_id = 65535, .topic = "a/b"});
  add("PUBLISH of MQTT 5", kServer, k5, "30 09 00 03 61 2F 62 00 68 65 79",
      Publish{.topic = "a/b", .payload = "hey"});
  add("PUBLISH of MQTT 5 by alias with a user property", kClient, k5,
      "32 11 00 00 00 01 0A 23 00 01 26 00 01 6B 00 01 76 68 69",
      Publish{.qos = 1,
              .packet_id = 1,
              .properties = properties("23 00 01 26 00 01 6B 00 01 76"),
              .payload = "hi"});

  for (const Sender from : {kClient, kServer}) {
    add("PUBACK", from, k311, "40 02 00 07", Ack{.type = PacketType::puback, .packet_id = 7});
    add("PUBREC", from, k311, "50 02 00 07", Ack{.type = PacketType::pubrec, .packet_id = 7});
    add("PUBREL", from, k311, "62 02 00 07", Ack{.type = PacketType::pubrel, .packet_id = 7});
    add("PUBCOMP", from, k311, "70 02 00 07", Ack{.type = PacketType::pubcomp, .packet_id = 7});
    add("PUBACK of MQTT 5, short", from, k5, "40 02 00 07", Ack{.type = PacketType::puback, .packet_id = 7});
    add("PUBACK of MQTT 5 with a reason", from, k5, "40 03 00 07 10",
        Ack{.type = PacketType::puback, .packet_id = 7, .reason = ReasonCode::no_matching_subscribers});
    add("PUBREC of MQTT 5 with a reason string", from, k5, "50 08 00 07 97 04 1F 00 01 78",
        Ack{.type = PacketType::pubrec,
            .packet_id = 7,
            .reason = ReasonCode::quota_exceeded,
            .properties = properties("1F 00 01 78")});
  }

  add("SUBSCRIBE to two", kClient, k311, "82 0C 00 0A 00 03 61 2F 62 01 00 01 23 02",
      Subscribe{.packet_id = 10, .filters = filters("00 03 61 2F 62 01 00 01 23 02", true)});
  add("SUBSCRIBE of MQTT 5 with options", kClient, k5, "82 0B 00 0A 02 0B 01 00 03 61 2F 2B 2D",
      Subscribe{
          .packet_id = 10, .properties = properties("0B 01"), .filters = filters("00 03 61 2F 2B 2D", true)});
  add("SUBACK", kServer, k311, "90 04 00 0A 01 80", Suback{.packet_id = 10, .codes = "\x01\x80"});
  add("SUBACK of MQTT 5", kServer, k5, "90 05 00 0A 00 02 87", Suback{.packet_id = 10, .codes = "\x02\x87"});
  add("UNSUBSCRIBE", kClient, k311, "A2 07 00 0A 00 03 61 2F 62",
      Unsubscribe{.packet_id = 10, .filters = filters("00 03 61 2F 62", false)});
  add("UNSUBSCRIBE of MQTT 5", kClient, k5, "A2 08 00 0A 00 00 03 61 2F 62",
      Unsubscribe{.packet_id = 10, .filters = filters("00 03 61 2F 62", false)});
  add("UNSUBACK", kServer, k311, "B0 02 00 0A", Suback{.type = PacketType::unsuback, .packet_id = 10});
  add("UNSUBACK of MQTT 5", kServer, k5, "B0 04 00 0A 00 11",
      Suback{.type = PacketType::unsuback, .packet_id = 10, .codes = "\x11"});

  add("PINGREQ", kClient, k311, "C0 00", Pingreq{});
  add("PINGRESP", kServer, k5, "D0 00", Pingresp{});
  add("DISCONNECT", kClient, k311, "E0 00", Disconnect{});
  add("DISCONNECT of MQTT 5", kServer, k5, "E0 00", Disconnect{});
  add("DISCONNECT of MQTT 5 with a reason", kServer, k5, "E0 01 8B",
      Disconnect{.reason = ReasonCode::server_shutting_down});
  add("DISCONNECT of MQTT 5 with another expiry", kClient, k5, "E0 07 04 05 11 00 00 00 0A",
      Disconnect{.reason = ReasonCode::disconnect_with_will_message,
                 .properties = properties("11 00 00 00 0A")});
  add("AUTH", kServer, k5, "F0 00", Auth{});
  add("AUTH that goes on", kServer, k5, "F0 0A 18 08 15 00 01 6D 16 00 01 64",
      Auth{.reason = ReasonCode::continue_authentication,
           .properties = properties("15 00 01 6D 16 00 01 64")});
  return out;
}

}  // namespace

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); ++i) {
    if (hex[i] == ' ') continue;
    out.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
    ++i;
  }
  return out;
}

const std::vector<PacketCase>& packet_cases() {
  static const std::vector<PacketCase> cases = make_cases();
  return cases;
}

}  // namespace vfleet::codec::mqtt
