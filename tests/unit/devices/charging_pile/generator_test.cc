// Who comes by themselves, and what they do: the shares and pools that are configured are those that are
// seen.
#include <map>
#include <set>

#include "devices/charging_pile/model/tag_pool.h"
#include "tests/unit/devices/charging_pile/station_world.h"

namespace vfleet::pile {
namespace {

TagPool pool(const std::vector<std::string>& entries) {
  auto parsed = TagPool::parse(entries);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().detail);
  return parsed ? *parsed : TagPool();
}

TEST(Arrivals, OfVehiclesThatComeOnceInAnAgeNobodyIsWaitedFor) {
  ArrivalsConfig config;
  for (const double per_day : {1e-9, 1e-300, 5e-324}) {
    config.per_day = per_day;
    for (const double weight : {0.0, 1e-9}) {
      config.hour_weights.assign(weight > 0 ? 24 : 0, weight);
      if (weight > 0) config.hour_weights[0] = 1;
      Arrivals arrivals(1, 2);
      arrivals.draw_next({TimePoint{}, WallTime{}}, TimePoint{}, config, 0);
      EXPECT_EQ(arrivals.next(), kNever) << per_day << " weight " << weight;
    }
  }
}

TEST(TagPool, HasSingleCardsAndRanges) {
  const TagPool cards = pool({"ANNA", "TAG{0098..0101}X", "N{7..12}"});
  ASSERT_EQ(cards.size(), 1U + 4 + 6);
  EXPECT_EQ(cards.at(0).view(), "ANNA");
  EXPECT_EQ(cards.at(1).view(), "TAG0098X");
  EXPECT_EQ(cards.at(4).view(), "TAG0101X");
  EXPECT_EQ(cards.at(5).view(), "N7");
  EXPECT_EQ(cards.at(10).view(), "N12");
  EXPECT_EQ(pool({"{00000000..99999999}"}).size(), 100'000'000U);
}

TEST(TagPool, RefusesWhatIsNoCard) {
  for (const char* text : {"", "123456789012345678901", "A{1..}", "A{2..1}", "A{1-2}", "A{1..2", "A{x..y}",
                           "A{0..9999999999}", "ABCDEFGHIJKLMNOPQR{001..999}"}) {
    const auto parsed = TagPool::parse({"GOOD", text});
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().detail.find("'" + std::string(text) + "'"), std::string::npos);
  }
}

TEST(TagPool, UniformGivesEveryCardAlike) {
  const TagPool cards = pool({"T{00..19}"});
  Random random(1, 1, "tags");
  std::map<std::string, int> times;
  for (int i = 0; i < 20'000; ++i)
    ++times[std::string(cards.draw(random, TagDistribution::uniform, 1).view())];
  ASSERT_EQ(times.size(), 20U);
  for (const auto& [card, count] : times) EXPECT_NEAR(count, 1000, 150) << card;
}

TEST(TagPool, ZipfGivesTheFirstAgainAndAgain) {
  for (double exponent : {0.7, 1.0, 1.6}) {
    constexpr int kDraws = 50'000;
    constexpr std::uint64_t kCards = 50;
    double total = 0;
    for (std::uint64_t i = 1; i <= kCards; ++i) total += std::pow(static_cast<double>(i), -exponent);
    Random random(2, 1, "tags");
    std::map<std::uint64_t, int> times;
    for (int i = 0; i < kDraws; ++i) ++times[draw_zipf(random, kCards, exponent)];
    for (std::uint64_t i : {0U, 1U, 2U, 9U, 49U}) {
      const double expected = kDraws * std::pow(static_cast<double>(i + 1), -exponent) / total;
      EXPECT_NEAR(times[i], expected, 5 * std::sqrt(expected)) << "exponent " << exponent << " card " << i;
    }
    EXPECT_LT(times.rbegin()->first, kCards);
  }
  Random random(3, 1, "tags");
  EXPECT_EQ(draw_zipf(random, 1, 1), 0U);
}

ArrivalsConfig shares() {
  ArrivalsConfig config;
  config.tags = {"TAG{0001..2000}"};
  config.invalid_tags = {"INVALID{0001..0100}"};
  config.start_share = 0.9;
  config.local_share = 0.2;
  config.invalid_share = 0.05;
  config.unplug_share = 0.1;
  config.unplug_after = 10min;
  config.fault_share = 0.03;
  config.fault_after = 20min;
  config.finish();
  return config;
}

TEST(Drivers, AreWhatTheirSharesSay) {
  const ArrivalsConfig config = shares();
  constexpr int kDrivers = 40'000;
  int starts = 0;
  int local = 0;
  int invalid = 0;
  int unplug = 0;
  int broken = 0;
  double unplug_s = 0;
  double broken_s = 0;
  for (std::uint64_t i = 0; i < kDrivers; ++i) {
    const DriverHabits habits = draw_habits(Random(42, i, "habits"), config);
    starts += habits.starts;
    local += habits.starts_by == StartedBy::local;
    invalid += habits.card.view().starts_with("INVALID");
    ASSERT_EQ(habits.starts_by == StartedBy::local, habits.card.view().empty());
    const SessionFate fate = draw_fate(Random(42, i, "fate"), config);
    unplug += fate.unplugged_after.has_value();
    unplug_s += fate.unplugged_after ? to_seconds(*fate.unplugged_after) : 0;
    broken += fate.broken_after.has_value();
    broken_s += fate.broken_after ? to_seconds(*fate.broken_after) : 0;
  }
  const auto near = [](int count, double share) {
    const double deviation = std::sqrt(kDrivers * share * (1 - share));
    EXPECT_NEAR(count, kDrivers * share, 4 * deviation);
  };
  near(starts, 0.9);
  near(local, 0.2);
  near(invalid, 0.05 * 0.8);
  near(unplug, 0.1);
  near(broken, 0.03);
  EXPECT_NEAR(unplug_s / unplug, 600, 600 * 4 / std::sqrt(unplug));
  EXPECT_NEAR(broken_s / broken, 1200, 1200 * 4 / std::sqrt(broken));
}

TEST(Drivers, AreNotChangedByAShareThatDoesNotConcernThem) {
  const ArrivalsConfig before = shares();
  ArrivalsConfig after = before;
  after.start_share = 0.2;
  after.invalid_share = 0.5;
  after.local_share = 0.4;
  after.finish();
  int same = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const DriverHabits one = draw_habits(Random(42, i, "habits"), before);
    const DriverHabits two = draw_habits(Random(42, i, "habits"), after);
    ASSERT_TRUE(one.starts || !two.starts) << "fewer start, and those did before";
    const bool kept = two.starts_by == StartedBy::card && two.card.view().starts_with("TAG");
    if (!kept) continue;
    ASSERT_EQ(one.card.view(), two.card.view());
    ++same;
  }
  EXPECT_GT(same, 200);
}

config::Values busy() {
  return {{"connectors", value(8)},
          {"rated_power", value(960e3)},
          {"connector_power", value(120e3)},
          {"arrivals.per_day", value(100.0)},
          {"arrivals.tags", value({"TAG{0001..0040}"})},
          {"arrivals.start_share", value(0.8)},
          {"arrivals.invalid_share", value(0.1)},
          {"arrivals.local_share", value(0.25)},
          {"arrivals.unplug_share", value(0.15)},
          {"arrivals.unplug_after", value(Duration(1min))},
          {"arrivals.fault_share", value(0.1)},
          {"arrivals.fault_after", value(Duration(1min))},
          {"arrivals.repair_after", value(Duration(5min))}};
}

struct Day {
  std::size_t cables = 0;
  std::size_t cards = 0;
  std::size_t starts = 0;
  std::size_t invalid = 0;
  std::size_t disconnected = 0;
  std::size_t broken = 0;
};

std::size_t of(const StationWorld& world, std::string_view prefix, std::string_view what) {
  std::size_t count = 0;
  for (const std::string& each : world.told(prefix)) count += each.find(what) != std::string::npos;
  return count;
}

Day seen(const StationWorld& world) {
  return {.cables = of(world, "status", "preparing"),
          .cards = world.count("card"),
          .starts = world.count("start"),
          .invalid = of(world, "began", "INVALID"),
          .disconnected = of(world, "end", "ev_disconnected"),
          .broken = of(world, "end", "fault")};
}

TEST(Generator, MakesDaysOfItsShares) {
  StationWorld world(busy());
  world.boot();
  world.run_for(40 * 24h);
  const Day days = seen(world);
  const auto part = [](std::size_t some, std::size_t all) {
    return static_cast<double>(some) / static_cast<double>(all);
  };
  EXPECT_GT(days.cables, 3500U);
  EXPECT_EQ(days.starts, days.cards) << "nobody else decides: every card starts";
  EXPECT_NEAR(part(days.starts, days.cables), 0.8, 0.03);
  EXPECT_NEAR(part(days.invalid, days.starts), 0.1 * 0.75, 0.02);
  EXPECT_NEAR(part(of(world, "card", "TAG"), days.cards), 0.9 * 0.75, 0.03);
  // Those whose session ends earlier have no time for it.
  EXPECT_NEAR(part(days.disconnected, days.starts), 0.15 * 0.93, 0.025);
  EXPECT_NEAR(part(days.broken, days.starts), 0.1 * 0.9, 0.025);
  EXPECT_EQ(of(world, "fault", "raised") - of(world, "fault", "cleared"),
            static_cast<std::size_t>(world.station().fault(0).has_value()))
      << "what broke is repaired";
  std::set<std::string> cards;
  for (const std::string& each : world.told("began TAG")) cards.insert(each);
  EXPECT_EQ(cards.size(), 40U);
}

TEST(Generator, MakesTheSameDaysOfTheSameSeed) {
  const auto live = [](std::uint64_t seed) {
    StationWorld world(busy(), seed);
    world.boot();
    world.run_for(3 * 24h);
    std::string all;
    for (const auto& each : world.events)
      all += std::to_string(to_us(each.at.time_since_epoch())) + each.what + ";";
    return all;
  };
  EXPECT_EQ(live(1), live(1));
  EXPECT_NE(live(1), live(2));
}

TEST(Generator, FollowsTheHourOfTheDay) {
  config::List weights(24, {0.0});
  weights[7] = {1.0};
  weights[18] = {3.0};
  StationWorld world({{"connectors", value(16)},
                      {"arrivals.per_day", value(40.0)},
                      {"arrivals.hour_weights", {weights}},
                      {"utc_offset_min", value(0)},
                      {"arrivals.start_share", value(0.0)},
                      {"arrivals.leave_after", value(Duration(1min))}});
  world.boot();
  world.run_for(30 * 24h);
  std::map<int, int> by_hour;
  for (const auto& each : world.events) {
    if (each.what.find("preparing") == std::string::npos) continue;
    ++by_hour[local_time(world.turn().at.wall_at(each.at), 0).hour];
  }
  ASSERT_EQ(by_hour.size(), 2U);
  EXPECT_NEAR(by_hour[7] / 30.0, 10, 2);
  EXPECT_NEAR(by_hour[18] / 30.0, 30, 4);
  EXPECT_EQ(world.count("start"), 0U) << "nobody wants to charge";
}

TEST(Generator, IsChangedWhileItRuns) {
  StationWorld world(busy());
  world.boot();
  world.run_for(5 * 24h);
  const Day before = seen(world);
  ASSERT_GT(before.cables, 350U);
  world.set("arrivals.per_day", value(0.0));
  world.run_for(24h);
  const Day quiet = seen(world);
  EXPECT_LT(quiet.cables, before.cables + 2);
  world.set("arrivals.per_day", value(100.0));
  world.set("arrivals.tags", value({"NEW{1..3}"}));
  world.set("arrivals.invalid_share", value(0.0));
  world.set("arrivals.local_share", value(0.0));
  world.set("arrivals.unplug_share", value(0.0));
  world.set("arrivals.fault_share", value(0.0));
  world.run_for(5 * 24h);
  const Day after = seen(world);
  EXPECT_GT(after.cables, quiet.cables + 350);
  EXPECT_EQ(after.invalid, quiet.invalid);
  EXPECT_EQ(after.disconnected, quiet.disconnected);
  EXPECT_EQ(after.broken, quiet.broken);
  EXPECT_EQ(of(world, "card", "NEW"), after.cards - quiet.cards);
}

TEST(Generator, ChangedSharesDoNotChangeWhoComesWhen) {
  const auto arrivals = [](bool change) {
    config::Values values = busy();
    values.insert_or_assign("connectors", value(16));  // there is always room
    values.insert_or_assign("arrivals.start_share", value(0.0));
    StationWorld world(values);
    world.boot();
    world.run_for(12h);
    if (change) world.set("arrivals.invalid_share", value(0.9));
    world.run_for(24h);
    std::vector<TimePoint> out;
    for (const auto& each : world.events) {
      if (each.what.find("preparing") != std::string::npos) out.push_back(each.at);
    }
    return out;
  };
  EXPECT_EQ(arrivals(false), arrivals(true));
}

TEST(Settings, TellWhatIsWrongWithTheGenerator) {
  const auto built =
      settings_keys().build({{"arrivals.tags", value({"A{1..}"})},
                             {"arrivals.invalid_tags", value(std::initializer_list<const char*>{})},
                             {"arrivals.invalid_share", value(0.5)}});
  ASSERT_FALSE(built);
  EXPECT_NE(built.error().detail.find("arrivals.tags: 'A{1..}'"), std::string::npos) << built.error().detail;
  EXPECT_NE(built.error().detail.find("arrivals.invalid_share needs a card"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::pile
