#include "simulator/bus/zap.h"

#include <gtest/gtest.h>

#include <array>

namespace vfleet::bus {
namespace {

using Frames = std::vector<std::string_view>;
const std::string kSomeKey(32, 'k');

TEST(ZapRequest, ACurveRequestIsReadWhole) {
  const auto read =
      decode_zap_request(Frames{"1.0", "7", "vfleet", "10.0.0.2", "worker-1", "CURVE", kSomeKey});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->request_id, "7");
  EXPECT_EQ(read->domain, "vfleet");
  EXPECT_EQ(read->address, "10.0.0.2");
  EXPECT_EQ(read->identity, "worker-1");
  EXPECT_EQ(read->key, kSomeKey);
}

TEST(ZapRequest, OtherMechanismsHaveNoKey) {
  const auto null = decode_zap_request(Frames{"1.0", "7", "d", "a", "", "NULL"});
  ASSERT_TRUE(null);
  EXPECT_TRUE(null->key.empty());
  EXPECT_TRUE(decode_zap_request(Frames{"1.0", "7", "d", "a", "", "PLAIN", "user", "word"}));
}

TEST(ZapRequest, WhatIsNoRequestIsRefused) {
  const std::string large(256, 'x');
  EXPECT_EQ(decode_zap_request(Frames{}).error().code, Errc::malformed);
  EXPECT_EQ(decode_zap_request(Frames{"1.0", "7", "d", "a", ""}).error().code, Errc::malformed);
  EXPECT_EQ(decode_zap_request(Frames(9, "1.0")).error().code, Errc::malformed);
  EXPECT_EQ(decode_zap_request(Frames{"2.0", "7", "d", "a", "", "NULL"}).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(decode_zap_request(Frames{"1.0", large, "d", "a", "", "NULL"}).error().code, Errc::too_large);
  for (const std::string& key : {std::string(), std::string(31, 'k'), std::string(33, 'k')}) {
    EXPECT_EQ(decode_zap_request(Frames{"1.0", "7", "d", "a", "", "CURVE", key}).error().code,
              Errc::malformed);
  }
  EXPECT_FALSE(decode_zap_request(Frames{"1.0", "7", "d", "a", "", "CURVE"}));
  EXPECT_FALSE(decode_zap_request(Frames{"1.0", "7", "d", "a", "", "CURVE", kSomeKey, kSomeKey}));
}

TEST(ZapMetadata, HasTheFormOfZmtp) {
  const std::array<std::pair<std::string_view, std::string_view>, 2> two = {
      {{"Role", "viewer"}, {"Key", ""}}};
  const std::string expected =
      std::string("\x04Role\0\0\0\x06viewer", 15) + std::string("\x03Key\0\0\0\0", 8);
  EXPECT_EQ(zap_metadata(two), expected);
}

}  // namespace
}  // namespace vfleet::bus
