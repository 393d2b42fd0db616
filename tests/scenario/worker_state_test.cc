// Workers that die at random moments, on virtual time: what was told never goes back.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "devices/all_devices.h"
#include "simulator/core/hash.h"
#include "simulator/core/random.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/state/state_file.h"

namespace vfleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kPiles =
    R"({"name":"pile","type":"charging_pile","id":"pile-{:03}","first":1,"count":20,"labels":[],)"
    R"("ordinals":[[0,20,0]],"uplink":"null","profile":"","profile_values":{},"values":)"
    R"({"arrivals.per_day":"60","reports.meter.every":"20s"}})";

/// Every message of every life, as the platform sees them.
class Platform {
 public:
  void read(const json& row) {
    if (!row.contains("message")) return;
    const json message = json::parse(row["message"].get<std::string>());
    const std::string device = message["dev"];
    const std::uint64_t seq = message["seq"];
    // Rows that watch had not handed over when the worker died are missing; none comes twice.
    EXPECT_GT(seq, seq_[device]) << device;
    seq_[device] = seq;
    const json& data = message["data"];
    const std::string type = message["type"];
    const std::string place = device + "/" + std::to_string(message["ch"].get<int>());
    if (type == "meter") meter(place, data["energy_wh"]);
    if (type == "session_start") {
      EXPECT_TRUE(open_.emplace(place, data["session"]).second) << place;
    }
    if (type != "session_end") return;
    ++ended;
    EXPECT_EQ(open_[place], data["session"].get<std::string>()) << "each session ends once";
    open_.erase(place);
    meter(place, data["meter_stop_wh"]);
    EXPECT_NEAR(data["energy_wh"].get<double>(),
                data["meter_stop_wh"].get<double>() - data["meter_start_wh"].get<double>(), 1e-6);
  }
  std::uint64_t ended = 0;

 private:
  void meter(const std::string& place, double energy_wh) {
    EXPECT_GE(energy_wh, register_[place]) << place;
    register_[place] = energy_wh;
  }
  std::map<std::string, std::uint64_t> seq_;
  std::map<std::string, double> register_;
  std::map<std::string, std::string> open_;
};

TEST(WorkerState, EnergyNeverGoesBackAndASessionEndsOnceWhenWorkersDieAtRandomMoments) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("vfleet-worker-state-" + std::to_string(::getpid())))
          .string();
  std::filesystem::remove(path);
  loop::VirtualLoop loop;
  const std::int64_t start_us = to_us(loop.clock().wall_now());
  device::DeviceRegistry types;
  register_all_devices(types);
  Platform platform;
  Random random(5, 5, "deaths");
  for (std::uint32_t life = 1; life <= 40; ++life) {
    auto file = state::StateFile::open(path, {.fleet = hash("day"), .seed = 7, .start_us = start_us});
    ASSERT_TRUE(file);
    fleet::FleetHost host(loop, types, uplink::UplinkEnvironment{.loop = loop});
    host.query(1, "watch", "all", R"({"rate":100000})", [&](std::vector<std::string> rows, bool) {
      for (const std::string& row : rows) platform.read(json::parse(row));
    });
    host.snapshot_begin({.fleet = "day", .seed = 7, .start_us = start_us, .boot = life});
    host.shard().keep_state(file->get());
    host.snapshot_groups({kPiles});
    host.snapshot_end([] {});
    loop.run_for(std::chrono::milliseconds(1 + static_cast<std::int64_t>(random.exponential(20 * 60e3))));
    EXPECT_EQ(host.problems(), std::vector<std::string>{});
    EXPECT_EQ(host.shard().keeper().resumed(), life == 1 ? 0u : 20u);
    // No goodbye: what is not in the file is gone.
  }
  EXPECT_GT(platform.ended, 100u);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace vfleet
