// Transactions whose messages are cut off, unanswered or refused: told later, in their order.
#include "tests/integration/ocpp/ocpp_fleet.h"

namespace vfleet::ocpp_test {
namespace {

using OcppOutage = OcppFleet;

/// Start, MeterValues and Stop in the order in which they came: "StartTransaction", "MeterValues", ...
std::vector<std::string> transaction_messages(const Csms& csms, const std::string& device) {
  std::vector<std::string> out;
  const json all = csms.state(device);
  for (const json& each : all["messages"]) {
    const std::string action = each["action"];
    if (action == "StartTransaction" || action == "StopTransaction" || action == "MeterValues")
      out.push_back(action);
  }
  return out;
}

TEST_F(OcppOutage, WhatHappenedOfflineIsToldInItsOrderWithItsTimes) {
  start({.config = "reports: {meter: {every: 1s}}, ocpp: {allow_offline_tx_for_unknown_id: true}"});
  ASSERT_TRUE(all_accepted());
  const std::int64_t first = begin_transaction(1);
  ASSERT_GT(first, 0);
  ASSERT_TRUE(gets("MeterValues", 1));
  csms_.set({{"refuseAll", true}});
  csms_.drop();
  ASSERT_TRUE(eventually([&] { return !csms_.state()["refused"].empty(); }));
  // Meanwhile the first ends, and another begins and ends.
  const std::size_t before = transaction_messages(csms_, kPile).size();
  act("stop", {"connector=1"});
  act("plug", {"connector=2", "soc=10%"});
  act("swipe", {"connector=2", "card=CARD-2"});
  const auto at = [&] { return fleet_->device(kPile); };
  ASSERT_TRUE(eventually([&] { return at().dump().find("charging") != std::string::npos; })) << at();
  act("stop", {"connector=2"});
  csms_.set({{"refuseAll", false}});
  ASSERT_TRUE(gets("StopTransaction", 2));
  auto told = transaction_messages(csms_, kPile);
  told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(before));
  std::erase(told, "MeterValues");
  EXPECT_EQ(told, (std::vector<std::string>{"StopTransaction", "StartTransaction", "StopTransaction"}));
  const json transactions = csms_.state(kPile)["transactions"];
  ASSERT_EQ(transactions.size(), 2U);
  for (const json& each : transactions) {
    EXPECT_GE(each["meterStop"], each["meterStart"]);
    EXPECT_LE(each["start"].get<std::string>(), each["stop"].get<std::string>());
  }
  EXPECT_EQ(csms_.got(kPile, "BootNotification"), 1U);
  expect_conformance();
}

TEST_F(OcppOutage, AStartThatIsRefusedAndThenUnansweredIsSentAgainUntilItIsTaken) {
  csms_.set({{"timeoutMs", 2000}});
  csms_.mischief(kPile, "StartTransaction", "error");
  csms_.mischief(kPile, "StartTransaction", "silent");
  start({.config = "reports: {meter: {every: 1s}}, ocpp: {message_timeout: 2s, "
                   "transaction_message_attempts: 5, transaction_message_retry_interval: 1s}"});
  ASSERT_TRUE(all_accepted());
  ASSERT_GT(begin_transaction(1), 0);
  const auto starts = messages("StartTransaction");
  ASSERT_EQ(starts.size(), 3U);
  EXPECT_EQ(starts[0], starts[2]) << "the same event";
  EXPECT_TRUE(gets("MeterValues", 1)) << "what waited behind it goes";
  for (const json& each : messages("MeterValues")) EXPECT_GT(each.value("transactionId", 1), 0) << each;
  expect_conformance();
}

TEST_F(OcppOutage, AStartThatNobodyEverTakesIsGivenUpAndItsStopCarriesMinusOne) {
  csms_.mischief(kPile, "StartTransaction", "error", 2);
  start({.config = "reports: {meter: {every: 1s}}, ocpp: {transaction_message_attempts: 2, "
                   "transaction_message_retry_interval: 1s}"});
  ASSERT_TRUE(all_accepted());
  act("plug", {"connector=1", "soc=10%"});
  act("swipe", {"connector=1", "card=CARD-1"});
  ASSERT_TRUE(gets("StartTransaction", 2));
  act("stop", {"connector=1"});
  ASSERT_TRUE(gets("StopTransaction", 1));
  EXPECT_EQ(csms_.last(kPile, "StopTransaction")["transactionId"], -1);
  EXPECT_EQ(csms_.got(kPile, "StartTransaction"), 2U);
  expect_conformance();
}

// The CSMS has it twice: nobody knows whether what was cut off has arrived.
TEST_F(OcppOutage, AStopWhoseConnectionBreaksBeforeTheAnswerIsSentAgain) {
  csms_.mischief(kPile, "StopTransaction", "drop");
  start({.config = "reports: {meter: {every: 1s}}"});
  ASSERT_TRUE(all_accepted());
  const std::int64_t id = begin_transaction(1);
  ASSERT_GT(id, 0);
  act("unplug", {"connector=1"});
  ASSERT_TRUE(gets("StopTransaction", 2));
  const auto stops = messages("StopTransaction");
  EXPECT_EQ(stops[0], stops[1]);
  EXPECT_EQ(stops[0]["transactionId"], id);
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
