#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kStop = "68 0C 00 00 00 36 32 01 06 00 01 92 36 01 FF B9";

struct YkcVerb : testing::Test {
  FakeEnvironment fake;

  std::string out_of(const std::vector<std::string>& words, int status = 0) {
    fake.out.str("");
    fake.err.str("");
    EXPECT_EQ(fake.run(words), status) << fake.out.str() << fake.err.str();
    return fake.out.str();
  }
  std::string error_of(const std::vector<std::string>& words, int status) {
    out_of(words, status);
    return fake.err.str();
  }
};

TEST_F(YkcVerb, DecodeShowsAFrameInOneLine) {
  EXPECT_EQ(out_of({"ykc", "decode", "680C000000363201060001923601FFB9"}),
            "0x36 remote_stop: pile 32010600019236 gun 1\n");
  EXPECT_EQ(out_of({"ykc", "decode", "68", "0C 00 00", "00 36 32 01 06 00 01 92 36 01 FF B9"}),
            "0x36 remote_stop: pile 32010600019236 gun 1\n");
}

TEST_F(YkcVerb, DecodeShowsEveryFieldWithItsPlaceWhenAskedForMore) {
  const std::string out = out_of({"-v", "ykc", "decode", kStop});
  EXPECT_THAT(out, HasSubstr("sequence 0, CRC low byte first"));
  EXPECT_THAT(out, HasSubstr("pile   32 01 06 00 01 92 36"));
}

TEST_F(YkcVerb, DecodeReadsManyLines) {
  fake.in.str(std::string("# a capture\n\n") + kStop + "\n" + kStop + kStop + "\r\n");
  const json document = json::parse(out_of({"ykc", "decode", "-", "--json"}));
  EXPECT_EQ(document["status"], 0);
  ASSERT_EQ(document["frames"].size(), 3u);
  EXPECT_EQ(document["frames"][2]["name"], "remote_stop");
  EXPECT_EQ(document["frames"][2]["fields"], (json{{"pile", "32010600019236"}, {"gun", 1}}));
  EXPECT_EQ(document["frames"][2]["wrong"], nullptr);
}

TEST_F(YkcVerb, AWrongCrcIsShownAndEndsWithOne) {
  const std::string out = out_of({"ykc", "decode", "680C000000363201060001923601FFB8"}, 1);
  EXPECT_THAT(out,
              HasSubstr("0x36 remote_stop: pile 32010600019236 gun 1\n  wrong: the CRC on the wire is FFB8"));
}

TEST_F(YkcVerb, DeviationsAreToldAndAreWrongWhenStrict) {
  // The bytes of a heartbeat with a state that means nothing.
  const std::string hex =
      out_of({"ykc", "encode", "heartbeat", "pile=32010600019236", "gun=1", "state=raw:07"});
  EXPECT_THAT(hex, HasSubstr("68 0D 00 00 00 03 32 01 06 00 01 92 36 01 07"));
  EXPECT_THAT(out_of({"ykc", "decode", hex.substr(0, hex.size() - 1)}),
              HasSubstr("deviates: byte 8 of the body, state: 7 means nothing; known are 0 ok, 1 fault"));
  EXPECT_THAT(out_of({"ykc", "decode", "--strict", hex.substr(0, hex.size() - 1)}, 1),
              HasSubstr("wrong: byte 8"));
}

TEST_F(YkcVerb, WhatIsNoHexadecimalTextIsWrongUsage) {
  EXPECT_THAT(error_of({"ykc", "decode", "68zz"}, 2), HasSubstr("character 3 is 'z', no hexadecimal digit"));
  EXPECT_THAT(error_of({"ykc", "decode", "680"}, 2), HasSubstr("there are 3 digits"));
  EXPECT_THAT(error_of({"ykc", "decode"}, 2), HasSubstr("decode needs the frame's digits"));
  EXPECT_THAT(error_of({"ykc", "decoed", "68"}, 2), HasSubstr("did you mean 'decode'?"));
  fake.in.str("68\nq\n");
  EXPECT_THAT(error_of({"ykc", "decode", "-"}, 2), HasSubstr("line 2: character 1 is 'q'"));
}

TEST_F(YkcVerb, EncodeWritesWhatDecodeReads) {
  EXPECT_EQ(out_of({"ykc", "encode", "remote_stop", "pile=32010600019236", "gun=1"}),
            std::string(kStop) + "\n");
  EXPECT_EQ(out_of({"ykc", "encode", "0x36", "pile=32010600019236", "gun=1", "--crc-order", "high"}),
            "68 0C 00 00 00 36 32 01 06 00 01 92 36 01 B9 FF\n");
  EXPECT_THAT(error_of({"ykc", "encode", "realtime", "volatge=1"}, 2), HasSubstr("did you mean 'voltage'?"));
  EXPECT_THAT(error_of({"ykc", "encode", "realtime", "voltage=7000"}, 2), HasSubstr("0.0 to 6553.5 V"));
  EXPECT_THAT(error_of({"ykc", "encode", "realtmie"}, 3), HasSubstr("did you mean 'realtime'?"));
  EXPECT_THAT(error_of({"ykc", "encode", "realtime", "--sequence", "65536"}, 2), HasSubstr("0 to 65535"));
}

TEST_F(YkcVerb, EncryptedFramesAreReadWithTheirKey) {
  const std::string key = "0123456789ABCDEFFEDCBA9876543210";
  const auto with = [&](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{"--key", key},
        std::vector<std::string>{"--key", key, "--cipher-mode", "cbc", "--iv", "0011223344556677",
                                 "--padding", "zeros"}}) {
    std::string hex =
        out_of(with({"ykc", "encode", "realtime", "pile=32010600019236", "gun=1", "soc=77"}, how));
    hex.pop_back();
    EXPECT_THAT(hex, Not(HasSubstr("32 01 06 00")));
    EXPECT_THAT(out_of({"ykc", "decode", hex}), HasSubstr("encrypted"));
    const std::string shown = out_of(with({"ykc", "decode", "--strict", hex}, how));
    EXPECT_THAT(shown, HasSubstr("0x13 realtime: "));
    EXPECT_THAT(shown, HasSubstr("pile 32010600019236 gun 1"));
    EXPECT_THAT(shown, HasSubstr("soc 77"));
    EXPECT_THAT(shown, Not(HasSubstr("deviation")));
  }
  const std::string hex = out_of({"ykc", "encode", "heartbeat", "--key", key});
  EXPECT_THAT(out_of({"ykc", "decode", hex.substr(0, hex.size() - 1), "--key", std::string(48, '1')}, 1),
              HasSubstr("encrypted in another way than --key says"));
  EXPECT_THAT(error_of({"ykc", "decode", kStop, "--key", "12"}, 2), HasSubstr("48 hexadecimal digits"));
}

TEST_F(YkcVerb, FramesShowsTheTables) {
  EXPECT_THAT(out_of({"ykc", "frames"}), HasSubstr("0x13  realtime"));
  EXPECT_THAT(out_of({"ykc", "frames", "0x13"}), HasSubstr("u16 x0.1 V"));
  EXPECT_THAT(out_of({"ykc", "frames", "--as", "markdown"}), HasSubstr("### 0x3B bill"));
  EXPECT_THAT(out_of({"ykc", "frames", "--layout", "ykc-1.5"}), Not(HasSubstr("0xA1")));
  const json document = json::parse(out_of({"ykc", "frames", "realtime", "--json"}));
  EXPECT_EQ(document["frames"][0]["bytes"], "60");
  EXPECT_THAT(error_of({"ykc", "frames", "0x99"}, 3), HasSubstr("ykc has no frame '0x99'"));
}

TEST_F(YkcVerb, AForkIsAFile) {
  const std::string file = fake.dir.write(
      "fork.yaml", "base: ykc-1.6\nname: ylc-1.8\nframes:\n  0x03: {changes: [{soc: u8 % after state}]}\n");
  EXPECT_THAT(out_of({"ykc", "encode", "heartbeat", "soc=80", "--layout", file}), HasSubstr("68 0E"));
  EXPECT_THAT(out_of({"ykc", "frames", "--layout", file, "--as", "yaml"}), HasSubstr("name: \"ylc-1.8\""));
  const std::string wrong =
      fake.dir.write("wrong.yaml", "base: ykc-1.6\nname: x\nframes:\n  0x03: {changes: [{soc: u99}]}\n");
  EXPECT_THAT(out_of({"ykc", "frames", "--layout", wrong}, 2), HasSubstr("expected u1 to u56"));
  out_of({"ykc", "frames", "--layout", "nowhere.yaml"}, 2);
}

}  // namespace
}  // namespace vfleet::cli
