#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/codec/http/url.h"
#include "simulator/codec/mqtt/session.h"
#include "simulator/config/bind.h"
#include "simulator/uplink/send_queue.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

/// The settings of an MQTT uplink as they are written; MqttTexts is what is made of its templates.
struct MqttConfig {
  std::string url;
  codec::mqtt::Version version = codec::mqtt::Version::v3_1_1;
  std::string client_id;
  std::string username;
  std::string password;
  std::string topic;
  std::map<std::string, std::string> topics;  ///< by report
  std::uint8_t qos = 0;
  std::map<std::string, std::string> qos_of;  ///< by report
  bool retain = false;
  std::map<std::string, std::string> retain_of;  ///< by report
  std::vector<std::string> user_properties;
  std::vector<std::string> connect_properties;
  Duration message_expiry{};
  std::vector<std::string> subscribe;
  std::uint8_t subscribe_qos = 1;
  std::string echo;  ///< empty: none
  std::string echo_due;
  std::string echo_type;
  std::string will_topic;
  std::string will_payload;
  std::uint8_t will_qos = 0;
  bool will_retain = false;
  Duration will_delay{};
  bool clean = true;
  Duration session_expiry{};
  Duration keep_alive{};
  std::uint16_t receive_maximum = 0;
  std::uint16_t topic_aliases = 0;
  std::uint16_t topic_aliases_down = 0;
  std::uint16_t in_flight_max = 0;
  Duration ack_timeout{};
  std::uint32_t queue_max = 0;
  WhenFull when_full = WhenFull::refuse;
  StreamConfig stream;
};

[[nodiscard]] const config::Struct<MqttConfig>& mqtt_keys();

/// "mqtt://HOST[:PORT]" or "mqtts://HOST[:PORT]". Errors: invalid_argument.
[[nodiscard]] Result<codec::http::Url> parse_mqtt_url(std::string_view text);

}  // namespace vfleet::uplink
