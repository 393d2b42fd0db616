// How charges begin and end, of one gun and of two that charge one vehicle.
#include "simulator/codec/ykc/tables/tables.h"

namespace vfleet::codec::ykc::tables {

// Fields as in field_spec.h. A spec is one line; the long ones are put together from parts.
std::string_view charges() {
  static constexpr char kTable[] =
      "frame 0x31 start_request # the pile asks for a start: somebody swiped a card, gave an account, "
      "or plugged a known vehicle\n"
      R"(  pile bcd7
  gun bcd1
  how u8 1=card 2=account 3=vin
  password_needed u8 0=no 1=yes
  card card8 # the card's number, or the account
  password ascii16 # 16 characters of MD5, lower case
  vin ascii17 reversed
frame 0x32 start_request_answer
  order bcd16
  pile bcd7
  gun bcd1
  logical_card bcd8
  balance u32 x0.01 yuan
  result u8 0=failed 1=ok
)"
      "  reason u8 0=none 1=no_account 2=frozen 3=no_money 4=open_record_on_card 5=pile_disabled "
      "6=not_allowed_here 7=wrong_password 8=station_capacity 9=vin_unknown 10=open_record_on_pile "
      "11=cards_not_supported\n"
      R"(frame 0x33 remote_start_answer
  order bcd16
  pile bcd7
  gun bcd1
  result u8 0=failed 1=ok
  reason u8 0=none 1=wrong_pile 2=already_charging 3=fault 4=offline 5=not_plugged
frame 0x34 remote_start # the platform starts a charge
  order bcd16
  pile bcd7
  gun bcd1
  logical_card bcd8
  physical_card card8
  balance u32 x0.01 yuan
frame 0x35 remote_stop_answer
  pile bcd7
  gun bcd1
  result u8 0=failed 1=ok
  reason u8 0=none 1=wrong_pile 2=not_charging 3=other
frame 0x36 remote_stop # the platform stops a charge; it must always stop
  pile bcd7
  gun bcd1
frame 0xA1 paired_start_request like 0x31 # two guns charge one vehicle
  role u8 0=main 1=auxiliary
  pair bcd6 # yyMMddHHmmss
frame 0xA2 paired_start_request_answer like 0x32
  pair bcd6 # yyMMddHHmmss
frame 0xA3 paired_remote_start_answer like 0x33
  role u8 0=main 1=auxiliary
  pair bcd6 # yyMMddHHmmss
frame 0xA4 paired_remote_start like 0x34
  pair bcd6 # yyMMddHHmmss
)";
  return kTable;
}

}  // namespace vfleet::codec::ykc::tables
