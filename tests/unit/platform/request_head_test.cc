#include "simulator/platform/http/request_head.h"

#include <gtest/gtest.h>

#include <string>

#include "simulator/core/random.h"

namespace vfleet::platform::http {
namespace {

constexpr std::size_t kMax = 16 * 1024;
constexpr std::string_view kGood =
    "POST /ingest?a=1 HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 42 \r\nConnection: Keep-Alive\r\n\r\n";

TEST(RequestHead, ReadsWhatTheServerNeeds) {
  RequestHead head;
  const std::string text = std::string(kGood) + "body";
  const auto size = read_request_head(text, kMax, head);
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(*size, kGood.size());
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/ingest?a=1");
  EXPECT_EQ(head.content_length, 42U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.chunked);
}

TEST(RequestHead, WaitsUntilTheHeadIsWhole) {
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    RequestHead head;
    const auto read = read_request_head(kGood.substr(0, size), kMax, head);
    ASSERT_TRUE(read.has_value()) << size;
    EXPECT_EQ(*read, 0U) << size;
  }
}

TEST(RequestHead, KnowsWhenTheConnectionStays) {
  const auto keeps = [](const std::string& text) {
    RequestHead head;
    EXPECT_TRUE(read_request_head(text, kMax, head).value_or(0) > 0) << text;
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"));
}

TEST(RequestHead, SeesExpectationsAndTransferEncodings) {
  RequestHead head;
  ASSERT_TRUE(read_request_head("PUT /a HTTP/1.1\r\nExpect: 100-Continue\r\n\r\n", kMax, head).has_value());
  EXPECT_TRUE(head.expects_continue);
  ASSERT_TRUE(
      read_request_head("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", kMax, head).has_value());
  EXPECT_TRUE(head.chunked);
}

TEST(RequestHead, RefusesWhatIsNotHttp) {
  using namespace std::string_view_literals;
  const std::string_view kBad[] = {
      "\r\n\r\n"sv,
      "\x16\x03\x01"sv,
      "\0"sv,
      "GET /\r\n\r\n"sv,
      "GET  / HTTP/1.1\r\n\r\n"sv,
      "GET / HTTP/2.0\r\n\r\n"sv,
      "GET / http/1.1\r\n\r\n"sv,
      "GET a HTTP/1.1\r\n\r\n"sv,
      "GET http://x/ HTTP/1.1\r\n\r\n"sv,
      "GET /\x01 HTTP/1.1\r\n\r\n"sv,
      "GE(T / HTTP/1.1\r\n\r\n"sv,
      "GET / HTTP/1.1\r\nno colon\r\n\r\n"sv,
      "GET / HTTP/1.1\r\nname : x\r\n\r\n"sv,
      "GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n"sv,
      "GET / HTTP/1.1\r\n: x\r\n\r\n"sv,
      "GET / HTTP/1.1\r\na: \0\r\n\r\n"sv,
      "GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv,
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
  };
  for (const std::string_view text : kBad) {
    RequestHead head;
    const auto read = read_request_head(text, kMax, head);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, Errc::malformed) << text;
  }
}

TEST(RequestHead, RefusesAHeadThatDoesNotEnd) {
  RequestHead head;
  const std::string endless = "GET / HTTP/1.1\r\na: " + std::string(kMax, 'x');
  EXPECT_EQ(read_request_head(endless, kMax, head).error().code, Errc::too_large);
  EXPECT_EQ(read_request_head(endless + "\r\n\r\n", kMax, head).error().code, Errc::too_large);
}

TEST(RequestHead, SurvivesAnyBytes) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed, 0, "head");
    std::string text(kGood);
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const std::size_t at = random.below(text.size());
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.next());
          break;
        case 1:
          text.erase(at, random.below(5));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(20)));
      }
    }
    RequestHead head;
    const auto read = read_request_head(text, kMax, head);
    if (!read || *read == 0) continue;
    EXPECT_LE(*read, text.size());
    EXPECT_TRUE(head.target.starts_with('/')) << text;
  }
}

TEST(RequestHead, TellsHowTheBodyIsCompressed) {
  using Encoding = RequestHead::Encoding;
  const struct {
    const char* value;
    Encoding is;
  } rows[] = {{"gzip", Encoding::gzip},     {"GZip", Encoding::gzip}, {"identity", Encoding::none},
              {"deflate", Encoding::other}, {"br", Encoding::other},  {"gzip, gzip", Encoding::other}};
  for (const auto& [value, is] : rows) {
    RequestHead head;
    const std::string text = std::string("POST / HTTP/1.1\r\nContent-Encoding: ") + value + "\r\n\r\n";
    ASSERT_TRUE(read_request_head(text, 1024, head)) << value;
    EXPECT_EQ(head.encoding, is) << value;
  }
}

}  // namespace
}  // namespace vfleet::platform::http
