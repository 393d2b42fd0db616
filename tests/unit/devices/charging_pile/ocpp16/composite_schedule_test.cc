// GetCompositeSchedule of OCPP 1.6: what holds when, worked out by hand.
#include <gtest/gtest.h>

#include "tests/unit/devices/charging_pile/ocpp16/charging_desk.h"

namespace vfleet::pile::ocpp16 {
namespace {

TEST(Ocpp16Composite, WithoutProfilesTheRatingIsToldInTheUnitThatIsAskedFor) {
  Desk desk;
  EXPECT_EQ(desk.composite(1, 3600), "A 08:00:00 for 3600: 0=32.0x3");
  EXPECT_EQ(desk.composite(1, 3600, "W"), "W 08:00:00 for 3600: 0=22080.0x3");
  // 44000 W / (230 V x 3) = 63.77 A for both connectors together.
  EXPECT_EQ(desk.composite(0, 60, "A"), "A 08:00:00 for 60: 0=63.8x3");
  EXPECT_EQ(desk.composite(1, 0), "A 08:00:00 for 0: 0=32.0x3");
  EXPECT_EQ(desk.composite(3, 60), "Rejected");
  EXPECT_EQ(desk.profiles, nullptr);
}

TEST(Ocpp16Composite, ADcPileConvertsByItsRatings) {
  Desk desk;
  desk.supply = SupplyConfig{};  // DC, 120 kW and 250 A: 480 V
  EXPECT_EQ(desk.status(1, profile(1, "TxDefaultProfile", "Relative", periods({{0, 48000}}), "W")),
            "Accepted");
  EXPECT_EQ(desk.composite(1, 60), "W 08:00:00 for 60: 0=48000.0");
  EXPECT_EQ(desk.composite(1, 60, "A"), "A 08:00:00 for 60: 0=100.0");  // 48000 / 480
}

TEST(Ocpp16Composite, AnAbsoluteScheduleHoldsFromItsStartThroughItsDuration) {
  Desk desk;
  // From 09:00: 16 A, from 09:10 10 A, over at 09:30.
  const auto it = lasting(starting(profile(1, "TxDefaultProfile", "Absolute", periods({{0, 16}, {600, 10}})),
                                   "2026-03-02T09:00:00Z"),
                          1800);
  EXPECT_EQ(desk.status(0, it), "Accepted");
  // Seen from 08:00: 3600 s to the start, 600 s more to the second, 1800 s to the end.
  EXPECT_EQ(desk.composite(1, 7200), "A 08:00:00 for 7200: 0=32.0x3 3600=16.0x3 4200=10.0x3 5400=32.0x3");
  // Seen from 09:20, the second period has 600 s left.
  desk.now = at("2026-03-02T09:20:00.7Z");
  EXPECT_EQ(desk.composite(1, 7200), "A 09:20:00 for 7200: 0=10.0x3 600=32.0x3");
  desk.now = at("2026-03-02T09:30:00Z");
  EXPECT_EQ(desk.composite(1, 600), "A 09:30:00 for 600: 0=32.0x3");
}

TEST(Ocpp16Composite, ADailyScheduleStartsAnewEachDay) {
  Desk desk;
  // From Sunday on, at 22:00 16 A and from 06:00 (28800 s later) 8 A.
  EXPECT_EQ(desk.status(
                0, with(starting(profile(1, "TxDefaultProfile", "Recurring", periods({{0, 16}, {28800, 8}})),
                                 "2026-03-01T22:00:00Z"),
                        "/recurrencyKind", "Daily")),
            "Accepted");
  // Monday 08:00 lies 36000 s in: 8 A. 22:00 is 14 h = 50400 s away, 06:00 another 28800 s.
  EXPECT_EQ(desk.composite(1, 86400), "A 08:00:00 for 86400: 0=8.0x3 50400=16.0x3 79200=8.0x3");
  // Before its first start it does not hold: 7200 s to 22:00.
  desk.now = at("2026-03-01T20:00:00Z");
  EXPECT_EQ(desk.composite(1, 7300), "A 20:00:00 for 7300: 0=32.0x3 7200=16.0x3");
}

TEST(Ocpp16Composite, AWeeklyScheduleWithADurationLeavesTheRestOfTheWeekToTheLevelBelow) {
  Desk desk;
  // Mondays 10:00 to 11:00 6 A over a level of 20 A.
  EXPECT_EQ(
      desk.status(
          0, on_level(with(lasting(starting(profile(1, "TxDefaultProfile", "Recurring", periods({{0, 6}})),
                                            "2026-02-02T10:00:00Z"),
                                   3600),
                           "/recurrencyKind", "Weekly"),
                      5)),
      "Accepted");
  EXPECT_EQ(desk.status(0, profile(2, "TxDefaultProfile", "Relative", periods({{0, 20}}))), "Accepted");
  // 2026-02-02 is a Monday; 10:00 is 7200 s away, again a week (604800 s) later: 612000 s.
  EXPECT_EQ(desk.composite(1, 620000),
            "A 08:00:00 for 620000: 0=20.0x3 7200=6.0x3 10800=20.0x3 612000=6.0x3 615600=20.0x3");
}

TEST(Ocpp16Composite, ARelativeScheduleCountsFromTheTransaction) {
  Desk desk;
  EXPECT_EQ(desk.status(1, profile(1, "TxDefaultProfile", "Relative", periods({{0, 32}, {1800, 16}}))),
            "Accepted");
  // No transaction: as if one began now.
  EXPECT_EQ(desk.composite(1, 3600), "A 08:00:00 for 3600: 0=32.0x3 1800=16.0x3");
  // One that began at 07:45: 900 s are over, 900 s are left of the first period.
  desk.transactions[1] = {7, at("2026-03-02T07:45:00.5Z")};
  EXPECT_EQ(desk.composite(1, 3600), "A 08:00:00 for 3600: 0=32.0x3 900=16.0x3");
  // One that began in this very second.
  desk.now = at("2026-03-02T08:00:00.9Z");
  desk.transactions[1] = {7, at("2026-03-02T08:00:00.8Z")};
  EXPECT_EQ(desk.composite(1, 100), "A 08:00:00 for 100: 0=32.0x3");
}

TEST(Ocpp16Composite, AnAbsoluteScheduleWithoutStartCountsFromTheTransactionToo) {
  Desk desk;
  EXPECT_EQ(desk.status(0, lasting(profile(1, "TxDefaultProfile", "Absolute", periods({{0, 6}})), 1200)),
            "Accepted");
  desk.transactions[2] = {7, at("2026-03-02T07:50:00Z")};
  EXPECT_EQ(desk.composite(2, 3600), "A 08:00:00 for 3600: 0=6.0x3 600=32.0x3");
  // Of the whole charge point, from when it was set; connector 1 is as if it began now.
  EXPECT_EQ(
      desk.status(0, lasting(profile(2, "ChargePointMaxProfile", "Absolute", periods({{0, 20}})), 1200)),
      "Accepted");
  EXPECT_EQ(desk.composite(0, 3600), "A 08:00:00 for 3600: 0=12.0x3 600=20.0x3 1200=63.8x3");
}

TEST(Ocpp16Composite, TheHighestLevelThatAppliesHolds) {
  Desk desk;
  EXPECT_EQ(desk.status(0, profile(1, "TxDefaultProfile", "Relative", periods({{0, 10}}))), "Accepted");
  // Level 3 from 08:30 to 09:00, level 5 from 08:50 to 09:10.
  EXPECT_EQ(
      desk.status(0, on_level(lasting(starting(profile(2, "TxDefaultProfile", "Absolute", periods({{0, 20}})),
                                               "2026-03-02T08:30:00Z"),
                                      1800),
                              3)),
      "Accepted");
  EXPECT_EQ(
      desk.status(0, on_level(lasting(starting(profile(3, "TxDefaultProfile", "Absolute", periods({{0, 15}})),
                                               "2026-03-02T08:50:00Z"),
                                      1200),
                              5)),
      "Accepted");
  EXPECT_EQ(desk.composite(1, 7200), "A 08:00:00 for 7200: 0=10.0x3 1800=20.0x3 3000=15.0x3 4200=10.0x3");
}

TEST(Ocpp16Composite, ATxProfileGoesBeforeTheDefaultsAndAConnectorsDefaultBeforeThoseOfAll) {
  Desk desk;
  desk.transactions[1] = {7, desk.now};
  EXPECT_EQ(desk.status(0, on_level(profile(1, "TxDefaultProfile", "Relative", periods({{0, 10}})), 8)),
            "Accepted");
  EXPECT_EQ(desk.composite(1, 60), "A 08:00:00 for 60: 0=10.0x3");
  EXPECT_EQ(desk.status(1, profile(2, "TxDefaultProfile", "Relative", periods({{0, 20}}))), "Accepted");
  EXPECT_EQ(desk.composite(1, 60), "A 08:00:00 for 60: 0=20.0x3");
  EXPECT_EQ(desk.composite(2, 60), "A 08:00:00 for 60: 0=10.0x3");
  EXPECT_EQ(desk.status(1, lasting(profile(3, "TxProfile", "Relative", periods({{0, 25}})), 30)), "Accepted");
  EXPECT_EQ(desk.composite(1, 60), "A 08:00:00 for 60: 0=25.0x3 30=20.0x3");
  desk.profiles->end_transaction(1);
  EXPECT_EQ(desk.composite(1, 60), "A 08:00:00 for 60: 0=20.0x3");
}

TEST(Ocpp16Composite, TheLeastOfThePurposesHoldsAlsoAcrossUnitsAndPhases) {
  Desk desk;
  EXPECT_EQ(desk.status(
                0, profile(1, "ChargePointMaxProfile", "Absolute", periods({{0, 9200}, {600, 30000}}), "W")),
            "Accepted");
  EXPECT_EQ(desk.status(0, with(profile(2, "TxDefaultProfile", "Relative", periods({{0, 20}})),
                                "/chargingSchedule/chargingSchedulePeriod/0/numberPhases", 1)),
            "Accepted");
  // 20 A on one phase are 4600 W, less than 9200 W.
  EXPECT_EQ(desk.composite(1, 900, "W"), "W 08:00:00 for 900: 0=4600.0x1");
  // In amperes: 9200 W / (230 V x 3) = 13.3 A on each phase are less than 20 A; 30000 W are 43.5 A.
  EXPECT_EQ(desk.composite(1, 900, "A"), "A 08:00:00 for 900: 0=13.3x3 600=20.0x1");
  // Two connectors of 4600 W.
  EXPECT_EQ(desk.composite(0, 900), "W 08:00:00 for 900: 0=9200.0x1");
}

TEST(Ocpp16Composite, AProfileIsValidFromAndToItsTimes) {
  Desk desk;
  EXPECT_EQ(desk.status(0, with(with(profile(1, "TxDefaultProfile", "Relative", periods({{0, 7}})),
                                     "/validFrom", "2026-03-02T09:10:00+01:00"),
                                "/validTo", "2026-03-02T08:20:00Z")),
            "Accepted");
  EXPECT_EQ(desk.composite(1, 3600), "A 08:00:00 for 3600: 0=32.0x3 600=7.0x3 1200=32.0x3");
}

TEST(Ocpp16Composite, AScheduleWithTooManyPeriodsEndsEarlier) {
  Desk desk;
  desk.settings.periods_most = 3;
  EXPECT_EQ(desk.status(
                0, with(starting(profile(1, "TxDefaultProfile", "Recurring", periods({{0, 16}, {43200, 8}})),
                                 "2026-03-02T08:00:00Z"),
                        "/recurrencyKind", "Daily")),
            "Accepted");
  EXPECT_EQ(desk.composite(1, 864000), "A 08:00:00 for 129600: 0=16.0x3 43200=8.0x3 86400=16.0x3");
}

TEST(Ocpp16Composite, TheWholeChargePointMayDrawWhatItsConnectorsMayTogether) {
  Desk desk;
  EXPECT_EQ(desk.composite(0, 60, "W"), "W 08:00:00 for 60: 0=44000.0x3") << "not 2 x 22080";
  EXPECT_EQ(desk.status(1, starting(profile(1, "TxDefaultProfile", "Absolute", periods({{0, 10}, {600, 16}})),
                                    "2026-03-02T08:00:00Z")),
            "Accepted");
  EXPECT_EQ(desk.composite(0, 3600, "A"), "A 08:00:00 for 3600: 0=42.0x3 600=48.0x3");
  EXPECT_EQ(desk.composite(0, 60), "A 08:00:00 for 60: 0=42.0x3") << "the unit of the profile that holds";
  // 10 A x 690 V and 22080 W.
  EXPECT_EQ(desk.composite(0, 60, "W"), "W 08:00:00 for 60: 0=28980.0x3");
  EXPECT_EQ(desk.status(2, profile(2, "TxDefaultProfile", "Relative", periods({{0, 6}}))), "Accepted");
  EXPECT_EQ(desk.composite(0, 60), "A 08:00:00 for 60: 0=16.0x3");
  // The cap of all together holds where it is the least.
  EXPECT_EQ(desk.status(0, profile(3, "ChargePointMaxProfile", "Absolute", periods({{0, 20}}))), "Accepted");
  EXPECT_EQ(desk.composite(0, 3600), "A 08:00:00 for 3600: 0=16.0x3 600=20.0x3");
}

TEST(Ocpp16Composite, MinChargingRateIsKeptAndTold) {
  Desk desk;
  EXPECT_EQ(desk.status(1, with(profile(1, "TxDefaultProfile", "Relative", periods({{0, 10}})),
                                "/chargingSchedule/minChargingRate", 6.4)),
            "Accepted");
  EXPECT_EQ(desk.profiles->all()[0].min_rate, 64);
  const Reply reply =
      get_composite_schedule(desk.desk(), desk.supply, {{"connectorId", 1}, {"duration", 60}});
  EXPECT_EQ(nlohmann::json::parse(reply.payload)["chargingSchedule"]["minChargingRate"], 6.4);
  const Reply other =
      get_composite_schedule(desk.desk(), desk.supply, {{"connectorId", 2}, {"duration", 60}});
  EXPECT_FALSE(nlohmann::json::parse(other.payload)["chargingSchedule"].contains("minChargingRate"));
}

TEST(Ocpp16Composite, ASetOfProfilesThatChangesAllTheTimeIsTakenAsFarAsItIsQuick) {
  Desk desk;
  desk.supply.connectors = 16;
  desk.transactions.resize(17);
  desk.settings = {.profiles_most = 100, .stack_level_most = 1000, .periods_most = 1000};
  auto list = nlohmann::json::array();
  // The same limit again and again: a schedule that never grows, however long it is looked for.
  for (int i = 0; i < 1000; ++i) list.push_back({{"startPeriod", i}, {"limit", 16}});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(desk.status(0, on_level(with(starting(profile(i, "TxDefaultProfile", "Recurring", list),
                                                    "2026-03-02T08:00:00Z"),
                                           "/recurrencyKind", "Daily"),
                                      i)),
              "Accepted");
  }
  const std::string all = desk.composite(0, 366 * 24 * 3600);
  EXPECT_TRUE(all.starts_with("A 08:00:00 for ")) << all;
  const int covered = std::stoi(all.substr(15));
  EXPECT_GT(covered, 10) << all;
  EXPECT_LT(covered, 1000) << all;
  EXPECT_TRUE(all.ends_with(": 0=63.8x3")) << all;
  EXPECT_GT(std::stoi(desk.composite(1, 366 * 24 * 3600).substr(15)), 400);
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
