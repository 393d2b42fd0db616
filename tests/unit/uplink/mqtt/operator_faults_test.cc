// "mqtt.misbehave": what operators make a client do wrong.
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;

class MqttOperatorFaults : public MqttOnSimulatedNetwork {
 protected:
  MqttOperatorFaults() {
    set("qos", 1);
    set("ack_timeout", Duration(2s));
  }

  /// The action's arguments with their defaults, as the fleet gives them.
  static config::Values arguments(const std::map<std::string, config::Value>& given) {
    config::Values out;
    for (const config::Key& key : find_uplink("mqtt")->action("mqtt.misbehave")->args) {
      out.emplace(key.path, key.initial);
    }
    for (const auto& [name, value] : given) out.insert_or_assign(name, value);
    return out;
  }
  static Status misbehave(Link& link, const std::string& kind,
                          std::map<std::string, config::Value> more = {}) {
    more["kind"].data = kind;
    return link.act({.action = "mqtt.misbehave", .args = arguments(more)});
  }

  test::MqttServer::Received last() const {
    return mqtt_.received.empty() ? test::MqttServer::Received{} : mqtt_.received.back();
  }
};

TEST_F(MqttOperatorFaults, CutsThePacketAtAnyByteAndComesBack) {
  const auto link = connected_link();
  for (std::int64_t at = 0; at <= 12; ++at) {
    const auto before = owner_.downs["cut_on_purpose"];
    ASSERT_TRUE(misbehave(*link, "cut", {{"after_bytes", {at}}, {"packet", {std::string("publish")}}}));
    ASSERT_EQ(send(*link, 1), Accepted::yes);
    ASSERT_TRUE(run_until([&] { return owner_.downs["cut_on_purpose"] == before + 1; })) << at;
    ASSERT_TRUE(run_until([&] { return link->up(); }));
    ASSERT_EQ(send(*link, 2), Accepted::yes);
    ASSERT_TRUE(run_until([&] { return link->pending() == 0; }));
  }
  EXPECT_TRUE(mqtt_.broken.empty());
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 13u);
  EXPECT_EQ(owner_.fates[Fate::acked], 13u);
  EXPECT_EQ(counter("misbehaved_total{kind=\"cut\"}"), 13u);
}

TEST_F(MqttOperatorFaults, BreaksEachRuleThatAServerNoticesInAPublication) {
  const auto link = connected_link();
  std::size_t broken = 0;
  for (const char* kind : {"bad_type", "qos_3", "zero_id", "bad_topic", "wildcard_topic"}) {
    ASSERT_TRUE(misbehave(*link, kind, {{"packet", {std::string("publish")}}}));
    ASSERT_EQ(send(*link, 1), Accepted::yes);
    ASSERT_TRUE(run_until([&] { return mqtt_.broken.size() == broken + 1; })) << kind;
    ++broken;
    ASSERT_TRUE(run_until([&] { return !link->up(); })) << kind;
    ASSERT_TRUE(run_until([&] { return link->up(); })) << kind;
    EXPECT_EQ(counter("misbehaved_total{kind=\"" + std::string(kind) + "\"}"), 1u);
  }
  EXPECT_EQ(owner_.sent, owner_.settled);
}

TEST_F(MqttOperatorFaults, BreaksRulesOfTheGreetingWithTheNextConnection) {
  const auto link = connected_link();
  for (const char* kind : {"bad_version", "bad_name", "reserved_flag"}) {
    const auto broken = mqtt_.broken.size();
    ASSERT_TRUE(misbehave(*link, kind, {{"reconnect", {true}}}));
    EXPECT_FALSE(link->up());
    ASSERT_TRUE(run_until([&] { return mqtt_.broken.size() > broken; })) << kind;
    ASSERT_TRUE(run_until([&] { return link->up(); })) << kind << ": the attempt after that is in order";
  }
  EXPECT_EQ(owner_.downs["connects_anew_on_purpose"], 3u);
  EXPECT_FALSE(misbehave(*link, "bad_version", {{"packet", {std::string("publish")}}}));
}

TEST_F(MqttOperatorFaults, PublishesBeforeConnackAndConnectsTwice) {
  const auto link = connected_link();
  ASSERT_TRUE(misbehave(*link, "early_publish", {{"reconnect", {true}}}));
  ASSERT_TRUE(run_until([&] { return last().payload == "before CONNACK"; }));
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  const auto connects = mqtt_.connects.size();
  ASSERT_TRUE(misbehave(*link, "second_connect"));
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return mqtt_.connects.size() > connects || !mqtt_.broken.empty(); }));
}

TEST_F(MqttOperatorFaults, LeavesOutAnswersToWhatThePlatformSends) {
  const auto link = connected_link();
  ASSERT_TRUE(misbehave(*link, "no_ack", {{"times", {std::int64_t{0}}}}));
  for (int i = 0; i < 3; ++i) push(mqtt_.publish("pile-1", "down", "{}", 1));
  (void)send(*link, 1);
  loop_.run_for(1s);
  EXPECT_EQ(mqtt_.acks, 0u);
  EXPECT_EQ(owner_.fates[Fate::acked], 1u) << "what it sends itself is not touched";
  EXPECT_EQ(counter("misbehaved_total{kind=\"no_ack\"}"), 3u);
  ASSERT_TRUE(misbehave(*link, "none"));
  push(mqtt_.publish("pile-1", "down", "{}", 1));
  loop_.run_for(100ms);
  EXPECT_EQ(mqtt_.acks, 1u);
}

TEST_F(MqttOperatorFaults, SendsAnotherPublicationWithTheSamePacketIdentifier) {
  const auto link = connected_link();
  ASSERT_TRUE(misbehave(*link, "same_id"));
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 2; }));
  EXPECT_NE(mqtt_.received[0].payload, mqtt_.received[1].payload);
  loop_.run_for(1s);
  EXPECT_TRUE(link->up());
  EXPECT_EQ(owner_.fates[Fate::acked], 1u);
}

TEST_F(MqttOperatorFaults, SaysAWrongLengthSoThatTheNextPacketIsSwallowed) {
  const auto link = connected_link();
  ASSERT_TRUE(misbehave(*link, "wrong_length", {{"packet", {std::string("publish")}}}));
  (void)send(*link, 1);
  loop_.run_for(500ms);
  EXPECT_TRUE(mqtt_.received.empty()) << "the server waits for one more byte";
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return mqtt_.received.size() == 1 || !mqtt_.broken.empty(); }));
}

TEST_F(MqttOperatorFaults, HangsUpSendsRawBytesAndGoesDeaf) {
  set("keep_alive", Duration(5s));
  const auto link = connected_link();
  ASSERT_TRUE(misbehave(*link, "hang_up"));
  EXPECT_EQ(owner_.downs["hung_up_on_purpose"], 1u);
  EXPECT_FALSE(misbehave(*link, "raw", {{"bytes", {std::string("c000")}}})) << "not connected";
  ASSERT_TRUE(run_until([&] { return link->up(); }));

  const auto pings = mqtt_.pings;
  ASSERT_TRUE(misbehave(*link, "raw", {{"bytes", {std::string("c0 00 C000")}}}));
  ASSERT_TRUE(run_until([&] { return mqtt_.pings == pings + 2; }));
  EXPECT_FALSE(misbehave(*link, "raw", {{"bytes", {std::string("c0 0")}}}));
  EXPECT_FALSE(misbehave(*link, "raw", {{"bytes", {std::string("xy")}}}));
  EXPECT_FALSE(misbehave(*link, "raw"));

  loop_.run_for(100ms);  // the subscription is answered
  ASSERT_TRUE(misbehave(*link, "deaf"));
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 timed_out 1"); })) << "the answer was not read";
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 2"); })) << "the next connection hears";
}

TEST_F(MqttOperatorFaults, ALinkThatGoesTakesItsFaultWithIt) {
  auto link = connected_link();
  ASSERT_TRUE(misbehave(*link, "drop", {{"times", {std::int64_t{0}}}, {"packet", {std::string("publish")}}}));
  link->close(false);
  link.reset();
  link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 1"); }));
}

TEST_F(MqttOperatorFaults, OtherActionsAreRefused) {
  const auto link = connected_link();
  const config::Values none;
  const auto status = find_uplink("null")->make(UplinkEnvironment{.loop = loop_}, {}, owner_);
  ASSERT_TRUE(status);
  const auto other = (*status)->make_link(2, {});
  const auto refused = other->act({.action = "mqtt.misbehave", .args = none});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("mqtt.misbehave"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::uplink
