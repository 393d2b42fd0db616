// Charge points live on a second CSMS, of another maker than the first.
#include <fmt/format.h>

#include "tests/integration/ocpp/request_table.h"

namespace vfleet::ocpp_test {
namespace {

class OcppSecondCsms : public RequestTable {
 protected:
  OcppSecondCsms() : RequestTable("second_csms.js") {}

  [[nodiscard]] std::uint64_t total(const std::string& action) const {
    std::uint64_t count = 0;
    const json all = csms_.state();
    for (const json& each : all["devices"]) count += each["got"].value(action, std::uint64_t{0});
    return count;
  }
  /// Everybody agreed to the subprotocol, and it refused nothing that was said.
  void expect_nothing_refused() {
    const json all = csms_.state();
    for (const auto& [id, each] : all["devices"].items()) EXPECT_EQ(each["protocol"], "ocpp1.6") << id;
    EXPECT_EQ(all["counts"]["refusals"], 0);
    EXPECT_EQ(all["counts"]["errors"], 0) << "nor did they refuse anything";
  }
};

TEST_F(OcppSecondCsms, AFleetLivesOnItAndNothingThatItSaysIsRefused) {
  csms_.set({{"tags", {{"BAD1", {{"status", "Invalid"}}}}}, {"interval", 1}});
  // A minute a second; answers may take a minute of ours.
  start({.count = 8,
         .time_scale = 60,
         .config = "reports: {meter: {every: 1s}}, "
                   "arrivals: {per_day: 1440, swipe_after: 10s, unplug_share: 80%, unplug_after: 1min, "
                   "leave_after: 10s, tags: ['TAG{0001..0050}'], invalid_tags: [BAD1], invalid_share: 10%, "
                   "fault_share: 20%, fault_after: 1min, repair_after: 1min}, "
                   "ocpp: {message_timeout: 1h, clock_aligned_data_interval: 2min, "
                   "meter_values_sampled_data: 'Energy.Active.Import.Register,Power.Active.Import,SoC', "
                   "stop_txn_sampled_data: 'Energy.Active.Import.Register'}"});
  ASSERT_TRUE(all_accepted());
  for (const std::uint64_t stops : {std::uint64_t{10}, std::uint64_t{20}}) {
    ASSERT_TRUE(eventually([&] { return total("StopTransaction") >= stops; }, std::chrono::seconds(60)))
        << csms_.state()["counts"];
    if (stops == 10) csms_.drop();
  }
  for (const char* action : {"Authorize", "BootNotification", "Heartbeat", "MeterValues", "StartTransaction",
                             "StatusNotification"}) {
    EXPECT_TRUE(eventually([&] { return total(action) > 0; })) << action;
  }
  expect_nothing_refused();
  expect_conformance(200);
}

TEST_F(OcppSecondCsms, ItStartsAndStopsTransactionsAndChangesTheConfiguration) {
  start({.config = "reboot_time: 100ms"});
  ASSERT_TRUE(all_accepted());
  act("plug", {"connector=1", "soc=20%"});
  run({
      {"ChangeConfiguration",
       {{"key", "MeterValueSampleInterval"}, {"value", "1"}},
       kAccepted,
       [&] { return value("reports.meter.every") == "1s"; }},
      {"RemoteStartTransaction",
       {{"connectorId", 1}, {"idTag", "REMOTE"}},
       kAccepted,
       [&] { return status_becomes(1, "Charging") && gets("MeterValues", 2); }},
  });
  const json transactions = csms_.state(kPile)["transactions"];
  ASSERT_EQ(transactions.size(), 1U);
  const int id = std::stoi(transactions.items().begin().key());
  EXPECT_EQ(transactions.begin()->at("idTag"), "REMOTE");
  run({
      {"RemoteStopTransaction",
       {{"transactionId", id}},
       kAccepted,
       [&] { return gets("StopTransaction", 1) && status_becomes(1, "Finishing"); }},
      {"GetConfiguration", json::object(), {}, {}},
      {"TriggerMessage",
       {{"requestedMessage", "Heartbeat"}},
       kAccepted,
       [&] { return gets("Heartbeat", 1); }},
      {"ChangeAvailability",
       {{"connectorId", 2}, {"type", "Inoperative"}},
       kAccepted,
       [&] { return status_becomes(2, "Unavailable"); }},
      {"SendLocalList",
       {{"listVersion", 3},
        {"updateType", "Full"},
        {"localAuthorizationList",
         json::array({{{"idTag", "LOCAL"}, {"idTagInfo", {{"status", "Accepted"}}}}})}},
       kAccepted,
       {}},
      {"GetLocalListVersion", json::object(), {{"listVersion", 3}}, {}},
      {"Reset", {{"type", "Soft"}}, kAccepted, [&] { return gets("BootNotification", 2); }},
  });
  EXPECT_EQ(csms_.last(kPile, "StopTransaction")["reason"], "Remote");
  expect_nothing_refused();
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
