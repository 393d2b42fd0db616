#include "simulator/codec/ykc/cipher.h"

#include <gtest/gtest.h>

#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/core/random.h"

namespace vfleet::codec::ykc {
namespace {

using Mode = CipherSettings::Mode;
using Padding = CipherSettings::Padding;

constexpr const char* kKey = "0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123";
constexpr const char* kShortKey = "0123456789ABCDEFFEDCBA9876543210";

Cipher cipher(const CipherSettings& settings) {
  auto made = Cipher::make(settings);
  EXPECT_TRUE(made) << made.error().detail;
  return *made;
}

std::string hex_of(std::string_view bytes) {
  std::string out;
  append_hex(bytes, out);
  return out;
}

TEST(YkcCipher, IsTheTripleDesOfTheStandard) {
  // NIST SP 800-67, appendix B.
  const std::string text = "The qufck brown fox jump";
  std::string out;
  EXPECT_TRUE(cipher({.key = kKey, .padding = Padding::zeros}).encrypt(text, out));
  EXPECT_EQ(hex_of(out), "A826FD8CE53B855FCCE21C8112256FE668D5C05DD9B6B900");
  std::string back = "before ";
  EXPECT_TRUE(cipher({.key = kKey, .padding = Padding::zeros}).decrypt(out, back));
  EXPECT_EQ(back, "before " + text);
}

TEST(YkcCipher, ReadsWhatItWrote) {
  Random random(4, 1, "bodies");
  for (const Mode mode : {Mode::ecb, Mode::cbc}) {
    for (const Padding padding : {Padding::pkcs7, Padding::zeros}) {
      for (const char* key : {kKey, kShortKey}) {
        const Cipher with = cipher({.key = key, .mode = mode, .iv = "0001020304050607", .padding = padding});
        for (std::size_t size = 0; size <= kBodyBytesMax; ++size) {
          std::string body(size, '\0');
          for (char& c : body) c = static_cast<char>(1 + random.below(255));
          std::string wire;
          const std::size_t padded = padding == Padding::pkcs7 ? size / 8 * 8 + 8 : (size + 7) / 8 * 8;
          ASSERT_EQ(with.encrypt(body, wire), padded <= kBodyBytesMax) << size;
          if (padded > kBodyBytesMax) {
            EXPECT_EQ(wire, "");
            continue;
          }
          ASSERT_EQ(wire.size(), padded);
          std::string back;
          ASSERT_TRUE(with.decrypt(wire, back));
          if (padding == Padding::zeros) back.resize(size);
          ASSERT_EQ(back, body);
        }
      }
    }
  }
}

TEST(YkcCipher, TheVectorAndTheModeMatter) {
  const std::string body(16, 'x');
  const auto encrypted = [&](Mode mode, const char* iv) {
    std::string out;
    EXPECT_TRUE(cipher({.key = kKey, .mode = mode, .iv = iv, .padding = Padding::zeros}).encrypt(body, out));
    return out;
  };
  const std::string ecb = encrypted(Mode::ecb, "");
  EXPECT_EQ(ecb.substr(0, 8), ecb.substr(8));
  const std::string cbc = encrypted(Mode::cbc, "");
  EXPECT_EQ(cbc.substr(0, 8), ecb.substr(0, 8)) << "a vector of zeros changes nothing in the first block";
  EXPECT_NE(cbc.substr(8), ecb.substr(8));
  EXPECT_NE(encrypted(Mode::cbc, "0000000000000001"), cbc);
}

TEST(YkcCipher, WhatIsNotEncryptedLikeThisIsToldApart) {
  const Cipher with = cipher({.key = kKey});
  std::string wire;
  ASSERT_TRUE(with.encrypt("a body", wire));
  std::string out = "before";
  EXPECT_FALSE(with.decrypt(std::string_view(wire).substr(1), out)) << "half a block";
  EXPECT_FALSE(with.decrypt("", out));
  EXPECT_FALSE(cipher({.key = kShortKey}).decrypt(wire, out)) << "another key";
  EXPECT_EQ(out, "before");
  // Any bytes.
  Random random(9, 1, "noise");
  for (int i = 0; i < 1000; ++i) {
    std::string noise(random.below(33), '\0');
    for (char& c : noise) c = static_cast<char>(random.below(256));
    std::string read;
    if (with.decrypt(noise, read)) EXPECT_LT(read.size(), noise.size());
  }
}

TEST(YkcCipher, SaysWhatIsWrongWithItsSettingsAndKeepsTheKeyToItself) {
  const auto mistake = [](const CipherSettings& settings) {
    const auto made = Cipher::make(settings);
    return made ? std::string() : made.error().detail;
  };
  EXPECT_EQ(mistake({.key = "0123"}), "a key of 3DES is 48 hexadecimal digits, or 32");
  EXPECT_EQ(mistake({.key = "no hexadecimal digits at all, but 48 characters!"}),
            "a key of 3DES is 48 hexadecimal digits, or 32");
  EXPECT_EQ(mistake({.key = kKey, .iv = "12"}), "an initialisation vector of 3DES is 16 hexadecimal digits");
  EXPECT_EQ(mistake({.key = kShortKey, .iv = "1234567890abcdef"}), "");
}

TEST(YkcCipher, ZerosBehindWhatAFrameHasFieldsForAreTakenOff) {
  const Layout& layout = *built_in("ykc");
  const auto shown = [&](std::uint8_t type, const std::string& body) {
    return without_padding(layout, *layout.find(type), body).size();
  };
  EXPECT_EQ(shown(0x36, std::string(8, '\x11')), 8U);
  EXPECT_EQ(shown(0x13, std::string(60, '\x11') + std::string(4, '\0')), 60U);
  EXPECT_EQ(shown(0x13, std::string(60, '\x11') + std::string(3, '\0') + "x"), 64U) << "no zeros";
  EXPECT_EQ(shown(0x13, std::string(60, '\x11') + std::string(9, '\0')), 69U) << "too many to be padding";
  EXPECT_EQ(shown(0x13, std::string(50, '\x11')), 50U);
  const std::string two_cards = std::string(7, '\x11') + '\x02' + std::string(32, '\x22');
  EXPECT_EQ(shown(0x44, two_cards), 40U);
  EXPECT_EQ(shown(0x45, std::string(27, '\x11') + std::string(5, '\0')), 27U);
  EXPECT_EQ(shown(0x0A, std::string(90, '\x01') + std::string(6, '\0')), 90U);
}

}  // namespace
}  // namespace vfleet::codec::ykc
