#include "control/server/listen.h"

#include <gtest/gtest.h>

namespace vfleet::control::server {
namespace {

TEST(Listen, ThreePortsInARowAreUsed) {
  const auto listen = parse_listen("tcp://10.0.0.1:7700", "keys", false);
  ASSERT_TRUE(listen) << listen.error().detail;
  EXPECT_EQ(listen->endpoint(kOperatorsPort), "tcp://10.0.0.1:7700");
  EXPECT_EQ(listen->endpoint(kPublishPort), "tcp://10.0.0.1:7701");
  EXPECT_EQ(listen->endpoint(kWorkersPort), "tcp://10.0.0.1:7702");
  EXPECT_EQ(parse_listen("tcp://[::1]:7700", "keys", false)->host, "[::1]");
  EXPECT_EQ(parse_listen("tcp://*:0", "keys", false)->port, 0);
}

TEST(Listen, WithoutKeysItIsInsecureByNameOnly) {
  const auto refused = parse_listen("tcp://10.0.0.1:7700", "", false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("vfleet keygen"), std::string::npos);
  EXPECT_NE(refused.error().detail.find("--insecure"), std::string::npos);
  EXPECT_TRUE(parse_listen("tcp://10.0.0.1:7700", "", true));
  EXPECT_FALSE(parse_listen("tcp://10.0.0.1:7700", "keys", true)) << "one or the other";
}

TEST(Listen, WhatIsNoEndpointIsRefused) {
  for (const char* text :
       {"", "7700", "10.0.0.1:7700", "tcp://10.0.0.1", "tcp://:7700", "tcp://a:", "tcp://a:x", "tcp://a:-1",
        "tcp://a:65534", "tcp://a:99999999999", "ipc:///tmp/x", "udp://a:1"}) {
    const auto listen = parse_listen(text, "keys", false);
    ASSERT_FALSE(listen) << text;
    EXPECT_EQ(listen.error().code, Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace vfleet::control::server
