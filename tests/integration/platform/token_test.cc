// Devices that log in: the tokens of the stand-in, and the real uplink that asks for them.
#include <gtest/gtest.h>

#include "simulator/core/clock.h"
#include "simulator/platform/roles/tokens.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

std::string with_token(const std::string& body, const std::string& token,
                       std::string_view target = "/ingest") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nauthorization: Bearer " + token +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string token_in(const std::string& response) {
  const json answer = json::parse(body_of(response), nullptr, false);
  return answer.is_object() ? answer.value("token", "") : std::string();
}

struct TokenTest : testing::Test {
  ManualClock clock;
  Tokens tokens{clock,
                {.path = "/v1/devices/*/login", .lifetime = std::chrono::seconds(60), .secret = {1, 2, 3}}};

  std::string issue(std::string_view device) const {
    return "Bearer " + json::parse("{" + tokens.issue(device) + "}")["token"].get<std::string>();
  }
};

TEST_F(TokenTest, AreForTheirDeviceAndTheirTime) {
  EXPECT_TRUE(tokens.gives("/v1/devices/pile-1/login?x=1"));
  EXPECT_FALSE(tokens.gives("/v1/devices/pile-1/meter"));
  const std::string token = issue("pile-1");
  EXPECT_TRUE(tokens.let_in(token, "pile-1"));
  EXPECT_FALSE(tokens.let_in(token, "pile-2"));
  EXPECT_TRUE(tokens.let_in("bEARER " + token.substr(7), "pile-1"));
  EXPECT_FALSE(tokens.let_in("Basic " + token.substr(7), "pile-1"));
  clock.advance(std::chrono::seconds(59));
  EXPECT_TRUE(tokens.let_in(token, "pile-1"));
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(tokens.let_in(token, "pile-1"));
}

TEST_F(TokenTest, OfNobodyAreForAll) {
  EXPECT_TRUE(tokens.let_in(issue(""), "pile-1"));
  EXPECT_TRUE(tokens.let_in(issue("pile-1"), ""));
}

TEST_F(TokenTest, AreRefusedWithAnyOtherByte) {
  const std::string token = issue("pile-1");
  for (std::size_t i = 7; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == '1' ? '2' : '1';
    EXPECT_FALSE(tokens.let_in(other, "pile-1")) << i;
    EXPECT_FALSE(tokens.let_in(token.substr(0, i), "pile-1")) << i;
  }
  const Tokens others(clock, {.path = "/login", .lifetime = std::chrono::seconds(60), .secret = {9}});
  EXPECT_FALSE(others.let_in(token, "pile-1"));
  EXPECT_FALSE(tokens.let_in("", "pile-1"));
  EXPECT_FALSE(tokens.let_in("Bearer", "pile-1"));
}

TEST(PlatformTokens, AreAskedOfEveryReportAndGivenByOneOfAnyProcess) {
  PlatformProcess platform({"--token", "/login", "--token-expires", "1h", "--processes", "2"});
  RawClient client(platform.port());
  const std::string refused = client.request("POST", "/ingest", make_report("pile-1", 1));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 401")) << refused;
  const std::string login = client.request("POST", "/login", make_report("pile-1", 2, "login"));
  EXPECT_EQ(json::parse(body_of(login), nullptr, false)["expires"], 3600);
  const std::string token = token_in(login);
  // Each connection may come to another process.
  for (std::uint64_t seq = 3; seq <= 12; ++seq) {
    RawClient other(platform.port());
    ASSERT_TRUE(other.send(with_token(make_report("pile-1", seq), token)));
    EXPECT_EQ(body_of(other.response()), "{\"code\":0}");
  }
  ASSERT_TRUE(client.send(with_token(make_report("pile-2", 1), token)));
  EXPECT_TRUE(client.response().starts_with("HTTP/1.1 401"));
  // One who logs in with something else than a report may speak for all.
  const std::string wide = token_in(client.request("POST", "/login", R"({"user":"fleet"})"));
  ASSERT_TRUE(client.send(with_token(make_report("pile-2", 2), wide)));
  EXPECT_EQ(body_of(client.response()), "{\"code\":0}");

  const json figures = platform.figures();
  EXPECT_EQ(figures["tokens"], (json{{"given", 2}, {"refused", 2}}));
  EXPECT_EQ(figures["received"], 12);
  EXPECT_EQ(figures["refused"], 2);
  EXPECT_EQ(figures["missing"], 0) << "what was turned away is not missing";
  EXPECT_EQ(figures["malformed"], 0);
}

}  // namespace
}  // namespace vfleet::platform
