#include "simulator/codec/mqtt/encode.h"
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using codec::mqtt::PropertyId;
using codec::mqtt::PropertyWriter;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;

TEST_F(MqttOnSimulatedNetwork, PublishesEachReportAsItsNameSays) {
  set("topic", "up/{report.type}/{data.a}");
  set("topics.status", "state/{device.id}");
  set("report_qos.status", "1");
  set("report_retain.status", "true");
  const auto link = connected_link();
  const std::string report = R"({"v":1,"dev":"pile-1","boot":1,"seq":7,"type":"meter","data":{"a":5}})";
  EXPECT_EQ(link->send({.seq = 1}, {.type = "meter", .body = "x", .report = report}), Accepted::yes);
  EXPECT_EQ(send(*link, 2, "status"), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2 && mqtt_.received.size() == 2; }));
  EXPECT_EQ(mqtt_.received[0],
            (test::MqttServer::Received{"pile-1", "up/meter/5", "x", 0, false, false, ""}));
  EXPECT_EQ(mqtt_.received[1],
            (test::MqttServer::Received{"pile-1", "state/pile-1", "report 2", 1, true, false, ""}));
  EXPECT_TRUE(owner_.has("1 handed_over 1"));
  EXPECT_TRUE(owner_.has("1 acked 2"));
}

TEST_F(MqttOnSimulatedNetwork, RefusesAReportWhoseTopicIsNone) {
  owner_.labels["site"] = "a#b";
  set("topic", "{label.site}/x");
  const auto link = connected_link();
  EXPECT_EQ(send(*link, 1), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 refused 1"));
  EXPECT_EQ(counter("bad_topics_total"), 1u);
  EXPECT_TRUE(link->up());
}

TEST_F(MqttOnSimulatedNetwork, NamesTheReasonsOfMqtt5) {
  set("version", "5");
  set("qos", 1);
  mqtt_.connack = ReasonCode::server_busy;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["server_busy"] >= 1; }));
  mqtt_.connack = ReasonCode::success;
  mqtt_.puback = ReasonCode::quota_exceeded;
  mqtt_.suback = ReasonCode::not_authorized;
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  EXPECT_TRUE(owner_.has("1 refused 1"));
  EXPECT_EQ(owner_.refusals, std::vector<std::string>{"MQTT quota_exceeded"});
  EXPECT_EQ(counter("answers_total{reason=\"quota_exceeded\"}"), 1u);
  EXPECT_EQ(counter("subscriptions_total{reason=\"not_authorized\"}"), 1u);
  std::string goodbye;
  codec::mqtt::encode(codec::mqtt::Disconnect{ReasonCode::server_shutting_down, {}}, Version::v5, goodbye);
  push(goodbye);
  ASSERT_TRUE(run_until([&] { return owner_.downs["server_shutting_down"] == 1; }));
  EXPECT_EQ(counter("server_disconnects_total{reason=\"server_shutting_down\"}"), 1u);
}

TEST_F(MqttOnSimulatedNetwork, HonoursTheLimitsOfTheServer) {
  set("version", "5");
  set("qos", 2);
  set("retain", true);
  set("topic_alias", 1);
  PropertyWriter(mqtt_.connack_properties)
      .number(PropertyId::receive_maximum, 2)
      .number(PropertyId::maximum_qos, 1)
      .number(PropertyId::retain_available, 0)
      .number(PropertyId::topic_alias_maximum, 10)
      .number(PropertyId::maximum_packet_size, 100);
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 10; ++seq) (void)send(*link, seq, seq == 5 ? "other" : "meter");
  const std::string large(200, 'x');
  EXPECT_EQ(link->send({.seq = 11}, {.type = "meter", .body = large}), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 11; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 10u);
  EXPECT_TRUE(owner_.has("1 refused 11"));
  EXPECT_EQ(counter("too_large_total"), 1u);
  EXPECT_LE(mqtt_.most_in_flight, 2u);
  ASSERT_EQ(mqtt_.received.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(mqtt_.received[i].qos, 1);
    EXPECT_FALSE(mqtt_.received[i].retain);
    EXPECT_EQ(mqtt_.received[i].topic, i == 4 ? "vfleet/pile-1/other" : "vfleet/pile-1/meter");
    EXPECT_EQ(mqtt_.received[i].properties.empty(), i == 4) << "one topic has an alias";
  }
}

TEST_F(MqttOnSimulatedNetwork, SendsUserProperties) {
  set("version", "5");
  values_["user_properties"] = texts({"source=vfleet", "device={device.id}", "kind={report.type}"});
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 1; }));
  const codec::mqtt::Properties properties(mqtt_.received[0].properties);
  EXPECT_EQ(properties.user("source"), "vfleet");
  EXPECT_EQ(properties.user("device"), "pile-1");
  EXPECT_EQ(properties.user("kind"), "meter");
}

TEST_F(MqttOnSimulatedNetwork, RefusesAReportWhoseUserPropertyNoServerWouldTake) {
  set("version", "5");
  values_["user_properties"] = texts({"site={label.site}"});
  const auto link = connected_link();
  for (const std::string& site : {std::string("\xFF"), std::string(70'000, 'x')}) {
    owner_.labels["site"] = site;
    EXPECT_EQ(send(*link, 1), Accepted::yes);
  }
  EXPECT_EQ(owner_.fates[Fate::refused], 2u);
  EXPECT_EQ(owner_.refusals.at(0), "a user property of it is no UTF-8, or too long");
  EXPECT_EQ(counter("bad_properties_total"), 2u);
  owner_.labels["site"] = "north";
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 1; }));
  EXPECT_EQ(link->pending(), 0u);
}

}  // namespace
}  // namespace vfleet::uplink
