#include "simulator/uplink/mqtt/mqtt_config.h"

#include "simulator/uplink/mqtt/mqtt_texts.h"
#include "simulator/uplink/queue_keys.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::Version;
using config::Effect;
using Keys = config::Struct<MqttConfig>;

constexpr std::string_view kWillPayload = R"({"dev":"{device.id}","online":false})";

void add_connection(Keys& keys) {
  keys.text(
          "url", [](auto& c) -> auto& { return c.url; })
      .initial("mqtt://127.0.0.1:1883")
      .effect(Effect::connection)
      .doc("The server: mqtt://HOST[:PORT], or mqtts:// for TLS (ports 1883 and 8883 unless given).");
  keys.choice("version", [](auto& c) -> auto& { return c.version; },
              {{"3.1.1", Version::v3_1_1}, {"5", Version::v5}})
      .initial(Version::v3_1_1)
      .effect(Effect::connection)
      .doc("The version of MQTT that is spoken.");
  keys.text(
          "client_id", [](auto& c) -> auto& { return c.client_id; })
      .initial("{device.id}")
      .effect(Effect::connection)
      .doc("Client identifier, a template of the device's names; each device needs one of its own.");
  keys.text(
          "username", [](auto& c) -> auto& { return c.username; })
      .initial("")
      .effect(Effect::connection)
      .doc("User name, a template of the device's names; empty: none is sent.");
  keys.text(
          "password", [](auto& c) -> auto& { return c.password; })
      .initial("")
      .secret()
      .effect(Effect::connection)
      .doc("Password, a template of the device's names ({label.secret}); empty: none is sent.");
  keys.duration(
          "keep_alive", [](auto& c) -> auto& { return c.keep_alive; })
      .initial(60s)
      .range(0s, 65535s)
      .effect(Effect::connection)
      .doc(
          "A device that sent or received nothing for so long pings the server, and drops the connection "
          "when "
          "that is not answered within ack_timeout. Whole seconds, at least 1s; 0: no pings.");
  keys.list(
          "connect_properties", config::Kind::text, Unit::none,
          [](auto& c) -> auto& { return c.connect_properties; })
      .initial({})
      .effect(Effect::connection)
      .doc(
          "User properties of CONNECT (version 5), each as \"name=value\"; the value is a template of the "
          "device's names.");
  keys.boolean(
          "clean", [](auto& c) -> auto& { return c.clean; })
      .initial(true)
      .effect(Effect::connection)
      .doc(
          "Whether a session ends with its connection. false: the server keeps subscriptions and messages, "
          "and "
          "reports in flight with qos 1 or 2 are sent again on the next connection.");
  keys.duration(
          "session_expiry", [](auto& c) -> auto& { return c.session_expiry; })
      .initial(1h)
      .range(1s, 1000000h)
      .effect(Effect::connection)
      .doc(
          "With clean: false and version 5: how long the server is to keep the session of a device that is "
          "away. "
          "Whole seconds.");
}

void add_reports(Keys& keys) {
  keys.text(
          "topic", [](auto& c) -> auto& { return c.topic; })
      .initial("vfleet/{device.id}/{report.type}")
      .effect(Effect::connection)
      .doc("Topic of the reports, a template.");
  keys.open_texts(
          "topics", [](auto& c) -> auto& { return c.topics; })
      .effect(Effect::connection)
      .doc("Topic of the reports with that name, a template: topics.meter.");
  keys.integer(
          "qos", [](auto& c) -> auto& { return c.qos; })
      .initial(0)
      .range(0.0, 2.0)
      .effect(Effect::connection)
      .doc(
          "Quality of service of the reports. With 0 nothing acknowledges a report; with 1 and 2 it is acked "
          "when "
          "the server's PUBACK or PUBCOMP came.");
  keys.open_texts(
          "report_qos", [](auto& c) -> auto& { return c.qos_of; })
      .effect(Effect::connection)
      .doc("qos of the reports with that name: report_qos.meter=1.");
  keys.boolean(
          "retain", [](auto& c) -> auto& { return c.retain; })
      .initial(false)
      .effect(Effect::connection)
      .doc("Whether the server keeps the last report of a topic for later subscribers.");
  keys.open_texts(
          "report_retain", [](auto& c) -> auto& { return c.retain_of; })
      .effect(Effect::connection)
      .doc("retain for the reports with that name: report_retain.status=true.");
  keys.list(
          "user_properties", config::Kind::text, Unit::none,
          [](auto& c) -> auto& { return c.user_properties; })
      .initial({})
      .effect(Effect::connection)
      .doc("User properties of each report (version 5), each as \"name=value\"; the value is a template.");
  keys.duration(
          "message_expiry", [](auto& c) -> auto& { return c.message_expiry; })
      .initial(0s)
      .range(0s, 1000000h)
      .effect(Effect::connection)
      .doc(
          "Version 5: how long the server may keep a report for subscribers that are away. Whole seconds; 0: "
          "no limit.");
  keys.integer(
          "in_flight_max", [](auto& c) -> auto& { return c.in_flight_max; })
      .initial(20)
      .range(1.0, 1000.0)
      .effect(Effect::connection)
      .doc(
          "Reports of a device on their way at once with qos 1 or 2; a server of version 5 may allow fewer.");
  keys.duration(
          "ack_timeout", [](auto& c) -> auto& { return c.ack_timeout; })
      .initial(10s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc(
          "How long the server may take to answer a report, a ping or a subscription; the connection is "
          "dropped "
          "then.");
  keys.integer(
          "topic_alias", [](auto& c) -> auto& { return c.topic_aliases; })
      .initial(0)
      .range(0.0, 65535.0)
      .effect(Effect::connection)
      .doc(
          "Version 5: how many topics of a device are sent as a number after their first use, if the server "
          "takes "
          "so many.");
  keys.integer(
          "topic_alias_down", [](auto& c) -> auto& { return c.topic_aliases_down; })
      .initial(0)
      .range(0.0, 1000.0)
      .effect(Effect::connection)
      .doc("Version 5: how many topics of a device the server may send as a number after their first use.");
  add_queue_keys(
      keys, "for the connection to take them", [](auto& c) -> auto& { return c.queue_max; },
      [](auto& c) -> auto& { return c.when_full; });
}

void add_messages(Keys& keys) {
  keys.list(
          "subscribe", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.subscribe; })
      .initial({"vfleet/{device.id}/down"})
      .effect(Effect::connection)
      .doc(
          "Topic filters that each device subscribes to, templates of its names. What comes there is a "
          "command, or "
          "{\"commands\":[...]}.");
  keys.integer(
          "subscribe_qos", [](auto& c) -> auto& { return c.subscribe_qos; })
      .initial(1)
      .range(0.0, 2.0)
      .effect(Effect::connection)
      .doc("Quality of service of the subscriptions.");
  keys.text(
          "echo.topic", [](auto& c) -> auto& { return c.echo; })
      .initial("")
      .effect(Effect::connection)
      .doc(
          "Topic filter where a device's own reports come back, a template of its names: it subscribes to "
          "it, "
          "and the time from when a report was due until it came back is its arrival latency. The topic that "
          "it publishes to is the simplest one. What comes there is no command. Empty: none.");
  keys.text(
          "echo.due", [](auto& c) -> auto& { return c.echo_due; })
      .initial("due_us")
      .effect(Effect::connection)
      .doc(
          "Member of what comes back that tells when the report was due, in microseconds since 1970 "
          "({due_us} of a payload template); dots between levels.");
  keys.text(
          "echo.type", [](auto& c) -> auto& { return c.echo_type; })
      .initial("type")
      .effect(Effect::connection)
      .doc("Member of what comes back that tells the report's name ({report.type} of a payload template).");
  keys.integer(
          "receive_maximum", [](auto& c) -> auto& { return c.receive_maximum; })
      .initial(100)
      .range(1.0, 65535.0)
      .effect(Effect::connection)
      .doc("Messages of qos 1 and 2 that the server may have on their way to a device at once (version 5).");
  keys.text(
          "will.topic", [](auto& c) -> auto& { return c.will_topic; })
      .initial("")
      .effect(Effect::connection)
      .doc("Topic of the last will, a template of the device's names; empty: no will.");
  keys.text(
          "will.payload", [](auto& c) -> auto& { return c.will_payload; })
      .initial(std::string(kWillPayload))
      .effect(Effect::connection)
      .doc("What the server publishes there when a device goes without a goodbye; a template of its names.");
  keys.integer(
          "will.qos", [](auto& c) -> auto& { return c.will_qos; })
      .initial(0)
      .range(0.0, 2.0)
      .effect(Effect::connection)
      .doc("Quality of service of the last will.");
  keys.boolean(
          "will.retain", [](auto& c) -> auto& { return c.will_retain; })
      .initial(false)
      .effect(Effect::connection)
      .doc("Whether the server keeps the last will for later subscribers.");
  keys.duration(
          "will.delay", [](auto& c) -> auto& { return c.will_delay; })
      .initial(0s)
      .range(0s, 1000000h)
      .effect(Effect::connection)
      .doc(
          "Version 5 and clean: false: how long the server waits for the device to come back before it "
          "publishes the will; session_expiry ends the wait, too. Whole seconds.");
}

Keys describe() {
  Keys keys;
  add_connection(keys);
  add_reports(keys);
  add_messages(keys);
  add_stream_keys(
      keys, [](auto& c) -> auto& { return c.stream; });
  keys.check([](const MqttConfig& c, std::vector<std::string>& mistakes) {
    if (const auto url = parse_mqtt_url(c.url); !url) mistakes.push_back(url.error().detail);
    (void)MqttTexts::compile(c, mistakes);
    if (c.keep_alive > Duration::zero() && c.keep_alive < 1s) {
      mistakes.emplace_back("keep_alive: must be at least 1s, or 0 for none");
    }
    const bool v5 = c.version == Version::v5;
    if (c.message_expiry > Duration::zero() && c.message_expiry < 1s) {
      mistakes.emplace_back("message_expiry: must be at least 1s, or 0 for none");
    }
    if (c.message_expiry > Duration::zero() && !v5) mistakes.emplace_back("message_expiry: needs version: 5");
    if (c.topic_aliases != 0 && !v5) mistakes.emplace_back("topic_alias: needs version: 5");
    if (c.topic_aliases_down != 0 && !v5) mistakes.emplace_back("topic_alias_down: needs version: 5");
    if (c.will_topic.empty()) {
      const std::pair<bool, const char*> of_will[] = {{c.will_payload != kWillPayload, "will.payload"},
                                                      {c.will_qos != 0, "will.qos"},
                                                      {c.will_retain, "will.retain"},
                                                      {c.will_delay > Duration::zero(), "will.delay"}};
      for (const auto& [said, key] : of_will) {
        if (said) mistakes.push_back(std::string(key) + ": without will.topic there is no will");
      }
    }
    if (c.will_delay > Duration::zero() && c.will_delay < 1s) {
      mistakes.emplace_back("will.delay: must be at least 1s, or 0 for none");
    }
    if (c.will_delay > Duration::zero() && (!v5 || c.clean)) {
      mistakes.emplace_back(
          "will.delay: needs version: 5 and clean: false: a will goes when its session ends");
    }
  });
  return keys;
}

}  // namespace

const Keys& mqtt_keys() {
  static const Keys keys = describe();
  return keys;
}

Result<codec::http::Url> parse_mqtt_url(std::string_view text) {
  static constexpr codec::http::Scheme kSchemes[] = {{"mqtt", 1883, false}, {"mqtts", 8883, true}};
  auto url = codec::http::parse_url(text, kSchemes);
  if (url && url->target != "/" && !url->target.empty()) {
    return fail(Errc::invalid_argument, "url: mqtt://HOST[:PORT] has no path: topics are in topic");
  }
  return url;
}

}  // namespace vfleet::uplink
