#include "simulator/uplink/mqtt/mqtt_uplink.h"

#include <utility>

#include "simulator/uplink/mqtt/mqtt_link.h"
#include "simulator/uplink/mqtt/mqtt_misbehaviour.h"
#include "simulator/uplink/network_kind.h"

namespace vfleet::uplink {
namespace {

class MqttUplink final : public Uplink {
 public:
  MqttUplink(const UplinkEnvironment& environment, StreamSettings settings, LinkOwner& owner,
             const MqttConfig& config, MqttTexts texts, const codec::mqtt::SessionOptions& session)
      : hub_(environment.loop, *environment.network, std::move(settings), environment.seed, owner, config,
             std::move(texts), session) {
    hub_.warn = environment.warn;
  }

  std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity& identity) override {
    return std::make_unique<MqttLink>(hub_, key, identity);
  }

  std::vector<Counter> counters() const override {
    const MqttTotals& t = hub_.mqtt_totals;
    std::vector<Counter> out;
    hub_.add_counters(out);
    out.push_back({"publishes_total", t.publishes});
    out.push_back({"sent_again_total", t.sent_again});
    out.push_back({"sessions_resumed_total", t.sessions_resumed});
    out.push_back({"sessions_forgotten_total", t.sessions_forgotten});
    out.push_back({"queue_evicted_total", t.evicted});
    out.push_back({"too_large_total", t.too_large});
    out.push_back({"bad_topics_total", t.bad_topics});
    out.push_back({"bad_properties_total", t.bad_properties});
    out.push_back({"messages_received_total", t.messages});
    out.push_back({"malformed_commands_total", t.malformed_commands});
    out.push_back({"assigned_client_ids_total", t.assigned_ids});
    out.push_back({"auth_not_supported_total", t.auth_not_supported});
    constexpr std::string_view kUnsendable[] = {"session_forgotten", "too_large", "qos_too_high"};
    for (std::size_t i = 0; i < t.unsendable.size(); ++i) {
      if (t.unsendable[i] == 0) continue;
      out.push_back(
          {"lost_on_resume_total{reason=\"" + std::string(kUnsendable[i]) + "\"}", t.unsendable[i]});
    }
    for (const auto& [kind, n] : hub_.packet_faults.done()) {
      out.push_back({"misbehaved_total{kind=\"" + std::string(kind) + "\"}", n});
    }
    if (hub_.texts.echo) {
      out.push_back({"echoes_total", t.echoes});
      out.push_back({"echoes_unreadable_total", t.echoes_unreadable});
      out.push_back({"echoes_foreign_total", t.echoes_foreign});
    }
    add(out, "connack_total", t.connack);
    add(out, "answers_total", t.answers);
    add(out, "subscriptions_total", t.subscriptions);
    add(out, "server_disconnects_total", t.disconnects);
    return out;
  }

 private:
  static void add(std::vector<Counter>& out, std::string_view name, const ReasonCounts& counts) {
    std::uint64_t unknown = 0;
    for (std::size_t code = 0; code < counts.size(); ++code) {
      if (counts[code] == 0) continue;
      const std::string_view reason = to_string(static_cast<codec::mqtt::ReasonCode>(code));
      if (reason == "unknown_reason_code") {
        unknown += counts[code];
        continue;
      }
      out.push_back({std::string(name) + "{reason=\"" + std::string(reason) + "\"}", counts[code]});
    }
    if (unknown != 0) out.push_back({std::string(name) + "{reason=\"unknown_reason_code\"}", unknown});
  }

  MqttHub hub_;
};

std::uint32_t whole_seconds(Duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

Result<std::unique_ptr<Uplink>> make_with(const UplinkEnvironment& environment, const MqttConfig& config,
                                          LinkOwner& owner, codec::mqtt::Misbehaviour* misbehaviour) {
  const auto url = parse_mqtt_url(config.url);
  if (!url) return tl::unexpected(url.error());
  std::vector<std::string> mistakes;
  MqttTexts texts = MqttTexts::compile(config, mistakes);
  if (!mistakes.empty()) return fail(Errc::invalid_argument, mistakes.front());
  auto settings = stream_settings(config.stream,
                                  {.uplink = "mqtt",
                                   .host = url->host,
                                   .port = url->port,
                                   .tls = url->tls,
                                   .drain_timeout = config.ack_timeout},
                                  environment);
  if (!settings) return tl::unexpected(settings.error());
  codec::mqtt::SessionOptions session;
  session.version = config.version;
  session.persistent = !config.clean;
  session.session_expiry_s = whole_seconds(config.session_expiry);
  session.keep_alive_s = static_cast<std::uint16_t>(whole_seconds(config.keep_alive));
  session.in_flight_max = config.in_flight_max;
  session.receive_maximum = config.receive_maximum;
  session.topic_aliases = config.topic_aliases;
  session.topic_aliases_down = config.topic_aliases_down;
  session.ack_timeout = config.ack_timeout;
  session.misbehaviour = misbehaviour;
  return std::make_unique<MqttUplink>(environment, std::move(*settings), owner, config, std::move(texts),
                                      session);
}

}  // namespace

UplinkKind mqtt_uplink() {
  UplinkKind kind = network_kind(
      "mqtt", "Each device is an MQTT client (3.1.1 or 5) with a connection of its own.", mqtt_keys(),
      [](const UplinkEnvironment& environment, const MqttConfig& config, LinkOwner& owner) {
        return make_with(environment, config, owner, nullptr);
      });
  kind.actions = {mqtt_misbehaviour()};
  kind.identity = "client_id";
  return kind;
}

Result<std::unique_ptr<Uplink>> make_misbehaving_mqtt(const UplinkEnvironment& environment,
                                                      const config::Values& values, LinkOwner& owner,
                                                      codec::mqtt::Misbehaviour& misbehaviour) {
  return make_on_network("mqtt", mqtt_keys(), environment, values, owner,
                         [&](const UplinkEnvironment& where, const MqttConfig& config, LinkOwner& whose) {
                           return make_with(where, config, whose, &misbehaviour);
                         });
}

}  // namespace vfleet::uplink
