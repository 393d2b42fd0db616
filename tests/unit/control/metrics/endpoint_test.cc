#include "control/metrics/endpoint.h"

#include <gtest/gtest.h>

namespace vfleet::control::metrics {
namespace {

TEST(MetricsEndpoint, IsThisMachineUnlessAnAddressIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"9464", "http://127.0.0.1:9464/metrics"},     {":9464", "http://127.0.0.1:9464/metrics"},
      {"localhost:1", "http://127.0.0.1:1/metrics"}, {"0.0.0.0:9464", "http://0.0.0.0:9464/metrics"},
      {"[::1]:9464", "http://[::1]:9464/metrics"},   {"127.0.0.1:0", "http://127.0.0.1:0/metrics"},
  };
  for (const auto& [text, url] : cases) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->url(), url);
  }
}

TEST(MetricsEndpoint, SaysWhatWasExpected) {
  for (const char* text : {"", ":", "host:9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9464",
                           "-1", "9464x", "http://127.0.0.1:9464", "127.0.0.1:94 64"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code, Errc::invalid_argument);
    EXPECT_NE(endpoint.error().detail.find("127.0.0.1:9464"), std::string::npos);
  }
}

}  // namespace
}  // namespace vfleet::control::metrics
