#include "simulator/codec/mqtt/encode.h"
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;

TEST_F(MqttOnSimulatedNetwork, SaysWhoItIsByItsTemplates) {
  owner_.labels["key"] = "s3cret";
  set("client_id", "vf-{device.id}");
  set("username", "{device.type}");
  set("password", "{label.key}");
  set("will.topic", "gone/{device.id}");
  set("will.payload", "{device.id} is gone");
  set("will.qos", 1);
  set("will.retain", true);
  set("keep_alive", Duration(30s));
  values_["subscribe"] = texts({"down/{device.id}", "all/#"});
  const auto link = connected_link();
  ASSERT_EQ(mqtt_.connects.size(), 1u);
  const auto& seen = mqtt_.connects[0];
  EXPECT_EQ(seen.version, Version::v3_1_1);
  EXPECT_TRUE(seen.clean_start);
  EXPECT_EQ(seen.client, "vf-pile-1");
  EXPECT_EQ(seen.username, "charging_pile");
  EXPECT_EQ(seen.password, "s3cret");
  EXPECT_EQ(seen.will, "gone/pile-1 pile-1 is gone 1 retain");
  EXPECT_EQ(seen.keep_alive_s, 30);
  EXPECT_EQ(mqtt_.subscriptions, (std::vector<std::string>{"vf-pile-1 down/pile-1 1", "vf-pile-1 all/# 1"}));
  EXPECT_EQ(counter("subscriptions_total{reason=\"granted_qos_1\"}"), 2u);
}

TEST_F(MqttOnSimulatedNetwork, NamesWhyItIsRefused) {
  mqtt_.connack = ReasonCode::bad_user_name_or_password;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["bad_user_name_or_password"] >= 2; }));
  EXPECT_EQ(counter("connack_total{reason=\"bad_user_name_or_password\"}"),
            owner_.downs["bad_user_name_or_password"]);
  EXPECT_EQ(counter("connect_failures_total{reason=\"bad_user_name_or_password\"}"),
            owner_.downs["bad_user_name_or_password"]);
  EXPECT_FALSE(link->up());
  mqtt_.connack = ReasonCode::success;
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(MqttOnSimulatedNetwork, SaysThatItMayNotSubscribeThoughItIsUp) {
  mqtt_.suback = ReasonCode::unspecified_error;  // what 3.1.1 has for it
  const auto first = connected_link(1);
  const auto second = connected_link(2);
  EXPECT_TRUE(first->up());
  EXPECT_EQ(counter("subscriptions_total{reason=\"unspecified_error\"}"), 2u);
  ASSERT_EQ(warnings_.size(), 1u) << "once a minute";
  EXPECT_NE(warnings_[0].find("pile-1: unspecified_error"), std::string::npos) << warnings_[0];
  loop_.run_for(61s);
  const auto third = connected_link(3);
  ASSERT_EQ(warnings_.size(), 2u);
  EXPECT_NE(warnings_[1].find("3 such refusals"), std::string::npos) << warnings_[1];
}

TEST_F(MqttOnSimulatedNetwork, SaysWhatAnswersInPlaceOfAServer) {
  mqtt_.answer_connect = false;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return !mqtt_.connects.empty(); }));
  server_.connections()[0]->send("HTTP/1.1 400 Bad Request\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return owner_.downs["protocol_error"] == 1; }, 1s));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(
      warnings_[0].find("does not speak MQTT; it began with \"HTTP/1.1 400 Bad Request\", which is HTTP"),
      std::string::npos)
      << warnings_[0];
  loop_.run_for(61s);  // so that the next one is told
  const std::size_t before = mqtt_.connects.size();
  ASSERT_TRUE(run_until([&] { return mqtt_.connects.size() > before; }));
  server_.connections().back()->send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));
  ASSERT_TRUE(run_until([&] { return warnings_.size() == 2; }));
  EXPECT_NE(warnings_[1].find("\"\\x15\\x03\\x01"), std::string::npos) << warnings_[1];
  EXPECT_NE(warnings_[1].find("which is TLS"), std::string::npos) << warnings_[1];
}

TEST_F(MqttOnSimulatedNetwork, NamesTheVersionThatAServerOf311Refuses) {
  set("version", "5");
  mqtt_.answer_connect = false;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return !mqtt_.connects.empty(); }));
  server_.connections()[0]->send(std::string("\x20\x02\x00\x01", 4));
  ASSERT_TRUE(run_until([&] { return owner_.downs["unsupported_protocol_version"] == 1; }));
  EXPECT_EQ(counter("connack_total{reason=\"unsupported_protocol_version\"}"), 1u);
}

TEST_F(MqttOnSimulatedNetwork, GivesUpOnAServerThatNeverWelcomesIt) {
  mqtt_.answer_connect = false;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["handshake_timed_out"] >= 2; }));
  EXPECT_EQ(owner_.ups, 0u);
}

TEST_F(MqttOnSimulatedNetwork, WantsNoAuthentication) {
  set("version", "5");
  mqtt_.answer_connect = false;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return !mqtt_.connects.empty(); }));
  std::string auth;
  codec::mqtt::encode(codec::mqtt::Auth{ReasonCode::continue_authentication, {}}, auth);
  server_.connections()[0]->send(auth);
  ASSERT_TRUE(run_until([&] { return owner_.downs["authentication_not_supported"] == 1; }));
}

TEST_F(MqttOnSimulatedNetwork, SaysGoodbyeOnlyInOrder) {
  const auto first = connected_link(1);
  const auto second = connected_link(2);
  first->close(true);
  loop_.run_for(1s);
  EXPECT_EQ(mqtt_.disconnects.size(), 1u);
  second->close(false);  // as a device that loses its power: the server publishes the will
  loop_.run_for(1s);
  EXPECT_EQ(mqtt_.disconnects.size(), 1u);
}

}  // namespace
}  // namespace vfleet::uplink
