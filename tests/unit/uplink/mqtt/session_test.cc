#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using Cut = test::SimulatedConnection::Cut;

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

}  // namespace
}  // namespace vfleet::uplink
