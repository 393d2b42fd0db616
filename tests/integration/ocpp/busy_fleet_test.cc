// Hours of fleet life in seconds: everything that piles say while vehicles come and go is what OCPP 1.6J
// allows.
#include <fmt/format.h>

#include <set>

#include "tests/integration/ocpp/ocpp_fleet.h"

namespace vfleet::ocpp_test {
namespace {

using OcppBusyFleet = OcppFleet;

TEST_F(OcppBusyFleet, SaysNothingThatTheStandardForbids) {
  csms_.set({{"tags", {{"BAD1", {{"status", "Invalid"}}}, {"BAD2", {{"status", "Blocked"}}}}}});
  start({.count = 30,
         .time_scale = 600,
         // 10 minutes pass in a second: a vehicle every quarter of an hour, and of everything that may happen
         // to it a part. What waits for answers waits longer.
         .config =
             "arrivals: {per_day: 96, tags: ['TAG{0001..0050}'], invalid_tags: [BAD1, BAD2], invalid_share: "
             "10%, "
             "local_share: 10%, start_share: 90%, unplug_share: 20%, fault_share: 10%}, "
             "reports: {meter: {every: 1s}, heartbeat: {every: 2s}}, "
             "ocpp: {message_timeout: 1h, clock_aligned_data_interval: 15min, "
             "meter_values_sampled_data: 'Energy.Active.Import.Register,Power.Active.Import,Current.Import,"
             "Voltage,SoC,Temperature', stop_txn_sampled_data: 'Energy.Active.Import.Register,SoC', "
             "stop_txn_aligned_data: 'Energy.Active.Import.Register'}"});
  ASSERT_TRUE(all_accepted());
  const auto total = [&](const std::string& action) {
    std::uint64_t count = 0;
    const json all = csms_.state();
    for (const json& each : all["devices"]) count += each["got"].value(action, std::uint64_t{0});
    return count;
  };
  // Twice everybody is cut off in the middle of whatever is going on.
  for (const std::uint64_t stops : {40U, 80U}) {
    ASSERT_TRUE(eventually([&] { return total("StopTransaction") >= stops; }, std::chrono::seconds(60)))
        << csms_.state()["counts"];
    csms_.drop();
  }
  EXPECT_TRUE(eventually([&] { return total("StopTransaction") >= 120; }, std::chrono::seconds(60)))
      << csms_.state()["counts"];
  std::set<std::string> reasons;
  for (int pile = 1; pile <= 30; ++pile) {
    const json one = csms_.state(fmt::format("pile-{:05}", pile));
    for (const json& each : one["transactions"])
      if (!each["stop"].is_null()) reasons.insert(each["reason"]);
  }
  EXPECT_GE(reasons.size(), 2U) << json(reasons);
  for (const char* action :
       {"Authorize", "Heartbeat", "MeterValues", "StartTransaction", "StatusNotification"})
    EXPECT_GT(total(action), 0U) << action;
  expect_conformance(2000);
}

}  // namespace
}  // namespace vfleet::ocpp_test
