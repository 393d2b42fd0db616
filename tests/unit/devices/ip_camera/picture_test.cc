#include <gtest/gtest.h>
// jpeglib.h needs FILE and size_t before it.
#include <jpeglib.h>
#include <csetjmp>
#include <cstdio>

#include <vector>

#include "devices/ip_camera/digest.h"
#include "devices/ip_camera/picture/scene.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

using namespace std::chrono_literals;

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

// Decodes with libjpeg; a broken file makes libjpeg end the process, which fails the test as well.
Picture decode(const std::string& file) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&info, TRUE);
  jpeg_start_decompress(&info);
  Picture out{static_cast<int>(info.output_width), static_cast<int>(info.output_height), {}};
  out.pixels.resize(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * 3);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = out.pixels.data() +
                   static_cast<std::size_t>(info.output_scanline) * static_cast<std::size_t>(out.width) * 3;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  EXPECT_EQ(errors.num_warnings, 0);
  jpeg_destroy_decompress(&info);
  return out;
}

std::string from_base64(const std::string& text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 255));
    }
  }
  return out;
}

double brightness(const Picture& picture) {
  double sum = 0;
  for (const auto value : picture.pixels) sum += value;
  return sum / static_cast<double>(picture.pixels.size());
}

Picture snapshot(FakeDeviceContext& world) {
  EXPECT_TRUE(world.trigger("snapshot", 1));
  const Json file = data(world.last("snapshot"))["files"][0];
  const std::string bytes = from_base64(file["image"]);
  EXPECT_EQ(bytes.size(), file["size"].get<std::size_t>());
  EXPECT_EQ(sha256_hex(bytes), file["sha256"]);
  EXPECT_LT(bytes.size(), 12'000u);
  return decode(bytes);
}

TEST(Snapshot, IsAJpegOfTheSizeItTells) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  const Picture picture = snapshot(world);
  EXPECT_EQ(picture.width, picture::kWidth);
  EXPECT_EQ(picture.height, picture::kHeight);
}

TEST(Snapshot, ShowsWhatGoesOn) {
  FakeDeviceContext world(
      make_ip_camera(),
      quiet({{"osd.time", boolean(false)}, {"timezone", number(0)}, {"ptz.enabled", boolean(true)}}));
  world.set_schedule(false);
  world.start();
  const Picture empty = snapshot(world);
  EXPECT_EQ(snapshot(world).pixels, empty.pixels) << "nothing happened";
  ASSERT_TRUE(world.act("person"));
  EXPECT_NE(snapshot(world).pixels, empty.pixels) << "a box";
  world.run_for(1min);
  EXPECT_EQ(snapshot(world).pixels, empty.pixels) << "gone";
  ASSERT_TRUE(world.act("ptz", {{"pan", text("40")}}));
  world.run_for(1min);
  EXPECT_NE(snapshot(world).pixels, empty.pixels) << "it looks elsewhere";
  world.run_for(12h);
  EXPECT_LT(brightness(snapshot(world)), brightness(empty)) << "at night";
}

TEST(Snapshot, ShowsTheTimeAndTheMasks) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.set_schedule(false);
  world.start();
  const Picture before = snapshot(world);
  world.run_for(1s);
  EXPECT_NE(snapshot(world).pixels, before.pixels);
  config::Record mask{{"x", number(0)}, {"y", number(0)}, {"w", number(1)}, {"h", number(1)}};
  ASSERT_TRUE(world.set("masks", {config::List{{std::move(mask)}}}));
  EXPECT_LT(brightness(snapshot(world)), 20);
}

TEST(Snapshot, ACoveredCameraIsDarkAndALostOneBlue) {
  FakeDeviceContext world(make_ip_camera(), quiet());
  world.start();
  ASSERT_TRUE(world.act("covered"));
  EXPECT_LT(brightness(snapshot(world)), 20);
  ASSERT_TRUE(world.act("video_lost"));
  const Picture blue = snapshot(world);
  EXPECT_LT(blue.pixels[0], 30);
  EXPECT_GT(blue.pixels[2], 120);
}

TEST(Digest, KnowsTheTestVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  codec::Buffer out = "x";
  append_base64("foob", out);
  EXPECT_EQ(out, "xZm9vYg==");
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
