// What operators make a fleet's MQTT clients do wrong, with everything real: vfleet, control, a worker and
// mosquitto.
#include <gtest/gtest.h>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/uplink/mosquitto.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

class MosquittoMisbehaviour : public testing::Test {
 protected:
  MosquittoMisbehaviour() {
    server_.launch();
    const std::string uplink = "{mqtt: {url: 'mqtt://" + server_.address() +
                               "', topic: 'fleet/{device.id}/{report.type}', qos: 1, ack_timeout: 2s, "
                               "backoff: {first: 100ms, max: 200ms}}}";
    fleet_ =
        std::make_unique<RunningFleet>("fleet: mqtt\ngroups:\n" + group("pile", "charging_pile", 3, uplink) +
                                           group("other", "charging_pile", 1, "{null: {}}"),
                                       1);
    fleet_->start_workers();
  }

  Answer misbehave(std::vector<std::string> more, const std::string& who = "pile-00002") {
    std::vector<std::string> words = {"do", who, "mqtt.misbehave"};
    words.insert(words.end(), more.begin(), more.end());
    return fleet_->vfleet(words);
  }

  /// The sum of what `status` counts of uplinks under that name.
  std::uint64_t counted(const std::string& name) {
    std::uint64_t sum = 0;
    const json counters = at(fleet_->status(), "/figures/uplinks");
    for (const auto& [key, value] : counters.items()) {
      if (key.ends_with(name) && value.is_number()) sum += value.get<std::uint64_t>();
    }
    return sum;
  }

  /// Every pile, the one that misbehaved as well, gets a report through.
  bool all_work() {
    return eventually([&] {
      return fleet_->vfleet({"trigger", "pile-*", "heartbeat", "--wait", "acked"}).status == 0;
    });
  }

  test::Mosquitto server_;
  std::unique_ptr<RunningFleet> fleet_;
};

TEST_F(MosquittoMisbehaviour, ACutPacketShowsInTheFiguresAndTheDeviceComesBack) {
  ASSERT_TRUE(fleet_->come_online(4));
  expect_counts(misbehave({"kind=cut", "packet=publish", "after_bytes=7"}), 0, 1, 1);
  const Answer cut = fleet_->vfleet({"trigger", "pile-00002", "heartbeat", "--wait", "acked"});
  EXPECT_NE(cut.status, 0) << "the report was in the packet";
  EXPECT_TRUE(all_work());
  EXPECT_TRUE(eventually([&] { return counted("misbehaved_total{kind=\"cut\"}") == 1; })) << fleet_->status();
  EXPECT_EQ(counted("disconnects_total{reason=\"cut_on_purpose\"}"), 1u);
}

TEST_F(MosquittoMisbehaviour, TheServerDropsWhoBreaksARuleAndOthersStay) {
  ASSERT_TRUE(fleet_->come_online(4));
  for (const char* kind : {"bad_type", "qos_3", "bad_topic", "wildcard_topic", "zero_id", "second_connect"}) {
    expect_counts(misbehave({std::string("kind=") + kind, "packet=publish"}), 0, 1, 1);
    (void)fleet_->vfleet({"trigger", "pile-00002", "heartbeat", "--wait", "acked"});
    EXPECT_TRUE(all_work()) << kind;
    EXPECT_TRUE(eventually([&] {
      return counted("misbehaved_total{kind=\"" + std::string(kind) + "\"}") == 1;
    })) << kind;
  }
}

TEST_F(MosquittoMisbehaviour, TheGreetingIsHitWhenTheDeviceConnectsAnew) {
  ASSERT_TRUE(fleet_->come_online(4));
  for (const char* kind : {"bad_version", "bad_name"}) {
    expect_counts(misbehave({std::string("kind=") + kind, "reconnect=true"}), 0, 1, 1);
    EXPECT_TRUE(eventually([&] {
      return counted("misbehaved_total{kind=\"" + std::string(kind) + "\"}") == 1;
    })) << kind;
  }
  EXPECT_TRUE(all_work());
}

TEST_F(MosquittoMisbehaviour, WhatMakesNoSenseIsRefusedWithTheReason) {
  ASSERT_TRUE(fleet_->come_online(4));
  const Answer other = misbehave({"kind=cut"}, "other-*");
  EXPECT_NE(other.out.find("is on null, not on mqtt"), std::string::npos) << other.out;
  const Answer near = misbehave({"kind=cutt"});
  EXPECT_EQ(near.status, 2) << near.out << near.err;
  const Answer unknown = fleet_->vfleet({"do", "pile-00002", "mqtt.misbehav", "kind=cut"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE((unknown.out + unknown.err).find("did you mean 'mqtt.misbehave'"), std::string::npos)
      << unknown.out;
  const Answer described = fleet_->vfleet({"describe", "charging_pile"});
  EXPECT_NE(described.out.find("second_connect"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::fleet_test
