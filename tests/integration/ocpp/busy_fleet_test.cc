// Hours of fleet life in seconds: everything that piles say while vehicles come and go is what OCPP 1.6J
// allows.
#include <fmt/format.h>

#include <set>

#include "tests/integration/ocpp/ocpp_fleet.h"

namespace vfleet::ocpp_test {
namespace {

class OcppBusyFleet : public OcppFleet {
 protected:
  /// 10 minutes pass in a second. Lives until so many transactions have ended; twice everybody is cut off in
  /// the middle of whatever is going on. `config`: beside what makes it busy; what waits for answers waits
  /// longer.
  void live(int piles, std::uint64_t stops, const std::string& config) {
    csms_.set({{"tags", {{"BAD1", {{"status", "Invalid"}}}, {"BAD2", {{"status", "Blocked"}}}}}});
    start({.count = piles,
           .time_scale = 600,
           .config = "reports: {meter: {every: 1s}, heartbeat: {every: 2s}}, " + config});
    ASSERT_TRUE(all_accepted());
    for (const std::uint64_t part : {stops / 3, stops * 2 / 3, stops}) {
      ASSERT_TRUE(eventually([&] { return total("StopTransaction") >= part; }, std::chrono::seconds(60)))
          << csms_.state()["counts"];
      if (part < stops) csms_.drop();
    }
    for (const char* action :
         {"Authorize", "Heartbeat", "MeterValues", "StartTransaction", "StatusNotification"})
      EXPECT_GT(total(action), 0U) << action;
  }

  [[nodiscard]] std::uint64_t total(const std::string& action) const {
    std::uint64_t count = 0;
    const json all = csms_.state();
    for (const json& each : all["devices"]) count += each["got"].value(action, std::uint64_t{0});
    return count;
  }
  /// Why transactions ended.
  [[nodiscard]] std::set<std::string> reasons() const {
    std::set<std::string> out;
    for (int pile = 1; pile <= settings_.count; ++pile) {
      const json one = csms_.state(fmt::format("pile-{:05}", pile));
      for (const json& each : one["transactions"])
        if (!each["stop"].is_null()) out.insert(each["reason"]);
    }
    return out;
  }
};

TEST_F(OcppBusyFleet, FastChargersSayNothingThatTheStandardForbids) {
  live(30, 120,
       "arrivals: {per_day: 96, tags: ['TAG{0001..0050}'], invalid_tags: [BAD1, BAD2], invalid_share: 10%, "
       "local_share: 10%, start_share: 90%, unplug_share: 20%, fault_share: 10%}, "
       "ocpp: {message_timeout: 1h, clock_aligned_data_interval: 15min, "
       "meter_values_sampled_data: 'Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,"
       "SoC,Temperature', stop_txn_sampled_data: 'Energy.Active.Import.Register,SoC', "
       "stop_txn_aligned_data: 'Energy.Active.Import.Register'}");
  EXPECT_GE(reasons().size(), 2U) << json(reasons());
  expect_conformance(2000);
}

TEST_F(OcppBusyFleet, NorDoSlowOnesWhoseTransactionsOutliveTheCable) {
  live(30, 30,
       "kind: ac, rated_power: 22kW, connector_current: 32A, end_on_unplug: false, "
       "arrivals: {per_day: 96, invalid_tags: [BAD1], invalid_share: 20%, unplug_share: 40%, unplug_after: "
       "20min, "
       "fault_share: 30%, fault_after: 20min}, "
       "ocpp: {message_timeout: 1h, local_pre_authorize: true, stop_transaction_on_invalid_id: false, "
       "meter_values_sampled_data: 'Energy.Active.Import.Register,Power.Active.Import,Current.Import.L1,"
       "Current.Import.L2,Current.Import.L3,Voltage.L1'}");
  expect_conformance(500);
}

}  // namespace
}  // namespace vfleet::ocpp_test
