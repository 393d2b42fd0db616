// Smart charging of OCPP 1.6: schedules worked out by hand, and the requests around them.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charging_requests.h"
#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/validate.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;
namespace wire = codec::ocpp;
using codec::ocpp::Action;

WallTime at(std::string_view text) {
  const auto read = wire::read_date_time(text);
  EXPECT_TRUE(read) << text;
  return read ? read->at : WallTime();
}

std::string good(std::string_view payload, const wire::Object& object) {
  const auto wrong = wire::validate(object, payload);
  return wrong ? wrong->text() : "good";
}

/// An AC pile of two connectors: 22 kW and 32 A each on three phases of 230 V, 44 kW in all.
SupplyConfig ac_supply() {
  SupplyConfig supply;
  supply.kind = SupplyKind::ac;
  supply.connectors = 2;
  supply.rated_power_w = 44e3;
  supply.connector_power_w = 22080;
  supply.connector_current_a = 32;
  return supply;
}

/// The charge point as far as its profiles matter.
struct Desk {
  std::unique_ptr<ChargingProfiles> profiles;
  ChargingSettings settings;
  WallTime now = at("2026-03-02T08:00:00Z");  // a Monday
  std::vector<std::optional<RunningTransaction>> transactions{std::nullopt, std::nullopt, std::nullopt};
  SupplyConfig supply = ac_supply();

  ChargingDesk desk() { return {profiles, settings, now, transactions}; }
  Reply set(ConnectorNumber connector, const nlohmann::json& profile) {
    const nlohmann::json request{{"connectorId", connector}, {"csChargingProfiles", profile}};
    EXPECT_EQ(good(request.dump(), wire::message(Action::SetChargingProfile).request), "good");
    Reply reply = set_charging_profile(desk(), request);
    if (!reply.error) {
      EXPECT_EQ(good(reply.payload, wire::message(Action::SetChargingProfile).response), "good");
    }
    return reply;
  }
  std::string status(ConnectorNumber connector, const nlohmann::json& profile) {
    const Reply reply = set(connector, profile);
    return reply.error ? std::string(to_string(*reply.error)) : word(reply);
  }
  std::string clear(const nlohmann::json& request) {
    EXPECT_EQ(good(request.dump(), wire::message(Action::ClearChargingProfile).request), "good");
    const Reply reply = clear_charging_profile(desk(), request);
    EXPECT_EQ(good(reply.payload, wire::message(Action::ClearChargingProfile).response), "good");
    return word(reply);
  }
  /// "A 08:00:00 for 3600: 0=16.0x3 600=8.0x1"
  std::string composite(ConnectorNumber connector, std::int64_t duration, std::string_view unit = "") {
    nlohmann::json request{{"connectorId", connector}, {"duration", duration}};
    if (!unit.empty()) request["chargingRateUnit"] = unit;
    EXPECT_EQ(good(request.dump(), wire::message(Action::GetCompositeSchedule).request), "good");
    const Reply reply = get_composite_schedule(desk(), supply, request);
    EXPECT_EQ(good(reply.payload, wire::message(Action::GetCompositeSchedule).response), "good")
        << reply.payload;
    const auto tree = nlohmann::json::parse(reply.payload);
    if (tree["status"] != "Accepted") return tree["status"];
    EXPECT_EQ(tree["connectorId"], connector);
    const auto& schedule = tree["chargingSchedule"];
    EXPECT_FALSE(schedule.contains("startSchedule"));
    std::string out = schedule["chargingRateUnit"].get<std::string>() + " " +
                      tree["scheduleStart"].get<std::string>().substr(11, 8) + " for " +
                      schedule["duration"].dump() + ":";
    for (const auto& each : schedule["chargingSchedulePeriod"]) {
      out += " " + each["startPeriod"].dump() + "=" + each["limit"].dump();
      if (each.contains("numberPhases")) out += "x" + each["numberPhases"].dump();
    }
    return out;
  }
  static std::string word(const Reply& reply) { return nlohmann::json::parse(reply.payload)["status"]; }
};

nlohmann::json periods(std::initializer_list<std::pair<int, double>> list) {
  auto out = nlohmann::json::array();
  for (const auto& [start, limit] : list) out.push_back({{"startPeriod", start}, {"limit", limit}});
  return out;
}

nlohmann::json profile(int id, std::string_view purpose, std::string_view kind, const nlohmann::json& list,
                       std::string_view unit = "A") {
  return {{"chargingProfileId", id},
          {"stackLevel", 0},
          {"chargingProfilePurpose", purpose},
          {"chargingProfileKind", kind},
          {"chargingSchedule", {{"chargingRateUnit", unit}, {"chargingSchedulePeriod", list}}}};
}

nlohmann::json with(nlohmann::json profile, std::string_view path, nlohmann::json value) {
  profile[nlohmann::json::json_pointer(std::string(path))] = std::move(value);
  return profile;
}

nlohmann::json on_level(nlohmann::json profile, int level) {
  return with(std::move(profile), "/stackLevel", level);
}
nlohmann::json starting(nlohmann::json profile, std::string_view time) {
  return with(std::move(profile), "/chargingSchedule/startSchedule", time);
}
nlohmann::json lasting(nlohmann::json profile, int seconds) {
  return with(std::move(profile), "/chargingSchedule/duration", seconds);
}

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

TEST(Ocpp16SetChargingProfile, RejectsWhatContradictsItselfAndNamesIt) {
  Desk desk;
  desk.transactions[1] = {7, desk.now};
  const auto plain = [](std::string_view purpose, std::string_view kind = "Relative") {
    return profile(1, purpose, kind, periods({{0, 16}}));
  };
  struct Case {
    ConnectorNumber connector;
    nlohmann::json profile;
    std::string why;
  };
  const std::vector<Case> cases{
      {1, plain("ChargePointMaxProfile", "Absolute"), "a ChargePointMaxProfile is for connector 0"},
      {0, plain("ChargePointMaxProfile"), "Relative"},
      {0, plain("TxProfile"), "a TxProfile is for the connector"},
      {2, plain("TxProfile"), "needs a transaction"},
      {1, with(plain("TxProfile"), "/transactionId", 8), "transactionId: 8 does not run"},
      {1, on_level(plain("TxDefaultProfile"), 10), "stackLevel: at most 9"},
      {1, profile(1, "TxDefaultProfile", "Relative", periods({{5, 16}})), "the first must be 0"},
      {1, profile(1, "TxDefaultProfile", "Relative", periods({{0, 16}, {60, 8}, {60, 9}})), "later than"},
      {1, plain("TxDefaultProfile", "Recurring"), "startSchedule"},
      {1, starting(plain("TxDefaultProfile", "Recurring"), "2026-03-02T08:00:00Z"), "recurrencyKind"},
      {1,
       with(with(plain("TxDefaultProfile"), "/validFrom", "2026-03-02T08:00:00Z"), "/validTo",
            "2026-03-02T08:00:00Z"),
       "validTo"},
  };
  for (const Case& each : cases) {
    const Reply reply = desk.set(each.connector, each.profile);
    ASSERT_FALSE(reply.error) << each.why;
    EXPECT_EQ(Desk::word(reply), "Rejected") << each.profile;
    EXPECT_NE(reply.why.find(each.why), std::string::npos) << reply.why;
  }
  EXPECT_EQ(desk.profiles, nullptr);
  EXPECT_EQ(desk.status(1, with(plain("TxProfile"), "/transactionId", 7)), "Accepted");
}

TEST(Ocpp16SetChargingProfile, AConnectorThatThereIsNotIsAPropertyConstraintViolation) {
  Desk desk;
  const Reply reply = desk.set(3, profile(1, "TxDefaultProfile", "Relative", periods({{0, 16}})));
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(*reply.error, wire::ErrorCode::property_constraint_violation);
  EXPECT_EQ(reply.why, "connectorId: there is no connector 3, the charge point has 2");
}

TEST(Ocpp16SetChargingProfile, TheSameIdOrTheSamePlaceReplacesAndTheCountIsBounded) {
  Desk desk;
  desk.settings.profiles_most = 2;
  const auto simple = [](int id, double limit) {
    return profile(id, "TxDefaultProfile", "Relative", periods({{0, limit}}));
  };
  EXPECT_EQ(desk.status(1, simple(1, 16)), "Accepted");
  EXPECT_EQ(desk.status(1, simple(2, 12)), "Accepted");  // same connector, purpose and level
  EXPECT_EQ(desk.profiles->size(), 1U);
  EXPECT_EQ(desk.composite(1, 9), "A 08:00:00 for 9: 0=12.0x3");
  EXPECT_EQ(desk.status(2, simple(3, 10)), "Accepted");
  EXPECT_EQ(desk.status(0, simple(4, 10)), "Rejected");  // a third one
  EXPECT_EQ(desk.status(0, simple(3, 11)), "Accepted");  // moves
  EXPECT_EQ(desk.composite(2, 9), "A 08:00:00 for 9: 0=11.0x3");
}

TEST(Ocpp16ClearChargingProfile, TakesAnIdAloneOrWhateverMatchesAll) {
  Desk desk;
  EXPECT_EQ(desk.clear(nlohmann::json::object()), "Unknown");
  const auto fill = [&] {
    desk.profiles.reset();
    EXPECT_EQ(desk.status(0, profile(1, "ChargePointMaxProfile", "Absolute", periods({{0, 16}}))),
              "Accepted");
    EXPECT_EQ(desk.status(0, on_level(profile(2, "TxDefaultProfile", "Relative", periods({{0, 16}})), 1)),
              "Accepted");
    EXPECT_EQ(desk.status(1, on_level(profile(3, "TxDefaultProfile", "Relative", periods({{0, 16}})), 2)),
              "Accepted");
    EXPECT_EQ(desk.status(1, on_level(profile(4, "TxDefaultProfile", "Relative", periods({{0, 16}})), 1)),
              "Accepted");
  };
  struct Case {
    nlohmann::json request;
    std::size_t left;
  };
  for (const Case& each :
       {Case{{{"id", 3}, {"stackLevel", 1}}, 3}, Case{{{"connectorId", 1}}, 2}, Case{{{"connectorId", 0}}, 2},
        Case{{{"chargingProfilePurpose", "TxDefaultProfile"}, {"stackLevel", 1}}, 2},
        Case{nlohmann::json::object(), 0}}) {
    fill();
    EXPECT_EQ(desk.clear(each.request), "Accepted") << each.request;
    EXPECT_EQ(desk.profiles->size(), each.left) << each.request;
  }
  fill();
  EXPECT_EQ(desk.clear({{"id", 9}}), "Unknown");
  EXPECT_EQ(desk.clear({{"chargingProfilePurpose", "TxProfile"}}), "Unknown");
  EXPECT_EQ(desk.profiles->size(), 4U);
}

TEST(Ocpp16RemoteProfile, IsKeptForTheTransactionToCome) {
  Desk desk;
  const auto wish = profile(1, "TxProfile", "Relative", periods({{0, 9}, {100, 12}}));
  EXPECT_TRUE(keep_remote_profile(desk.desk(), 1, wish));
  EXPECT_EQ(desk.profiles->connector(1, desk.now, std::nullopt).limit, 90);
  EXPECT_EQ(desk.profiles->connector(1, desk.now + 150s, desk.now).limit, 120);
  desk.profiles->end_transaction(1);
  EXPECT_TRUE(desk.profiles->empty());
  EXPECT_FALSE(keep_remote_profile(desk.desk(), 1, with(wish, "/transactionId", 1)));
  EXPECT_FALSE(
      keep_remote_profile(desk.desk(), 1, with(wish, "/chargingProfilePurpose", "TxDefaultProfile")));
  EXPECT_TRUE(desk.profiles->empty());
}

TEST(Ocpp16ChargingProfiles, SurviveTheWorkerInFewBytes) {
  Desk desk;
  desk.transactions[1] = {7, desk.now};
  EXPECT_EQ(desk.status(1, profile(1, "TxProfile", "Relative", periods({{0, 16}, {600, 8.5}}))), "Accepted");
  EXPECT_EQ(
      desk.status(
          0, with(lasting(starting(profile(2, "TxDefaultProfile", "Recurring", periods({{0, 11000}}), "W"),
                                   "2026-03-01T22:00:00Z"),
                          3600),
                  "/recurrencyKind", "Weekly")),
      "Accepted");
  EXPECT_EQ(
      desk.status(0, on_level(with(with(profile(-3, "ChargePointMaxProfile", "Absolute", periods({{0, 60}})),
                                        "/validFrom", "2026-03-02T09:10:00Z"),
                                   "/validTo", "2026-03-02T12:20:00Z"),
                              4)),
      "Accepted");
  std::array<std::byte, 200> bytes;
  const std::size_t size = desk.profiles->save(bytes);
  EXPECT_GT(size, 0U);
  EXPECT_LT(size, 80U);
  ChargingProfiles again;
  ASSERT_TRUE(again.restore(std::span(bytes).first(size)));
  EXPECT_TRUE(std::equal(again.all().begin(), again.all().end(), desk.profiles->all().begin(),
                         desk.profiles->all().end()));
  for (std::size_t cut = 0; cut < size; ++cut) {
    EXPECT_EQ(desk.profiles->save(std::span(bytes).first(cut)), 0U);
    ChargingProfiles none;
    EXPECT_FALSE(none.restore(std::span(bytes).first(cut))) << cut;
    EXPECT_TRUE(none.empty());
  }
  EXPECT_EQ(desk.profiles->save(bytes), size);
  // Any other byte in any place: refused, or profiles that can be asked.
  for (std::size_t i = 0; i < size; ++i) {
    for (int value = 0; value < 256; ++value) {
      auto changed = bytes;
      changed[i] = static_cast<std::byte>(value);
      ChargingProfiles other;
      if (!other.restore(std::span(changed).first(size))) continue;
      (void)other.whole(desk.now);
      (void)other.connector(1, desk.now, desk.now);
    }
  }
}

/// What the station shows to nobody here.
struct Nobody final : Observer {
  void status_changed(ConnectorNumber) override {}
  void session_started(ConnectorNumber) override {}
  void session_ended(ConnectorNumber, StopReason) override {}
  void fault_changed(ConnectorNumber, FaultCode, bool) override {}
};

TEST(Ocpp16LimitStation, ProfilesBecomeLimitsOfTheModelAndTellWhenToLookAgain) {
  Desk desk;
  pile::Settings settings = settings_keys().build({}).value();
  settings.supply = ac_supply();
  Nobody nobody;
  const TimePoint now{1h};
  Station station(1, 1, settings);
  const auto turn = [&](Duration later) {
    return Turn{{now + later, desk.now + std::chrono::duration_cast<std::chrono::microseconds>(later)},
                settings,
                nobody};
  };
  station.boot(turn(0s));
  EXPECT_EQ(desk.status(0, profile(1, "ChargePointMaxProfile", "Absolute", periods({{0, 30000}}), "W")),
            "Accepted");
  EXPECT_EQ(desk.status(1, starting(profile(2, "TxDefaultProfile", "Absolute", periods({{0, 16}, {600, 0}})),
                                    "2026-03-02T08:00:00Z")),
            "Accepted");
  EXPECT_EQ(desk.profiles->look_at, TimePoint::min());
  limit_station(*desk.profiles, station, turn(0s), turn(0s).at.wall, desk.transactions);
  EXPECT_EQ(station.power_limit(0), (PowerLimit{PowerLimit::Unit::watts, 0, 30000}));
  EXPECT_EQ(station.power_limit(1), (PowerLimit{PowerLimit::Unit::amperes, 0, 16}));
  EXPECT_EQ(station.power_limit(2), PowerLimit{});
  EXPECT_EQ(desk.profiles->look_at, now + 600s);
  limit_station(*desk.profiles, station, turn(600s), turn(600s).at.wall, desk.transactions);
  EXPECT_TRUE(station.power_limit(1).zero());
  EXPECT_EQ(desk.profiles->look_at, kNever);
  EXPECT_EQ(desk.clear(nlohmann::json::object()), "Accepted");
  limit_station(*desk.profiles, station, turn(601s), turn(601s).at.wall, desk.transactions);
  EXPECT_EQ(station.power_limit(0), PowerLimit{});
  EXPECT_EQ(station.power_limit(1), PowerLimit{});
}

TEST(Ocpp16LimitStation, AZeroLimitSuspendsASessionAndItsEndLetsItGoOn) {
  Desk desk;
  pile::Settings settings = settings_keys().build({}).value();
  settings.supply = ac_supply();
  Nobody nobody;
  const TimePoint start{1h};
  Station station(1, 1, settings);
  TimePoint now = start;
  const auto turn = [&] {
    return Turn{{now, desk.now + std::chrono::duration_cast<std::chrono::microseconds>(now - start)},
                settings,
                nobody};
  };
  station.boot(turn());
  ASSERT_TRUE(station.plug(turn(), 1, "sedan", 0.2));
  ASSERT_TRUE(station.start(turn(), 1, StartedBy::local, "", {}, false));
  station.advance(turn());
  EXPECT_EQ(station.connector(1).status, ConnectorStatus::charging);
  const double before = station.power_w();
  EXPECT_GT(before, 3000);
  desk.transactions[1] = {7, desk.now};
  // 6 A on each phase now, nothing after ten seconds, and after another ten no limit.
  EXPECT_EQ(desk.status(1, lasting(profile(1, "TxProfile", "Relative", periods({{0, 6}, {10, 0}})), 20)),
            "Accepted");
  limit_station(*desk.profiles, station, turn(), turn().at.wall, desk.transactions);
  EXPECT_LT(station.power_w(), 6 * 3 * 240.0);
  EXPECT_GT(station.power_w(), 1000);
  ASSERT_EQ(desk.profiles->look_at, start + 10s);
  now = start + 10s;
  station.advance(turn());
  limit_station(*desk.profiles, station, turn(), turn().at.wall, desk.transactions);
  EXPECT_EQ(station.connector(1).status, ConnectorStatus::suspended_evse);
  EXPECT_EQ(station.power_w(), 0);
  now = start + 20s;
  station.advance(turn());
  limit_station(*desk.profiles, station, turn(), turn().at.wall, desk.transactions);
  EXPECT_EQ(station.connector(1).status, ConnectorStatus::charging);
  EXPECT_NEAR(station.power_w(), before, before / 10);
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
