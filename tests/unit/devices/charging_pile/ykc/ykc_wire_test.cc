// How exactly frames are read and written, what operators make of them.
#include <filesystem>
#include <fstream>

#include "simulator/core/random.h"
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

const char* const kPile = YkcWorld::kPile;

std::string high_first(std::string frame) {
  std::swap(frame[frame.size() - 1], frame[frame.size() - 2]);
  return frame;
}

TEST(YkcWire, ATolerantPileReadsWhatTheLengthAllows) {
  YkcWorld world;
  world.log_in();
  world.platform_bytes(high_first(YkcWorld::frame(0x36, {{"pile", kPile}, {"gun", "1"}}, 5)));
  world.run(0s);
  EXPECT_EQ(world.newest(0x35).sequence, 5) << "a CRC in the other order";
  const std::string start =
      YkcWorld::frame(0x34, {{"order", YkcWorld::kOrder}, {"pile", kPile}, {"gun", "1"}, {"balance", "1"}});
  const auto whole = codec::ykc::parse_frame(start);
  for (const std::size_t size : {24U, 30U, 43U}) {
    std::string bytes;
    codec::ykc::append_frame({.sequence = 6, .type = 0x34, .body = whole->body.substr(0, size)}, bytes);
    world.forget_frames();
    world.platform_bytes(bytes);
    world.run(0s);
    EXPECT_EQ(world.newest(0x33).text("reason"), "not_plugged") << size;
  }
  EXPECT_EQ(world.state("ykc_not_understood"), "0");
}

TEST(YkcWire, AStrictPileLeavesWhatIsNotExactUnansweredAndSaysWhy) {
  YkcWorld world({{"ykc.strict", boolean(true)}});
  world.log_in();
  world.forget_frames();
  world.platform_bytes(high_first(YkcWorld::frame(0x36, {{"pile", kPile}, {"gun", "1"}}, 5)));
  std::string longer;
  const std::string stop = YkcWorld::frame(0x36, {{"pile", kPile}, {"gun", "1"}});
  const auto whole = codec::ykc::parse_frame(stop);
  codec::ykc::append_frame({.type = 0x36, .body = std::string(whole->body) + "!"}, longer);
  world.platform_bytes(longer);
  world.run(0s);
  EXPECT_EQ(world.frames().size(), 0U);
  EXPECT_EQ(world.state("ykc_not_understood"), "2");
  EXPECT_NE(world.notes().back().find("1 bytes follow the last field"), std::string::npos)
      << world.notes().back();
}

TEST(YkcWire, AStrictPileWantsItsSequenceBack) {
  for (const bool strict : {false, true}) {
    YkcWorld world({{"ykc.strict", boolean(strict)}});
    world.log_in();
    world.answers[0x03] = [&](const SentFrame& f) {
      const auto swapped = static_cast<std::uint16_t>(f.sequence << 8 | f.sequence >> 8);
      world.platform(0x04, {{"pile", kPile}, {"gun", "1"}}, swapped);
    };
    world.run(10s);
    EXPECT_EQ(world.verdict_of(0x03), strict ? "open" : "acked") << "byte-swapped, as one platform does";
  }
}

TEST(YkcWire, WhatIsNoFrameForAPileIsCounted) {
  YkcWorld world;
  world.log_in();
  world.forget_frames();
  std::string odd;
  codec::ykc::append_frame({.type = 0x13, .body = "x"}, odd);
  std::string unknown;
  codec::ykc::append_frame({.type = 0x7E, .body = "x"}, unknown);
  std::string encrypted;
  codec::ykc::append_frame({.encryption = 1, .type = 0x36, .body = "12345678"}, encrypted);
  for (const std::string& bytes : {std::string("rubbish!"), odd, unknown, encrypted})
    world.platform_bytes(bytes);
  world.run(0s);
  EXPECT_EQ(world.frames().size(), 0U);
  EXPECT_EQ(world.state("ykc_not_understood"), "4");
}

TEST(YkcWire, AnyBytesOfAPlatformAreSurvived) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  vfleet::Random random(7, 7, "bytes");
  for (int i = 0; i < 5000; ++i) {
    std::string body;
    const std::size_t size = random.below(120);
    for (std::size_t k = 0; k < size; ++k) body += static_cast<char>(random.below(256));
    if (size >= 7 && random.below(2) == 0) body.replace(0, 7, "\x32\x01\x06\x00\x00\x00\x01", 7);
    const auto type = static_cast<std::uint8_t>(random.below(256));
    if (type == 0x92 || type == 0x94) continue;  // it would only reboot
    std::string bytes;
    codec::ykc::append_frame({.sequence = static_cast<std::uint16_t>(i), .type = type, .body = body}, bytes);
    world.platform_bytes(bytes);
    if (i % 50 == 0) world.run(1s);
  }
  world.run(1min);
  EXPECT_EQ(world.state("ykc_stage"), "ready");
}

TEST(YkcWire, SettingsSayWhatSourcesDisagreeAbout) {
  YkcWorld world({{"ykc.crc_order", text("high")},
                  {"ykc.fault_bit_base", text("0")},
                  {"ykc.card_order", text("reversed")}});
  world.log_in();
  EXPECT_EQ(world.newest(0x01).crc_order, codec::ykc::CrcOrder::high_first);
  ASSERT_TRUE(world.fault("emergency_stop", 0));
  world.run(0s);
  const std::string& body = world.newest(0x13).body;
  EXPECT_EQ(body[body.size() - 2], 2) << "flag 1 is the second bit";
  ASSERT_TRUE(world.clear());
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "D14B0A54"));
  world.run(0s);
  EXPECT_EQ(world.newest(0x31).text("card"), "540A4BD100000000") << "the lowest byte first";
}

TEST(YkcWire, OperatorsSendAnyFrameWithAnyField) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.trigger_frame(
      "ykc_realtime", {{"voltage", "380.5"}, {"state", "charging"}, {"order", YkcWorld::kOrder}}, 2));
  const SentFrame& frame = world.newest(0x13);
  EXPECT_EQ(frame.text("voltage"), "380.5");
  EXPECT_EQ(frame.text("gun"), "02");
  EXPECT_EQ(frame.text("state"), "charging");
  const Status wrong = world.trigger_frame("ykc_realtime", {{"voltage", "7000"}});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("out of range"), std::string::npos) << wrong.error().detail;
  EXPECT_FALSE(world.trigger_frame("ykc_realtime", {{"state", "9"}}));
  ASSERT_TRUE(world.trigger_frame("ykc_realtime", {{"state", "9"}, {"soc", "200"}}, 1, true));
  EXPECT_EQ(world.newest(0x13).number("state"), 9) << "what means nothing, unchecked";
  EXPECT_EQ(world.newest(0x13).number("soc"), 200);
  EXPECT_FALSE(world.trigger_frame("login", {})) << "of another dialect";
  EXPECT_FALSE(world.trigger_frame("ykc_realtime", {}, 3)) << "there is no third gun";
}

TEST(YkcWire, EveryFrameOfThePileCanBeTriggered) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  int count = 0;
  for (const auto& report : world.type().description().reports) {
    if (!report.name.starts_with("ykc_") || report.name == "ykc_bill_metered") continue;
    const Status told = world.trigger_frame(report.name, {});
    EXPECT_TRUE(told) << report.name << ": " << (told ? "" : told.error().detail);
    ++count;
  }
  EXPECT_EQ(count, 31);
}

TEST(YkcWire, AFrameThatAnOperatorSendsIsAcknowledgedByItsAnswer) {
  YkcWorld world;
  world.log_in();
  for (const char* report : {"ykc_login", "ykc_heartbeat", "ykc_model_check", "ykc_bill"}) {
    ASSERT_TRUE(world.trigger_frame(report, {}));
    world.run(0s);
    EXPECT_EQ(world.verdict(world.frames().back().seq), "acked") << report;
  }
  EXPECT_EQ(world.state("ykc_stage"), "ready");
}

TEST(YkcWire, AHeadMayBeIllegalToo) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.trigger_frame("ykc_heartbeat", {{"$.sequence", "60000"}, {"$.crc", "high"}}));
  EXPECT_EQ(world.newest(0x03).sequence, 60000);
  EXPECT_EQ(world.newest(0x03).crc_order, codec::ykc::CrcOrder::high_first);
  const std::size_t before = world.frames().size();
  ASSERT_TRUE(world.trigger_frame("ykc_heartbeat", {{"$.crc", "bad"}}));
  EXPECT_EQ(world.frames().size(), before + 1);
  EXPECT_EQ(world.frames().back().type, 0) << "that is no frame";
  EXPECT_FALSE(world.trigger_frame("ykc_heartbeat", {{"$.crc", "upside down"}}));
}

TEST(YkcWire, AnAnswerCanBeMadeOtherLateOrSilent) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.answer_with("ykc_remote_start_answer", "result=failed reason=fault"));
  world.start_remotely();
  EXPECT_EQ(world.newest(0x33).text("reason"), "fault");
  EXPECT_EQ(world.state("session"), "false") << "what it refuses it does not do";
  world.start_remotely();
  EXPECT_EQ(world.newest(0x33).text("result"), "ok") << "once";
  world.forget_frames();
  ASSERT_TRUE(world.answer_with("remote_stop_answer", "none"));
  world.stop_remotely();
  EXPECT_EQ(world.said(0x35), 0U);
  EXPECT_EQ(world.state("session"), "false") << "it did it, and kept silent";
  ASSERT_TRUE(world.answer_with("set_clock_answer", "", 0, 5s));
  for (int i = 0; i < 2; ++i) {
    world.forget_frames();
    world.platform(0x56, {{"pile", kPile}, {"time", "2030-05-06T07:08:09"}});
    world.run(4s);
    EXPECT_EQ(world.said(0x55), 0U);
    world.run(1s);
    EXPECT_EQ(world.said(0x55), 1U);
  }
  ASSERT_TRUE(world.answer_with("set_clock_answer", "default"));
  world.platform(0x56, {{"pile", kPile}, {"time", "2030-05-06T07:08:09"}});
  world.run(0s);
  EXPECT_EQ(world.said(0x55), 2U);
}

TEST(YkcWire, SoManyAnswersAreHeldAndNoMore) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.answer_with("set_clock_answer", "", 0, 5s));
  for (int i = 0; i < 300; ++i) {
    world.platform(0x56, {{"pile", YkcWorld::kPile}, {"time", "2030-05-06T07:08:09"}});
  }
  world.run(0s);
  EXPECT_EQ(world.said(0x55), 44U);
  world.run(5s);
  EXPECT_EQ(world.said(0x55), 300U);
}

TEST(YkcWire, ARuleThatCannotBeFollowedIsRefused) {
  YkcWorld world;
  world.log_in();
  EXPECT_FALSE(world.answer_with("", "none"));
  EXPECT_FALSE(world.answer_with("remote_start", "none")) << "that is the platform's";
  EXPECT_FALSE(world.answer_with("remote_start_answer", "colour=red"));
  EXPECT_FALSE(world.answer_with("remote_start_answer", "failed")) << "of which field?";
  EXPECT_FALSE(world.answer_with("remote_start_answer", "")) << "nothing would be different";
  EXPECT_FALSE(world.answer_with("remote_start_answer", "default")) << "there is none";
}

TEST(YkcWire, AForksLayoutComesFromAFile) {
  const auto folder = std::filesystem::temp_directory_path() / ("ykc_fork_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "fork.yaml") << "name: fork\nbase: ykc-1.6\nsettings: {crc_order: high}\nframes:\n  "
                                         "0x03:\n    changes:\n      - soc: u8 % after state\n";
  {
    YkcWorld world({{"ykc.layout", text("fork.yaml")}, {"ykc.layout_folder", text(folder.string())}});
    world.log_in();
    world.run(10s);
    EXPECT_EQ(world.newest(0x03).body.size(), 10U) << "one byte more: no code, a line in a file";
    EXPECT_EQ(world.newest(0x03).crc_order, codec::ykc::CrcOrder::high_first) << "its settings count, too";
  }
  const auto wrong = [&](const char* file, const char* content) {
    std::ofstream(folder / file) << content;
    const auto type = make_charging_pile();
    config::Values values = type->description().schema.defaults();
    values["dialect"] = text("ykc");
    values["ykc.layout"] = text(file);
    values["ykc.layout_folder"] = text(folder.string());
    const auto built = type->build(values);
    return built ? std::string("built") : built.error().detail;
  };
  EXPECT_NE(wrong("a.yaml", "name: a\nframes:\n  0x03: {fields: [{x: u99}]}\n").find("a.yaml"),
            std::string::npos);
  EXPECT_NE(wrong("b.yaml", "name: b\nbase: ykc-1.6\nframes:\n  0x13: removed\n").find("has no frame 0x13"),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(YkcWire, VersionOnePointSevenBillsWithItsOwnFrame) {
  YkcWorld world({{"ykc.layout", text("ykc-1.7")}});
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  world.stop_remotely();
  world.run(1s);
  EXPECT_EQ(world.said(0x3B), 0U);
  EXPECT_EQ(world.newest(0x3D).body.size(), 201U);
  EXPECT_EQ(world.state("ykc_bills"), "0");
}

TEST(YkcWire, MistakesInSettingsAreTold) {
  const auto type = make_charging_pile();
  const auto wrong = [&](const char* key, config::Value value) {
    config::Values values = type->description().schema.defaults();
    values[key] = std::move(value);
    const auto built = type->build(values);
    return built ? std::string("built") : built.error().detail;
  };
  EXPECT_NE(wrong("ykc.pile_number", text("123")).find("does not make 14 digits"), std::string::npos);
  EXPECT_NE(wrong("ykc.sim", text("xyz")).find("hexadecimal"), std::string::npos);
  EXPECT_NE(wrong("ykc.program_version", text("123456789")).find("at most 8"), std::string::npos);
  EXPECT_NE(wrong("ykc.layout", text("nowhere.yaml")).find("nowhere.yaml"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::pile::ykc
