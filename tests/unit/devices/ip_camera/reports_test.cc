#include <gtest/gtest.h>

#include "devices/ip_camera/digest.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;

TEST(CameraReports, EachCanBeTriggeredInEachState) {
  for (const char* state : {"none", "motion", "video_lost", "storage_error", "ota", "fault"}) {
    FakeDeviceContext world(make_ip_camera(), quiet());
    world.start();
    if (std::string_view(state) != "none") {
      ASSERT_TRUE(world.act(state));
    }
    for (const auto& report : world.type().description().reports) {
      for (const device::Channel channel : {0, 1, 7}) {
        const auto text = world.trigger(report.name, channel);
        ASSERT_TRUE(text) << report.name;
        const Json root = Json::parse(*text, nullptr, false);
        ASSERT_TRUE(root.is_object()) << *text;
        EXPECT_EQ(root["type"], report.name);
        EXPECT_EQ(root["ch"], channel);
        for (const auto& field : report.fields) {
          const bool optional = field.name == "nonce" || field.name == "sign" || field.name == "ptz" ||
                                field.name == "applied" || field.name == "rejected";
          EXPECT_TRUE(optional || root["data"].contains(field.name)) << report.name << "." << field.name;
        }
      }
    }
  }
}

TEST(CameraReports, ATriggeredEventIsOfTheKindThatIsAskedFor) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.trigger("event", 1, {{"kind", "\"plate\""}, {"level", "4"}}));
  const Json event = data(world.last("event"));
  EXPECT_EQ(event["kind"], "plate");
  EXPECT_EQ(event["level"], 4);
  EXPECT_TRUE(event["objects"][0]["attrs"].contains("plate"));
  EXPECT_EQ(world.state("events"), "0") << "a trigger does not change the model";
}

TEST(CameraReports, LoginIsSignedWhenThereIsASecret) {
  FakeDeviceContext world(make_ip_camera(), quiet({{"secret", text("s3cret")}}), "cam-00007");
  world.start();
  const Json login = data(world.last("login"));
  EXPECT_EQ(login["sign"],
            hmac_sha256_hex("s3cret", "cam-00007" + std::to_string(login["ts"].get<std::int64_t>()) +
                                          login["nonce"].get<std::string>()));
  FakeDeviceContext plain(make_ip_camera(), quiet());
  plain.start();
  EXPECT_FALSE(data(plain.last("login")).contains("sign"));
}

TEST(CameraReports, ScheduledOnesComeInTime) {
  FakeDeviceContext world(make_ip_camera(), quiet({{"channels", integer(3)}}));
  world.start();
  world.forget();
  world.run_for(1h - 1s);
  EXPECT_EQ(world.count("heartbeat"), 119u);
  EXPECT_EQ(world.count("snapshot"), 0u);
  ASSERT_TRUE(world.set("reports.snapshot.every", duration(10min)));
  world.forget();
  world.run_for(1h);
  EXPECT_EQ(world.count("snapshot", 3), 6u);
}

TEST(CameraReports, AChangeOfConfigurationIsTold) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.set("streams.main.bitrate", number(2e6)));
  const Json change = data(world.last("config_changed"));
  EXPECT_EQ(change["changed"], Json({{"streams.main.bitrate", "2Mbps"}}));
  EXPECT_EQ(change["version"], 2);
  ASSERT_TRUE(world.set("secret", text("hush")));
  EXPECT_EQ(world.last("config_changed").text.find("hush"), std::string::npos) << "secrets are masked";
}

TEST(CameraReports, NewChannelsComeWithTheNextBoot) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.set("channels", integer(4)));
  EXPECT_EQ(data(world.last("config_changed"))["changed"]["channels"], "4");
  EXPECT_EQ(world.device().channels(world.config()), 1);
  world.reboot(5s);
  world.run_for(10s);
  EXPECT_EQ(world.device().channels(world.config()), 4);
}

TEST(CameraReports, OfflineCamerasLiveOn) {
  FakeDeviceContext world(make_ip_camera());
  world.start();
  world.disconnect();
  world.forget();
  world.run_for(2h);
  EXPECT_TRUE(world.messages().empty());
  EXPECT_GT(world.not_sent(), 0u);
  world.connect();
  EXPECT_EQ(world.count("login"), 1u);
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
