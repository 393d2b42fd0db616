// A fleet of the real device types, loaded from a real fleet file, lives a day on virtual time.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "devices/all_devices.h"
#include "simulator/config/catalogue.h"
#include "simulator/config/fleet_file.h"
#include "simulator/core/hash.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/worker/describe.h"

namespace vfleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kFleet = R"(
fleet: day
seed: 7
groups:
  - name: pile
    type: charging_pile
    count: 40
    profile: PROFILES/dc-120kw.yaml
    uplink: "null"
  - name: ac
    type: charging_pile
    count: 20
    profile: PROFILES/ac-22kw.yaml
    uplink: "null"
  - name: cam
    type: ip_camera
    count: 20
    profile: PROFILES/camera-1080p.yaml
    uplink: "null"
)";

/// One life of the fleet; reads every message that leaves.
class Life {
 public:
  explicit Life(double time_scale = 1, std::uint64_t seed = 7) {
    register_all_devices(types_);
    auto catalogue = config::parse_catalogue(worker::describe(types_, "test"));
    EXPECT_TRUE(catalogue);
    const auto folder = std::filesystem::temp_directory_path() / ("vfleet-day-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::string text = kFleet;
    const std::string profiles = std::filesystem::absolute("configs/profiles").string();
    for (std::size_t at; (at = text.find("PROFILES")) != std::string::npos;) text.replace(at, 8, profiles);
    const std::string file = (folder / "fleet.yaml").string();
    std::ofstream(file) << text;
    auto fleet = config::load_fleet(file, *catalogue);
    std::filesystem::remove_all(folder);
    if (!fleet) {
      ADD_FAILURE() << "the fleet file does not load";
      return;
    }
    std::uint64_t ordinal = 0;
    std::vector<std::string> groups;
    for (config::GroupSpec& group : fleet->groups) {
      group.ordinals = {{0, group.count, ordinal}};
      ordinal += group.count;
      groups.push_back(config::to_json(group, *catalogue->schema(group.type, group.uplink)).dump());
    }
    host_ = std::make_unique<fleet::FleetHost>(loop, types_, uplink::UplinkEnvironment{.loop = loop});
    host_->query(1, "watch", "all", R"({"rate":100000})", [this](std::vector<std::string> rows, bool) {
      for (const std::string& row : rows) read(json::parse(row));
    });
    host_->snapshot_begin({.fleet = "day",
                           .seed = seed,
                           .time_scale = time_scale,
                           .start_us = to_us(loop.clock().wall_now()),
                           .boot = 1});
    host_->snapshot_groups(groups);
    host_->snapshot_end([] {});
    EXPECT_EQ(host_->problems(), std::vector<std::string>{});
  }

  bus::CommandResult run(bus::Verb verb, std::string selector, json args = json::object()) {
    bus::Command command;
    command.id = "cmd-" + std::to_string(++commands_);
    command.revision = verb == bus::Verb::trigger ? 0 : commands_;
    command.verb = verb;
    command.selector = std::move(selector);
    command.args = args.dump();
    std::optional<bus::CommandResult> result;
    host_->execute(
        command, [&](bus::CommandResult r) { result = std::move(r); }, [] {});
    EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }, 10s));
    return result.value_or(bus::CommandResult{});
  }

  json figures() { return json::parse(host_->statistics()); }

  loop::VirtualLoop loop;
  std::map<std::string, std::uint64_t> by_type;
  std::map<std::string, std::uint64_t> cards;  // that began a session, without their digits
  std::uint64_t dropped = 0;
  std::uint64_t digest = 0;  // of every message in order
  std::uint64_t seq_holes = 0;
  std::uint64_t energy_back = 0;  // how often a register went down

 private:
  void read(const json& row) {
    if (row.contains("dropped")) {
      dropped += row["dropped"].get<std::uint64_t>();
      return;
    }
    const std::string text = row["message"];
    digest = mix(digest, hash(text));
    const json message = json::parse(text, nullptr, false);
    ASSERT_FALSE(message.is_discarded()) << text;
    const std::string device = message["dev"];
    if (message["seq"].get<std::uint64_t>() != ++seq_[device]) ++seq_holes;
    ++by_type[message["type"]];
    if (message["type"] == "session_start") {
      const std::string card = message["data"].value("card", "");
      ++cards[card.substr(0, card.find_first_of("0123456789"))];
    }
    if (message["type"] == "meter") {
      const json& data = message["data"];
      if (!data.contains("energy_wh")) return;
      double& last = energy_[device + "/" + std::to_string(message["ch"].get<int>())];
      const double now = data["energy_wh"];
      if (now < last) ++energy_back;
      last = now;
    }
  }

  device::DeviceRegistry types_;
  std::unique_ptr<fleet::FleetHost> host_;
  std::uint64_t commands_ = 0;
  std::map<std::string, std::uint64_t> seq_;
  std::map<std::string, double> energy_;
};

TEST(FleetDay, EveryReportIsNumberedAndAccountedFor) {
  Life life;
  life.loop.run_for(24h);
  const json figures = life.figures();
  EXPECT_EQ(figures["devices"], 80);
  EXPECT_EQ(figures["online"], 80);
  EXPECT_EQ(figures["sent"], figures["acked"]);
  EXPECT_EQ(figures["in_flight"], 0);
  EXPECT_EQ(life.dropped, 0u);
  EXPECT_EQ(life.seq_holes, 0u);
  EXPECT_EQ(life.energy_back, 0u);
  std::uint64_t seen = 0;
  for (const auto& [type, count] : life.by_type) seen += count;
  EXPECT_EQ(seen, figures["sent"].get<std::uint64_t>());
  // 80 devices with a heartbeat each 30 s (or as their profile says): a day of it.
  EXPECT_GT(life.by_type["heartbeat"], 80u * 24 * 60);
  EXPECT_GT(life.by_type["session_start"], 100u);
  EXPECT_GT(life.by_type["session_end"], 100u);
  EXPECT_GT(life.by_type["event"], 100u);
}

TEST(FleetDay, TheSameSeedGivesTheSameRunByteForByte) {
  const auto hours = [](std::uint64_t seed) {
    Life life(1, seed);
    life.loop.run_for(2h);
    life.run(bus::Verb::action, "pile-00003", {{"action", "fault"}, {"args", {{"code", "ground_fault"}}}});
    life.loop.run_for(2h);
    return life.digest;
  };
  const std::uint64_t first = hours(7);
  EXPECT_EQ(first, hours(7));
  EXPECT_NE(first, hours(8));
}

TEST(FleetDay, WithATimeScaleTheModelsDayPassesInAnHour) {
  Life slow;
  slow.loop.run_for(24h);
  Life fast(24);
  fast.loop.run_for(1h);
  // As many sessions, give or take those that the other run's report times cut differently; schedules stay in
  // real time, so only a 24th of the heartbeats.
  EXPECT_NEAR(static_cast<double>(fast.by_type["session_start"]),
              static_cast<double>(slow.by_type["session_start"]),
              0.25 * static_cast<double>(slow.by_type["session_start"]));
  EXPECT_NEAR(static_cast<double>(fast.by_type["heartbeat"]) * 24,
              static_cast<double>(slow.by_type["heartbeat"]),
              0.1 * static_cast<double>(slow.by_type["heartbeat"]));
}

TEST(FleetDay, ARebootByAnOperatorEndsTheSessionWithItsBill) {
  Life life;
  life.run(bus::Verb::action, "ac-00001", {{"action", "plug"}});
  life.run(bus::Verb::action, "ac-00001", {{"action", "swipe"}});
  life.loop.run_for(5min);
  const std::uint64_t ended = life.by_type["session_end"];
  EXPECT_EQ(life.run(bus::Verb::reboot, "ac-00001", {{"down", "20s"}}).applied, 1u);
  life.loop.run_for(1s);
  EXPECT_EQ(life.by_type["session_end"], ended + 1);
  EXPECT_EQ(life.figures()["online"], 79);
  life.loop.run_for(1min);
  EXPECT_EQ(life.figures()["online"], 80);
  EXPECT_EQ(life.seq_holes, 0u);
}

TEST(FleetDay, WhoComesChangesWhileTheFleetRuns) {
  Life life;
  const auto set = [&](json patch) {
    EXPECT_EQ(life.run(bus::Verb::set, "type=charging_pile", {{"patch", std::move(patch)}}).applied, 60u);
  };
  const auto sessions_in = [&](Duration time) {
    const std::uint64_t before = life.by_type["session_start"];
    life.loop.run_for(time);
    return life.by_type["session_start"] - before;
  };
  EXPECT_GT(sessions_in(12h), 50u);
  set({{"arrivals.per_day", 0}});
  life.loop.run_for(1h);  // who came before still swipes
  EXPECT_EQ(sessions_in(11h), 0u);
  life.cards.clear();
  set({{"arrivals.per_day", 24},
       {"arrivals.hour_weights", json::array()},
       {"arrivals.tags", {"TAG{01..99}"}},
       {"arrivals.invalid_share", "50%"}});
  const std::uint64_t many = sessions_in(12h);
  EXPECT_GT(many, 200u);
  EXPECT_EQ(life.cards.size(), 2u);
  EXPECT_EQ(life.cards["TAG"] + life.cards["INVALID"], many);
  EXPECT_NEAR(static_cast<double>(life.cards["TAG"]) / static_cast<double>(many), 0.5, 0.1);
  set({{"arrivals.start_share", 0}});
  life.loop.run_for(1h);
  EXPECT_EQ(sessions_in(6h), 0u);
  set({{"arrivals.start_share", 1}, {"arrivals.invalid_share", 0}, {"arrivals.local_share", 1}});
  life.cards.clear();
  EXPECT_GT(sessions_in(6h), 100u);
  EXPECT_EQ(life.cards.size(), 1u);
  EXPECT_GT(life.cards[""], 100u) << "none needs a card";
  EXPECT_EQ(life.seq_holes, 0u);
  EXPECT_EQ(life.energy_back, 0u);
}

TEST(FleetDay, AnOperatorsDayOfFaultsAndOutagesLosesNoReport) {
  Life life;
  for (int hour = 0; hour < 24; ++hour) {
    life.loop.run_for(20min);
    life.run(bus::Verb::disconnect, "sample(30%,\"" + std::to_string(hour) + "\")");
    life.run(bus::Verb::action, "type=charging_pile,sample(10%)",
             {{"action", "fault"}, {"args", {{"code", "over_current"}}}});
    life.run(bus::Verb::trigger, "all", {{"report", "heartbeat"}});
    life.loop.run_for(20min);
    life.run(bus::Verb::connect, "all");
    life.run(bus::Verb::action, "type=charging_pile", {{"action", "clear"}});
    life.run(bus::Verb::set, "group=cam",
             {{"patch", {{"reports.heartbeat.every", std::to_string(10 + hour) + "s"}}}});
    life.loop.run_for(20min);
  }
  const json figures = life.figures();
  EXPECT_EQ(figures["online"], 80);
  EXPECT_EQ(figures["sent"], figures["acked"]);
  EXPECT_EQ(life.seq_holes, 0u);
  EXPECT_EQ(life.energy_back, 0u);
  EXPECT_GT(figures["not_sent"]["offline"].get<std::uint64_t>(), 1000u);
}

}  // namespace
}  // namespace vfleet
