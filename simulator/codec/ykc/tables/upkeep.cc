// Cards, parameters, parking locks, restarts, updates and QR codes.
#include "simulator/codec/ykc/tables/tables.h"

namespace vfleet::codec::ykc::tables {

// Fields as in field_spec.h. A spec is one line; the long ones are put together from parts.
std::string_view upkeep() {
  static constexpr char kTable[] =
      R"(frame 0x43 offline_cards_answer
  pile bcd7
  result u8 0=failed 1=ok
  reason u8 0=none 1=format 2=full
frame 0x44 offline_cards # cards that may charge while the pile is offline
  pile bcd7
  count u8
  cards repeat count max 15
  cards.logical_card bcd8
  cards.physical_card card8
frame 0x45 clear_cards_answer
  pile bcd7
  cards repeat rest max 24
  cards.physical_card card8
  cards.result u8 0=failed 1=ok
  cards.reason u8
frame 0x46 clear_cards # takes offline cards back
  pile bcd7
  count u8
  cards repeat count max 24
  cards.physical_card card8
frame 0x47 query_cards_answer
  pile bcd7
  cards repeat rest max 26
  cards.physical_card card8
  cards.exists u8 0=no 1=yes
frame 0x48 query_cards # whether the pile knows offline cards
  pile bcd7
  count u8
  cards repeat count max 26
  cards.physical_card card8
frame 0x51 work_parameters_answer
  pile bcd7
  result u8 0=failed 1=ok
frame 0x52 work_parameters
  pile bcd7
  locked u8 0=no 1=yes # whether charging is forbidden
  max_power u8 30..100 %
frame 0x61 parking_lock # every 5 min and on change
  pile bcd7
  gun u8
  lock u8 0x00=moving 0x55=up 0xFF=down
  bay u8 0x00=empty 0xFF=car
  battery u8 %
  alarm u8 0x00=none 0xFF=arm_damaged 0x55=arm_stuck
  reserved u32 0..0
frame 0x62 parking_lock_control
  pile bcd7
  gun u8
  lock u8 0x55=up 0xFF=down
  reserved u32 0..0
frame 0x63 parking_lock_control_answer
  pile bcd7
  gun u8
  result u8 0=failed 1=ok
  reserved u32 0..0
frame 0x91 restart_answer
  pile bcd7
  result u8 0=failed 1=ok
frame 0x92 restart
  pile bcd7
  when u8 1=now 2=idle
frame 0x93 update_answer
  pile bcd7
  result u8 0=ok 1=wrong_pile 2=wrong_model 3=timed_out
frame 0x94 update # a new program, by FTP
  pile bcd7
  pile_type u8 1=dc 2=ac
  power u16
  host ascii16
  port u16
  user ascii16
  password ascii16
  path ascii32
  when u8 1=now 2=idle
  timeout u8 min
frame 0xF0 qr_prefix # what the QR codes of a pile's guns begin with (an add-on)
  pile bcd7
  format u8 0..1
  length u8
  prefix ascii(length)
frame 0xF1 qr_prefix_answer
  pile bcd7
  result u8 0=failed 1=ok
)";
  return kTable;
}

}  // namespace vfleet::codec::ykc::tables
