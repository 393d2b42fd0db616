// The tables against the facts: lengths, frames from other people's programs, every value there and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/layout_builder.h"
#include "simulator/codec/ykc/layout_text.h"
#include "tests/bench/counting_new.h"
#include "tests/support/ykc_samples.h"

namespace vfleet::codec::ykc {
namespace {

using ::testing::HasSubstr;

const Layout& all() {
  return *built_in("ykc");
}

TEST(YkcLayout, BodiesAreAsLongAsTheVendorsTextSays) {
  const std::map<int, std::string> lengths = {
      {0x01, "30"},    {0x02, "8"},     {0x03, "9"},    {0x04, "9"},    {0x05, "9"},    {0x06, "10"},
      {0x09, "7"},     {0x0A, "90"},    {0x12, "8"},    {0x13, "60"},   {0x15, "73"},   {0x17, "45"},
      {0x19, "39"},    {0x1B, "32"},    {0x1D, "28"},   {0x21, "28"},   {0x23, "44"},   {0x25, "31"},
      {0x31, "51"},    {0x32, "38"},    {0x33, "26"},   {0x34, "44"},   {0x35, "10"},   {0x36, "8"},
      {0x3B, "158"},   {0x3D, "201"},   {0x40, "17"},   {0x41, "16"},   {0x42, "20"},   {0x43, "9"},
      {0x44, "8+16n"}, {0x45, "7+10n"}, {0x46, "8+8n"}, {0x47, "7+9n"}, {0x48, "8+8n"}, {0x51, "8"},
      {0x52, "9"},     {0x55, "14"},    {0x56, "14"},   {0x57, "8"},    {0x58, "90"},   {0x61, "16"},
      {0x62, "13"},    {0x63, "13"},    {0x91, "8"},    {0x92, "8"},    {0x93, "8"},    {0x94, "94"},
      {0xA1, "58"},    {0xA2, "44"},    {0xA3, "33"},   {0xA4, "50"},   {0xF0, "9+n"},  {0xF1, "8"}};
  for (const auto& [type, length] : lengths) {
    const FrameLayout* frame = all().find(static_cast<std::uint8_t>(type));
    ASSERT_NE(frame, nullptr) << type_text(static_cast<std::uint8_t>(type));
    EXPECT_EQ(frame->length_text(), length) << frame->name;
  }
  EXPECT_EQ(all().frames().size(), lengths.size());
}

TEST(YkcLayout, VersionsDifferInPairedChargingAndTheBill) {
  const auto has = [](std::string_view name, std::uint8_t type) {
    return built_in(name)->find(type) != nullptr;
  };
  EXPECT_FALSE(has("ykc-1.5", 0xA1));
  EXPECT_TRUE(has("ykc-1.6", 0xA1));
  EXPECT_TRUE(has("ykc-1.6", 0x3B));
  EXPECT_FALSE(has("ykc-1.6", 0x3D));
  EXPECT_FALSE(has("ykc-1.7", 0x3B));
  EXPECT_TRUE(has("ykc-1.7", 0x3D));
  EXPECT_EQ(built_in("ykc-9"), nullptr);
}

struct Golden {
  const char* hex;
  const char* text;
};

// The frames of four independent programs and what they say.
const Golden kGolden[] = {
    {"68 0C 00 00 00 02 55 03 14 12 78 23 05 00 DA 4C", "0x02 login_answer: pile 55031412782305 result ok"},
    {"68 22 00 19 00 01 20 23 12 12 00 00 10 01 01 10 47 56 2E 39 35 72 31 33 00 89 86 04 D1 17 22 D0 34 86 "
     "06 02 "
     "87 4E",
     "0x01 login: pile 20231212000010 pile_type ac guns 1 protocol_version 16 program_version GV.95r13 "
     "network sim sim 898604D11722D0348606 operator telecom"},
    {"68 0C 00 19 00 02 20 23 12 12 00 00 10 00 A1 55", "0x02 login_answer: pile 20231212000010 result ok"},
    {"68 0D 25 D3 00 03 20 23 12 12 00 00 10 01 00 D1 AC",
     "0x03 heartbeat: pile 20231212000010 gun 1 state ok"},
    {"68 0D 71 AD 00 05 20 23 12 12 00 00 10 00 00 22 2B", "0x05 model_check: pile 20231212000010 model 0"},
    {"68 0E AD 71 00 06 20 23 12 12 00 00 10 00 00 00 9E 1A",
     "0x06 model_check_answer: pile 20231212000010 model 0 result same"},
    {"68 40 BB BD 00 13 20 23 12 12 00 00 10 00 00 00 00 10 05 71 36 00 20 23 12 12 00 00 10 01 03 00 01 94 "
     "0E F4 "
     "03 54 00 00 00 00 00 00 00 00 4E 55 10 00 20 00 C0 57 01 00 00 00 00 00 60 6C 01 00 00 00 4C 56",
     "0x13 realtime: order 20231212000010000000001005713600 pile 20231212000010 gun 1 state charging holder "
     "no "
     "plugged yes voltage 373.2 V current 101.2 A cable_temperature 34 degC cable_code 0 soc 78 % "
     "battery_temperature 35 degC charging_minutes 16 min remaining_minutes 32 min energy 8.8000 kWh "
     "adjusted_energy 0.0000 kWh cost 9.3280 yuan hardware_faults none"},
    {"68 30 6C 40 00 23 20 23 12 12 00 00 10 01 25 08 27 23 03 54 04 67 20 23 12 12 00 00 10 01 A6 13 48 17 "
     "02 8D "
     "12 12 14 58 01 53 11 00 92 12 32 14 00 00 B2 D8",
     "0x23 bms_demand: order 20231212000010012508272303540467 pile 20231212000010 gun 1 demand_voltage 503.0 "
     "V "
     "demand_current 196.0 A mode constant_current measured_voltage 474.9 V measured_current 113.8 A "
     "max_cell_voltage 3.44 V max_cell_group 0 soc 83 % remaining_minutes 17 min pile_voltage 475.4 V "
     "pile_current 117.0 A charging_minutes 0 min"},
    {"68 30 01 00 00 34 00 00 00 00 00 00 12 34 56 78 90 12 34 56 78 90 20 23 12 12 00 00 10 01 56 78 90 12 "
     "34 56 "
     "78 90 56 78 90 12 34 56 78 90 10 27 00 00 5F D9",
     "0x34 remote_start: order 00000000000012345678901234567890 pile 20231212000010 gun 1 "
     "logical_card 5678901234567890 physical_card 5678901234567890 balance 100.00 yuan"},
    {"68 22 00 00 00 01 32 01 06 00 01 92 36 00 02 10 56 31 2E 30 2E 30 00 00 01 00 00 00 00 00 00 00 00 00 "
     "00 04 "
     "E4 E1",
     "0x01 login: pile 32010600019236 pile_type dc guns 2 protocol_version 16 program_version V1.0.0 network "
     "lan "
     "sim 0 operator other"},
    {"68 0D 01 00 00 03 32 01 06 00 01 92 36 01 00 EB 2E",
     "0x03 heartbeat: pile 32010600019236 gun 1 state ok"},
    {"68 0D 02 00 00 05 32 01 06 00 01 92 36 00 00 0F 62", "0x05 model_check: pile 32010600019236 model 0"},
    {"68 0C 00 00 00 36 32 01 06 00 01 92 36 01 FF B9", "0x36 remote_stop: pile 32010600019236 gun 1"},
    {"68 1E 05 00 00 33 32 01 06 00 01 92 36 01 20 01 06 18 03 42 30 60 32 01 06 00 01 92 36 01 01 00 EB A1",
     "0x33 remote_start_answer: order 32010600019236012001061803423060 pile 32010600019236 gun 1 result ok "
     "reason none"},
};

TEST(YkcLayout, GoldenFramesSayWhatTheyShouldAndAreWrittenBack) {
  for (const Golden& golden : kGolden) {
    const std::string bytes = from_hex(golden.hex);
    const auto frame = parse_frame(bytes);
    ASSERT_TRUE(frame) << golden.hex;
    std::string text;
    append_frame_text(all(), *frame, text);
    EXPECT_EQ(text, golden.text);
    const FrameLayout* layout = readable(all(), *frame);
    ASSERT_NE(layout, nullptr);
    const BodyReader body(all(), *layout, frame->body);
    for (const Deviation& each : body.check()) ADD_FAILURE() << each.field << ": " << each.what;
    const auto again = body_of(all(), *layout, values_of(body));
    ASSERT_TRUE(again) << again.error().detail;
    Frame whole = *frame;
    whole.body = *again;
    std::string written;
    ASSERT_TRUE(append_frame(whole, written));
    EXPECT_EQ(written, bytes) << golden.text;
  }
}

TEST(YkcLayout, EveryFrameOfEveryLayoutGoesThereAndBack) {
  Random random(5, 1, "bodies");
  for (const std::string_view name : built_in_names()) {
    const Layout& layout = *built_in(name);
    for (const FrameLayout& frame : layout.frames()) {
      for (int i = 0; i < 40; ++i) {
        const std::string body = sample_body(layout, frame, random);
        const BodyReader reader(layout, frame, body);
        for (const Deviation& each : reader.check())
          ADD_FAILURE() << frame.name << " " << each.field << ": " << each.what;
        const auto values = values_of(reader);
        for (const auto& [field, value] : values)
          EXPECT_FALSE(value.starts_with("raw:")) << field << " " << value;
        const auto again = body_of(layout, frame, values);
        ASSERT_TRUE(again) << frame.name << ": " << again.error().detail;
        EXPECT_EQ(*again, body) << frame.name;
      }
    }
  }
}

TEST(YkcLayout, ItsTextIsReadBackAsItself) {
  for (const std::string_view name : built_in_names()) {
    const std::string text = to_text(*built_in(name));
    const auto again = parse_layout(text);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(to_text(*again), text);
    EXPECT_EQ(again->frames().size(), built_in(name)->frames().size());
  }
}

TEST(YkcLayout, WhereAFieldWasPutIsNotPutAgainWhenItsTextIsRead) {
  const auto layout =
      parse_layout("layout x\nframe 0x01 a\n  p u8\n  q u8 after p # first\n  r u8 V after p\n");
  ASSERT_TRUE(layout) << layout.error().detail;
  const std::string text = to_text(*layout);
  EXPECT_THAT(text, HasSubstr("  p u8\n  r u8 V\n  q u8 # first\n"));
  EXPECT_EQ(to_text(*parse_layout(text)), text);
}

TEST(YkcLayout, MistakesInItsTextNameTheirLine) {
  const auto error = [](std::string_view text) {
    const auto layout = parse_layout(text);
    return layout ? std::string("none") : layout.error().detail;
  };
  EXPECT_EQ(error("layout x\nframe 0x01 a\n  b u99\n"), "line 3: 'u99': expected u1 to u56");
  EXPECT_THAT(error("layout x\n  b u8\n"), HasSubstr("line 2: a field stands in no frame"));
  EXPECT_THAT(error("fame 0x01 a\n"), HasSubstr("'fame': expected layout, setting or frame"));
  EXPECT_THAT(error("frame 0x1FF a\n"), HasSubstr("expected a frame's type"));
  EXPECT_THAT(error("frame 0x02 a like 0x77\n"), HasSubstr("there is no frame 0x77"));
  EXPECT_THAT(error("frame 0x02 a b\n"), HasSubstr("'b': expected like"));
  EXPECT_THAT(error("setting crc_odrer low\n"), HasSubstr("did you mean 'crc_order'"));
}

std::string spec_error(std::vector<FieldLine> lines) {
  LayoutBuilder builder;
  builder.begin(1, "a");
  for (const FieldLine& line : lines) {
    if (const auto added = builder.field(line.name, line.spec); !added) return added.error().detail;
  }
  const auto ended = builder.end();
  return ended ? "none" : ended.error().detail;
}

TEST(YkcLayout, LinesThatMakeNoSenseAreRefused) {
  EXPECT_EQ(spec_error({{"a", "u8"}}), "none");
  EXPECT_THAT(spec_error({{"a", ""}}), HasSubstr("expected what it is"));
  EXPECT_THAT(spec_error({{"a", "u8 x0.2"}}), HasSubstr("expected x0.1"));
  EXPECT_THAT(spec_error({{"a", "u8 V A"}}), HasSubstr("'A'"));
  EXPECT_THAT(spec_error({{"a", "u8 V\x80"}}), HasSubstr("a unit"));
  EXPECT_THAT(spec_error({{"a", "u8 # a\nb"}}), HasSubstr("expected one line"));
  EXPECT_THAT(spec_error({{"a", "u8 0=a 0=b"}}), HasSubstr("has a name already"));
  EXPECT_THAT(spec_error({{"a", "u8 256=b"}}), HasSubstr("does not fit"));
  EXPECT_THAT(spec_error({{"a", "u8 0..300"}}), HasSubstr("holds 0 to 255"));
  EXPECT_THAT(spec_error({{"a", "bits12"}}), HasSubstr("bits16"));
  EXPECT_THAT(spec_error({{"a", "bcd7 x0.1"}}), HasSubstr("is for numbers"));
  EXPECT_THAT(spec_error({{"a", "u8 reversed"}}), HasSubstr("is for ascii"));
  EXPECT_THAT(spec_error({{"A b", "u8"}}), HasSubstr("a field's name has"));
  EXPECT_THAT(spec_error({{"a", "u4"}}), HasSubstr("inside a byte"));
  EXPECT_THAT(spec_error({{"a", "u4"}, {"b", "bcd1"}}), HasSubstr("inside a byte"));
  EXPECT_THAT(spec_error({{"a", "u8 after b"}}), HasSubstr("no field 'b'"));
  EXPECT_THAT(spec_error({{"a", "hex252"}}), HasSubstr("expected hex1 to hex251"));
  EXPECT_THAT(spec_error({{"a", "hex251"}, {"b", "u8"}}), HasSubstr("252 bytes"));
  EXPECT_THAT(spec_error({{"r", "repeat n"}, {"r.a", "u8"}}), HasSubstr("no field 'n'"));
  EXPECT_THAT(spec_error({{"n", "u8"}, {"r", "repeat n"}}), HasSubstr("no field r.NAME"));
  EXPECT_THAT(spec_error({{"r.a", "u8"}}), HasSubstr("repeat ..."));
  EXPECT_THAT(spec_error({{"r", "repeat rest"}, {"r.a", "u8"}, {"b", "u8"}}), HasSubstr("behind the rows"));
  EXPECT_THAT(spec_error({{"r", "repeat 100"}, {"r.a", "u32"}}), HasSubstr("400 bytes"));
  EXPECT_THAT(spec_error({{"n", "u8"}, {"t", "ascii(n)"}, {"b", "u8"}}), HasSubstr("behind a text"));
  EXPECT_THAT(spec_error({{"a", "u8 optional"}, {"b", "u8"}}), HasSubstr("behind one that is optional"));
}

/// Writes one frame by the names of its fields.
struct Writing {
  explicit Writing(std::string_view frame, const Layout& of = all())
      : layout(of), writer(layout, *layout.find(frame), bytes) {}
  std::string set(std::string_view name, std::string_view value) {
    const auto done = writer.set(name, value);
    return done ? "" : done.error().detail;
  }
  const Layout& layout;
  std::string bytes;
  BodyWriter writer;
};

TEST(YkcWriter, ErrorsSayTheRangeTheWordsOrTheDigits) {
  Writing realtime("realtime");
  EXPECT_EQ(realtime.set("voltage", "7000"), "voltage: 7000.0 is out of range: 0.0 to 6553.5 V");
  EXPECT_EQ(realtime.set("voltage", "373.25"),
            "voltage: '373.25': expected a number with up to 1 decimals, 0.0 to 6553.5 V");
  EXPECT_EQ(realtime.set("cable_temperature", "-51"),
            "cable_temperature: -51 is out of range: -50 to 205 degC");
  EXPECT_EQ(
      realtime.set("state", "chargin"),
      "state: 'chargin': expected offline (0), fault (1), idle (2), charging (3) (did you mean 'charging'?)");
  EXPECT_THAT(realtime.set("state", "7"), HasSubstr("'7': expected offline (0)"));
  EXPECT_THAT(realtime.set("pile", "3201060001923A"), HasSubstr("expected up to 14 digits"));
  EXPECT_THAT(realtime.set("pile", "320106000192360"), HasSubstr("expected up to 14 digits"));
  EXPECT_THAT(realtime.set("cable_code", "12"), HasSubstr("1 bytes; it has 8"));
  EXPECT_THAT(realtime.set("hardware_faults", "bit99"), HasSubstr("'bit99'"));
  EXPECT_THAT(realtime.set("volatge", "1"), HasSubstr("did you mean 'voltage'"));
  EXPECT_THAT(Writing("set_clock").set("time", "2024-02-30T00:00:00"), HasSubstr("expected a time"));
  EXPECT_THAT(Writing("login").set("program_version", "V1.23.456"), HasSubstr("there is room for 8"));
  EXPECT_THAT(Writing("work_parameters").set("max_power", "20"), HasSubstr("out of range: 30 to 100 %"));
  EXPECT_THAT(Writing("offline_cards").set("cards[15].logical_card", "1"),
              HasSubstr("16 rows; there can be up to 15"));
  EXPECT_THAT(Writing("model_answer").set("rates[48]", "peak"), HasSubstr("49 rows; there can be only 48"));
  EXPECT_EQ(realtime.bytes, std::string(60, '\0'));
}

TEST(YkcWriter, IllegalValuesAreWrittenWhenTheyAreRaw) {
  Writing realtime("realtime");
  EXPECT_EQ(realtime.set("state", "raw:07"), "");
  EXPECT_EQ(realtime.set("pile", "raw:FFFFFFFFFFFFFF"), "");
  EXPECT_EQ(realtime.set("gun", "raw:1A"), "");
  EXPECT_EQ(realtime.bytes.substr(16, 9), from_hex("FFFFFFFFFFFFFF 1A 07"));
  EXPECT_THAT(realtime.set("state", "raw:0707"), HasSubstr("2 bytes; it has 1"));
  EXPECT_THAT(realtime.set("state", "raw:0"), HasSubstr("pairs of hexadecimal digits"));
  Writing error("charge_error");
  EXPECT_EQ(error.set("charger_identified", "raw:03"), "");
  EXPECT_EQ(error.bytes.substr(24, 1), from_hex("0C"));
  EXPECT_THAT(error.set("charger_identified", "raw:04"), HasSubstr("it has 2 bits"));
}

TEST(YkcWriter, ValuesLandWhereTheTableSays) {
  Writing demand("bms_demand");
  EXPECT_EQ(demand.set("demand_current", "196"), "");
  EXPECT_EQ(demand.bytes.substr(26, 2), from_hex("4817"));
  EXPECT_EQ(demand.set("max_cell_voltage", "3.44"), "");
  EXPECT_EQ(demand.set("max_cell_group", "10"), "");
  EXPECT_EQ(demand.bytes.substr(33, 2), from_hex("58A1"));
  Writing start("start_request");
  EXPECT_EQ(start.set("vin", "LSVAU2180N2183294"), "");
  EXPECT_EQ(start.bytes.substr(34), "4923812N0812UAVSL");
  Writing cards("offline_cards");
  EXPECT_EQ(cards.set("cards[1].physical_card", "D14B0A54"), "");
  EXPECT_EQ(
      cards.bytes,
      from_hex("00000000000000 02 0000000000000000 0000000000000000 0000000000000000 00000000D14B0A54"));
  Writing prefix("qr_prefix");
  EXPECT_EQ(prefix.set("prefix", "http://a/"), "");
  EXPECT_EQ(prefix.bytes, from_hex("00000000000000 00 09") + "http://a/");
  Writing clock("set_clock");
  EXPECT_EQ(clock.set("time", "2020-03-16T17:14:47"), "");
  EXPECT_EQ(clock.bytes.substr(7), from_hex("98 B7 0E 11 10 03 14"));
}

TEST(YkcWriter, FieldsThatAForkHasNotArePassedOver) {
  Writing beat("heartbeat");
  EXPECT_TRUE(beat.writer.number(-1, 5).text(-1, "x").bytes(-1, "y").good());
  EXPECT_EQ(beat.bytes, std::string(9, '\0'));
}

TEST(YkcWriter, RealTimeDataByIndexAllocatesNothing) {
  const FrameLayout& frame = *all().find("realtime");
  const int voltage = frame.find("voltage");
  std::string body;
  std::string out;
  const auto report = [&](std::int64_t value) {
    body.clear();
    out.clear();
    BodyWriter writer(all(), frame, body);
    for (std::size_t i = 0; i < frame.fields.size(); ++i) {
      const int index = static_cast<int>(i);
      switch (frame.fields[i].encoding) {
        case Encoding::bcd:
          writer.text(index, frame.fields[i].bit_size == 8 ? "1" : "32010600019236");
          break;
        case Encoding::hex:
          writer.bytes(index, "cable 01");
          break;
        default:
          writer.number(index, frame.fields[i].low() + 2);
      }
    }
    writer.number(voltage, value);
    const BodyReader reader(all(), frame, body);
    return writer.good() && reader.number(voltage) == value &&
           append_frame({.type = frame.type, .body = body}, out);
  };
  ASSERT_TRUE(report(1));
  const std::uint64_t before = bench::allocations();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(report(i));
  EXPECT_EQ(bench::allocations(), before);
}

Layout with(std::string_view setting, std::string_view value) {
  LayoutBuilder builder(all());
  EXPECT_TRUE(set_setting(builder.settings(), setting, value));
  return builder.take();
}

TEST(YkcSettings, DecideWhatSourcesDispute) {
  for (const auto& [base, bytes] : {std::pair{"1", "0100"}, std::pair{"0", "0200"}}) {
    const Layout layout = with("fault_bit_base", base);
    Writing realtime("realtime", layout);
    EXPECT_EQ(realtime.set("hardware_faults", "emergency_stop"), "");
    EXPECT_EQ(realtime.bytes.substr(58), from_hex(bytes));
    const BodyReader reader(layout, *layout.find("realtime"), realtime.bytes);
    EXPECT_EQ(reader.number(layout.find("realtime")->find("hardware_faults")), 2);
  }
  const Layout reversed = with("card_order", "reversed");
  Writing update("balance_update", reversed);
  EXPECT_EQ(update.set("physical_card", "D14B0A54"), "");
  EXPECT_EQ(update.bytes.substr(8, 8), from_hex("540A4BD100000000"));
  const Layout weekday = with("weekday", "on");
  Writing clock("set_clock", weekday);
  EXPECT_EQ(clock.set("time", "2020-03-16T17:14:47"), "");  // a Monday
  EXPECT_EQ(clock.bytes.substr(7), from_hex("98 B7 0E 11 30 03 14"));
  EXPECT_EQ(with("crc_order", "high").settings().crc_order, CrcOrder::high_first);
}

std::vector<std::string> deviations(std::string_view frame, const std::string& body) {
  std::vector<std::string> out;
  for (const Deviation& each : BodyReader(all(), *all().find(frame), body).check()) {
    out.push_back(each.field + "@" + std::to_string(each.offset) + " " + each.what);
  }
  return out;
}

TEST(YkcReader, TakesWhatTheLengthAllowsAndNamesEveryDeviation) {
  using ::testing::ElementsAre;
  const std::string short_body = from_hex("32010600019236 01");
  const FrameLayout& frame = *all().find("heartbeat");
  const BodyReader reader(all(), frame, short_body);
  std::string text;
  append_fields(reader, text);
  EXPECT_EQ(text, "pile 32010600019236 gun 1");
  EXPECT_EQ(reader.number(frame.find("state")), std::nullopt);
  EXPECT_THAT(deviations("heartbeat", short_body),
              ElementsAre("state@8 the body ends after 8 bytes; it should have 9"));
  EXPECT_THAT(deviations("heartbeat", from_hex("32010600019236 01 00 0000")),
              ElementsAre("@9 2 bytes follow the last field"));
  EXPECT_THAT(deviations("heartbeat", from_hex("3201060001923A 01 07")),
              ElementsAre("pile@0 3201060001923A is no BCD: only 0 to 9 are digits",
                          "state@8 7 means nothing; known are 0 ok, 1 fault"));
  EXPECT_THAT(deviations("set_clock", from_hex("32010600019236 0000 0E 19 10 03 14")),
              ElementsAre("time@7 00000E19100314 is no time"));
  EXPECT_THAT(deviations("clear_cards", from_hex("32010600019236 02 0000000000000001 00000000")),
              ElementsAre("cards@16 there are 1 whole rows; it should have 2"));
  EXPECT_THAT(deviations("qr_prefix", from_hex("32010600019236 00 05 4142")),
              ElementsAre("prefix@9 has 2 characters; length says 5"));
  EXPECT_THAT(deviations("heartbeat", ""),
              ElementsAre("pile@0 the body ends after 0 bytes; it should have 9"));
}

TEST(YkcReader, TheDayOfTheWeekDoesNotCount) {
  const std::string body = from_hex("32010600019236 98 B7 8E 91 30 03 14");
  const FrameLayout& frame = *all().find("set_clock");
  std::string text;
  append_fields(BodyReader(all(), frame, body), text);
  EXPECT_EQ(text, "pile 32010600019236 time 2020-03-16T17:14:47");
  EXPECT_TRUE(deviations("set_clock", body).empty());
}

TEST(YkcReader, RowsThatRepeatAreCounted) {
  Writing model("model_answer");
  for (int i = 0; i < 16; ++i) EXPECT_EQ(model.set("rates[" + std::to_string(i) + "]", "valley"), "");
  std::string text;
  append_fields(BodyReader(all(), *all().find("model_answer"), model.bytes), text);
  EXPECT_THAT(text, HasSubstr("rates [valley*16 sharp*32]"));
  Writing cards("query_cards_answer");
  EXPECT_EQ(cards.set("cards[0].physical_card", "1"),
            "cards.physical_card: '1': expected pairs of hexadecimal digits");
  EXPECT_EQ(cards.set("cards[1].exists", "yes"), "");
  text.clear();
  append_fields(BodyReader(all(), *all().find("query_cards_answer"), cards.bytes), text);
  EXPECT_EQ(text, "pile 0 cards [physical_card 0 exists no; physical_card 0 exists yes]");
}

TEST(YkcJson, ShowsNumbersWordsFlagsAndRows) {
  Writing realtime("realtime");
  EXPECT_EQ(realtime.set("voltage", "373.2"), "");
  EXPECT_EQ(realtime.set("hardware_faults", "emergency_stop,door_open"), "");
  std::string text;
  json::Writer out(text);
  write_fields(BodyReader(all(), *all().find("realtime"), realtime.bytes), out);
  EXPECT_THAT(text, HasSubstr(R"("gun":0,"state":"offline")"));
  EXPECT_THAT(text, HasSubstr(R"("voltage":373.2,)"));
  EXPECT_THAT(text, HasSubstr(R"("hardware_faults":["emergency_stop","door_open"])"));
  Writing cards("clear_cards");
  EXPECT_EQ(cards.set("cards[1].physical_card", "AB"), "");
  text.clear();
  json::Writer rows(text);
  write_fields(BodyReader(all(), *all().find("clear_cards"), cards.bytes), rows);
  EXPECT_EQ(text, R"({"pile":"00000000000000","count":2,"cards":["0000000000000000","00000000000000AB"]})");
}

}  // namespace
}  // namespace vfleet::codec::ykc
