// What holds for every pile, whatever happens to it: days of simulated life under a random operator.
#include <cmath>
#include <map>
#include <set>

#include "devices/charging_pile/model/status.h"
#include "simulator/core/random.h"
#include "tests/unit/devices/charging_pile/pile_world.h"

namespace vfleet::pile {
namespace {

constexpr std::uint64_t kSeeds = 50;
constexpr int kConnectors = 2;

struct Life {
  std::vector<test::FakeDeviceContext::Message> messages;
  double rated_power_w = 0;
};

void disturb(PileWorld& world, Random& random) {
  const int connector = 1 + static_cast<int>(random.below(kConnectors));
  static const std::vector<std::string> kCodes{"over_temperature", "ground_fault", "emergency_stop",
                                               "meter_failure"};
  // Refusals are part of life: what counts is that nothing breaks.
  switch (random.below(14)) {
    case 0:
      (void)world.act("plug", {{"connector", integer(connector)}});
      break;
    case 1:
      (void)world.on("unplug", connector);
      break;
    case 2:
      (void)world.swipe(connector, random.chance(0.8) ? "1001" : "2002");
      break;
    case 3:
      (void)world.on("start", connector);
      break;
    case 4:
      (void)world.on("stop", connector);
      break;
    case 5:
      (void)world.fault(kCodes[random.below(kCodes.size())], static_cast<int>(random.below(kConnectors + 1)));
      break;
    case 6:
    case 7:
      (void)world.clear();
      break;
    case 8:
      (void)world.set("power_limit", number(random.uniform()));
      break;
    case 9:
      (void)world.set("thermal.ambient", number(random.uniform(-20, 95)));
      break;
    case 10:
      (void)world.on(random.chance(0.4) ? "disable" : "enable", connector);
      break;
    case 11:
      world.receive(R"({"id":"r1","type":"remote_start","data":{"connector":)" + std::to_string(connector) +
                    "}}");
      break;
    case 12:
      if (random.chance(0.2)) world.receive(R"({"id":"r2","type":"reboot","data":{}})");
      break;
    case 13:
      (void)world.set("efficiency", number(random.uniform(0.8, 1)));
      break;
  }
}

// The worker dies and another one goes on.
void die(PileWorld& world) {
  const std::vector<std::byte> saved = world.saved();
  ASSERT_FALSE(saved.empty());
  world.run_for(world.rebooting() ? 1s : 0s);
  ASSERT_TRUE(world.resume(saved));
}

Life live(std::uint64_t seed, bool ac, bool look_often = false, bool deaths = false) {
  config::Values values{{"connectors", integer(kConnectors)},
                        {"kind", text(ac ? "ac" : "dc")},
                        {"rated_power", number(ac ? 22e3 : 120e3)},
                        {"arrivals.per_day", number(20)},
                        {"connector_current", number(ac ? 32 : 250)}};
  PileWorld world(values, seed);
  Random random(seed, 7, "operator");
  world.start();
  for (TimePoint end = world.now() + 48h; world.now() < end;) {
    const auto pause = std::chrono::milliseconds(static_cast<std::int64_t>(random.exponential(25 * 60e3)));
    const TimePoint until = world.now() + pause;
    while (look_often && world.now() + 7s < until) {
      world.run_for(7s);
      EXPECT_NE(world.state("soc"), "(none)");
    }
    world.run_until(until);
    if (!world.rebooting()) disturb(world, random);
    if (deaths && random.chance(0.3)) die(world);
  }
  return {world.messages(), ac ? 22e3 : 120e3};
}

std::int64_t scaled(const nlohmann::json& value, double factor) {
  return std::llround(value.get<double>() * factor);
}

// Legal: one step of the table, or two where the first was not said (a fault at boot, a card with the cable).
bool reachable(std::string_view from, std::string_view to) {
  if (from == to) return true;
  for (const StatusRow& row : status_table()) {
    if (to_string(row.state) == from && to_string(row.next) == to) return true;
  }
  return false;
}

void check(const Life& life) {
  std::map<int, std::int64_t> register_tenths;
  std::map<int, std::string> status;
  std::map<int, std::pair<TimePoint, std::int64_t>> power_mw;
  std::map<int, std::string> open_session;
  for (const auto& message : life.messages) {
    const auto tree = PileWorld::parse(message);
    const auto& data = tree["data"];
    const int n = tree["ch"].get<int>();
    if (message.report == "login") {  // power may have been off: statuses start afresh
      status.clear();
      power_mw.clear();
    }
    if (message.report == "meter" || message.report == "status") {
      const auto now = data["status"].get<std::string>();
      if (message.report == "status") {
        if (status.contains(n)) {
          ASSERT_TRUE(reachable(status[n], now)) << status[n] << " -> " << now;
        }
        status[n] = now;
      } else {
        ASSERT_EQ(status[n], now) << "a change of status that was not said";
      }
    }
    if (message.report == "meter") {
      const std::int64_t volts = scaled(data["voltage_v"], 10);
      const std::int64_t amperes = scaled(data["current_a"], 100);
      const std::int64_t milliwatts = scaled(data["power_w"], 1000);
      ASSERT_EQ(volts * amperes * data["phases"].get<int>(), milliwatts);
      ASSERT_GE(milliwatts, 0);
      const std::int64_t energy = scaled(data["energy_wh"], 10);
      ASSERT_GE(energy, register_tenths[n]) << message.text;
      register_tenths[n] = energy;
      ASSERT_GE(data["soc"].get<double>(), 0);
      ASSERT_LE(data["soc"].get<double>(), 100);
      power_mw[n] = {message.at, milliwatts};
      std::int64_t together = 0;
      for (const auto& [other, last] : power_mw) together += last.first == message.at ? last.second : 0;
      ASSERT_LE(together, std::llround(life.rated_power_w * 1000));
    }
    if (message.report == "session_start") open_session[n] = data["session"].get<std::string>();
    if (message.report == "session_end") {
      ASSERT_EQ(data["session"], open_session[n]) << "its own, and once";
      open_session.erase(n);
      std::int64_t energy = 0;
      std::int64_t amount = 0;
      for (const auto& [name, line] : data["periods"].items()) {
        energy += scaled(line["energy_wh"], 10);
        amount += scaled(line["amount"], 1e4);
        const double exact = line["energy_wh"].get<double>() / 1000 * line["price"].get<double>();
        ASSERT_NEAR(line["amount"].get<double>(), exact, 0.0000501);
      }
      ASSERT_EQ(energy, scaled(data["energy_wh"], 10));
      ASSERT_EQ(amount, scaled(data["amount"], 1e4));
      ASSERT_EQ(energy, scaled(data["meter_stop_wh"], 10) - scaled(data["meter_start_wh"], 10));
      ASSERT_GE(scaled(data["meter_stop_wh"], 10), register_tenths[n]);
      register_tenths[n] = scaled(data["meter_stop_wh"], 10);
    }
  }
}

TEST(ChargingPileForAllSeeds, KeepsItsInvariantsUnderARandomOperator) {
  std::size_t sessions = 0;
  std::size_t faults = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Life life = live(seed, seed % 2 == 0);
    check(life);
    if (HasFatalFailure()) return;
    for (const auto& message : life.messages) {
      sessions += message.report == "session_end";
      faults += message.report == "fault";
    }
  }
  EXPECT_GT(sessions, kSeeds * 10);
  EXPECT_GT(faults, kSeeds);
}

TEST(ChargingPileForAllSeeds, KeepsItsInvariantsThoughItsWorkerDiesAgainAndAgain) {
  std::size_t sessions = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds / 2; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Life life = live(seed, seed % 2 == 0, false, /*deaths=*/true);
    check(life);
    if (HasFatalFailure()) return;
    for (const auto& message : life.messages) sessions += message.report == "session_end";
  }
  EXPECT_GT(sessions, kSeeds * 5);
}

TEST(ChargingPileState, ASessionGoesOnWithItsIdItsBatteryAndItsBill) {
  PileWorld world({{"reports.meter.every", duration(10s)}});
  world.start();
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  ASSERT_TRUE(world.swipe(1));
  world.run_for(10min);
  ASSERT_TRUE(world.trigger("meter", 1));
  const auto before = world.data("meter", 1);
  const std::vector<std::byte> saved = world.saved();
  ASSERT_TRUE(world.resume(saved));
  ASSERT_TRUE(world.trigger("meter", 1));
  const auto after = world.data("meter", 1);
  EXPECT_EQ(after["session"], before["session"]);
  EXPECT_EQ(after["energy_wh"], before["energy_wh"]);
  EXPECT_EQ(after["soc"], before["soc"]);
  EXPECT_EQ(after["session_energy_wh"], before["session_energy_wh"]);
  EXPECT_EQ(after["status"], "charging");
  world.run_for(10min);
  ASSERT_TRUE(world.swipe(1));
  EXPECT_EQ(world.count("session_end"), 1u);
  EXPECT_EQ(world.data("session_end", 1)["session"], before["session"]);
}

TEST(ChargingPileState, TimeBetweenTheLivesIsAStandstill) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  ASSERT_TRUE(world.swipe(1));
  world.run_for(10min);
  ASSERT_TRUE(world.trigger("meter", 1));
  const auto before = world.data("meter", 1);
  const std::vector<std::byte> saved = world.saved();
  world.run_for(2h);  // of the old life: as if it had not been
  ASSERT_TRUE(world.resume(saved));
  ASSERT_TRUE(world.trigger("meter", 1));
  EXPECT_EQ(world.data("meter", 1)["energy_wh"], before["energy_wh"]);
  EXPECT_EQ(world.data("meter", 1)["soc"], before["soc"]);
}

TEST(ChargingPileState, OnlyItsOwnBytesAreTaken) {
  PileWorld world;
  world.start();
  ASSERT_TRUE(world.plug(1, "sedan", 0.2));
  ASSERT_TRUE(world.swipe(1));
  world.run_for(1min);
  const std::vector<std::byte> good = world.saved();
  Random random(1, 1, "damage");
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(world.resume(std::span(good).first(length))) << length;
  // Damage that is not noticed must not do harm either.
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> bad = good;
    for (int n = 0; n < 3; ++n)
      bad[random.below(bad.size())] = static_cast<std::byte>(random.below(256));
    if (world.resume(bad)) world.run_for(1s);
  }
}

TEST(ChargingPileForAllSeeds, SaysTheSameBytesForTheSameSeed) {
  std::set<std::string> different;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Life one = live(seed, false);
    const Life two = live(seed, false);
    ASSERT_EQ(one.messages.size(), two.messages.size());
    std::string all;
    for (std::size_t i = 0; i < one.messages.size(); ++i) {
      ASSERT_EQ(one.messages[i].text, two.messages[i].text);
      all += one.messages[i].text;
    }
    different.insert(std::move(all));
  }
  EXPECT_EQ(different.size(), 10u);
}

TEST(ChargingPileForAllSeeds, IsNotChangedByBeingLookedAt) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Life one = live(seed, false);
    const Life two = live(seed, false, /*look_often=*/true);
    ASSERT_EQ(one.messages.size(), two.messages.size());
    for (std::size_t i = 0; i < one.messages.size(); ++i)
      ASSERT_EQ(one.messages[i].text, two.messages[i].text);
  }
}

// The integral of the power that meters report, taken here and not by the model, is the bill's energy.
TEST(ChargingPileForAllSeeds, BillsTheIntegralOfItsPower) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    PileWorld world({{"reports.meter.every", duration(10s)}}, seed);
    world.start();
    ASSERT_TRUE(world.act("plug", {}));
    ASSERT_TRUE(world.on("start", 1));
    ASSERT_TRUE(world.trigger("meter", 1));
    ASSERT_TRUE(world.run_until([&] { return world.count("session_end") > 0; }, 24h));
    double joules = 0;
    double power = 0;
    TimePoint since;
    for (const auto& message : world.messages()) {
      if (message.channel != 1 || (message.report != "meter" && message.report != "session_end")) continue;
      joules +=
          power * to_seconds(message.at - since);  // the model's steps are the meter's: 10 s from the start
      since = message.at;
      power = message.report == "meter" ? PileWorld::parse(message)["data"]["power_w"].get<double>() : 0;
    }
    // 0.0001 kWh, the bill's resolution.
    EXPECT_NEAR(joules / 3600, world.data("session_end")["energy_wh"].get<double>(), 0.11) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vfleet::pile
