#include "simulator/uplink/mqtt/mqtt_hub.h"

namespace vfleet::uplink {

MqttHub::MqttHub(loop::EventLoop& event_loop, net::Network& sockets, StreamSettings stream_settings,
                 std::uint64_t fleet_seed, LinkOwner& link_owner, const MqttConfig& mqtt_config,
                 MqttTexts mqtt_texts, const codec::mqtt::SessionOptions& session_options)
    : StreamHub(event_loop, sockets, std::move(stream_settings), fleet_seed, link_owner),
      config(mqtt_config),
      texts(std::move(mqtt_texts)),
      sessions(session_options),
      packet_faults(session_options.version) {
  using codec::mqtt::PropertyId;
  using codec::mqtt::PropertyWriter;
  const auto seconds = [](Duration duration) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
  };
  if (texts.echo) {
    (void)echo_fields.want(config.echo_due);
    (void)echo_fields.want(config.echo_type);
    (void)echo_fields.want("dev");
  }
  if (config.message_expiry > Duration::zero()) {
    PropertyWriter(report_properties)
        .number(PropertyId::message_expiry_interval, seconds(config.message_expiry));
  }
  if (config.will_delay > Duration::zero()) {
    PropertyWriter(will_properties).number(PropertyId::will_delay_interval, seconds(config.will_delay));
  }
}

bool MqttHub::set_fault(LinkKey link, const std::optional<codec::mqtt::Fault>& fault) {
  if (sessions.options.misbehaviour != nullptr) return false;
  if (fault) {
    packet_faults.arm(link, *fault);
  } else {
    packet_faults.disarm(link);
  }
  sessions.misbehaviour = packet_faults.empty() ? nullptr : &packet_faults;
  return true;
}

void MqttHub::subscription_refused(LinkKey link, codec::mqtt::ReasonCode reason) {
  constexpr Duration kPause = std::chrono::minutes(1);
  ++subscriptions_refused_;
  if (!warn || loop.now() < warn_again_) return;
  warn_again_ = loop.now() + kPause;
  warn("uplink mqtt: the server refused a subscription of " + std::string(owner.names(link).device_id()) +
       ": " + std::string(to_string(reason)) + "; commands on that topic do not reach it. " +
       std::to_string(subscriptions_refused_) +
       " such refusals so far (subscriptions_total); look at the "
       "server's access rules and at subscribe and echo.topic");
}

std::pair<std::string, std::vector<MqttSent>> MqttHub::lend() {
  if (lent_.empty()) return {};
  auto out = std::move(lent_.back());
  lent_.pop_back();
  return out;
}

void MqttHub::take_back(std::string bytes, std::vector<MqttSent> sent) {
  constexpr std::size_t kBytes = 256 * 1024;
  if (bytes.capacity() > kBytes) bytes = {};
  bytes.clear();
  sent.clear();
  lent_.emplace_back(std::move(bytes), std::move(sent));
}

}  // namespace vfleet::uplink
