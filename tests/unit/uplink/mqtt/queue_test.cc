#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace vfleet::uplink
