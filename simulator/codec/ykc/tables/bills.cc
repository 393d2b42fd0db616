// What charges cost.
#include "simulator/codec/ykc/tables/tables.h"

namespace vfleet::codec::ykc::tables {

// Fields as in field_spec.h. A spec is one line; the long ones are put together from parts.
std::string_view bills() {
  static constexpr char kTable[] =
      R"(frame 0x3B bill # the record of a charge; again until 0x40 says ok
  order bcd16
  pile bcd7
  gun bcd1
  start_time cp56
  end_time cp56
  sharp_price u32 x0.00001 yuan/kWh # energy and service
  sharp_energy u32 x0.0001 kWh
  sharp_adjusted_energy u32 x0.0001 kWh
  sharp_amount u32 x0.0001 yuan
  peak_price u32 x0.00001 yuan/kWh
  peak_energy u32 x0.0001 kWh
  peak_adjusted_energy u32 x0.0001 kWh
  peak_amount u32 x0.0001 yuan
  flat_price u32 x0.00001 yuan/kWh
  flat_energy u32 x0.0001 kWh
  flat_adjusted_energy u32 x0.0001 kWh
  flat_amount u32 x0.0001 yuan
  valley_price u32 x0.00001 yuan/kWh
  valley_energy u32 x0.0001 kWh
  valley_adjusted_energy u32 x0.0001 kWh
  valley_amount u32 x0.0001 yuan
  meter_start u40 x0.0001 kWh
  meter_end u40 x0.0001 kWh
  energy u32 x0.0001 kWh
  adjusted_energy u32 x0.0001 kWh
  cost u32 x0.0001 yuan
  vin ascii17 # not reversed here
  trade_mark u8 1=app 2=card 4=offline_card 5=vin
  trade_time cp56
)"
      "  stop_reason u8 0x40=app 0x41=soc_full 0x42=energy_reached 0x43=money_reached 0x44=time_reached "
      "0x45=manual 0x4A=start_controller 0x4B=start_pilot_lost 0x4C=start_breaker 0x4D=start_meter_comm "
      "0x4E=start_no_money 0x4F=start_module 0x50=start_emergency_stop 0x51=start_arrester "
      "0x52=start_bms_not_ready 0x53=start_temperature 0x54=start_battery_reversed 0x55=start_lock "
      "0x56=start_closing 0x57=start_insulation 0x59=start_bhm_timeout 0x5A=start_brm_timeout "
      "0x5B=start_bcp_timeout 0x5C=start_bro_timeout 0x5D=start_bcs_timeout 0x5E=start_bcl_timeout "
      "0x5F=start_bsm_timeout 0x60=start_voltage_present 0x61=start_voltage_differs "
      "0x62=start_bro_fell_back 0x63=start_host_config 0x64=start_charger_not_ready 0x6A=locked_out "
      "0x6B=pilot_lost 0x6C=breaker 0x6D=meter_comm 0x6E=no_money 0x6F=ac_protection 0x70=dc_protection "
      "0x71=module 0x72=emergency_stop 0x73=arrester 0x74=temperature 0x75=output 0x76=no_current "
      "0x77=lock 0x79=pack_voltage 0x7A=pack_current 0x7B=cell_voltage 0x7C=pack_hot 0x7D=highest_cell "
      "0x7E=hottest_pack 0x7F=bmv 0x80=bmt 0x81=battery_state 0x82=vehicle_forbids 0x83=power_lost "
      "0x84=bcs_timeout 0x85=bcl_timeout 0x86=bsm_timeout 0x87=bst_timeout 0x88=bsd_timeout "
      "0x89=ccs_timeout 0x90=unknown\n"
      R"(  physical_card card8
frame 0x3D bill_metered like 0x3B # the record of a charge in V1.7, with what the meter signed
  meter_number bcd6 after end_time
  meter_cipher hex34 after meter_number
  meter_protocol u16 after meter_cipher # version
  encryption u8 after meter_protocol # method
frame 0x40 bill_answer
  order bcd16
  result u8 0=ok 1=illegal
frame 0x41 balance_update_answer
  pile bcd7
  physical_card card8
  result u8 0=ok 1=wrong_pile 2=wrong_card
frame 0x42 balance_update # the new balance of the card that charges
  pile bcd7
  gun bcd1
  physical_card card8 # 0: do not check
  balance u32 x0.01 yuan
)";
  return kTable;
}

}  // namespace vfleet::codec::ykc::tables
