#pragma once

#include <cstdint>
#include <string_view>

/// MQTT 3.1.1 (OASIS, 2014) and MQTT 5 (OASIS, 2019): the numbers on the wire, in the words of the
/// specifications. Section numbers are those of MQTT 5 where both have them.
namespace vfleet::codec::mqtt {

/// The protocol level in CONNECT (§3.1.2.2).
enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

/// Who sends: a client must not send CONNACK, a server not CONNECT.
enum class Sender : std::uint8_t { client, server };

/// Control packet types (§2.1.2).
enum class PacketType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

/// Reason codes (§2.4). The return codes of a 3.1.1 CONNACK are read as, and written from, the codes of the
/// same meaning: one vocabulary for both versions.
enum class ReasonCode : std::uint8_t {
  success = 0x00,  ///< also normal disconnection, granted QoS 0
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will_message = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  reauthenticate = 0x19,
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

/// Codes from 0x80 on say no.
[[nodiscard]] constexpr bool is_error(ReasonCode code) {
  return static_cast<std::uint8_t>(code) >= 0x80;
}

/// The name as a snake_case word for counters; "unknown_reason_code" for a code that MQTT 5 does not define.
[[nodiscard]] std::string_view to_string(ReasonCode code);

/// "CONNECT", "PUBACK".
[[nodiscard]] std::string_view to_string(PacketType type);

/// Property identifiers (§2.2.2.2).
enum class PropertyId : std::uint8_t {
  payload_format_indicator = 1,
  message_expiry_interval = 2,
  content_type = 3,
  response_topic = 8,
  correlation_data = 9,
  subscription_identifier = 11,
  session_expiry_interval = 17,
  assigned_client_identifier = 18,
  server_keep_alive = 19,
  authentication_method = 21,
  authentication_data = 22,
  request_problem_information = 23,
  will_delay_interval = 24,
  request_response_information = 25,
  response_information = 26,
  server_reference = 28,
  reason_string = 31,
  receive_maximum = 33,
  topic_alias_maximum = 34,
  topic_alias = 35,
  maximum_qos = 36,
  retain_available = 37,
  user_property = 38,
  maximum_packet_size = 39,
  wildcard_subscription_available = 40,
  subscription_identifier_available = 41,
  shared_subscription_available = 42,
};

/// The largest Remaining Length (§1.5.5), and so the largest packet but for its fixed header of five bytes.
inline constexpr std::size_t kRemainingLengthMax = 268'435'455;
/// The longest string or binary value (§1.5.4).
inline constexpr std::size_t kTextMax = 65'535;

}  // namespace vfleet::codec::mqtt
