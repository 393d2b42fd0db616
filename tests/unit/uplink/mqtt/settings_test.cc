#include "tests/unit/uplink/mqtt/mqtt_fixture.h"

namespace vfleet::uplink {
namespace {

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
  for (const char* key : {"topic_alias", "topic_alias_down"}) {
    EXPECT_EQ(mistake(key, config::Value{std::int64_t{3}}), std::string(key) + ": needs version: 5");
  }
  EXPECT_NE(mistake("subscribe", texts({"a/#/b"})).find("subscribe"), std::string::npos);
  EXPECT_NE(mistake("password", text("x")).find("username"), std::string::npos);
  EXPECT_NE(mistake("url", text("mqtt://user:secret@x")).find("username"), std::string::npos);
  EXPECT_NE(mistake("will.payload", text("gone")).find("will.payload: without will.topic"),
            std::string::npos);
  EXPECT_NE(mistake("will.retain", config::Value{true}).find("will.retain: without will.topic"),
            std::string::npos);
  EXPECT_EQ(mistake("will.topic", text("gone/{device.id}")), "");
  EXPECT_EQ(mistake("topic", text("a/b")), "");
}

}  // namespace
}  // namespace vfleet::uplink
