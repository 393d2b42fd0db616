#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/tariff.h"

namespace vfleet::pile::ykc {

/// A row of an answer about offline cards.
struct CardRow {
  std::array<char, 8> card{};
  std::int64_t verdict = 0;  ///< result, or whether the pile knows it
};

/// Everything that a frame of a pile may say, as numbers of a fixed count of decimals and as text or bytes. A
/// field of a frame takes what has its name (facts.h), so that a fork with more fields needs no code. Views
/// live as long as what they were taken from.
struct Picture {
  // The pile.
  std::string_view pile;  ///< 7 bytes
  std::int64_t pile_type = 0;
  std::int64_t guns = 0;
  std::int64_t protocol_version = 0;
  std::string_view program_version;
  std::int64_t network = 0;
  std::string_view sim;
  std::int64_t operator_code = 0;
  std::int64_t model = 0;  ///< code of the billing model
  std::int64_t time = 0;   ///< milliseconds, civil_time.h
  std::int64_t beat_state = 0;
  std::int64_t charger_number = 0;  ///< the last digits of the pile's

  // A gun and its session.
  std::int64_t gun = 0;
  std::string_view order;  ///< 16 bytes
  std::string_view physical_card;
  std::string_view logical_card;
  std::int64_t state = 0;
  std::int64_t holder = 0;
  std::int64_t plugged = 0;
  std::int64_t voltage_dv = 0;
  std::int64_t current_da = 0;
  std::int64_t cable_c = -50;
  std::int64_t soc_permille = 0;
  std::int64_t battery_c = -50;  ///< the hottest place
  std::int64_t coldest_c = -50;
  std::int64_t charging_minutes = 0;
  std::int64_t remaining_minutes = 0;
  std::int64_t energy_e4 = 0;
  std::int64_t adjusted_e4 = 0;
  std::int64_t cost_e4 = 0;
  std::int64_t faults = 0;  ///< bit n: flag of number n

  // Its vehicle.
  std::string_view vin;
  std::string_view maker;
  std::string_view bms_protocol;
  std::int64_t battery_type = 0;
  std::int64_t capacity_dah = 0;
  std::int64_t rated_dv = 0;
  std::int64_t serial = 0;
  std::int64_t production_year = 1985;
  std::int64_t production_month = 0;
  std::int64_t production_day = 0;
  std::int64_t charge_count = 0;
  std::int64_t ownership = 1;
  std::int64_t cell_limit_cv = 0;
  std::int64_t current_limit_da = 0;
  std::int64_t nominal_e1 = 0;
  std::int64_t pack_limit_dv = 0;
  std::int64_t temperature_limit_c = 0;
  std::int64_t pack_dv = 0;
  std::int64_t cell_max_cv = 0;
  std::int64_t cell_min_cv = 0;
  std::int64_t cell_max_number = 1;
  std::int64_t cell_group = 0;
  std::int64_t hottest_sensor = 1;
  std::int64_t coldest_sensor = 1;
  std::int64_t demand_dv = 0;
  std::int64_t demand_da = 0;
  std::int64_t mode = 2;
  std::int64_t charging_allowed = 0;
  std::int64_t pile_max_dv = 0;
  std::int64_t pile_min_dv = 0;
  std::int64_t pile_max_da = 0;
  std::int64_t pile_min_da = 0;

  // What a frame asks or answers.
  std::int64_t how = 1;
  std::int64_t password_needed = 0;
  std::int64_t result = 0;
  std::int64_t reason = 0;
  std::int64_t role = 0;
  std::string_view pair;  ///< 6 bytes
  std::string_view flag;  ///< the name of a field of one flag that is set

  std::span<const CardRow> cards;

  // The parking lock.
  std::int64_t lock = 0;
  std::int64_t bay = 0;
  std::int64_t lock_battery = 100;

  // The bill.
  std::int64_t start_time = 0;
  std::int64_t end_time = 0;
  std::array<std::int64_t, kPeriods> price_e5{};
  std::array<std::int64_t, kPeriods> period_e4{};
  std::array<std::int64_t, kPeriods> amount_e4{};
  std::int64_t meter_start_e4 = 0;
  std::int64_t meter_end_e4 = 0;
  std::int64_t trade_mark = 1;
  std::int64_t stop_reason = 0;

  // What views of this picture point to.
  std::array<char, 17> vin_text{};
  std::array<char, 4> maker_text{};
};

/// The pile's own part.
void draw_pile(const PileView& view, Picture& picture);
/// What the model knows of connector `number` and of the vehicle there.
void draw_gun(const PileView& view, ConnectorNumber number, Picture& picture);
/// What is charged for so far, by rate.
void draw_bill(const PileView& view, ConnectorNumber number, Picture& picture);

}  // namespace vfleet::pile::ykc
