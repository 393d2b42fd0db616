#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "simulator/codec/mqtt/properties.h"
#include "simulator/codec/mqtt/wire.h"

/// The control packets of MQTT. Texts are views: into the bytes that were decoded, or into what the caller
/// wants encoded. Properties and reason codes are MQTT 5's: in 3.1.1 they are empty and success.
namespace vfleet::codec::mqtt {

struct Will {
  std::string_view topic;
  std::string_view payload;
  std::uint8_t qos = 0;
  bool retain = false;
  Properties properties;

  friend bool operator==(const Will&, const Will&) = default;
};

struct Connect {
  Version version = Version::v3_1_1;
  bool clean_start = true;  ///< Clean Session in 3.1.1
  std::uint16_t keep_alive_s = 0;
  Properties properties;
  std::string_view client_id;
  std::optional<Will> will;
  std::optional<std::string_view> username;
  std::optional<std::string_view> password;

  friend bool operator==(const Connect&, const Connect&) = default;
};

struct Connack {
  bool session_present = false;
  ReasonCode reason = ReasonCode::success;
  Properties properties;

  friend bool operator==(const Connack&, const Connack&) = default;
};

struct Publish {
  bool dup = false;
  bool retain = false;
  std::uint8_t qos = 0;         ///< 0 .. 2
  std::uint16_t packet_id = 0;  ///< QoS 1 and 2; never 0 there
  std::string_view topic;       ///< may be empty in MQTT 5 when there is a topic alias
  Properties properties;
  std::string_view payload;

  friend bool operator==(const Publish&, const Publish&) = default;
};

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
struct Ack {
  PacketType type = PacketType::puback;
  std::uint16_t packet_id = 0;
  ReasonCode reason = ReasonCode::success;
  Properties properties;

  friend bool operator==(const Ack&, const Ack&) = default;
};

struct Subscription {
  std::string_view filter;
  std::uint8_t qos = 0;  ///< the maximum
  bool no_local = false;
  bool retain_as_published = false;
  std::uint8_t retain_handling = 0;  ///< 0 .. 2

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

/// Topic filters as they stand in SUBSCRIBE (with their options) or UNSUBSCRIBE (without).
class Filters {
 public:
  Filters() = default;
  Filters(std::string_view bytes, bool with_options) : bytes_(bytes), with_options_(with_options) {}
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  /// Goes through them: start with all of them, call until it returns nothing.
  [[nodiscard]] static std::optional<Subscription> next(Filters& rest);
  /// Appends one as SUBSCRIBE has it (3.1.1: with qos alone set).
  static void append(const Subscription& each, std::string& out);

  friend bool operator==(const Filters&, const Filters&) = default;

 private:
  std::string_view bytes_;
  bool with_options_ = true;
};

struct Subscribe {
  std::uint16_t packet_id = 0;
  Properties properties;
  Filters filters;

  friend bool operator==(const Subscribe&, const Subscribe&) = default;
};

struct Unsubscribe {
  std::uint16_t packet_id = 0;
  Properties properties;
  Filters filters;

  friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};

/// SUBACK or UNSUBACK; a reason code a filter (a 3.1.1 UNSUBACK has none).
struct Suback {
  PacketType type = PacketType::suback;
  std::uint16_t packet_id = 0;
  Properties properties;
  std::string_view codes;  ///< a byte each, see code()

  [[nodiscard]] ReasonCode code(std::size_t i) const {
    return static_cast<ReasonCode>(static_cast<std::uint8_t>(codes[i]));
  }
  friend bool operator==(const Suback&, const Suback&) = default;
};

struct Pingreq {
  friend bool operator==(const Pingreq&, const Pingreq&) = default;
};
struct Pingresp {
  friend bool operator==(const Pingresp&, const Pingresp&) = default;
};

struct Disconnect {
  ReasonCode reason = ReasonCode::success;
  Properties properties;

  friend bool operator==(const Disconnect&, const Disconnect&) = default;
};

struct Auth {
  ReasonCode reason = ReasonCode::success;
  Properties properties;

  friend bool operator==(const Auth&, const Auth&) = default;
};

using Packet = std::variant<Pingreq, Pingresp, Connect, Connack, Publish, Ack, Subscribe, Suback, Unsubscribe,
                            Disconnect, Auth>;

/// CONNACK's return codes in 3.1.1 (3.1.1 §3.2.2.3), by the reason codes that mean the same: 1
/// unsupported_protocol_version, 2 client_identifier_not_valid, 3 server_unavailable, 4
/// bad_user_name_or_password, 5 not_authorized. Codes that 3.1.1 reserves are unspecified_error, written as
/// 0x80; errors that 3.1.1 has no code for are written as 3.
[[nodiscard]] ReasonCode from_return_code(std::uint8_t code);
[[nodiscard]] std::uint8_t to_return_code(ReasonCode reason);

}  // namespace vfleet::codec::mqtt
