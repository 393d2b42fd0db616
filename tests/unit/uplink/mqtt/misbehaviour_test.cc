#include "simulator/uplink/mqtt/mqtt_uplink.h"
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::PacketType;

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
