// Charging profiles of OCPP 1.6: which are taken, which are cleared, and what a worker's death leaves of
// them.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/devices/charging_pile/ocpp16/charging_desk.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;
namespace wire = codec::ocpp;

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

}  // namespace
}  // namespace vfleet::pile::ocpp16
