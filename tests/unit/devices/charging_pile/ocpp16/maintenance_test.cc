#include "devices/charging_pile/dialects/ocpp16/maintenance.h"

#include <gtest/gtest.h>

namespace vfleet::pile::ocpp16 {
namespace {

TEST(Ocpp16Maintenance, ReadsUrls) {
  EXPECT_EQ(stem_of("http://h/a/fw-1.2.bin?x=/y.z"), "fw-1.2");
  EXPECT_EQ(stem_of("http://h/a/"), "");
  EXPECT_EQ(stem_of("http://h"), "");
  EXPECT_EQ(stem_of("http://h/.hidden"), ".hidden");
  EXPECT_TRUE(is_http("HTTP://h"));
  EXPECT_TRUE(is_http("https://h"));
  EXPECT_FALSE(is_http("httpx://h"));
  EXPECT_FALSE(is_http("ftp://h"));
  EXPECT_FALSE(is_http(""));
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
