// Over seeds: energy, power, voltage, current and state of charge agree in every message that carries them.
#include <cmath>

#include "simulator/codec/ocpp/date_time.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

struct Reading {
  double energy = 0, power = 0, phases = 0, current = 0, voltage = 0, soc = -1;
  std::int64_t at_us = 0;
};

Reading read(const json& meter_value) {
  Reading out;
  out.at_us = to_us(codec::ocpp::read_date_time(meter_value.at("timestamp").get<std::string>())->at);
  for (const json& each : meter_value.at("sampledValue")) {
    const double value = std::stod(each.at("value").get<std::string>());
    const auto measurand = each.at("measurand").get<std::string>();
    if (measurand == "Energy.Active.Import.Register") out.energy = value;
    if (measurand == "Power.Active.Import") (each.contains("phase") ? out.phases : out.power) += value;
    if (measurand == "Current.Import") out.current = value;
    if (measurand == "Voltage") out.voltage = value;
    if (measurand == "SoC") out.soc = value;
  }
  return out;
}

class OcppAgreement : public testing::TestWithParam<int> {};

TEST_P(OcppAgreement, OfADayOfDrivers) {
  const bool ac = GetParam() % 2 == 0;
  const std::string measurands =
      "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC" +
      std::string(ac ? ",Power.Active.Import.L1,Power.Active.Import.L2,Power.Active.Import.L3" : "");
  OcppWorld world({{"kind", text(ac ? "ac" : "dc")},
                   {"rated_power", number(ac ? 22e3 : 120e3)},
                   {"connector_current", number(ac ? 32 : 250)},
                   {"voltage_ripple", number(0.01)},
                   {"arrivals.per_day", number(40)},
                   {"reports.meter.every", duration(60s)},
                   {"ocpp.meter_values_sampled_data", text(measurands)},
                   {"ocpp.stop_txn_sampled_data", text(measurands)}},
                  static_cast<std::uint64_t>(GetParam()));
  world.accept();
  world.run_for(24h);
  std::map<int, Reading> last;             // by connector
  std::map<std::int64_t, int> connectors;  // by transaction
  std::map<std::int64_t, double> started;
  int checked = 0;
  std::int64_t id = 1000;
  // The vehicle draws on one phase or on all; the phases make up the whole.
  const auto agree = [ac](const json& value) {
    const Reading one = read(value);
    const double phases = ac && one.phases > 1.5 * one.voltage * one.current ? 3 : 1;
    EXPECT_NEAR(one.power, one.voltage * one.current * phases, 0.01) << value;
    if (ac) {
      EXPECT_NEAR(one.phases, one.power, 0.01) << value;
    }
  };
  const auto check = [&](const json& value, int connector) {
    const Reading now = read(value);
    agree(value);
    const Reading before = std::exchange(last[connector], now);
    EXPECT_GE(now.energy, before.energy) << "a register never goes back";
    if (before.soc >= 0 && now.soc >= 0 && before.energy > 0) {
      EXPECT_GE(now.soc, before.soc - 0.11);
    }
    ++checked;
  };
  for (const auto& call : world.calls) {
    if (call.action == "StartTransaction") {
      const int connector = call.payload.at("connectorId");
      connectors[++id] = connector;
      started[id] = call.payload.at("meterStart");
      last[connector].soc = -1;  // another vehicle
      EXPECT_NEAR(call.payload.at("meterStart").get<double>(), last[connector].energy, 1.0);
    } else if (call.action == "MeterValues") {
      check(call.payload.at("meterValue").at(0), call.payload.at("connectorId"));
    } else if (call.action == "StopTransaction") {
      const int connector = connectors.at(call.payload.at("transactionId"));
      EXPECT_GE(call.payload.at("meterStop").get<double>(), started.at(call.payload.at("transactionId")));
      const json& data = call.payload.at("transactionData");
      EXPECT_EQ(std::floor(read(data.back()).energy), call.payload.at("meterStop").get<double>());
      last[connector].energy = read(data.back()).energy;
      for (const json& each : data) {
        const Reading one = read(each);
        agree(each);
        EXPECT_LE(one.power, ac ? 22.3e3 : 120.5e3);
      }
    }
  }
  EXPECT_GT(checked, 50);
}

INSTANTIATE_TEST_SUITE_P(Seeds, OcppAgreement, testing::Range(1, 7));

}  // namespace
}  // namespace vfleet::pile
