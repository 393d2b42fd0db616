// A server that is known by its name, whose addresses change.
#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

class MqttByName : public MqttOnSimulatedNetwork {
 protected:
  MqttByName() {
    set("url", "mqtt://broker.example:1883");
    network_.names["broker.example"] = {"127.0.0.1"};
    network_.lookup_delay = 20ms;
  }

  /// Another place where the same server can be reached.
  test::SimulatedServer& also_at(std::string_view address) {
    test::SimulatedServer& server = network_.listen(1883, address);
    server.accepted = server_.accepted;
    server.received = server_.received;
    server.closed = server_.closed;
    return server;
  }
};

TEST_F(MqttByName, IsLookedUpAgainWhenNoAddressAnswers) {
  const auto link = connected_link();
  EXPECT_EQ(counter("name_lookups_total"), 1u);
  server_.stop();
  server_.listening = false;
  test::SimulatedServer& other = also_at("127.0.0.2");
  loop_.run_for(10s);
  EXPECT_FALSE(link->up()) << "the name still says the old address";
  network_.names["broker.example"] = {"127.0.0.2"};
  ASSERT_TRUE(run_until([&] { return link->up(); }, 10s));
  EXPECT_EQ(other.accepted_count(), 1u);
}

TEST_F(MqttByName, AreLookedUpOnceInAWhileHoweverManyDevicesFail) {
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 50; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 50; }));
  server_.stop();
  server_.listening = false;
  loop_.run_for(61s);
  EXPECT_GE(counter("name_lookups_total"), 5u);
  EXPECT_LE(counter("name_lookups_total"), 1u + 60 / 5);
  server_.start();
  ASSERT_TRUE(run_until([&] { return owner_.ups == 100; }));
}

TEST_F(MqttByName, KeepsItsAddressesWhileNobodyCanBeAsked) {
  const auto link = connected_link();
  server_.stop();
  server_.listening = false;
  network_.names.clear();
  loop_.run_for(20s);
  EXPECT_GE(counter("name_lookups_total"), 2u);
  server_.start();
  ASSERT_TRUE(run_until([&] { return link->up(); }, 5s));
}

TEST_F(MqttByName, TriesEveryAddressOfBothFamilies) {
  network_.names["broker.example"] = {"::1", "127.0.0.3", "127.0.0.1"};
  network_.listen(1883, "::1").listening = false;
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return link->up(); }, 1s)) << "without a back-off in between";
  EXPECT_EQ(network_.attempts(), 3u);
  EXPECT_EQ(counter("name_lookups_total"), 1u);
}

TEST_F(MqttByName, AnAddressIsNeverLookedUp) {
  set("url", "mqtt://127.0.0.1:1883");
  const auto link = connected_link();
  server_.stop();
  server_.listening = false;
  loop_.run_for(60s);
  EXPECT_EQ(counter("name_lookups_total"), 0u);
}

}  // namespace
}  // namespace vfleet::uplink
