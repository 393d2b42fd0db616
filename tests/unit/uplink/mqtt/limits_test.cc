// What MQTT 5 lets a server say about itself, and what a device says beyond 3.1.1.
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/properties.h"
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::Properties;
using codec::mqtt::PropertyId;
using codec::mqtt::PropertyWriter;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;

class MqttLimits : public MqttOnSimulatedNetwork {
 protected:
  MqttLimits() { set("version", "5"); }

  static std::string number(PropertyId id, std::uint32_t value) {
    std::string out;
    PropertyWriter(out).number(id, value);
    return out;
  }

  static std::string published(std::string_view topic, std::uint16_t alias, std::string_view payload) {
    const std::string properties = number(PropertyId::topic_alias, alias);
    std::string out;
    codec::mqtt::encode(
        codec::mqtt::Publish{.topic = topic, .properties = Properties(properties), .payload = payload},
        Version::v5, out);
    return out;
  }

  /// Sends reports 1 .. n of QoS `qos` that the server takes but does not answer, and then loses the
  /// connection; the next one has the limits of `connack`.
  std::unique_ptr<Link> resume_with(const std::string& connack, int qos, bool keep_sessions = true,
                                    std::uint32_t reports = 3) {
    set("qos", qos);
    set("clean", false);
    auto link = connected_link();
    mqtt_.answer_publish = false;
    for (std::uint32_t seq = 1; seq <= reports; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
    EXPECT_TRUE(run_until([&] { return mqtt_.received.size() == reports; }));
    mqtt_.answer_publish = true;
    mqtt_.connack_properties = connack;
    restart(keep_sessions);
    EXPECT_TRUE(run_until([&] { return link->up(); }));
    loop_.run_for(500ms);
    return link;
  }
};

TEST_F(MqttLimits, WhatIsTooLargeForTheNextConnectionIsLostByName) {
  const auto link = resume_with(number(PropertyId::maximum_packet_size, 20), 1);
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 3u);
  EXPECT_EQ(counter("lost_on_resume_total{reason=\"too_large\"}"), 3u);
  EXPECT_EQ(counter("sent_again_total"), 0u);
  EXPECT_EQ(link->pending(), 0u);
  EXPECT_TRUE(link->up());
}

TEST_F(MqttLimits, WhatFitsTheNextConnectionIsSentAgain) {
  const auto link = resume_with(number(PropertyId::maximum_packet_size, 200), 1);
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
  EXPECT_EQ(counter("sent_again_total"), 3u);
}

TEST_F(MqttLimits, AHigherQosThanTheNextConnectionTakesIsLostByName) {
  const auto link = resume_with(number(PropertyId::maximum_qos, 1), 2);
  EXPECT_EQ(counter("lost_on_resume_total{reason=\"qos_too_high\"}"), 3u);
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 3u);
  EXPECT_EQ(send(*link, 9), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 9"); }));
  EXPECT_EQ(mqtt_.received.back().qos, 1) << "what is new is lowered";
}

TEST_F(MqttLimits, AForgottenSessionLosesQos2ByName) {
  const auto link = resume_with({}, 2, false);
  EXPECT_EQ(counter("lost_on_resume_total{reason=\"session_forgotten\"}"), 3u);
}

TEST_F(MqttLimits, ResentMessagesKeepTheNewReceiveMaximum) {
  mqtt_.most_in_flight = 0;
  const auto link = resume_with(number(PropertyId::receive_maximum, 1), 1, true, 8);
  EXPECT_EQ(owner_.fates[Fate::acked], 8u);
  EXPECT_EQ(mqtt_.duplicates, 8u);
  mqtt_.most_in_flight = 0;
  for (std::uint32_t seq = 11; seq <= 15; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.fates[Fate::acked] == 13; }));
  EXPECT_EQ(mqtt_.most_in_flight, 1u);
}

TEST_F(MqttLimits, ResentMessagesAreNotRetainedWhereTheServerCannot) {
  set("retain", true);
  const auto link = resume_with(number(PropertyId::retain_available, 0), 1);
  ASSERT_EQ(mqtt_.received.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(mqtt_.received[i].retain, i < 3) << i;
}

TEST_F(MqttLimits, TakesTheServersTopicAliases) {
  set("topic_alias_down", 2);
  const auto link = connected_link();
  EXPECT_EQ(Properties(mqtt_.connects[0].properties).number(PropertyId::topic_alias_maximum), 2u);
  push(published("down/a", 1, "one"));
  push(published("down/b", 2, "two"));
  push(published("", 1, "three"));
  push(published("down/c", 1, "four"));
  push(published("", 1, "five"));
  loop_.run_for(100ms);
  for (const char* each : {"one", "two", "three", "four", "five"}) {
    EXPECT_TRUE(owner_.has("1 message " + std::string(each))) << each;
  }
  EXPECT_TRUE(link->up());
}

TEST_F(MqttLimits, AnAliasThatIsNoneEndsTheConnection) {
  set("topic_alias_down", 2);
  const auto link = connected_link();
  std::size_t broken = 0;
  for (const std::string& wrong : {published("", 1, "never set"), published("a", 3, "past the maximum")}) {
    push(wrong);
    ASSERT_TRUE(run_until([&] { return !link->up(); }));
    ASSERT_TRUE(run_until([&] { return link->up(); }));
    EXPECT_EQ(owner_.downs["topic_alias_invalid"], ++broken);
    EXPECT_EQ(mqtt_.disconnects.back(), ReasonCode::topic_alias_invalid);
  }
}

TEST_F(MqttLimits, AliasesOfTooLongTopicsEndTheConnection) {
  set("topic_alias_down", 3);
  const auto link = connected_link();
  for (std::uint16_t alias = 1; alias <= 3; ++alias) push(published(std::string(30'000, 't'), alias, "x"));
  ASSERT_TRUE(run_until([&] { return !link->up(); }));
  EXPECT_EQ(owner_.downs["topic_alias_invalid"], 1u);
}

TEST_F(MqttLimits, SaysWhoItIsByPropertiesOfConnect) {
  owner_.labels["site"] = "north";
  values_["connect_properties"] = texts({"site={label.site}", "device={device.id}"});
  set("clean", false);
  set("will.topic", "gone");
  set("will.delay", Duration(90s));
  const auto link = connected_link();
  const Properties seen(mqtt_.connects[0].properties);
  EXPECT_EQ(seen.user("site"), "north");
  EXPECT_EQ(seen.user("device"), "pile-1");
  EXPECT_EQ(Properties(mqtt_.connects[0].will_properties).number(PropertyId::will_delay_interval), 90u);
}

TEST_F(MqttLimits, ReportsExpireAtTheServer) {
  set("message_expiry", Duration(30s));
  values_["user_properties"] = texts({"kind={report.type}"});
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 1; }));
  const Properties seen(mqtt_.received[0].properties);
  EXPECT_EQ(seen.number(PropertyId::message_expiry_interval), 30u);
  EXPECT_EQ(seen.user("kind"), "meter");
}

TEST_F(MqttLimits, GoesByTheNameThatTheServerGaveIt) {
  set("client_id", "");
  PropertyWriter(mqtt_.connack_properties).text(PropertyId::assigned_client_identifier, "auto-17");
  const auto link = connected_link();
  EXPECT_EQ(mqtt_.connects[0].client, "");
  EXPECT_EQ(counter("assigned_client_ids_total"), 1u);
  mqtt_.connack_properties.clear();
  restart(true);
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  EXPECT_EQ(mqtt_.connects[1].client, "auto-17");
}

TEST_F(MqttLimits, AuthIsRefusedByNameBeforeAndAfterConnack) {
  std::string auth;
  codec::mqtt::encode(codec::mqtt::Auth{.reason = ReasonCode::continue_authentication, .properties = {}},
                      auth);
  const auto link = connected_link();
  push(auth);
  ASSERT_TRUE(run_until([&] { return owner_.downs["authentication_not_supported"] == 1; }));
  ASSERT_TRUE(run_until([&] { return !mqtt_.disconnects.empty(); }));
  EXPECT_EQ(mqtt_.disconnects.back(), ReasonCode::bad_authentication_method);
  EXPECT_EQ(counter("auth_not_supported_total"), 1u);
  ASSERT_TRUE(run_until([&] { return link->up(); }));

  mqtt_.answer_connect = false;
  server_.accepted = [&](test::SimulatedConnection& c) {
    ids_[c.number()] = mqtt_.connected();
    c.send(auth);
  };
  restart(true);
  ASSERT_TRUE(run_until([&] { return counter("auth_not_supported_total") >= 2; }));
  EXPECT_GE(counter("connect_failures_total{reason=\"authentication_not_supported\"}"), 1u);
  EXPECT_FALSE(link->up());
}

TEST_F(MqttLimits, KeepAliveOfLessThanASecondIsAMistake) {
  const auto mistake = [&](const std::map<std::string, config::Value>& wrong) {
    config::Values values = values_;
    for (const auto& [key, value] : wrong) values[key] = value;
    const UplinkEnvironment environment{.loop = loop_, .network = &network_};
    const auto made = find_uplink("mqtt")->make(environment, values, owner_);
    return made ? std::string() : made.error().detail;
  };
  EXPECT_NE(mistake({{"keep_alive", {Duration(500ms)}}}).find("at least 1s, or 0 for none"),
            std::string::npos);
  EXPECT_EQ(mistake({{"keep_alive", {Duration(0s)}}}), "");
  EXPECT_EQ(mistake({{"keep_alive", {Duration(1s)}}}), "");
  EXPECT_NE(mistake({{"message_expiry", {Duration(5ms)}}}).find("message_expiry"), std::string::npos);
  EXPECT_NE(mistake({{"will.delay", {Duration(5s)}}}).find("clean: false"), std::string::npos);
  EXPECT_NE(
      mistake({{"version", {std::string("3.1.1")}}, {"message_expiry", {Duration(5s)}}}).find("version: 5"),
      std::string::npos);
}

}  // namespace
}  // namespace vfleet::uplink
