#include "simulator/dialect/ykc_layout_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/layout_text.h"
#include "tests/support/ykc_samples.h"

namespace vfleet::dialect {
namespace {

using codec::ykc::BodyReader;
using codec::ykc::FrameLayout;
using codec::ykc::Layout;
using ::testing::HasSubstr;

struct Loaded {
  std::optional<Layout> layout;
  std::string mistakes;
};

Loaded load(std::string_view text) {
  const config::LoadOptions options;
  config::LoadContext context(options);
  auto layout = read_ykc_layout(text, "fork.yaml", context);
  return {std::move(layout), to_string(context.mistakes())};
}

TEST(YkcLayoutFile, AForkAddsChangesAndRemovesFieldsAndFrames) {
  const auto loaded = load(R"(base: ykc-1.6
name: ylc-1.8
doc: what a vendor made of it
settings: {fault_bit_base: 0, crc_order: high}
frames:
  0x03:
    changes:
      - soc: u8 %
  0x13:
    changes:
      - peak_cost: u32 x0.0001 yuan after cost
      - voltage: u16 x0.01 V
      - cable_code: removed
  0x34:
    changes: [{mode: "u8 0=free 1=limited # what the customer chose"}]
  0x77:
    name: door
    doc: who opened the door
    fields: [{pile: bcd7}, {how: u8 0=key 1=force}]
  0x79: {name: second_door, like: 0x77, changes: [{gun: bcd1 after pile}]}
  0xF0: removed
)");
  ASSERT_TRUE(loaded.layout) << loaded.mistakes;
  const Layout& layout = *loaded.layout;
  EXPECT_EQ(layout.name(), "ylc-1.8");
  EXPECT_EQ(layout.settings().fault_bit_base, 0);
  EXPECT_EQ(layout.settings().crc_order, codec::ykc::CrcOrder::high_first);
  EXPECT_EQ(layout.find("heartbeat")->bytes, 10u);
  const FrameLayout& realtime = *layout.find("realtime");
  EXPECT_EQ(realtime.bytes, 60u + 4 - 8);
  EXPECT_EQ(realtime.fields[static_cast<std::size_t>(realtime.find("voltage"))].decimals, 2);
  EXPECT_EQ(realtime.find("peak_cost"), realtime.find("cost") + 1);
  EXPECT_EQ(realtime.find("cable_code"), -1);
  EXPECT_EQ(layout.find("remote_start")->bytes, 45u);
  EXPECT_EQ(layout.find("remote_start")->fields.back().doc, "what the customer chose");
  EXPECT_EQ(layout.find("second_door")->fields[1].name, "gun");
  EXPECT_EQ(layout.find(0xF0), nullptr);
  // The fork speaks like the built-in ones: there, back, and for people.
  Random random(3, 1, "fork");
  for (const FrameLayout& frame : layout.frames()) {
    for (int i = 0; i < 20; ++i) {
      const std::string body = sample_body(layout, frame, random);
      const BodyReader reader(layout, frame, body);
      EXPECT_TRUE(reader.check().empty()) << frame.name;
      const auto again = body_of(layout, frame, values_of(reader));
      ASSERT_TRUE(again) << again.error().detail;
      EXPECT_EQ(*again, body) << frame.name;
    }
  }
  // A worker reads the same from lines.
  const auto lines = codec::ykc::parse_layout(to_text(layout));
  ASSERT_TRUE(lines) << lines.error().detail;
  EXPECT_EQ(to_text(*lines), to_text(layout));
}

TEST(YkcLayoutFile, WhatIsWrittenIsReadAsTheSame) {
  for (const std::string_view name : codec::ykc::built_in_names()) {
    const Layout& layout = *codec::ykc::built_in(name);
    const auto loaded = load(to_yaml(layout));
    ASSERT_TRUE(loaded.layout) << loaded.mistakes;
    EXPECT_EQ(to_text(*loaded.layout), to_text(layout));
  }
}

TEST(YkcLayoutFile, MistakesNameFileLineAndKey) {
  const auto mistakes = [](std::string_view text) { return load(text).mistakes; };
  EXPECT_EQ(mistakes("base: ykc-1.6\nname: x\nframes:\n  0x13:\n    changes:\n      - voltage: u61 V\n"),
            "fork.yaml:6:9: frames.0x13.changes[0].voltage: 'u61': expected u1 to u56\n");
  EXPECT_THAT(mistakes("base: ykc-16\nname: x\n"),
              HasSubstr("fork.yaml:1:7: base: there is no layout 'ykc-16'"));
  EXPECT_THAT(mistakes("base: ykc-16\nname: x\n"), HasSubstr("did you mean 'ykc-1.6'"));
  EXPECT_THAT(mistakes("base: ykc\n"), HasSubstr("name: must be given"));
  EXPECT_THAT(mistakes("name: a b\n"), HasSubstr("fork.yaml:1:7: name: has a-z"));
  EXPECT_THAT(mistakes("name: x\ndoc: |\n  a\n  b\n"), HasSubstr("doc: expected one line"));
  EXPECT_THAT(mistakes("name: x\nframe: {}\n"),
              HasSubstr("fork.yaml:2:1: frame: unknown key (did you mean 'frames'?)"));
  EXPECT_THAT(mistakes("name: x\nframes: {13: {}}\n"), HasSubstr("frames.13: expected a frame's type"));
  EXPECT_THAT(mistakes("name: x\nframes: {0x13: {}}\n"), HasSubstr("needs a name"));
  EXPECT_THAT(mistakes("name: x\nframes: {0x13: {name: a}}\n"), HasSubstr("needs `fields`, or `like`"));
  EXPECT_THAT(mistakes("name: x\nframes: {0x13: {name: a, like: 0x14}}\n"),
              HasSubstr("there is no frame 0x14"));
  EXPECT_THAT(mistakes("name: x\nframes: {0x13: removed}\n"), HasSubstr("there is no frame 0x13"));
  EXPECT_THAT(mistakes("base: ykc\nname: x\nframes: {0x13: {fields: [], changes: []}}\n"),
              HasSubstr("are all of them"));
  EXPECT_THAT(mistakes("base: ykc\nname: x\nframes: {0x13: {changes: [voltage]}}\n"),
              HasSubstr("expected one field"));
  EXPECT_THAT(mistakes("base: ykc\nname: x\nframes: {0x13: {changes: [{volatge: removed}]}}\n"),
              HasSubstr("there is no field 'volatge' (did you mean 'voltage'?)"));
  EXPECT_THAT(mistakes("base: ykc\nname: x\nframes: {0x13: {changes: [{a: u4}]}}\n"),
              HasSubstr("inside a byte"));
  EXPECT_THAT(mistakes("base: ykc\nname: x\nframes: {0x13: {name: bill}}\n"),
              HasSubstr("is called 'bill' too"));
  EXPECT_THAT(mistakes("name: x\nsettings: {crc_order: both}\n"),
              HasSubstr("settings.crc_order: expected low or high"));
  EXPECT_THAT(mistakes("[]\n"), HasSubstr("expected a layout"));
  EXPECT_THAT(mistakes("name: [\n"), HasSubstr("not YAML"));
}

TEST(YkcLayoutFile, AFileThatIsNotThereIsAMistake) {
  const config::LoadOptions options;
  config::LoadContext context(options);
  EXPECT_FALSE(load_ykc_layout("/nowhere/fork.yaml", context));
  EXPECT_THAT(to_string(context.mistakes()), HasSubstr("/nowhere/fork.yaml"));
}

}  // namespace
}  // namespace vfleet::dialect
