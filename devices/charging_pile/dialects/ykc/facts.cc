#include "devices/charging_pile/dialects/ykc/facts.h"

namespace vfleet::pile::ykc {
namespace {

using P = Picture;

constexpr Fact number(std::string_view field, std::int64_t P::*member, int decimals = 0) {
  return {0, field, member, decimals, nullptr, nullptr};
}
constexpr Fact number_in(std::uint8_t frame, std::string_view field, std::int64_t P::*member,
                         int decimals = 0) {
  return {frame, field, member, decimals, nullptr, nullptr};
}
constexpr Fact text(std::string_view field, std::string_view P::*member) {
  return {0, field, nullptr, 0, member, nullptr};
}
constexpr Fact bytes(std::string_view field, std::string_view P::*member) {
  return {0, field, nullptr, 0, nullptr, member};
}
constexpr Fact nothing_in(std::uint8_t frame, std::string_view field) {
  return {frame, field, nullptr, 0, nullptr, nullptr};
}

constexpr Fact kFacts[] = {
    bytes("pile", &P::pile),
    bytes("order", &P::order),
    number("gun", &P::gun),
    number("pile_type", &P::pile_type),
    number("guns", &P::guns),
    number("protocol_version", &P::protocol_version),
    text("program_version", &P::program_version),
    number("network", &P::network),
    text("sim", &P::sim),
    number("operator", &P::operator_code),
    number("model", &P::model),
    number("time", &P::time),

    number("charger_number", &P::charger_number),

    number("state", &P::state),
    number_in(0x03, "state", &P::beat_state),
    number("holder", &P::holder),
    number("plugged", &P::plugged),
    number("voltage", &P::voltage_dv, 1),
    number("current", &P::current_da, 1),
    number("cable_temperature", &P::cable_c),
    number("soc", &P::soc_permille, 1),
    number("battery_temperature", &P::battery_c),
    number("charging_minutes", &P::charging_minutes),
    number("remaining_minutes", &P::remaining_minutes),
    number("energy", &P::energy_e4, 4),
    number("adjusted_energy", &P::adjusted_e4, 4),
    number("cost", &P::cost_e4, 4),
    number("hardware_faults", &P::faults),

    bytes("bms_protocol", &P::bms_protocol),
    number("battery_type", &P::battery_type),
    number("rated_capacity", &P::capacity_dah, 1),
    number("rated_voltage", &P::rated_dv, 1),
    text("maker", &P::maker),
    number("pack_serial", &P::serial),
    number("production_year", &P::production_year),
    number("production_month", &P::production_month),
    number("production_day", &P::production_day),
    number("charge_count", &P::charge_count),
    number("ownership", &P::ownership),
    text("vin", &P::vin),

    number("max_cell_voltage", &P::cell_max_cv, 2),
    number("min_cell_voltage", &P::cell_min_cv, 2),
    number_in(0x17, "max_cell_voltage", &P::cell_limit_cv, 2),
    number("max_current", &P::current_limit_da, 1),
    number("nominal_energy", &P::nominal_e1, 1),
    number("max_pack_voltage", &P::pack_limit_dv, 1),
    number("max_temperature", &P::battery_c),
    number("min_temperature", &P::coldest_c),
    number_in(0x17, "max_temperature", &P::temperature_limit_c),
    number("pack_voltage", &P::pack_dv, 1),
    number("pile_max_voltage", &P::pile_max_dv, 1),
    number("pile_min_voltage", &P::pile_min_dv, 1),
    number("pile_max_current", &P::pile_max_da, 1),
    number("pile_min_current", &P::pile_min_da, 1),

    number("demand_voltage", &P::demand_dv, 1),
    number("demand_current", &P::demand_da, 1),
    number("mode", &P::mode),
    number("measured_voltage", &P::voltage_dv, 1),
    number("measured_current", &P::current_da, 1),
    number("max_cell_group", &P::cell_group),
    number("pile_voltage", &P::voltage_dv, 1),
    number("pile_current", &P::current_da, 1),

    number("max_cell_number", &P::cell_max_number),
    number("max_temperature_sensor", &P::hottest_sensor),
    number("min_temperature_sensor", &P::coldest_sensor),
    nothing_in(0x25, "soc"),  // a flag there: normal
    number("charging_allowed", &P::charging_allowed),

    number("how", &P::how),
    number("password_needed", &P::password_needed),
    bytes("card", &P::physical_card),
    bytes("physical_card", &P::physical_card),
    bytes("logical_card", &P::logical_card),
    number("result", &P::result),
    number("reason", &P::reason),
    number("role", &P::role),
    bytes("pair", &P::pair),

    number("lock", &P::lock),
    number("bay", &P::bay),
    number("battery", &P::lock_battery),

    number("start_time", &P::start_time),
    number("end_time", &P::end_time),
    number("trade_time", &P::end_time),
    number("meter_start", &P::meter_start_e4, 4),
    number("meter_end", &P::meter_end_e4, 4),
    number("trade_mark", &P::trade_mark),
    number("stop_reason", &P::stop_reason),
};

}  // namespace

std::span<const Fact> facts() {
  return kFacts;
}

const Fact* find_fact(std::uint8_t frame, std::string_view field) {
  const Fact* common = nullptr;
  for (const Fact& each : kFacts) {
    if (each.field != field) continue;
    if (each.frame == frame) return &each;
    if (each.frame == 0) common = &each;
  }
  return common;
}

}  // namespace vfleet::pile::ykc
