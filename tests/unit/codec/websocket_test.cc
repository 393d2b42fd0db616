#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/codec/websocket/message_reader.h"
#include "simulator/codec/websocket/sha1.h"
#include "simulator/core/random.h"
#include "simulator/core/utf8.h"

namespace vfleet::codec::websocket {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string text_of(const Event& event) {
  const std::string payload(event.payload);
  switch (event.kind) {
    case Event::Kind::none:
      return "none";
    case Event::Kind::text:
      return "text " + payload;
    case Event::Kind::binary:
      return "binary " + hex(payload);
    case Event::Kind::ping:
      return "ping " + payload;
    case Event::Kind::pong:
      return "pong " + payload;
    case Event::Kind::close:
      return "close " + std::to_string(event.code) + " " + payload;
    case Event::Kind::error:
      return "error " + std::to_string(event.code);
  }
  return "?";
}

constexpr std::size_t kMax = 70'000;

/// Reads `bytes` of a peer in slices that end at `cuts`.
std::vector<std::string> read(Role sender, std::string bytes, const std::vector<std::size_t>& cuts,
                              bool* in_message = nullptr) {
  MessageReader reader(kMax);
  std::vector<std::string> events;
  std::size_t from = 0;
  bool over = false;
  for (std::size_t i = 0; i <= cuts.size() && !over; ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : bytes.size();
    // Memory of its own, of the exact size: a sanitizer sees a byte too far.
    std::vector<char> slice(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                            bytes.begin() + static_cast<std::ptrdiff_t>(to));
    std::span<char> theirs(slice);
    std::string_view ours(slice.data(), slice.size());
    while (!over) {
      const Event event = sender == Role::client ? reader.next(theirs) : reader.next(ours);
      if (event.kind == Event::Kind::none) break;
      events.push_back(text_of(event));
      over = event.kind == Event::Kind::error || event.kind == Event::Kind::close;
    }
    from = to;
  }
  if (in_message != nullptr) *in_message = reader.in_message();
  return events;
}

/// Whole, byte by byte, and in random slices: the same each time.
void expect_events(Role sender, const std::string& bytes, const std::vector<std::string>& expected) {
  EXPECT_EQ(read(sender, bytes, {}), expected) << hex(bytes.substr(0, 40));
  std::vector<std::size_t> each;
  for (std::size_t i = 1; i < bytes.size() && bytes.size() < 1000; ++i) each.push_back(i);
  EXPECT_EQ(read(sender, bytes, each), expected) << "byte by byte";
  Random random(1, bytes.size(), "slices");
  for (int round = 0; round < 20; ++round) {
    std::vector<std::size_t> cuts;
    for (int i = 0; i < 6 && !bytes.empty(); ++i) cuts.push_back(random.below(bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    EXPECT_EQ(read(sender, bytes, cuts), expected) << "slices " << round;
  }
}

std::string frame(Role role, Opcode opcode, std::string_view payload, bool fin = true) {
  std::string out;
  append_frame(role, opcode, payload, 0x37fa213d, out, fin);
  return out;
}

TEST(WebSocketFrame, IsWrittenAsTheSpecificationShowsIt) {  // RFC 6455 section 5.7
  EXPECT_EQ(hex(frame(Role::server, Opcode::text, "Hello")), "810548656c6c6f");
  EXPECT_EQ(hex(frame(Role::client, Opcode::text, "Hello")), "818537fa213d7f9f4d5158");
  EXPECT_EQ(hex(frame(Role::server, Opcode::text, "Hel", false)), "010348656c");
  EXPECT_EQ(hex(frame(Role::server, Opcode::continuation, "lo")), "80026c6f");
  EXPECT_EQ(hex(frame(Role::server, Opcode::ping, "Hello")), "890548656c6c6f");
  EXPECT_EQ(hex(frame(Role::client, Opcode::pong, "Hello")), "8a8537fa213d7f9f4d5158");
  EXPECT_EQ(hex(frame(Role::server, Opcode::binary, std::string(256, 'x')).substr(0, 4)), "827e0100");
  EXPECT_EQ(hex(frame(Role::server, Opcode::binary, std::string(65536, 'x')).substr(0, 10)),
            "827f0000000000010000");
}

TEST(WebSocketFrame, CutsACloseReasonBetweenCharacters) {
  std::string out;
  append_close(Role::server, 1001, std::string(122, 'x') + "\xc3\xa4", 0, out);
  EXPECT_EQ(out.size(), 2 + 2 + 122u);
  expect_events(Role::server, out, {"close 1001 " + std::string(122, 'x')});
  out.clear();
  append_close(Role::server, kNoStatusReceived, "ignored", 0, out);
  EXPECT_EQ(hex(out), "8800");
}

TEST(WebSocketReader, ReadsMessagesOfEveryLengthFromBothRoles) {
  for (const Role role : {Role::client, Role::server}) {
    std::string bytes;
    std::vector<std::string> expected;
    for (const std::size_t size : {0, 1, 7, 8, 9, 125, 126, 127, 300, 65535, 65536, 70'000}) {
      const std::string payload(size, 'a');
      bytes += frame(role, Opcode::text, payload);
      expected.push_back("text " + payload);
    }
    expect_events(role, bytes, expected);
    expect_events(role, frame(role, Opcode::binary, {"\x00\xff", 2}), {"binary 00ff"});
  }
}

TEST(WebSocketReader, PutsFragmentsTogetherAndTellsControlFramesBetweenThemAtOnce) {
  for (const Role role : {Role::client, Role::server}) {
    std::string close;
    append_close(role, 4000, "bye", 5, close);
    expect_events(role,
                  frame(role, Opcode::text, "a\xc3", false) + frame(role, Opcode::ping, "p1") +
                      frame(role, Opcode::continuation, "", false) + frame(role, Opcode::pong, "") +
                      frame(role, Opcode::continuation, "\xa4z") +
                      frame(role, Opcode::binary, "\x01", false) + frame(role, Opcode::continuation, "") +
                      frame(role, Opcode::text, "next") + close,
                  {"ping p1", "pong ", "text a\xc3\xa4z", "binary 01", "text next", "close 4000 bye"});
  }
}

TEST(WebSocketReader, RefusesWhatThePeerMayNotSend) {
  const std::string c = frame(Role::server, Opcode::continuation, "x");
  struct Row {
    const char* what;
    std::string bytes;
    const char* event;
  };
  const std::vector<Row> rows = {
      {"a reserved bit", "\xc1" + std::string(1, '\0'), "error 1002"},
      {"a reserved data opcode", "\x83" + std::string(1, '\0'), "error 1002"},
      {"a reserved control opcode", "\x8b" + std::string(1, '\0'), "error 1002"},
      {"a mask from a server", frame(Role::client, Opcode::text, "x"), "error 1002"},
      {"a continuation of nothing", c, "error 1002"},
      {"a message inside another",
       frame(Role::server, Opcode::text, "x", false) + frame(Role::server, Opcode::text, "y"), "error 1002"},
      {"a fragmented ping", "\x09" + std::string(1, '\0'), "error 1002"},
      {"a long ping", "\x89\x7e" + std::string("\0\x7e", 2), "error 1002"},
      {"16 bits for 125", "\x82\x7e" + std::string("\0\x7d", 2), "error 1002"},
      {"64 bits for 65535", "\x82\x7f" + std::string("\0\0\0\0\0\0\xff\xff", 8), "error 1002"},
      {"more than a message may have", "\x82\x7f" + std::string("\0\0\0\0\0\x01\x11\x71", 8), "error 1009"},
      {"the longest length", "\x82\x7f" + std::string(8, '\xff'), "error 1009"},
      {"half a code", "\x88\x01\x03", "error 1002"},
      {"a text of half a character", frame(Role::server, Opcode::text, "\xc3"), "error 1007"},
      {"a surrogate", frame(Role::server, Opcode::text, "\xed\xa0\x80"), "error 1007"},
      {"not UTF-8 in a fragment", frame(Role::server, Opcode::text, "\xff", false), "error 1007"},
      {"not UTF-8 in a reason", "\x88\x03\x03\xe8\xff", "error 1007"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    expect_events(Role::server, row.bytes, {row.event});
  }
  expect_events(Role::client, frame(Role::server, Opcode::text, "x"), {"error 1002"});
}

TEST(WebSocketReader, CountsTheFragmentsOfAMessageTogether) {
  const std::string half(40'000, 'x');
  expect_events(
      Role::server,
      frame(Role::server, Opcode::binary, half, false) + frame(Role::server, Opcode::continuation, half),
      {"error 1009"});
}

TEST(WebSocketReader, KnowsWhichCloseCodesMayBeSent) {
  for (const int code : {999, 1004, 1005, 1006, 1015, 1016, 1999, 2999, 5000, 65535, 0}) {
    const std::string bytes = {'\x88', 2, static_cast<char>(code >> 8), static_cast<char>(code)};
    expect_events(Role::server, bytes, {"error 1002"});
  }
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999}) {
    const std::string bytes = {'\x88', 2, static_cast<char>(code >> 8), static_cast<char>(code)};
    expect_events(Role::server, bytes, {"close " + std::to_string(code) + " "});
    EXPECT_TRUE(close_reason(static_cast<std::uint16_t>(code)).starts_with("closed_"));
  }
  expect_events(Role::server, {"\x88\x00", 2}, {"close 1005 "});
}

TEST(WebSocketReader, OwnsNothingBetweenMessages) {
  for (const std::string& bytes :
       {frame(Role::server, Opcode::text, "whole"),
        frame(Role::server, Opcode::text, "a", false) + frame(Role::server, Opcode::continuation, "b"),
        frame(Role::server, Opcode::ping, "p")}) {
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      bool in_message = true;
      (void)read(Role::server, bytes, {cut}, &in_message);
      EXPECT_FALSE(in_message);
    }
    bool in_message = false;
    (void)read(Role::server, bytes.substr(0, bytes.size() - 1), {}, &in_message);
    EXPECT_TRUE(in_message);
  }
  static_assert(sizeof(MessageReader) <= 16);
}

TEST(Utf8, AgreesWithTheTableOfRfc3629InAnySlices) {
  const auto in_halves = [](std::string_view text) {
    bool all = true;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      Utf8Check check;
      const bool good = check.feed(text.substr(0, cut)) && check.feed(text.substr(cut)) && check.complete();
      all = all && good == is_utf8(text);
    }
    return all;
  };
  for (const char* good : {"", "plain ascii that is long enough", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                           "\xf4\x8f\xbf\xbf", "12345678\xc3\xa4 12345678"}) {
    EXPECT_TRUE(is_utf8(good)) << hex(good);
    EXPECT_TRUE(in_halves(good)) << hex(good);
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xc3"}) {
    EXPECT_FALSE(is_utf8(bad)) << hex(bad);
    EXPECT_TRUE(in_halves(bad)) << hex(bad);
  }
}

TEST(Sha1, GivesTheDigestsOfTheStandard) {
  const auto digest = [](std::string_view text) {
    const auto bytes = sha1(text);
    return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(digest(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(digest("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(digest(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 section 1.3

TEST(WebSocketHandshake, AnswersTheKeyOfTheSpecification) {
  EXPECT_EQ(accept_for(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(make_key(0x0102030405060708, 0x090a0b0c0d0e0f10), "AQIDBAUGBwgJCgsMDQ4PEA==");
}

TEST(WebSocketHandshake, OfBothRolesFitsTogether) {
  std::string request;
  append_request({.target = "/ws/pile-1",
                  .authority = "a.example:8080",
                  .key = kKey,
                  .protocols = "ocpp2.0.1, ocpp1.6",
                  .headers = "Authorization: Basic dTpw\r\nX-A: b\r\n"},
                 request);
  EXPECT_EQ(head_size(request), request.size());
  EXPECT_EQ(head_size(request.substr(0, request.size() - 1)), 0u);
  const auto read = read_request(request);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->target, "/ws/pile-1");
  EXPECT_EQ(read->key, kKey);
  EXPECT_EQ(read->authorization, "Basic dTpw");
  EXPECT_TRUE(offers(read->protocols, "ocpp1.6"));
  EXPECT_FALSE(offers(read->protocols, "ocpp"));
  std::string answer;
  append_answer(read->key, "ocpp1.6", answer);
  const auto agreed = read_answer(answer, kKey, "ocpp2.0.1, ocpp1.6");
  ASSERT_TRUE(agreed) << agreed.error().detail;
  EXPECT_EQ(agreed->status, 101u);
  EXPECT_EQ(agreed->protocol, "ocpp1.6");
}

TEST(WebSocketHandshake, RefusesAnswersThatDoNotAgree) {
  const std::string good =
      "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\nConnection: keep-alive, upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  ASSERT_TRUE(read_answer(good, kKey, ""));
  const auto with = [&good](std::string_view what, std::string_view by) {
    std::string changed = good;
    changed.replace(changed.find(what), what.size(), by);
    return changed;
  };
  for (const std::string& bad :
       {with("HTTP/1.1", "HTTP/2.0"), with("101", "1O1"), with("UPGRADE", "X"), with("upgrade", "close"),
        with("s3p", "s4p"), with("Sec-WebSocket-Accept", "X"),
        with("\r\n\r\n", "\r\nSec-WebSocket-Protocol: mine\r\n\r\n"),
        with("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        with("\r\n\r\n", "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
        with("UPGRADE:", "UPGRADE :"), with("\r\n\r\n", "\r\nno colon\r\n\r\n"), std::string("\r\n\r\n"),
        std::string("HTTP/1.1 101"), std::string()}) {
    const auto read = read_answer(bad, kKey, "");
    EXPECT_FALSE(read) << bad;
  }
  EXPECT_EQ(read_answer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\n", kKey, "")->status, 401u);
}

TEST(WebSocketHandshake, RefusesRequestsThatAreNone) {
  std::string good;
  append_request({.target = "/", .authority = "a", .key = kKey, .protocols = "", .headers = ""}, good);
  ASSERT_TRUE(read_request(good));
  const auto with = [&good](std::string_view what, std::string_view by) {
    std::string changed = good;
    changed.replace(changed.find(what), what.size(), by);
    return changed;
  };
  for (const std::string& bad :
       {with("GET", "PUT"), with("HTTP/1.1", "HTTP/1.0"), with(": 13", ": 12"), with(kKey, "c2hvcnQ="),
        with("Upgrade: websocket", "Upgrade: h2c"), with("Connection: Upgrade", "Connection: close"),
        with("GET /", "GET "), std::string("GET HTTP/1.1\r\n\r\n"), std::string("GET  HTTP/1.1\r\n\r\n")}) {
    EXPECT_FALSE(read_request(bad)) << bad;
  }
}

}  // namespace
}  // namespace vfleet::codec::websocket
