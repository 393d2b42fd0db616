#include "devices/charging_pile/dialects/ykc/picture.h"

#include <algorithm>
#include <cmath>

#include "devices/charging_pile/dialects/ykc/codes.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::string_view kBmsProtocol{"\x00\x01\x01", 3};  // V1.1, GB/T 27930-2015

std::int64_t scaled(double value, double units) {
  return std::llround(value * units);
}

void draw_session(const PileView& view, ConnectorNumber number, Picture& picture) {
  const Connector& connector = view.station.connector(number);
  if (!connector.active()) return;
  const auto charging = std::chrono::duration_cast<std::chrono::minutes>(view.now - connector.visit->started);
  const Bill bill = view.station.bill(number, view.now, view.config.settings.tariff);
  picture.charging_minutes = charging.count();
  picture.energy_e4 = picture.adjusted_e4 = bill.energy;
  picture.cost_e4 = bill.amount_e4;
  picture.voltage_dv = connector.meter.voltage_dv();
  picture.current_da = (connector.meter.current_ca() + 5) / 10;
  picture.cable_c = std::llround(view.station.temperature_c(view.now, view.config.settings));
}

void draw_vehicle(const PileView& view, ConnectorNumber number, Picture& picture) {
  const auto battery = view.station.battery(number, view.now, view.config.settings);
  if (!battery) return;
  const std::string_view vin = battery->vin.view();
  std::copy(vin.begin(), vin.end(), picture.vin_text.begin());
  picture.vin = {picture.vin_text.data(), picture.vin_text.size()};
  picture.maker_text = battery->maker;
  picture.maker = {picture.maker_text.data(), picture.maker_text.size()};
  picture.bms_protocol = kBmsProtocol;
  picture.battery_type = battery_type(battery->chemistry);
  picture.capacity_dah = scaled(battery->capacity_ah, 10);
  picture.rated_dv = scaled(battery->rated_voltage_v, 10);
  picture.serial = battery->serial;
  picture.production_year = battery->production_year;
  picture.production_month = battery->production_month;
  picture.production_day = battery->production_day;
  picture.charge_count = battery->charge_count;
  picture.cell_limit_cv = scaled(battery->cell_voltage_max_v, 100);
  picture.current_limit_da = scaled(battery->current_max_a, 10);
  picture.nominal_e1 = scaled(battery->energy_kwh, 10);
  picture.pack_limit_dv = scaled(battery->voltage_max_v, 10);
  picture.temperature_limit_c = std::llround(battery->temperature_max_c);
  picture.pack_dv = scaled(battery->voltage_v, 10);
  picture.cell_max_cv = scaled(battery->cell_max_v, 100);
  picture.cell_min_cv = scaled(battery->cell_min_v, 100);
  picture.cell_max_number = battery->cell_max_number;
  picture.cell_group = battery->cell_max_group;
  picture.battery_c = std::llround(battery->hottest_c);
  picture.coldest_c = std::llround(battery->coldest_c);
  picture.hottest_sensor = battery->hottest_sensor;
  picture.coldest_sensor = battery->coldest_sensor;
  picture.demand_dv = scaled(battery->demand_voltage_v, 10);
  picture.demand_da = scaled(battery->demand_current_a, 10);
  picture.mode = static_cast<std::int64_t>(battery->mode);
  picture.remaining_minutes = battery->remaining_min;
  picture.charging_allowed = 1;
}

}  // namespace

void draw_pile(const PileView& view, Picture& picture) {
  const YkcConfig& ykc = view.config.ykc;
  picture.pile_type = view.config.settings.supply.kind == SupplyKind::dc ? 0 : 1;
  picture.guns = view.station.connector_count();
  picture.protocol_version = ykc.version == Version::v1_5 ? 0x0F : 0x10;
  const std::string& program = ykc.program_version.empty() ? view.config.front.firmware : ykc.program_version;
  picture.program_version = std::string_view(program).substr(0, 8);
  picture.network = static_cast<std::int64_t>(ykc.network);
  picture.sim = ykc.sim;
  picture.operator_code = static_cast<std::int64_t>(ykc.operator_code);
}

void draw_gun(const PileView& view, ConnectorNumber number, Picture& picture) {
  const Connector& connector = view.station.connector(number);
  const SupplyConfig& supply = view.config.settings.supply;
  picture.gun = number;
  picture.state = gun_state(connector);
  picture.plugged = connector.plugged() ? 1 : 0;
  picture.holder = connector.plugged() ? 0 : 1;
  picture.faults = hardware_faults(view.station, number);
  draw_session(view, number, picture);
  if (supply.kind == SupplyKind::ac) {
    // What only the battery knows stays unsaid; the number is on the vehicle, too.
    Picture vehicle;
    draw_vehicle(view, number, vehicle);
    picture.vin_text = vehicle.vin_text;
    picture.vin = {picture.vin_text.data(), vehicle.vin.size()};
    return;
  }
  picture.soc_permille = scaled(view.station.soc(number, view.now, view.config.settings), 1000);
  draw_vehicle(view, number, picture);
  if (!connector.active()) {  // what is not measured is not told
    picture.soc_permille = picture.remaining_minutes = 0;
    picture.battery_c = -50;
  }
  picture.pile_max_dv = 10'000;
  picture.pile_min_dv = 1'500;
  picture.pile_max_da = scaled(supply.connector_current_a, 10);
}

void draw_bill(const PileView& view, ConnectorNumber number, Picture& picture) {
  const Bill bill = view.station.bill(number, view.now, view.config.settings.tariff);
  for (std::size_t i = 0; i < kPeriods; ++i) {
    picture.price_e5[i] = bill.lines[i].rate.total_e5();
    picture.period_e4[i] = bill.lines[i].energy;
    picture.amount_e4[i] = bill.lines[i].amount_e4;
  }
  picture.meter_start_e4 = bill.meter_start;
  picture.meter_end_e4 = bill.meter_stop;
  picture.energy_e4 = picture.adjusted_e4 = bill.energy;
  picture.cost_e4 = bill.amount_e4;
}

}  // namespace vfleet::pile::ykc
