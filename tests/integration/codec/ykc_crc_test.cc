// The CRC of frames against somebody else's program: python3-crcmod.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/codec/ykc/text.h"
#include "tests/integration/fleet/process.h"
#include "tests/support/ykc_samples.h"

namespace vfleet::codec::ykc {
namespace {

using fleet_test::Process;

// A frame of every kind in both orders, and bodies of every length.
std::vector<std::string> many_frames() {
  Random random(11, 1, "crc");
  std::vector<std::string> out;
  const auto add = [&](std::uint8_t type, const std::string& body) {
    for (const CrcOrder order : {CrcOrder::low_first, CrcOrder::high_first}) {
      std::string bytes;
      EXPECT_TRUE(append_frame({.sequence = static_cast<std::uint16_t>(random.below(65536)),
                                .type = type,
                                .body = body,
                                .crc_order = order},
                               bytes));
      out.push_back(std::move(bytes));
    }
  };
  for (const FrameLayout& frame : built_in("ykc")->frames()) {
    add(frame.type, sample_body(*built_in("ykc"), frame, random));
  }
  for (std::size_t size = 0; size <= kBodyBytesMax; ++size) {
    std::string body(size, '\0');
    for (char& c : body) c = static_cast<char>(random.below(256));
    add(static_cast<std::uint8_t>(random.below(256)), body);
  }
  return out;
}

TEST(YkcCrc, IsWhatCrcmodSaysOfEveryFrame) {
  const fleet_test::TempDir folder;
  const auto frames = many_frames();
  std::ofstream in(folder / "in");
  for (const std::string& frame : frames) {
    std::string digits;
    append_hex(frame, digits);
    in << digits << '\n';
  }
  in.close();
  Process crcmod({"/bin/sh", "-c",
                  "exec /usr/bin/python3 tests/integration/codec/ykc_crc.py < '" + (folder / "in") + "'"},
                 folder / "out", folder / "err");
  const auto status = crcmod.wait(fleet_test::seconds(30));
  std::ifstream err(folder / "err");
  ASSERT_EQ(status, 0) << std::string(std::istreambuf_iterator<char>(err), {});
  std::ifstream out(folder / "out");
  std::size_t seen = 0;
  for (std::string line; std::getline(out, line); ++seen) {
    ASSERT_LT(seen, frames.size());
    std::istringstream words(line);
    std::string crc;
    std::string low;
    std::string high;
    words >> crc >> low >> high;
    const std::uint16_t ours = crc16(std::string_view(frames[seen]).substr(2, frames[seen].size() - 4));
    std::string digits;
    append_hex(std::string{static_cast<char>(ours & 0xFF), static_cast<char>(ours >> 8)}, digits);
    EXPECT_EQ(from_hex(digits), from_hex(crc));
    // Frames were made with both orders in turn; theirs are read as ours are.
    EXPECT_EQ(frames[seen], from_hex(seen % 2 == 0 ? low : high));
    for (const std::string& theirs : {from_hex(low), from_hex(high)}) {
      const auto read = parse_frame(theirs);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->body, parse_frame(frames[seen])->body);
    }
  }
  EXPECT_EQ(seen, frames.size());
}

}  // namespace
}  // namespace vfleet::codec::ykc
