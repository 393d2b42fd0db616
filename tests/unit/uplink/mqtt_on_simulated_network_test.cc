#include <algorithm>
#include <set>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/uplink/mqtt/mqtt_uplink.h"
#include "tests/support/mqtt_server.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::PacketType;
using codec::mqtt::PropertyId;
using codec::mqtt::PropertyWriter;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;
using Cut = test::SimulatedConnection::Cut;

/// MQTT links on virtual time, against a server that behaves as each test wants.
class MqttOnSimulatedNetwork : public test::SimulatedUplink {
 protected:
  MqttOnSimulatedNetwork() {
    server_.accepted = [this](test::SimulatedConnection& c) { ids_[c.number()] = mqtt_.connected(); };
    server_.received = [this](test::SimulatedConnection& c, std::string_view bytes) {
      const auto answer = mqtt_.take(ids_[c.number()], bytes);
      if (!answer.bytes.empty() && !mute_) c.send(answer.bytes);
      if (answer.close) c.close();
    };
    server_.closed = [this](test::SimulatedConnection& c) { mqtt_.gone(ids_[c.number()]); };
    server_.delay = 5ms;
    set("backoff.first", Duration(100ms));
    set("backoff.max", Duration(1s));
  }

  template <class V>
  void set(const std::string& key, V value) {
    if constexpr (std::is_same_v<V, const char*>) {
      values_[key].data = std::string(value);
    } else if constexpr (std::is_same_v<V, int>) {
      values_[key].data = std::int64_t{value};
    } else {
      values_[key].data = value;
    }
  }

  std::unique_ptr<Link> open_link(LinkKey key = 1) {
    if (uplink_ == nullptr) make_uplink("mqtt", values_);
    auto link = make_link(key);
    link->open();
    return link;
  }

  std::unique_ptr<Link> connected_link(LinkKey key = 1) {
    auto link = open_link(key);
    EXPECT_TRUE(loop_.run_until([&] { return link->up(); }, 10s));
    loop_.run_for(50ms);  // the subscription is answered
    return link;
  }

  static Accepted send(Link& link, std::uint32_t seq, std::string_view type = "meter") {
    const std::string body = "report " + std::to_string(seq);
    return link.send({.seq = seq}, {.type = type, .body = body});
  }

  bool run_until(const std::function<bool()>& done, Duration limit = 60s) {
    return loop_.run_until(done, limit);
  }

  /// To pile-1, as the connection stands.
  void push(const std::string& bytes) {
    for (const auto& each : server_.connections()) {
      if (ids_[each->number()] == mqtt_.connection_of("pile-1")) each->send(bytes);
    }
  }

  /// After `span` the server's answers are lost, and soon after that it restarts.
  void restart_unheard(Duration span) {
    loop_.run_for(span);
    mute_ = true;
    loop_.run_for(6ms);
    mute_ = false;
    restart(true);
  }

  /// The server goes, and comes back after `away`.
  void restart(bool keep_sessions, Duration away = 2s) {
    server_.stop();
    server_.listening = false;
    mqtt_.restart(keep_sessions);
    loop_.run_for(away);
    server_.start();
  }

  /// How often each payload was counted.
  [[nodiscard]] std::map<std::string, int> counted() const {
    std::map<std::string, int> out;
    for (const auto& each : mqtt_.received) ++out[each.payload];
    return out;
  }

  test::MqttServer mqtt_;
  bool mute_ = false;
  test::SimulatedServer& server_ = network_.listen(1883);
  std::map<std::size_t, test::MqttServer::Connection> ids_;
  config::Values values_;
};

config::Value texts(const std::vector<std::string>& values) {
  config::List out;
  for (const std::string& each : values) out.push_back(config::Value{each});
  return config::Value{std::move(out)};
}

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
  EXPECT_EQ(counter("answers_total{reason=\"quota_exceeded\"}"), 1u);
  EXPECT_EQ(counter("subscriptions_total{reason=\"not_authorized\"}"), 1u);
  std::string goodbye;
  codec::mqtt::encode(codec::mqtt::Disconnect{ReasonCode::server_shutting_down, {}}, Version::v5, goodbye);
  push(goodbye);
  ASSERT_TRUE(run_until([&] { return owner_.downs["server_shutting_down"] == 1; }));
  EXPECT_EQ(counter("server_disconnects_total{reason=\"server_shutting_down\"}"), 1u);
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
  ASSERT_TRUE(run_until([&] { return owner_.downs["bad_authentication_method"] == 1; }));
}

TEST_F(MqttOnSimulatedNetwork, LosesWhatWasInFlightWithACleanSession) {
  set("qos", 1);
  mqtt_.answer_publish = false;
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  loop_.run_for(100ms);
  EXPECT_EQ(link->pending(), 3u);
  restart(true);
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 3u);
  EXPECT_EQ(link->pending(), 0u);
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(MqttOnSimulatedNetwork, LosesAReportThatIsCutInTheMiddle) {
  set("qos", 1);
  const auto link = connected_link();
  const auto connection = server_.connections()[0];
  connection->cut_after_received(connection->bytes_received() + 10, Cut::reset);
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 1; }));
  EXPECT_TRUE(owner_.has("1 connection_lost 1"));
  EXPECT_TRUE(mqtt_.received.empty());
  EXPECT_TRUE(mqtt_.broken.empty());
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(MqttOnSimulatedNetwork, LosesNothingWithAPersistentSession) {
  set("qos", 1);
  set("clean", false);
  const auto link = connected_link();
  std::uint32_t seq = 0;
  // The server goes in the middle of traffic, in different places: before a report, and before its answer.
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*link, ++seq), Accepted::yes);
    restart_unheard(std::chrono::milliseconds(round));  // 5 ms one way
    ASSERT_TRUE(run_until([&] { return link->up(); }));
  }
  ASSERT_TRUE(run_until([&] { return link->pending() == 0; }));
  EXPECT_EQ(owner_.fates[Fate::acked], seq);
  EXPECT_EQ(owner_.settled, seq);
  EXPECT_EQ(owner_.sent, seq) << "sent once, however often it is sent again";
  EXPECT_EQ(counted().size(), seq) << "none was lost";
  EXPECT_GT(mqtt_.duplicates, 0u);
  EXPECT_GE(counter("sent_again_total"), mqtt_.duplicates) << "some were lost on their way once more";
  EXPECT_EQ(counter("sessions_resumed_total"), 10u);
}

TEST_F(MqttOnSimulatedNetwork, CountsNothingTwiceWithQos2) {
  set("qos", 2);
  set("clean", false);
  set("version", "5");
  const auto link = connected_link();
  std::uint32_t seq = 0;
  for (int round = 0; round < 25; ++round) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*link, ++seq), Accepted::yes);
    restart_unheard(std::chrono::milliseconds(round));  // PUBLISH, PUBREC, PUBREL, PUBCOMP: 5 ms each
    ASSERT_TRUE(run_until([&] { return link->up(); }));
  }
  ASSERT_TRUE(run_until([&] { return link->pending() == 0; }));
  EXPECT_EQ(owner_.fates[Fate::acked], seq);
  EXPECT_EQ(owner_.sent, seq);
  EXPECT_EQ(mqtt_.received.size(), seq);
  EXPECT_EQ(counted().size(), seq);
  EXPECT_GT(mqtt_.repeated_qos2, 0u) << "some were sent again, and told apart";
}

TEST_F(MqttOnSimulatedNetwork, SendsAgainAsNewWhatAServerHasForgotten) {
  set("qos", 1);
  set("clean", false);
  mqtt_.answer_publish = false;
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  loop_.run_for(20ms);
  mqtt_.answer_publish = true;
  restart(false);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 3; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
  EXPECT_EQ(mqtt_.duplicates, 0u);
  EXPECT_EQ(counter("sessions_forgotten_total"), 1u);
}

TEST_F(MqttOnSimulatedNetwork, DoesNotRepeatQos2ToAServerThatHasForgotten) {
  set("qos", 2);
  set("clean", false);
  mqtt_.answer_release = false;
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  loop_.run_for(50ms);
  restart(false);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 3; }));
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 3u);
  EXPECT_EQ(mqtt_.received.size(), 3u);
}

TEST_F(MqttOnSimulatedNetwork, NoticesAConnectionThatIsHalfOpen) {
  set("keep_alive", Duration(30s));
  set("ack_timeout", Duration(5s));
  const auto link = connected_link();
  loop_.run_for(120s);
  EXPECT_TRUE(link->up());
  EXPECT_GE(mqtt_.pings, 3u);
  EXPECT_LE(mqtt_.pings, 4u);
  server_.connections()[0]->go_silent();
  const TimePoint gone = loop_.now();
  // QoS 0: the kernel takes what nobody reads.
  for (std::uint32_t seq = 1; owner_.downs["keep_alive_timed_out"] == 0 && seq < 100; ++seq) {
    (void)send(*link, seq);
    loop_.run_for(1s);
  }
  EXPECT_EQ(owner_.downs["keep_alive_timed_out"], 1u);
  EXPECT_LE(loop_.now() - gone, 37s);
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(MqttOnSimulatedNetwork, KeepsTheIntervalThatTheServerWants) {
  set("version", "5");
  set("keep_alive", Duration(600s));
  PropertyWriter(mqtt_.connack_properties).number(PropertyId::server_keep_alive, 10);
  const auto link = connected_link();
  loop_.run_for(101s);
  EXPECT_GE(mqtt_.pings, 9u);
  EXPECT_LE(mqtt_.pings, 10u);
}

TEST_F(MqttOnSimulatedNetwork, TimesOutOnAReportThatIsNotAnswered) {
  set("qos", 1);
  set("ack_timeout", Duration(2s));
  mqtt_.answer_publish = false;
  const auto link = connected_link();
  (void)send(*link, 1);
  loop_.run_for(1500ms);
  (void)send(*link, 2);
  EXPECT_EQ(owner_.settled, 0u);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2; }));
  EXPECT_TRUE(owner_.has("1 timed_out 1"));
  EXPECT_TRUE(owner_.has("1 connection_lost 2")) << "it had time left";
  EXPECT_EQ(owner_.downs["ack_timed_out"], 1u);
}

TEST_F(MqttOnSimulatedNetwork, KeepsWhatIsNotAnsweredInAPersistentSession) {
  set("qos", 1);
  set("clean", false);
  set("ack_timeout", Duration(2s));
  mqtt_.answer_publish = false;
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.downs["ack_timed_out"] == 1; }));
  EXPECT_EQ(owner_.settled, 0u);
  mqtt_.answer_publish = true;
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 1"); }));
  EXPECT_EQ(owner_.sent, 1u);
}

TEST_F(MqttOnSimulatedNetwork, WaitsForASlowReader) {
  server_.window = 4096;
  set("queue.max", 1000);
  const auto link = connected_link();
  const auto connection = server_.connections()[0];
  connection->read(false);
  for (std::uint32_t seq = 1; seq <= 400; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_LT(owner_.sent, 400u);
  EXPECT_EQ(link->pending() + owner_.settled, 400u);
  connection->read(true);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 400; }));
  EXPECT_EQ(owner_.fates[Fate::handed_over], 400u);
  for (std::uint32_t seq = 1; seq <= 400; ++seq) {
    EXPECT_EQ(mqtt_.received[seq - 1].payload, "report " + std::to_string(seq));
  }
  EXPECT_TRUE(mqtt_.broken.empty());
}

TEST_F(MqttOnSimulatedNetwork, LosesOnlyWhatASlowReaderHadNotTaken) {
  server_.window = 2048;
  set("queue.max", 100);
  const auto link = connected_link();
  server_.connections()[0]->read(false);
  for (std::uint32_t seq = 1; seq <= 80; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
  loop_.run_for(100ms);
  server_.connections()[0]->reset();
  ASSERT_TRUE(run_until([&] { return owner_.settled == 80; }));
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 1u) << "the one that was half with the kernel";
  EXPECT_EQ(owner_.fates[Fate::handed_over], 79u) << "what waited left on the next connection";
  EXPECT_EQ(owner_.sent, 79u);
}

TEST_F(MqttOnSimulatedNetwork, RefusesOrDropsWhenTheQueueIsFull) {
  set("qos", 1);
  set("in_flight_max", 2);
  set("queue.max", 3);
  set("queue.when_full", "drop_oldest");
  mqtt_.answer_publish = false;
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 7; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 evicted 3"));
  EXPECT_TRUE(owner_.has("1 evicted 4"));
  EXPECT_EQ(link->pending(), 5u);
  link->close(false);
  EXPECT_EQ(owner_.settled, 7u);
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 2u);
  EXPECT_EQ(owner_.fates[Fate::evicted], 5u);
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
  EXPECT_EQ(counter("bad_properties_total"), 2u);
  owner_.labels["site"] = "north";
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 1; }));
  EXPECT_EQ(link->pending(), 0u);
}

TEST_F(MqttOnSimulatedNetwork, SaysBeforehandThatItsQueueTakesNoMore) {
  set("qos", 1);
  set("in_flight_max", 1);
  set("queue.max", 1);
  const auto link = connected_link();
  (void)send(*link, 1);
  EXPECT_FALSE(link->refuses("meter")) << "one may wait";
  EXPECT_EQ(send(*link, 2), Accepted::yes);
  EXPECT_TRUE(link->refuses("meter"));
  EXPECT_EQ(send(*link, 3), Accepted::queue_full);
  ASSERT_TRUE(run_until([&] { return link->pending() == 0; }));
  EXPECT_FALSE(link->refuses("meter"));
}

TEST_F(MqttOnSimulatedNetwork, BringsCommandsToItsOwner) {
  const auto link = connected_link();
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"a","type":"stop"})", 0));
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"commands":[{"id":"b"},{"id":"c"}]})", 1));
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"d"})", 2));
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"commands":[{"id")", 1));
  ASSERT_TRUE(run_until([&] { return mqtt_.acks == 3; }));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"a","type":"stop"})"));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"b"})"));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"c"})"));
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"d"})"));
  EXPECT_EQ(counter("messages_received_total"), 4u);
  EXPECT_EQ(counter("malformed_commands_total"), 1u);
}

TEST_F(MqttOnSimulatedNetwork, TakesAQos2MessageOnceThoughItComesTwice) {
  set("clean", false);
  const auto link = connected_link();
  codec::mqtt::Publish message{.qos = 2, .packet_id = 9, .topic = "vfleet/pile-1/down", .payload = "{}"};
  std::string bytes;
  encode(message, Version::v3_1_1, bytes);
  message.dup = true;
  encode(message, Version::v3_1_1, bytes);
  push(bytes);
  ASSERT_TRUE(run_until([&] { return mqtt_.acks >= 1; }));
  EXPECT_EQ(counter("messages_received_total"), 1u);
  push(bytes);  // released: it is another one now
  loop_.run_for(1s);
  EXPECT_EQ(counter("messages_received_total"), 2u);
}

TEST_F(MqttOnSimulatedNetwork, ReadsInAnySlices) {
  server_.slice = 1;
  set("qos", 2);
  const auto link = connected_link();
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"a"})", 2));
  for (std::uint32_t seq = 1; seq <= 20; ++seq) (void)send(*link, seq);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 20 && mqtt_.acks == 1; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 20u);
  EXPECT_TRUE(owner_.has(R"(1 message {"id":"a"})"));
}

TEST_F(MqttOnSimulatedNetwork, MayBeClosedWhileAMessageIsRead) {
  server_.slice = 3;  // the message comes in parts, and its memory must outlive the connection
  const auto link = connected_link();
  std::string seen;
  owner_.on_message = [&](LinkKey, std::string_view message) {
    link->close(false);
    seen = message;
  };
  push(mqtt_.publish("pile-1", "vfleet/pile-1/down", R"({"id":"a"})", 0));
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(seen, R"({"id":"a"})");
}

TEST_F(MqttOnSimulatedNetwork, DropsAServerThatBreaksTheRules) {
  set("version", "5");
  set("receive_maximum", 2);
  const struct {
    std::string bytes;
    std::string_view reason;
  } table[] = {
      {std::string("\x00\x00", 2), "malformed_packet"},
      {std::string("\x20\x03\x00\x00\x00", 5), "protocol_error"},                      // a second CONNACK
      {std::string("\x30\x08\x00\x01x\x03\x23\x00\x01y", 10), "topic_alias_invalid"},  // none was offered
      {std::string("\x34\x06\x00\x01x\x00\x01\x00\x34\x06\x00\x01x\x00\x02\x00\x34\x06\x00\x01x\x00\x03\x00",
                   24),
       "receive_maximum_exceeded"},
      {std::string("\x30\xff\xff\xff\x7f", 5), "packet_too_large"},
      {std::string("\xf0\x00", 2), "bad_authentication_method"},
      {std::string("\x10\x00", 2), "protocol_error"},
  };
  const auto link = connected_link();
  std::size_t protocol_errors = 0;
  for (const auto& each : table) {
    const std::string reason(each.reason);
    const std::size_t before = owner_.downs[reason];
    mqtt_.disconnects.clear();
    push(each.bytes);
    ASSERT_TRUE(run_until([&] { return owner_.downs[reason] == before + 1; })) << reason;
    ASSERT_TRUE(run_until([&] { return link->up() && !mqtt_.disconnects.empty(); })) << reason;
    EXPECT_EQ(to_string(mqtt_.disconnects[0]), reason) << "the server is told";
    protocol_errors += each.reason == "protocol_error" ? 1 : 0;
    loop_.run_for(100ms);
  }
  EXPECT_EQ(counter("disconnects_total{reason=\"protocol_error\"}"), protocol_errors);
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

TEST_F(MqttOnSimulatedNetwork, TellsWhatIsWrongWithItsSettings) {
  const auto mistake = [&](const std::string& key, config::Value value) {
    config::Values values = values_;
    values[key] = std::move(value);
    const UplinkEnvironment environment{.loop = loop_, .network = &network_};
    const auto made = find_uplink("mqtt")->make(environment, values, owner_);
    return made ? std::string() : made.error().detail;
  };
  const auto text = [](const char* value) { return config::Value{std::string(value)}; };
  EXPECT_NE(mistake("url", text("http://x")), "");
  EXPECT_NE(mistake("url", text("mqtt://x/path")).find("no path"), std::string::npos);
  EXPECT_NE(mistake("topic", text("a/#")).find("topic"), std::string::npos);
  EXPECT_NE(mistake("topic", text("a/{device.idd}")).find("device.id"), std::string::npos);
  EXPECT_NE(mistake("client_id", text("{seq}")), "");
  EXPECT_NE(mistake("report_qos.meter", text("3")).find("report_qos.meter"), std::string::npos);
  EXPECT_NE(mistake("report_retain.meter", text("maybe")).find("report_retain.meter"), std::string::npos);
  EXPECT_NE(mistake("user_properties", texts({"a=b"})).find("version: 5"), std::string::npos);
  EXPECT_NE(mistake("subscribe", texts({"a/#/b"})).find("subscribe"), std::string::npos);
  EXPECT_NE(mistake("password", text("x")).find("username"), std::string::npos);
  EXPECT_EQ(mistake("topic", text("a/b")), "");
}

/// Cuts or changes the n-th packet of a type, at a byte.
class AtByte final : public codec::mqtt::Misbehaviour {
 public:
  enum class What { cut, flip, repeat, leave_out };
  AtByte(PacketType type, std::size_t at, What what) : type_(type), at_(at), what_(what) {}
  Then leaving(std::uint32_t key, PacketType type, std::string& bytes, std::size_t start) override {
    EXPECT_EQ(key, 1u);
    if (type != type_ || done || at_ >= bytes.size() - start) return Then::go_on;
    done = true;
    switch (what_) {
      case What::cut:
        bytes.resize(start + at_);
        return Then::cut;
      case What::flip:
        bytes[start + at_] = static_cast<char>(bytes[start + at_] ^ 0x80);
        break;
      case What::repeat:
        bytes.append(bytes.substr(start));
        break;
      case What::leave_out:
        bytes.resize(start);
        break;
    }
    return Then::go_on;
  }
  bool done = false;

 private:
  PacketType type_;
  std::size_t at_;
  What what_;
};

class MisbehavingMqtt : public MqttOnSimulatedNetwork {
 protected:
  void make_misbehaving(codec::mqtt::Misbehaviour& misbehaviour) {
    const UplinkEnvironment environment{.loop = loop_, .network = &network_, .seed = 42};
    auto made = make_misbehaving_mqtt(environment, values_, owner_, misbehaviour);
    ASSERT_TRUE(made) << made.error().detail;
    uplink_ = std::move(*made);
  }
};

TEST_F(MisbehavingMqtt, CutsAPacketAtAnyByteAndComesBack) {
  set("qos", 1);
  set("clean", false);
  for (const PacketType type : {PacketType::connect, PacketType::subscribe, PacketType::publish}) {
    for (std::size_t at = 0;; ++at) {
      AtByte misbehaviour(type, at, AtByte::What::cut);
      make_misbehaving(misbehaviour);
      const auto link = open_link();
      ASSERT_TRUE(run_until([&] { return link->up(); }));
      const std::size_t acked = owner_.fates[Fate::acked];
      while (!link->up() || send(*link, static_cast<std::uint32_t>(at)) != Accepted::yes) loop_.run_for(10ms);
      ASSERT_TRUE(run_until([&] { return owner_.fates[Fate::acked] == acked + 1; })) << to_string(type) << at;
      EXPECT_EQ(link->pending(), 0u);
      if (!misbehaviour.done) break;  // the packet has no such byte
      EXPECT_EQ(owner_.downs["cut_on_purpose"], 1u) << to_string(type) << at;
      owner_.downs.clear();
    }
  }
  EXPECT_TRUE(mqtt_.broken.empty());
  EXPECT_EQ(owner_.fates[Fate::acked], owner_.settled);
}

TEST_F(MisbehavingMqtt, BreaksRulesThatAServerNotices) {
  AtByte misbehaviour(PacketType::publish, 0, AtByte::What::flip);
  make_misbehaving(misbehaviour);
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return !mqtt_.broken.empty(); }));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 2; }));
}

TEST_F(MisbehavingMqtt, SendsAPacketTwiceOrNotAtAll) {
  set("qos", 1);
  set("ack_timeout", Duration(2s));
  AtByte twice(PacketType::publish, 0, AtByte::What::repeat);
  make_misbehaving(twice);
  {
    const auto link = connected_link();
    (void)send(*link, 1);
    ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 1"); }));
    loop_.run_for(1s);
    EXPECT_EQ(mqtt_.received.size(), 2u);
    EXPECT_TRUE(link->up()) << "the second answer is for nobody";
  }
  AtByte never(PacketType::publish, 0, AtByte::What::leave_out);
  make_misbehaving(never);
  const auto link = connected_link();
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 timed_out 2"); }));
  EXPECT_EQ(mqtt_.received.size(), 2u);
}

}  // namespace
}  // namespace vfleet::uplink
