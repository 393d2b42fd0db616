// What a gun and its vehicle tell while they charge, or do not.
#include "simulator/codec/ykc/tables/tables.h"

namespace vfleet::codec::ykc::tables {

// Fields as in field_spec.h. A spec is one line; the long ones are put together from parts.
std::string_view live() {
  static constexpr char kTable[] =
      R"(frame 0x12 realtime_request # asks for 0x13
  pile bcd7
  gun bcd1
)"
      "frame 0x13 realtime # real-time data of a gun: idle every 5 min, charging every 15 s, at changes "
      "and when asked\n"
      R"(  order bcd16 # 0: none
  pile bcd7
  gun bcd1
  state u8 0=offline 1=fault 2=idle 3=charging
  holder u8 0=no 1=yes 2=unknown # whether the gun is in its holder
  plugged u8 0=no 1=yes
  voltage u16 x0.1 V
  current u16 x0.1 A
  cable_temperature u8 -50 degC
  cable_code hex8
  soc u8 %
  battery_temperature u8 -50 degC # the highest
  charging_minutes u16 min
  remaining_minutes u16 min
  energy u32 x0.0001 kWh
  adjusted_energy u32 x0.0001 kWh # with the loss ratio
  cost u32 x0.0001 yuan # so far
)"
      "  hardware_faults bits16 1=emergency_stop 2=no_rectifier 3=outlet_temperature 4=arrester "
      "5=rectifier_comm 6=insulation_comm 7=meter_comm 8=card_reader_comm 9=rc10_comm 10=fan_board "
      "11=dc_fuse 12=contactor 13=door_open # rectifiers are DC20, the insulation monitor FC08; the "
      "base of the numbers is a setting\n"
      R"(frame 0x15 bms_handshake # what the vehicle said of itself (GB/T 27930 BRM)
  order bcd16
  pile bcd7
  gun bcd1
  bms_protocol hex3
  battery_type u8 1=lead_acid 2=nimh 3=lfp 4=lmo 5=lco 6=nmc 7=polymer 8=lto 255=other
  rated_capacity u16 x0.1 Ah
  rated_voltage u16 x0.1 V
  maker ascii4
  pack_serial u32
  production_year u8 +1985
  production_month u8
  production_day u8
  charge_count u24
  ownership u8 0=leased 1=owned
  reserved u8
  vin ascii17
  bms_version hex8
frame 0x17 bms_parameters # limits of the battery and of the pile (BCP, CML)
  order bcd16
  pile bcd7
  gun bcd1
  max_cell_voltage u16 x0.01 V
  max_current u16 x0.1 -400 A
  nominal_energy u16 x0.1 kWh
  max_pack_voltage u16 x0.1 V
  max_temperature u8 -50 degC
  soc u16 x0.1 %
  pack_voltage u16 x0.1 V
  pile_max_voltage u16 x0.1 V
  pile_min_voltage u16 x0.1 V
  pile_max_current u16 x0.1 -400 A
  pile_min_current u16 x0.1 -400 A
frame 0x19 charge_end # what the charge came to (BSD, CSD)
  order bcd16
  pile bcd7
  gun bcd1
  soc u8 %
  min_cell_voltage u16 x0.01 V
  max_cell_voltage u16 x0.01 V
  min_temperature u8 -50 degC
  max_temperature u8 -50 degC
  charging_minutes u16 min
  energy u16 x0.1 kWh
  charger_number u32
frame 0x1B charge_error # messages of the other side that did not come (BEM, CEM)
  order bcd16
  pile bcd7
  gun bcd1
  charger_unidentified u2 0=ok 1=timed_out 2=unreliable # 0x00
  charger_identified u2 0=ok 1=timed_out 2=unreliable # 0xAA
  reserved_1 u4
  charger_capability u2 0=ok 1=timed_out 2=unreliable # time and greatest output
  charger_ready u2 0=ok 1=timed_out 2=unreliable
  reserved_2 u4
  charger_state u2 0=ok 1=timed_out 2=unreliable
  charger_stop u2 0=ok 1=timed_out 2=unreliable
  reserved_3 u4
  charger_statistics u2 0=ok 1=timed_out 2=unreliable
  charger_other u6
  bms_identification u2 0=ok 1=timed_out 2=unreliable
  reserved_4 u6
  battery_parameters u2 0=ok 1=timed_out 2=unreliable
  bms_ready u2 0=ok 1=timed_out 2=unreliable
  reserved_5 u4
  battery_state u2 0=ok 1=timed_out 2=unreliable
  battery_demand u2 0=ok 1=timed_out 2=unreliable
  bms_stop u2 0=ok 1=timed_out 2=unreliable
  reserved_6 u2
  bms_statistics u2 0=ok 1=timed_out 2=unreliable
  bms_other u6
frame 0x1D bms_abort # why the vehicle ends the charge (BST)
  order bcd16
  pile bcd7
  gun bcd1
  soc_reached u2 0=no 1=yes 2=unreliable
  pack_voltage_reached u2 0=no 1=yes 2=unreliable
  cell_voltage_reached u2 0=no 1=yes 2=unreliable
  charger_stopped u2 0=no 1=yes 2=unreliable
  insulation_fault u2 0=no 1=yes 2=unreliable
  connector_hot u2 0=no 1=yes 2=unreliable
  bms_component_hot u2 0=no 1=yes 2=unreliable
  connector_fault u2 0=no 1=yes 2=unreliable
  pack_hot u2 0=no 1=yes 2=unreliable
  relay_fault u2 0=no 1=yes 2=unreliable
  detection_point_2_fault u2 0=no 1=yes 2=unreliable
  other_fault u2 0=no 1=yes 2=unreliable
  over_current u2 0=no 1=yes 2=unreliable
  voltage_abnormal u2 0=no 1=yes 2=unreliable
  reserved u4
frame 0x21 charger_abort # why the pile ends the charge (CST)
  order bcd16
  pile bcd7
  gun bcd1
  condition_reached u2 0=no 1=yes 2=unreliable
  manual_stop u2 0=no 1=yes 2=unreliable
  abnormal_stop u2 0=no 1=yes 2=unreliable
  bms_stopped u2 0=no 1=yes 2=unreliable
  charger_hot u2 0=no 1=yes 2=unreliable
  connector_fault u2 0=no 1=yes 2=unreliable
  inside_hot u2 0=no 1=yes 2=unreliable
  energy_not_deliverable u2 0=no 1=yes 2=unreliable
  emergency_stop u2 0=no 1=yes 2=unreliable
  other_fault u2 0=no 1=yes 2=unreliable
  reserved_1 u4
  current_mismatch u2 0=no 1=yes 2=unreliable
  voltage_abnormal u2 0=no 1=yes 2=unreliable
  reserved_2 u4
frame 0x23 bms_demand # what the vehicle asks for and the pile gives (BCL, BCS, CCS), every 15 s
  order bcd16
  pile bcd7
  gun bcd1
  demand_voltage u16 x0.1 V
  demand_current u16 x0.1 -400 A
  mode u8 1=constant_voltage 2=constant_current
  measured_voltage u16 x0.1 V
  measured_current u16 x0.1 -400 A
  max_cell_voltage u12 x0.01 V
  max_cell_group u4
  soc u8 %
  remaining_minutes u16 min
  pile_voltage u16 x0.1 V
  pile_current u16 x0.1 -400 A
  charging_minutes u16 min
frame 0x25 bms_info # how the battery is (BSM), every 15 s
  order bcd16
  pile bcd7
  gun bcd1
  max_cell_number u8 +1
  max_temperature u8 -50 degC
  max_temperature_sensor u8 +1
  min_temperature u8 -50 degC
  min_temperature_sensor u8 +1
  cell_voltage u2 0=normal 1=high 2=low
  soc u2 0=normal 1=high 2=low
  over_current u2 0=normal 1=over 2=unreliable
  over_temperature u2 0=normal 1=over 2=unreliable
  insulation u2 0=normal 1=abnormal 2=unreliable
  connector u2 0=normal 1=abnormal 2=unreliable
  charging_allowed u2 0=forbidden 1=allowed
  reserved u2
)";
  return kTable;
}

}  // namespace vfleet::codec::ykc::tables
