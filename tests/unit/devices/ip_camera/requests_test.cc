#include <gtest/gtest.h>

#include "simulator/core/random.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;

struct CameraRequests : testing::Test {
  CameraRequests() {
    world.set_schedule(false);
    world.start();
    world.forget();
  }
  // Sends a request and gives the data of its answer; the answer repeats the id.
  Json ask(std::string_view type, const Json& what = Json::object()) {
    const Json request{{"id", "req-1"}, {"type", type}, {"data", what}};
    const std::size_t before = world.count("answer");
    world.receive(request.dump());
    EXPECT_EQ(world.count("answer"), before + 1) << type;
    EXPECT_EQ(Json::parse(world.last("answer").text)["id"], "req-1");
    return data(world.last("answer"));
  }
  int code(std::string_view type, const Json& what = Json::object()) { return ask(type, what)["code"]; }

  FakeDeviceContext world{make_ip_camera(), quiet({{"ptz.enabled", boolean(true)}})};
};

TEST_F(CameraRequests, AreAnsweredFirstAndThenActedOn) {
  EXPECT_EQ(code("snapshot", {{"snapId", "s9"}, {"count", 2}, {"intervalMs", 500}}), 200);
  ASSERT_EQ(world.messages().size(), 2u);
  EXPECT_EQ(world.messages()[0].report, "answer");
  EXPECT_EQ(world.messages()[1].report, "snapshot");
  world.run_for(1s);
  EXPECT_EQ(world.count("snapshot"), 2u);
  EXPECT_EQ(data(world.last("snapshot"))["snapId"], "s9");
}

TEST_F(CameraRequests, WhatIsImpossibleIsRefusedWithTheReason) {
  EXPECT_EQ(code("ptz", {{"op", "preset_goto"}, {"preset", 3}}), 409);
  EXPECT_EQ(data(world.last("answer"))["msg"], "there is no preset 3");
  EXPECT_EQ(code("snapshot", {{"ch", 9}}), 400);
  EXPECT_EQ(code("stream_stop", {{"streamId", "nobody"}}), 409);
  EXPECT_EQ(code("teleport"), 404);
}

TEST_F(CameraRequests, ConfigIsReadBySection) {
  EXPECT_EQ(code("config_get", {{"sections", {"osd", "video"}}}), 200);
  EXPECT_EQ(world.count("config"), 2u);
  EXPECT_EQ(data(world.last("config"))["video"]["main"]["bitrateKbps"], 4000);
  EXPECT_EQ(code("config_get", {{"section", "nothing"}}), 400);
}

TEST_F(CameraRequests, ConfigIsSetKeyByKey) {
  const Json answer = ask("config_set", {{"osd", {{"title", "gate"}}},
                                         {"video", {{"main", {{"bitrateKbps", 2500}}}}},
                                         {"heartbeat", {{"everyMs", 10000}}},
                                         {"nonsense", 1}});
  EXPECT_EQ(answer["code"], 409);
  EXPECT_EQ(answer["applied"].size(), 3u) << answer;
  ASSERT_EQ(answer["rejected"].size(), 1u);
  EXPECT_EQ(answer["rejected"][0]["key"], "nonsense");
  (void)ask("config_get");
  const Json config = data(world.last("config"));
  EXPECT_EQ(config["osd"]["title"], "gate");
  EXPECT_EQ(config["video"]["main"]["bitrateKbps"], 2500);
  EXPECT_EQ(config["heartbeat"]["everyMs"], 10000);
}

TEST_F(CameraRequests, PtzMovesTheCamera) {
  EXPECT_EQ(code("ptz", {{"op", "absolute"}, {"pan", 30.5}, {"zoom", 2}}), 200);
  world.run_for(10s);
  EXPECT_EQ(world.state("pan"), "30.50");
  EXPECT_EQ(code("ptz", {{"op", "preset_set"}, {"preset", 1}}), 200);
  EXPECT_EQ(code("ptz", {{"op", "move"}, {"pan", 1}, {"durMs", 1000}}), 200);
  world.run_for(10s);
  EXPECT_EQ(world.state("pan"), "90.50");
  EXPECT_EQ(code("ptz", {{"op", "preset_goto"}, {"preset", 1}}), 200);
  world.run_for(10s);
  EXPECT_EQ(world.state("pan"), "30.50");
}

TEST_F(CameraRequests, RebootComesAfterTheAnswer) {
  EXPECT_EQ(code("reboot"), 200);
  EXPECT_TRUE(world.rebooting());
  world.run_for(1min);
  EXPECT_EQ(world.count("login"), 1u);
}

TEST_F(CameraRequests, UpgradeGuardRecordAndFormatAreDone) {
  EXPECT_EQ(code("guard", {{"on", false}}), 200);
  EXPECT_EQ(world.state("guard"), "disarmed");
  EXPECT_EQ(code("record", {{"mode", "off"}}), 200);
  EXPECT_EQ(world.state("recording"), "off");
  EXPECT_EQ(code("format_storage"), 200);
  EXPECT_EQ(world.state("storage_used"), "0.0000");
  EXPECT_EQ(code("ota", {{"version", "5.0"}, {"jobId", "j1"}}), 200);
  world.run_for(10min);
  EXPECT_EQ(world.state("firmware"), "5.0");
}

TEST_F(CameraRequests, StreamsCountAsClientsUntilTheyExpire) {
  const auto clients = [&] {
    EXPECT_TRUE(world.trigger("status"));
    return data(world.last("status"))["streams"][1]["clients"].get<int>();
  };
  const int before = clients();
  EXPECT_EQ(code("stream_start", {{"streamId", "a"}, {"stream", "sub"}, {"expireSec", 60}}), 200);
  EXPECT_EQ(clients(), before + 1);
  world.run_for(61s);
  EXPECT_EQ(clients(), before);
}

TEST_F(CameraRequests, TheClockFollowsThePlatform) {
  EXPECT_EQ(code("time_sync", {{"unixMs", to_us(world.wall_now()) / 1000 + 5000}}), 200);
  EXPECT_EQ(world.state("clock_skew_s"), "5.000");
  EXPECT_EQ(code("time_sync"), 200);
  EXPECT_EQ(world.state("clock_skew_s"), "0.000");
}

TEST_F(CameraRequests, AnswersOfThePlatformAreNotAnswered) {
  world.receive(R"({"id":"x","type":"ack"})");
  world.receive(R"({"id":"x","type":"login","data":{"code":"odd"}})");
  EXPECT_EQ(world.messages().size(), 0u);
}

TEST(CameraLogin, ItsAnswerSetsTheIntervalsWhenAllowed) {
  FakeDeviceContext world(make_ip_camera(), quiet({{"login.accept_intervals", boolean(true)}}));
  world.start();
  world.receive(R"({"type":"login","data":{"code":200,"heartbeatSec":10}})");
  world.forget();
  world.run_for(1min);
  EXPECT_EQ(world.count("heartbeat"), 6u);
}

TEST_F(CameraRequests, BytesOfAnyKindAreSurvivedAndAnswered) {
  for (const char* bad :
       {"", "x", "[]", "{}", "null", R"({"type":1})", R"({"type":"ptz","data":[]})",
        R"({"type":"guard","data":{"on":"yes"}})", R"({"type":"snapshot","data":{"count":1e99}})",
        R"({"type":"snapshot","data":{"count":18446744073709551615}})", "\xff\xfe{"}) {
    world.forget();
    world.receive(bad);
    ASSERT_EQ(world.count("answer"), 1u) << bad;
    EXPECT_EQ(data(world.last("answer"))["code"], 400) << bad;
  }
  world.forget();
  world.receive(std::string(60'000, '['));
  world.receive(std::string(200'000, ' '));
  EXPECT_EQ(world.count("answer"), 2u);
}

TEST_F(CameraRequests, MutatedRequestsNeverBreakIt) {
  const std::string seeds[] = {
      R"({"id":"1","type":"ptz","data":{"op":"move","pan":0.5,"tilt":-1,"zoom":0,"durMs":100}})",
      R"({"id":"2","type":"config_set","data":{"values":{"osd":{"title":"a"},"motion":{"regions":[{"id":1,"x":0}]}}}})",
      R"({"id":"3","type":"snapshot","data":{"snapId":"s","count":1,"ch":1}})",
      R"({"id":"4","type":"stream_start","data":{"streamId":"a","protocol":"rtsp","expireSec":5}})"};
  Random random(1, 2, "mutate");
  for (int i = 0; i < 4000; ++i) {
    std::string text = seeds[random.below(4)];
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const std::size_t at = random.below(text.size());
      if (random.chance(0.3))
        text.erase(at, 1);
      else
        text[at] = static_cast<char>(random.next());
    }
    world.receive(text);
    if (world.rebooting()) world.run_for(1min);
    if (i % 100 == 0) world.run_for(10s), world.forget();
  }
  EXPECT_TRUE(world.trigger("status"));
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
