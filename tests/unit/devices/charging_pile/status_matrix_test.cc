// The moves between statuses that OCPP 1.6 allows, and what the model makes of them.
#include <map>
#include <set>

#include "simulator/core/random.h"
#include "tests/unit/devices/charging_pile/station_world.h"

namespace vfleet::pile {
namespace {

using S = ConnectorStatus;

// Rows and columns in the specification's order; Y: allowed.
constexpr std::array kOrder{S::available, S::preparing, S::charging,    S::suspended_ev, S::suspended_evse,
                            S::finishing, S::reserved,  S::unavailable, S::faulted};
constexpr std::array<std::string_view, 9> kMatrix{
    ".YYYY.YYY",  // available
    "Y.YYYY..Y",  // preparing
    "Y..YYY.YY",  // charging
    "Y.Y.YY.YY",  // suspended_ev
    "Y.YY.Y.YY",  // suspended_evse
    "YY.....YY",  // finishing
    "YY.....YY",  // reserved
    "YYYYY...Y",  // unavailable
    "YYYYYYYY.",  // faulted
};

bool allowed(S from, S to) {
  const auto place = [](S status) {
    return static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), status) - kOrder.begin());
  };
  return kMatrix[place(from)][place(to)] == 'Y';
}

// What a pile does besides, unless strict_status is set.
bool beyond(S from, S to) {
  return (from == S::preparing && to == S::unavailable) || (from == S::finishing && to == S::charging);
}

TEST(StatusMatrix, EveryAllowedMoveIsARowAndEveryRowIsAllowed) {
  std::set<std::pair<S, S>> moves;
  for (const StatusRow& row : status_table()) {
    if (row.state != row.next) moves.insert({row.state, row.next});
  }
  int seen = 0;
  for (S from : kOrder) {
    for (S to : kOrder) {
      if (from == to) continue;
      const bool expected = allowed(from, to) || beyond(from, to);
      EXPECT_EQ(moves.contains({from, to}), expected) << to_string(from) << " -> " << to_string(to);
      seen += expected ? 1 : 0;
    }
  }
  EXPECT_EQ(seen, 53 + 2);
  EXPECT_EQ(kOrder.size(), static_cast<std::size_t>(kConnectorStatuses));
}

TEST(StatusMatrix, AFaultReturnsToEveryEarlierStatus) {
  std::set<S> back;
  for (const StatusRow& row : status_table()) {
    if (row.state == S::faulted) back.insert(row.next);
  }
  EXPECT_EQ(back.size(), static_cast<std::size_t>(kConnectorStatuses));
}

std::vector<std::string> statuses(const StationWorld& world) {
  return world.told("status 1 ");
}

TEST(StrictStatus, ASecondSessionBeginsWithPreparing) {
  StationWorld world({{"strict_status", value(true)}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.stop(1));
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.unplug(1));
  EXPECT_EQ(statuses(world), (std::vector<std::string>{"preparing", "charging", "finishing", "preparing",
                                                       "charging", "finishing", "available"}));
}

TEST(StrictStatus, AFaultThatIsClearedLeadsBackToPreparingUnlessASessionWasThere) {
  StationWorld world({{"strict_status", value(true)}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.station().raise(world.turn(), 1, FaultCode::ground_fault));
  ASSERT_TRUE(world.station().clear(world.turn(), 1, std::nullopt));
  EXPECT_EQ(world.status(1), S::preparing);
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.station().raise(world.turn(), 1, FaultCode::ground_fault));
  ASSERT_TRUE(world.station().clear(world.turn(), 1, std::nullopt));
  EXPECT_EQ(world.status(1), S::finishing);
}

TEST(StrictStatus, WhatIsPreparingIsGivenUpBeforeItIsUnavailable) {
  StationWorld world({{"strict_status", value(true)}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.station().set_available(world.turn(), 1, false));
  ASSERT_TRUE(world.start(2));  // waits for the cable
  ASSERT_TRUE(world.station().set_available(world.turn(), 2, false));
  EXPECT_EQ(statuses(world), (std::vector<std::string>{"preparing", "finishing", "unavailable"}));
  EXPECT_EQ(world.told("status 2 "), (std::vector<std::string>{"preparing", "available", "unavailable"}));
  ASSERT_TRUE(world.station().set_available(world.turn(), 1, true));
  EXPECT_EQ(world.status(1), S::preparing);
}

TEST(Sessions, OutliveAFaultWhereThatIsConfigured) {
  StationWorld world({{"end_on_fault", value(false)}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  world.run_for(1min);
  ASSERT_TRUE(world.station().raise(world.turn(), 1, FaultCode::ground_fault));
  EXPECT_EQ(world.status(1), S::faulted);
  const EnergyTenths before = world.station().session_energy(1, world.now());
  world.run_for(10min);
  EXPECT_EQ(world.power_w(1), 0);
  EXPECT_EQ(world.station().session_energy(1, world.now()), before);
  ASSERT_TRUE(world.die());
  EXPECT_EQ(world.status(1), S::faulted);
  ASSERT_TRUE(world.station().clear(world.turn(), 1, std::nullopt));
  EXPECT_EQ(world.status(1), S::charging);
  world.run_for(1min);
  EXPECT_GT(world.station().session_energy(1, world.now()), before);
  EXPECT_EQ(world.count("end"), 0U);
  ASSERT_TRUE(world.station().raise(world.turn(), 0, FaultCode::emergency_stop));
  EXPECT_EQ(world.told("end 1 "), std::vector<std::string>{"emergency_stop"});
}

TEST(Sessions, OutliveTheirCableWhereThatIsConfigured) {
  StationWorld world({{"end_on_unplug", value(false)}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  world.run_for(5min);
  ASSERT_TRUE(world.unplug(1));
  EXPECT_EQ(world.status(1), S::suspended_ev);
  EXPECT_FALSE(world.unplug(1));
  const EnergyTenths before = world.station().session_energy(1, world.now());
  world.run_for(5min);
  ASSERT_TRUE(world.die());
  EXPECT_EQ(world.station().session_energy(1, world.now()), before);
  EXPECT_EQ(world.station().soc(1, world.now(), world.settings()), 0);
  ASSERT_TRUE(world.plug(1, "", 0));  // the same one again
  EXPECT_EQ(world.status(1), S::charging);
  EXPECT_NEAR(world.station().soc(1, world.now(), world.settings()),
              0.2 + static_cast<double>(before) / 10 * world.settings().supply.efficiency / 64e3, 1e-4);
  ASSERT_TRUE(world.unplug(1));
  ASSERT_TRUE(world.stop(1));
  EXPECT_EQ(world.status(1), S::available) << "there is no cable to finish with";
  EXPECT_EQ(world.last_bill.energy, before);
}

TEST(Sessions, AreSuspendedByThePileWhenItIsTold) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1));
  EXPECT_FALSE(world.station().suspend(world.turn(), 1, true)) << "there is no session";
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.station().suspend(world.turn(), 1, true));
  EXPECT_EQ(world.status(1), S::suspended_evse);
  EXPECT_EQ(world.station().offered_w(1, world.settings()), 0);
  ASSERT_TRUE(world.die());
  world.run_for(1h);
  EXPECT_EQ(world.status(1), S::suspended_evse);
  EXPECT_EQ(world.station().session_energy(1, world.now()), 0);
  ASSERT_TRUE(world.station().suspend(world.turn(), 1, false));
  EXPECT_EQ(world.status(1), S::charging);
  ASSERT_TRUE(world.station().stop(world.turn(), 1, StopReason::de_authorized));
  EXPECT_EQ(world.told("end 1 "), std::vector<std::string>{"de_authorized"});
}

TEST(Connector, GoesOutOfServiceAfterItsSessionWhenThatIsScheduled) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.start(1));
  EXPECT_FALSE(world.station().set_available(world.turn(), 1, false));
  ASSERT_TRUE(world.station().set_available(world.turn(), 1, false, Station::When::after_session));
  EXPECT_EQ(world.status(1), S::charging);
  ASSERT_TRUE(world.die());
  ASSERT_TRUE(world.stop(1));
  EXPECT_EQ(world.status(1), S::unavailable);
  EXPECT_FALSE(world.start(1));
  ASSERT_TRUE(world.station().set_available(world.turn(), 1, true));
  EXPECT_EQ(world.status(1), S::preparing);
  ASSERT_TRUE(world.start(1));
  ASSERT_TRUE(world.station().set_available(world.turn(), 1, false, Station::When::after_session));
  ASSERT_TRUE(world.station().set_available(world.turn(), 1, true));
  ASSERT_TRUE(world.stop(1));
  EXPECT_EQ(world.status(1), S::finishing) << "it was taken back";
}

TEST(Connector, IsFinishingWhenNobodyAuthorisesItsCable) {
  StationWorld world({{"preparing_timeout", value(Duration(2min))}});
  world.boot();
  ASSERT_TRUE(world.plug(1));
  world.run_for(1min);
  EXPECT_EQ(world.status(1), S::preparing);
  world.run_for(2min);
  EXPECT_EQ(world.status(1), S::finishing);
  ASSERT_TRUE(world.start(1)) << "a card still starts";
}

TEST(TurnAway, WithdrawsAnAuthorisationThatWaitsForItsCable) {
  StationWorld world;
  world.boot();
  ASSERT_TRUE(world.start(1));
  EXPECT_EQ(world.status(1), S::preparing);
  ASSERT_TRUE(world.station().turn_away(world.turn(), 1));
  EXPECT_EQ(world.status(1), S::available);
  EXPECT_FALSE(world.station().turn_away(world.turn(), 1));
}

TEST(TurnAway, ADriverWhoseCardIsNotAcceptedLeavesAfterAWhile) {
  StationWorld world({{"arrivals.per_day", value(48.0)}});
  world.asks = true;
  world.boot();
  ASSERT_TRUE(world.run_until([&] { return world.count("card") > 0; }, 24h));
  ASSERT_TRUE(world.station().turn_away(world.turn(), 1));
  EXPECT_EQ(world.status(1), S::preparing);
  ASSERT_TRUE(world.die());
  ASSERT_TRUE(world.run_until([&] { return world.status(1) == S::available; }, 2h));
  EXPECT_EQ(world.count("card 1"), 1U);
  EXPECT_EQ(world.count("start"), 0U);
}

// Whatever happens to a strict pile: every status that it tells follows by a move of the matrix.
TEST(StrictStatusForAllSeeds, KeepsToTheMatrixUnderARandomOperator) {
  std::set<std::pair<S, S>> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    StationWorld world({{"strict_status", value(true)},
                        {"arrivals.per_day", value(30.0)},
                        {"arrivals.unplug_share", value(0.2)},
                        {"arrivals.fault_share", value(0.2)},
                        {"stop_when_full", value(seed % 2 == 0)},
                        {"end_on_unplug", value(seed % 3 != 0)},
                        {"end_on_fault", value(seed % 4 != 0)},
                        {"preparing_timeout", value(seed % 5 == 0 ? Duration(3min) : Duration(0s))}},
                       seed);
    world.boot();
    Random random(seed, 3, "operator");
    for (int i = 0; i < 400; ++i) {
      world.run_for(std::chrono::milliseconds(static_cast<std::int64_t>(random.exponential(8 * 60e3))));
      const int n = 1 + static_cast<int>(random.below(2));
      Station& station = world.station();
      const std::string card = random.chance(0.5) ? "A" : "B";
      switch (random.below(15)) {
        case 0:
          (void)world.plug(n, random.chance(0.5) ? "" : "sedan", random.uniform(0.1, 0.95));
          break;
        case 1:
          (void)world.unplug(n);
          break;
        case 2:
        case 3:
          (void)world.start(n, card);
          break;
        case 4:
          (void)world.stop(n);
          break;
        case 5:
          (void)station.raise(world.turn(), static_cast<int>(random.below(3)),
                              static_cast<FaultCode>(random.below(kFaultCodes)));
          break;
        case 6:
        case 7:
          (void)station.clear(world.turn(), 0, std::nullopt);
          break;
        case 8:
          (void)station.set_available(world.turn(), n, random.chance(0.6),
                                      random.chance(0.5) ? Station::When::now : Station::When::after_session);
          break;
        case 9:
        case 10:
          (void)station.reserve(world.turn(), world.reservation(static_cast<int>(random.below(3)),
                                                                static_cast<int>(random.below(3)), card));
          break;
        case 11:
          (void)station.cancel(world.turn(), static_cast<int>(random.below(3)));
          break;
        case 12:
          (void)station.limit(world.turn(), static_cast<int>(random.below(3)),
                              {PowerLimit::Unit::watts, 0, random.chance(0.4) ? 0.F : 20'000.F});
          break;
        case 13:
          if (random.chance(0.2)) world.boot();
          if (random.chance(0.3)) {
            ASSERT_TRUE(world.die());
          }
          break;
        case 14:
          (void)station.suspend(world.turn(), n, random.chance(0.5));
          (void)station.turn_away(world.turn(), n);
          break;
      }
    }
    std::map<std::string, S> before{{"1", S::available}, {"2", S::available}};
    for (const auto& event : world.events) {
      if (!event.what.starts_with("status ")) continue;
      const std::string n = event.what.substr(7, 1);
      for (S to : kOrder) {
        if (to_string(to) != event.what.substr(9)) continue;
        // A boot is told to nobody: it may have led from preparing to available, or from there to reserved.
        ASSERT_TRUE(before[n] == to || allowed(before[n], to) ||
                    (before[n] == S::preparing && allowed(S::available, to)) ||
                    (before[n] == S::available && allowed(S::reserved, to)))
            << "seed " << seed << " connector " << n << ": " << to_string(before[n]) << " -> "
            << to_string(to);
        if (before[n] != to) seen.insert({before[n], to});
        before[n] = to;
      }
    }
  }
  // Of the 53, those that need a session to outlive a boot or its going out of service do not occur.
  EXPECT_GT(seen.size(), 33U);
}

}  // namespace
}  // namespace vfleet::pile
