#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/text/template.h"
#include "simulator/uplink/mqtt/mqtt_config.h"

namespace vfleet::uplink {

/// How the reports of one name are published.
struct MqttReport {
  codec::text::Template topic;
  std::uint8_t qos = 0;
  bool retain = false;
};

/// The templates of an MQTT uplink, compiled.
struct MqttTexts {
  /// Adds a sentence for each mistake.
  [[nodiscard]] static MqttTexts compile(const MqttConfig& config, std::vector<std::string>& mistakes);

  [[nodiscard]] const MqttReport& report(std::string_view name) const {
    if (reports.empty()) return other;
    const auto found = reports.find(name);
    return found == reports.end() ? other : found->second;
  }

  codec::text::Template client_id;
  std::optional<codec::text::Template> username;
  std::optional<codec::text::Template> password;
  std::optional<codec::text::Template> will_topic;
  codec::text::Template will_payload;
  std::vector<codec::text::Template> subscribe;
  std::optional<codec::text::Template> echo;
  MqttReport other;                                        ///< reports without settings of their own
  std::map<std::string, MqttReport, std::less<>> reports;  ///< by name
  using Property = std::pair<std::string, codec::text::Template>;
  std::vector<Property> user_properties;
  std::vector<Property> connect_properties;
};

}  // namespace vfleet::uplink
