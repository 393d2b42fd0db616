#include <gtest/gtest.h>

#include <map>
#include <set>

#include "devices/ip_camera/camera_device.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;

config::Values busy(std::uint64_t seed) {
  return {{"channels", integer(1 + static_cast<std::int64_t>(seed % 3))},
          {"storage.capacity", number(64e6 * static_cast<double>(1 + seed % 50))},
          {"storage.recycle", boolean(seed % 4 != 0)},
          {"record.mode", text(seed % 2 == 0 ? "continuous" : "event")},
          {"ptz.enabled", boolean(true)},
          {"events.tamper.rate", number(0.5 / 3600)},
          {"events.covered.rate", number(0.5 / 3600)},
          {"events.video_lost.rate", number(0.5 / 3600)}};
}

// What was told of one event.
struct Life {
  std::string kind;
  bool ended = false;
  std::int64_t duration_ms = 0;
};

void check_objects(const Json& event, std::uint64_t seed) {
  for (const Json& object : event["objects"]) {
    ASSERT_EQ(object["box"].size(), 4u);
    std::array<double, 4> box{};
    for (std::size_t i = 0; i < 4; ++i) box[i] = object["box"][i];
    ASSERT_GE(box[0], 0) << "seed " << seed;
    ASSERT_GE(box[1], 0) << "seed " << seed;
    ASSERT_LE(box[0] + box[2], 1.0 + 1e-12) << "seed " << seed;
    ASSERT_LE(box[1] + box[3], 1.0 + 1e-12) << "seed " << seed;
    ASSERT_GT(object["score"], 0);
    ASSERT_LE(object["score"], 1);
  }
}

void check_events(const FakeDeviceContext& world, std::uint64_t seed, std::size_t& total) {
  std::map<std::string, Life> lives;
  for (const auto& message : world.messages()) {
    if (message.report != "event") continue;
    ++total;
    const Json event = data(message);
    const std::string id = event["eventId"];
    const std::string phase = event["phase"];
    const std::int64_t duration_ms = event["durationMs"];
    if (phase == "start") {
      ASSERT_FALSE(lives.contains(id)) << "seed " << seed << ": " << id << " starts again";
      ASSERT_EQ(duration_ms, 0);
      lives[id] = {.kind = event["kind"]};
    } else {
      ASSERT_TRUE(lives.contains(id)) << "seed " << seed << ": " << id << " was never started";
      Life& life = lives[id];
      ASSERT_FALSE(life.ended) << "seed " << seed << ": " << id << " goes on after its end";
      ASSERT_EQ(life.kind, event["kind"]);
      ASSERT_GE(duration_ms, life.duration_ms);
      life.duration_ms = duration_ms;
      life.ended = phase == "end";
      ASSERT_TRUE(life.ended || phase == "update") << phase;
    }
    ASSERT_GE(event["level"], 1);
    ASSERT_LE(event["level"], 4);
    check_objects(event, seed);
  }
}

TEST(Camera, ADayOverSeedsKeepsItsPromises) {
  std::size_t events = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FakeDeviceContext world(make_ip_camera(), busy(seed), "cam-00001", seed);
    world.start();
    const auto& device = static_cast<const CameraDevice&>(world.device());
    Random random(seed, 9, "test");
    for (int hour = 0; hour < 24; ++hour) {
      (void)world.act("ptz", {{"pan", text(std::to_string(random.below(800)))}});
      world.run_for(1h);
      const model::PtzPosition at = device.camera().position(world.now());
      ASSERT_GE(at.pan, -180);
      ASSERT_LE(at.pan, 180);
      const double used = std::stod(world.state("storage_used"));
      ASSERT_GE(used, 0);
      ASSERT_LE(used, 1);
    }
    check_events(world, seed, events);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(events, 50u * 24 * 5);
}

std::string day_of(std::uint64_t seed) {
  FakeDeviceContext world(make_ip_camera(), busy(1), "cam-00001", seed);
  world.start();
  world.run_for(6h);
  EXPECT_TRUE(world.act("ota"));
  world.run_for(6h);
  std::string out;
  for (const auto& message : world.messages()) out += message.text + "\n";
  return out;
}

TEST(Camera, TheSameSeedTellsTheSameBytes) {
  EXPECT_TRUE(day_of(7) == day_of(7));
  EXPECT_FALSE(day_of(7) == day_of(8));
}

TEST(Camera, AnEventfulLifeDoesNotDependOnWhoLooksAtIt) {
  const auto events = [](bool look) {
    FakeDeviceContext world(make_ip_camera(), {}, "cam-00001", 5);
    world.set_schedule(false);
    world.start();
    for (int i = 0; i < 3600; ++i) {
      world.run_for(4s);
      if (look) (void)world.state("temperature_c");
      if (look) {
        EXPECT_TRUE(world.trigger("status"));
      }
    }
    std::vector<std::pair<std::string, TimePoint>> out;
    for (const auto& message : world.messages()) {
      if (message.report == "event") out.emplace_back(data(message)["eventId"], message.at);
    }
    return out;
  };
  EXPECT_EQ(events(false), events(true));
}

TEST(Camera, RatesComeOutAsConfigured) {
  FakeDeviceContext world(make_ip_camera(), quiet({{"events.motion.rate", number(20.0 / 3600)},
                                                   {"events.duration", duration(1s)},
                                                   {"events.update_every", duration(0s)},
                                                   {"day_night.mode", text("day")}}));
  world.set_schedule(false);
  world.start();
  world.run_for(100h);
  const auto starts = world.count("event") / 2;
  EXPECT_GT(starts, 1850u);
  EXPECT_LT(starts, 2150u);
}

TEST(Camera, ALongGapIsCutShort) {
  model::Settings settings;
  settings.events.rate_per_s.fill(5);
  struct Silent final : model::Listener {
    void event(const model::Event&, model::Phase) override { ++events; }
    void ota(const model::Ota&) override {}
    void snapshot(const model::SnapshotOrder&, int) override {}
    void status_changed() override {}
    void log(std::string_view) override {}
    void restart(Duration) override {}
    int events = 0;
  } listener;
  model::Camera camera(1, 2, settings);
  TimePoint now{1000h};
  const WallTime wall{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  camera.boot({settings, now, wall, listener});
  now += 24h * 30;
  camera.advance({settings, now, wall + 24h * 30, listener});
  EXPECT_GT(camera.next_event(), now);
  EXPECT_LT(listener.events, 1000);
}

TEST(Camera, IsSmall) {
  EXPECT_LE(sizeof(CameraDevice), 336u);
  std::printf("sizeof(CameraDevice) = %zu, sizeof(Event) = %zu\n", sizeof(CameraDevice),
              sizeof(model::Event));
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
