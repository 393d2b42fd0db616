#include "simulator/codec/mqtt/session.h"

#include <gtest/gtest.h>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/core/clock.h"
#include "simulator/core/random.h"
#include "tests/bench/counting_new.h"

namespace vfleet::codec::mqtt {
namespace {

using namespace std::chrono_literals;

/// A session and the server's side of it, by hand.
class MqttSession : public testing::Test {
 protected:
  explicit MqttSession(SessionOptions options = {}) : shared_(options) {}

  void begin(bool session_present = false, std::string_view properties = {}) {
    session_.connect({.client_id = "d-1", .username = {}, .password = {}, .will = {}}, now(), out_);
    answer(Connack{session_present, ReasonCode::success, Properties(properties)});
    ASSERT_TRUE(take());
    ASSERT_EQ(event_.kind, Event::Kind::accepted);
    out_.clear();
  }

  [[nodiscard]] TimePoint now() const { return clock_.now(); }

  void answer(const Packet& packet) { encode(packet, shared_.options.version, in_); }

  /// The next event of what the server said.
  bool take() {
    std::string_view in = std::string_view(in_).substr(taken_);
    const bool found = session_.next(in, now(), event_, out_);
    taken_ = in_.size() - in.size();
    if (!found) {
      in_.clear();
      taken_ = 0;
    }
    return found;
  }

  std::uint16_t publish(std::uint8_t qos, std::uint64_t n = 0) {
    Publish packet{.qos = qos, .topic = "a/b", .properties = {}, .payload = "0123456789"};
    EXPECT_EQ(session_.publish(packet, {{n, 0, 0}}, now(), out_), ClientSession::Published::sent);
    return packet.packet_id;
  }

  /// What the session sends, a name each: "PUBLISH 7".
  std::vector<std::string> sent() {
    std::vector<std::string> names;
    std::string_view rest = out_;
    Packet packet;
    while (!rest.empty()) {
      const Decoded one = decode(rest, {.from = Sender::client, .version = shared_.options.version}, packet);
      if (one.consumed == 0) return {"broken"};
      std::string name(to_string(static_cast<PacketType>(static_cast<std::uint8_t>(rest[0]) >> 4)));
      if (const auto* each = std::get_if<Publish>(&packet)) {
        name += (each->dup ? " again " : " ") + std::to_string(each->packet_id);
      }
      if (const auto* each = std::get_if<Ack>(&packet)) name += " " + std::to_string(each->packet_id);
      names.push_back(std::move(name));
      rest.remove_prefix(one.consumed);
    }
    out_.clear();
    return names;
  }

  ManualClock clock_;
  SessionShared shared_;
  ClientSession session_{shared_, 1};
  std::string in_;
  std::size_t taken_ = 0;
  std::string out_;
  Event event_;
};

using Names = std::vector<std::string>;

TEST_F(MqttSession, TakesAcksInAnyOrder) {
  begin();
  for (std::uint64_t n = 1; n <= 5; ++n) publish(1, n);
  EXPECT_EQ(session_.in_flight(), 5u);
  for (const std::uint16_t id : {3, 1, 5, 2, 4}) {
    answer(Ack{PacketType::puback, id, ReasonCode::success, {}});
    ASSERT_TRUE(take());
    EXPECT_EQ(event_.kind, Event::Kind::settled);
    EXPECT_EQ(event_.note.words[0], id);
  }
  EXPECT_EQ(session_.in_flight(), 0u);
}

TEST_F(MqttSession, ReusesIdentifiersOnlyWhenTheyAreFree) {
  begin();
  const std::uint16_t stays = publish(1, 77);
  std::uint16_t last = 0;
  for (int i = 0; i < 70'000; ++i) {
    const std::uint16_t id = publish(1);
    ASSERT_NE(id, stays);
    ASSERT_NE(id, 0);
    ASSERT_NE(id, last);
    last = id;
    answer(Ack{PacketType::puback, id, ReasonCode::success, {}});
    ASSERT_TRUE(take());
    ASSERT_FALSE(take());
    out_.clear();
  }
  answer(Ack{PacketType::puback, stays, ReasonCode::success, {}});
  ASSERT_TRUE(take());
  EXPECT_EQ(event_.note.words[0], 77u);
}

TEST_F(MqttSession, GoesThroughTheFourStepsOfQos2) {
  begin();
  const std::uint16_t id = publish(2);
  answer(Ack{PacketType::pubrec, id, ReasonCode::success, {}});
  EXPECT_FALSE(take());
  EXPECT_EQ(sent(), (Names{"PUBLISH 1", "PUBREL 1"}));
  answer(Ack{PacketType::pubcomp, id, ReasonCode::success, {}});
  ASSERT_TRUE(take());
  EXPECT_EQ(event_.kind, Event::Kind::settled);
}

TEST_F(MqttSession, ReleasesWhatItDoesNotKnow) {
  begin();
  answer(Ack{PacketType::pubrec, 9, ReasonCode::success, {}});
  answer(Ack{PacketType::puback, 9, ReasonCode::success, {}});
  answer(Ack{PacketType::pubcomp, 9, ReasonCode::success, {}});
  EXPECT_FALSE(take());
  EXPECT_EQ(sent(), (Names{"PUBREL 9"}));
}

TEST_F(MqttSession, TakesTheWrongKindOfAnswerForABrokenRule) {
  begin();
  const std::uint16_t id = publish(1);
  answer(Ack{PacketType::pubrec, id, ReasonCode::success, {}});
  ASSERT_TRUE(take());
  EXPECT_EQ(event_.kind, Event::Kind::broken);
  EXPECT_EQ(event_.reason, ReasonCode::protocol_error);
}

TEST_F(MqttSession, SaysNothingBeforeItIsWelcome) {
  session_.connect({.client_id = "d-1", .username = {}, .password = {}, .will = {}}, now(), out_);
  answer(Pingresp{});
  ASSERT_TRUE(take());
  EXPECT_EQ(event_.kind, Event::Kind::broken);
}

TEST_F(MqttSession, LeavesASessionThatItDidNotAskFor) {
  session_.connect({.client_id = "d-1", .username = {}, .password = {}, .will = {}}, now(), out_);
  answer(Connack{true, ReasonCode::success, {}});
  ASSERT_TRUE(take());
  EXPECT_EQ(event_.kind, Event::Kind::broken) << "Session Present answers a clean start";
}

TEST_F(MqttSession, PingsWhenEitherSideIsSilent) {
  begin();
  EXPECT_EQ(session_.next_timer(), now() + 60s);
  for (int i = 0; i < 5; ++i) {  // it sends, and hears nothing
    clock_.advance(10s);
    publish(0);
    EXPECT_EQ(session_.on_timer(now(), out_), ClientSession::Alarm::none);
  }
  out_.clear();
  clock_.advance(10s);
  EXPECT_EQ(session_.on_timer(now(), out_), ClientSession::Alarm::none);
  EXPECT_EQ(sent(), (Names{"PINGREQ"}));
  EXPECT_EQ(session_.next_timer(), now() + 10s);
  clock_.advance(10s);
  EXPECT_EQ(session_.on_timer(now(), out_), ClientSession::Alarm::keep_alive_timed_out);
}

class PersistentMqttSession : public MqttSession {
 protected:
  PersistentMqttSession() : MqttSession({.persistent = true, .in_flight_max = 4}) {}
};

TEST_F(PersistentMqttSession, SendsAgainInOrderFromWhereItWas) {
  begin();
  for (std::uint64_t n = 1; n <= 4; ++n) publish(n <= 2 ? 2 : 1, n);
  EXPECT_TRUE(session_.window_full());
  answer(Ack{PacketType::pubrec, 1, ReasonCode::success, {}});
  EXPECT_FALSE(take());
  session_.lost();
  EXPECT_EQ(session_.in_flight(), 4u);
  begin(true);
  session_.resume(now(), out_);
  EXPECT_EQ(sent(), (Names{"PUBREL 1", "PUBLISH again 2", "PUBLISH again 3", "PUBLISH again 4"}));
}

class Mqtt5Session : public MqttSession {
 protected:
  Mqtt5Session()
      : MqttSession({.version = Version::v5, .persistent = true, .in_flight_max = 4, .topic_aliases = 1}) {}
};

TEST_F(Mqtt5Session, SendsAgainNoMoreAtOnceThanTheServerAllows) {
  begin();
  for (std::uint64_t n = 1; n <= 4; ++n) publish(1, n);
  session_.lost();
  std::string two;
  PropertyWriter(two).number(PropertyId::receive_maximum, 2);
  begin(true, two);
  session_.resume(now(), out_);
  EXPECT_EQ(sent(), (Names{"PUBLISH again 1", "PUBLISH again 2"}));
  EXPECT_TRUE(session_.window_full());
  answer(Ack{PacketType::puback, 2, ReasonCode::success, {}});
  ASSERT_TRUE(take());
  session_.resume(now(), out_);
  EXPECT_EQ(sent(), (Names{"PUBLISH again 3"}));
}

TEST_F(Mqtt5Session, SendsWholeTopicsAgainOnTheNextConnection) {
  std::string aliases;
  PropertyWriter(aliases).number(PropertyId::topic_alias_maximum, 5);
  begin(false, aliases);
  publish(1);
  out_.clear();
  publish(1);
  Packet packet;
  ASSERT_NE(decode(out_, {.from = Sender::client, .version = Version::v5}, packet).consumed, 0u);
  EXPECT_EQ(std::get<Publish>(packet).topic, "");
  session_.lost();
  begin(true, aliases);
  session_.resume(now(), out_);
  std::string_view rest = out_;
  for (int i = 0; i < 2; ++i) {
    const Decoded one = decode(rest, {.from = Sender::client, .version = Version::v5}, packet);
    ASSERT_NE(one.consumed, 0u);
    EXPECT_EQ(std::get<Publish>(packet).topic, "a/b");
    rest.remove_prefix(one.consumed);
  }
}

/// Publishes, answers and settles, and counts what that allocates once it is warm.
class MqttSessionMemory : public MqttSession, public testing::WithParamInterface<int> {
 protected:
  MqttSessionMemory()
      : MqttSession({.version = Version::v5, .persistent = true, .in_flight_max = 8, .topic_aliases = 2}) {}
};
INSTANTIATE_TEST_SUITE_P(Qos, MqttSessionMemory, testing::Values(0, 1, 2));

TEST_P(MqttSessionMemory, AllocatesNothingInSteadyState) {
  std::string aliases;
  PropertyWriter(aliases).number(PropertyId::topic_alias_maximum, 5);
  begin(false, aliases);
  const auto qos = static_cast<std::uint8_t>(GetParam());
  const auto round = [&] {
    std::uint16_t ids[8] = {};
    for (auto& id : ids) id = publish(qos);
    for (const std::uint16_t id : ids) {
      if (qos == 0) break;
      if (qos == 2) answer(Ack{PacketType::pubrec, id, ReasonCode::success, {}});
      answer(Ack{qos == 1 ? PacketType::puback : PacketType::pubcomp, id, ReasonCode::success, {}});
    }
    while (take()) {
    }
    out_.clear();
  };
  for (int i = 0; i < 10; ++i) round();
  const std::uint64_t before = bench::allocations();
  for (int i = 0; i < 1000; ++i) round();
  EXPECT_EQ(bench::allocations() - before, 0u);
  EXPECT_EQ(session_.in_flight(), 0u);
}

TEST(MqttSessionSize, IsSmallAtRest) {
  EXPECT_LE(sizeof(ClientSession), 160u);
}

}  // namespace
}  // namespace vfleet::codec::mqtt
