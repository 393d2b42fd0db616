// A group that is scaled again and again, by a whole fleet of workers on virtual time: who stays does not
// notice, who comes back goes on.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/server/ordinals.h"
#include "devices/all_devices.h"
#include "simulator/core/random.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"

namespace vfleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::uint32_t kShards = 4;

/// What is known of a device from outside.
struct Device {
  std::uint64_t ordinal = 0;
  std::uint32_t shard = 0;
  std::uint64_t seq = 0;
};

/// Four workers of one group of piles, with the ordinals that control gives.
class ScaledFleet {
 public:
  explicit ScaledFleet(std::uint64_t seed = 7) {
    register_all_devices(types_);
    const std::string group = resized(100);
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
      auto& host = hosts_.emplace_back(
          std::make_unique<fleet::FleetHost>(loop, types_, uplink::UplinkEnvironment{.loop = loop}));
      host->query(1, "watch", "all", R"({"rate":1000000})", [this](std::vector<std::string> rows, bool) {
        for (const std::string& row : rows) read(json::parse(row));
      });
      host->snapshot_begin({.fleet = "scaled",
                            .seed = seed,
                            .start_us = to_us(loop.clock().wall_now()),
                            .shard = shard,
                            .shards = kShards,
                            .boot = 1});
      host->snapshot_groups({group});
      host->snapshot_end([] {});
      EXPECT_EQ(host->problems(), std::vector<std::string>{});
    }
  }

  void scale(std::uint64_t count) {
    bus::Command command;
    command.revision = ++revision_;
    command.id = "scale-" + std::to_string(revision_);
    command.verb = bus::Verb::scale;
    command.selector = "all";
    command.args = R"({"counts":{},"groups":[)" + resized(count) + R"(],"removed":[]})";
    std::uint64_t answers = 0;
    for (const auto& host : hosts_) {
      host->execute(
          command,
          [&](const bus::CommandResult& result) {
            ++answers;
            EXPECT_EQ(result.failed, 0u);
          },
          [] {});
    }
    EXPECT_TRUE(loop.run_until([&] { return answers == kShards; }, 10s));
    // Those that leave say goodbye first.
    EXPECT_TRUE(loop.run_until([&] { return devices().size() == count; }, 10s));
  }

  std::map<std::string, Device> devices() {
    std::map<std::string, Device> out;
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
      bool finished = false;
      hosts_[shard]->query(2, "ls", "all", "{}", [&](std::vector<std::string> rows, bool last) {
        for (const std::string& text : rows) {
          const json row = json::parse(text);
          const Device device{row["ordinal"], shard, row["seq"]};
          EXPECT_TRUE(out.emplace(row["id"], device).second) << "in two workers: " << row["id"];
        }
        finished = last;
      });
      EXPECT_TRUE(loop.run_until([&] { return finished; }, 10s));
    }
    return out;
  }

  std::map<std::uint32_t, std::uint64_t> by_shard() {
    std::map<std::uint32_t, std::uint64_t> out;
    for (const auto& [id, device] : devices()) ++out[device.shard];
    return out;
  }

  loop::VirtualLoop loop;
  std::map<std::string, std::vector<std::uint64_t>> seqs;  ///< of every message, by device

 private:
  std::string resized(std::uint64_t count) {
    config::GroupSpec group;
    group.id = "pile-{:05}";
    group.first = 1;
    group.count = count;
    ordinals_.assign(group);
    json ranges = json::array();
    for (const auto& range : group.ordinals) ranges.push_back({range.index, range.count, range.ordinal});
    return json{{"name", "pile"},
                {"type", "charging_pile"},
                {"id", group.id},
                {"first", 1},
                {"count", count},
                {"labels", json::array()},
                {"ordinals", ranges},
                {"uplink", "null"},
                {"profile", ""},
                {"profile_values", json::object()},
                {"values", {{"reports.meter.every", "10s"}, {"arrivals.per_day", "100"}}}}
        .dump();
  }
  void read(const json& row) {
    EXPECT_FALSE(row.contains("dropped")) << row;
    if (!row.contains("message")) return;
    const json message = json::parse(row["message"].get<std::string>());
    const std::string device = message["dev"];
    seqs[device].push_back(message["seq"]);
  }

  device::DeviceRegistry types_;
  control::server::Ordinals ordinals_;
  std::vector<std::unique_ptr<fleet::FleetHost>> hosts_;
  std::uint64_t revision_ = 0;
};

TEST(Scale, ManyTimesUpAndDownKeepsIdentitiesAndBalance) {
  ScaledFleet fleet;
  fleet.loop.run_for(2min);
  const auto few = fleet.devices();
  ASSERT_EQ(few.size(), 100u);
  fleet.scale(1000);
  fleet.loop.run_for(2min);
  const auto many = fleet.devices();
  fleet.scale(50);
  fleet.loop.run_for(2min);
  const auto left = fleet.devices();
  fleet.scale(1000);
  fleet.loop.run_for(2min);
  const auto again = fleet.devices();
  fleet.loop.run_for(5s);  // until watch has handed over what was sent

  ASSERT_EQ(many.size(), 1000u);
  ASSERT_EQ(left.size(), 50u);
  ASSERT_EQ(again.size(), 1000u);
  for (const auto& [id, device] : few) {
    EXPECT_EQ(many.at(id).ordinal, device.ordinal) << id;
    EXPECT_EQ(many.at(id).shard, device.shard) << id;
  }
  for (const auto& [id, device] : many) {
    EXPECT_EQ(again.at(id).ordinal, device.ordinal) << id << " is who it was";
    EXPECT_EQ(again.at(id).shard, device.shard) << id << " is where it was";
  }
  for (const auto& [id, device] : left) {
    EXPECT_GT(device.seq, many.at(id).seq) << id << " went on all the time";
    EXPECT_GT(again.at(id).seq, device.seq) << id;
  }
  for (const auto& [shard, count] : fleet.by_shard()) EXPECT_EQ(count, 1000 / kShards) << shard;

  // Who stayed, and who left and came back: every number once and in order.
  for (const auto& [id, device] : again) {
    const auto& numbers = fleet.seqs[id];
    ASSERT_GE(numbers.size(), device.seq) << id;
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i + 1) << id;
    EXPECT_GT(device.seq, many.at(id).seq) << id << " goes on where it was";
  }
}

TEST(Scale, AtAnyMomentNoNumberIsLostOrGivenTwice) {
  Random random(3, 3, "scale");
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    ScaledFleet fleet(seed);
    for (int step = 0; step < 12; ++step) {
      fleet.loop.run_for(std::chrono::milliseconds(random.below(30'000)));
      fleet.scale(50 + random.below(150));
    }
    // Listed first: watch hands over within 50 ms what was sent before.
    const auto last = fleet.devices();
    fleet.loop.run_for(5s);
    for (const auto& [id, numbers] : fleet.seqs) {
      for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i + 1) << id << " of " << seed;
    }
    for (const auto& [id, device] : last)
      EXPECT_GE(fleet.seqs[id].size(), device.seq) << id << " of " << seed;
  }
}

}  // namespace
}  // namespace vfleet
