#include <gtest/gtest.h>

#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;

struct CameraActions : testing::Test {
  CameraActions() {
    world.set_schedule(false);
    world.start();
    world.forget();
  }
  std::string refusal(std::string_view action, config::Values args = {}) {
    const Status status = world.act(action, std::move(args));
    return status ? "accepted" : status.error().detail;
  }
  FakeDeviceContext world{make_ip_camera(),
                          quiet({{"channels", integer(2)}, {"ptz.enabled", boolean(true)}})};
};

TEST_F(CameraActions, EveryKindStartsUpdatesAndEnds) {
  for (const char* kind : {"motion", "person", "vehicle", "face", "plate", "intrusion", "tripwire",
                           "loitering", "audio", "tamper", "covered", "video_lost"}) {
    world.forget();
    ASSERT_TRUE(
        world.act(kind, {{"channel", integer(2)}, {"duration", duration(12s)}, {"score", number(0.7)}}))
        << kind;
    EXPECT_EQ(world.state("status"), "alarm");
    EXPECT_EQ(world.state("events"), "1");
    world.run_for(1min);
    EXPECT_EQ(world.count("event", 2), 4u) << kind << ": start, updates at 5 and 10 s, end at 12 s";
    EXPECT_EQ(data(world.messages().front())["score"], 0.7);
    EXPECT_EQ(data(world.last("event"))["phase"], "end");
    EXPECT_EQ(data(world.last("event"))["durationMs"], 12000);
    EXPECT_EQ(world.state("status"), "normal");
  }
}

TEST_F(CameraActions, AnEventWithoutDurationEndsByWord) {
  ASSERT_TRUE(world.act("person", {{"duration", duration(0s)}}));
  world.run_for(1h);
  EXPECT_EQ(world.state("events"), "1");
  ASSERT_TRUE(world.act("end_event", {{"kind", text("person")}}));
  EXPECT_EQ(world.state("events"), "0");
  EXPECT_EQ(refusal("end_event"), "no such event is active");
}

TEST_F(CameraActions, TheSameKindAgainIsAnUpdate) {
  ASSERT_TRUE(world.act("motion"));
  ASSERT_TRUE(world.act("motion", {{"score", number(0.5)}}));
  EXPECT_EQ(world.state("events"), "1");
  EXPECT_EQ(data(world.last("event"))["phase"], "update");
  EXPECT_EQ(data(world.last("event"))["score"], 0.5);
}

TEST_F(CameraActions, RefusalsSayWhy) {
  EXPECT_EQ(refusal("motion", {{"channel", integer(3)}}), "there is no channel 3, channels are 1..2");
  EXPECT_EQ(refusal("clear"), "there is no fault to clear");
  EXPECT_EQ(refusal("ptz", {{"mode", text("preset")}, {"preset", integer(9)}}), "there is no preset 9");
  EXPECT_EQ(refusal("ptz", {{"pan", text("left")}}), "pan='left': expected a number or 'keep'");
  ASSERT_TRUE(world.act("guard", {{"on", boolean(false)}}));
  EXPECT_EQ(refusal("person"), "the camera is disarmed, and guard.ai_only_when_armed holds back 'person'");
  EXPECT_EQ(refusal("motion"), "accepted");
  ASSERT_TRUE(world.act("covered"));
  EXPECT_EQ(refusal("motion"), "channel 1 has no picture");
}

TEST_F(CameraActions, DisarmingEndsWhatAnalysisFound) {
  ASSERT_TRUE(world.act("person"));
  ASSERT_TRUE(world.act("motion"));
  ASSERT_TRUE(world.act("guard", {{"on", boolean(false)}}));
  EXPECT_EQ(world.state("events"), "1");
  EXPECT_EQ(world.state("guard"), "disarmed");
}

TEST_F(CameraActions, AFullStorageStopsTheRecordingUntilItIsFormatted) {
  EXPECT_EQ(world.state("recording"), "on");
  ASSERT_TRUE(world.act("storage_full"));
  EXPECT_EQ(world.state("storage"), "full");
  EXPECT_EQ(world.state("recording"), "off");
  EXPECT_EQ(data(world.last("event"))["kind"], "storageFull");
  ASSERT_TRUE(world.act("format_storage"));
  EXPECT_EQ(world.state("storage"), "ok");
  EXPECT_EQ(world.state("recording"), "on");
  EXPECT_EQ(data(world.last("event"))["phase"], "end");
  ASSERT_TRUE(world.act("storage_error"));
  EXPECT_EQ(world.state("status"), "fault");
}

TEST_F(CameraActions, EventRecordingFollowsTheEvents) {
  ASSERT_TRUE(world.act("record", {{"mode", text("event")}}));
  EXPECT_EQ(world.state("recording"), "standby");
  const std::string before = world.state("storage_used");
  world.run_for(1h);
  EXPECT_EQ(world.state("storage_used"), before);
  ASSERT_TRUE(world.act("motion", {{"duration", duration(1h)}}));
  EXPECT_EQ(world.state("recording"), "on");
  world.run_for(1h + 1s);
  EXPECT_EQ(world.state("recording"), "standby");
  EXPECT_GT(std::stod(world.state("storage_used")), std::stod(before));
}

TEST_F(CameraActions, PtzGoesStoresAndReturns) {
  ASSERT_TRUE(world.act("ptz", {{"pan", text("60")}, {"zoom", text("3")}}));
  world.run_for(10s);
  EXPECT_EQ(world.state("pan"), "60.00");
  EXPECT_EQ(world.state("tilt"), "0.00");
  ASSERT_TRUE(world.act("ptz", {{"mode", text("set_preset")}, {"preset", integer(4)}}));
  ASSERT_TRUE(world.act(
      "ptz", {{"mode", text("move")}, {"pan", text("-1")}, {"zoom", text("0")}, {"tilt", text("0")}}));
  world.run_for(1min);
  EXPECT_EQ(world.state("pan"), "-180.00");
  ASSERT_TRUE(world.act("ptz", {{"mode", text("preset")}, {"preset", integer(4)}}));
  world.run_for(1min);
  EXPECT_EQ(world.state("pan"), "60.00");
  ASSERT_TRUE(world.act("fault", {{"code", text("ptz_jammed")}}));
  EXPECT_EQ(refusal("ptz"), "fault ptz_jammed: the camera does not turn");
}

TEST_F(CameraActions, FaultsLastOverAReboot) {
  const double before = std::stod(world.state("temperature_c"));
  ASSERT_TRUE(world.act("fault", {{"code", text("over_temperature")}}));
  ASSERT_TRUE(world.act("fault", {{"code", text("over_temperature")}})) << "safe to repeat";
  EXPECT_EQ(world.state("status"), "fault");
  EXPECT_GT(std::stod(world.state("temperature_c")), before + 30);
  EXPECT_EQ(data(world.last("status"))["faults"], Json({"over_temperature"}));
  world.reboot(5s);
  world.run_for(1min);
  EXPECT_EQ(world.state("faults"), "over_temperature");
  ASSERT_TRUE(world.act("clear"));
  EXPECT_EQ(world.state("status"), "normal");
}

TEST_F(CameraActions, AWrongClockShowsInWhatItTells) {
  ASSERT_TRUE(world.act("clock_skew", {{"seconds", number(-90)}}));
  EXPECT_EQ(data(world.last("status"))["clockSkewMs"], -90000);
  ASSERT_TRUE(world.trigger("event"));
  const std::int64_t ts = data(world.last("event"))["ts"];
  EXPECT_EQ(ts, to_us(world.wall_now()) / 1000 - 90000);
}

TEST_F(CameraActions, PicturesAreTakenAtTheirInterval) {
  ASSERT_TRUE(world.act("snapshot", {{"count", integer(3)}, {"interval", duration(2s)}}));
  EXPECT_EQ(world.count("snapshot"), 1u);
  EXPECT_EQ(refusal("snapshot"), "the camera is still taking pictures");
  world.run_for(1min);
  EXPECT_EQ(world.count("snapshot"), 3u);
  EXPECT_EQ(data(world.last("snapshot"))["index"], 3);
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
