#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using codec::mqtt::PropertyId;
using codec::mqtt::PropertyWriter;

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

}  // namespace
}  // namespace vfleet::uplink
