// Who the pile is, whether it lives, what it charges for, and what time it is.
#include "simulator/codec/ykc/tables/tables.h"

namespace vfleet::codec::ykc::tables {

// Fields as in field_spec.h. A spec is one line; the long ones are put together from parts.
std::string_view link() {
  static constexpr char kTable[] =
      R"(frame 0x01 login # the pile says who it is, first of all on a connection
  pile bcd7 # 14 digits
  pile_type u8 0=dc 1=ac
  guns u8
  protocol_version u8 # times ten: 0x10 is 1.6, 0x0F is 1.5, 0x0A is 1.0
  program_version ascii8
  network u8 0=sim 1=lan 2=wan 3=other
  sim bcd10 hexdigits # number of the card; 0: none
  operator u8 0=mobile 2=telecom 3=unicom 4=other
frame 0x02 login_answer
  pile bcd7
  result u8 0=ok 1=failed
frame 0x03 heartbeat # every 10 s
  pile bcd7
  gun bcd1
  state u8 0=ok 1=fault
frame 0x04 heartbeat_answer
  pile bcd7
  gun bcd1
  reserved u8 0..0
frame 0x05 model_check # whether the pile's billing model is the platform's
  pile bcd7
  model bcd2 # 0000: the pile has none
frame 0x06 model_check_answer
  pile bcd7
  model bcd2
  result u8 0=same 1=differs
frame 0x09 model_request # asks for the billing model
  pile bcd7
frame 0x0A model_answer # the billing model
  pile bcd7
  model bcd2
  sharp_energy_price u32 x0.00001 yuan/kWh
  sharp_service_price u32 x0.00001 yuan/kWh
  peak_energy_price u32 x0.00001 yuan/kWh
  peak_service_price u32 x0.00001 yuan/kWh
  flat_energy_price u32 x0.00001 yuan/kWh
  flat_service_price u32 x0.00001 yuan/kWh
  valley_energy_price u32 x0.00001 yuan/kWh
  valley_service_price u32 x0.00001 yuan/kWh
  loss_ratio u8 # platforms send 0
  rates repeat 48 # of each half hour from 00:00 on
  rates.rate u8 0=sharp 1=peak 2=flat 3=valley
frame 0x55 set_clock_answer
  pile bcd7
  time cp56 # of the pile
frame 0x56 set_clock
  pile bcd7
  time cp56
frame 0x57 set_model_answer
  pile bcd7
  result u8 0=failed 1=ok
frame 0x58 set_model like 0x0A # the platform brings the billing model
)";
  return kTable;
}

}  // namespace vfleet::codec::ykc::tables
