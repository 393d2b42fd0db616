#include "simulator/codec/envelope/envelope.h"

#include <gtest/gtest.h>

#include <vector>

namespace vfleet::codec::envelope {
namespace {

Buffer message(std::string_view data = R"({"power_w":7000.0,"objects":[{"score":0.5}]})") {
  Buffer out;
  json::Writer writer(out);
  begin(writer, {.device = "pile-00042", .boot = 3, .seq = 17, .due_us = 1000, .sent_us = 1200, .type = "meter", .channel = 1});
  writer.raw(data);
  finish(writer);
  return out;
}

TEST(Envelope, HasItsMembersInOrder) {
  EXPECT_EQ(message("{}"),
            R"({"v":1,"dev":"pile-00042","boot":3,"seq":17,"due_us":1000,"sent_us":1200,"type":"meter","ch":1,"id":"3-17","data":{}})");
}

TEST(Envelope, TheLongestHeadAndAGivenIdReadBack) {
  constexpr std::uint64_t kLargest = UINT64_MAX;
  constexpr std::int64_t kLatest = INT64_MAX;
  const std::string device(96, 'd');
  const std::string type(64, 't');
  for (const std::string& id : {std::string(), std::string(300, 'i')}) {
    Buffer out;
    json::Writer writer(out);
    begin(writer, {.device = device, .boot = kLargest, .seq = kLargest, .due_us = kLatest, .sent_us = kLatest,
                   .type = type, .channel = UINT32_MAX, .id = id});
    writer.raw("{}");
    finish(writer);
    const auto head = read_head(out);
    ASSERT_TRUE(head) << out;
    EXPECT_EQ(head->device, device);
    EXPECT_EQ(head->boot, kLargest);
    EXPECT_EQ(head->seq, kLargest);
    EXPECT_EQ(head->due_us, kLatest);
    EXPECT_EQ(head->sent_us, kLatest);
    EXPECT_EQ(head->type, type);
    EXPECT_EQ(head->channel, UINT32_MAX);
    const std::string number = std::to_string(kLargest);
    EXPECT_EQ(head->id, id.empty() ? number + "-" + number : id);
  }
}

TEST(Envelope, HeadReadsBackWithoutATree) {
  const Buffer text = message();
  std::string_view data;
  const auto head = read_head(text, &data);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->device, "pile-00042");
  EXPECT_EQ(head->boot, 3u);
  EXPECT_EQ(head->seq, 17u);
  EXPECT_EQ(head->due_us, 1000);
  EXPECT_EQ(head->sent_us, 1200);
  EXPECT_EQ(head->type, "meter");
  EXPECT_EQ(head->channel, 1u);
  EXPECT_EQ(head->id, "3-17");
  EXPECT_EQ(data, R"({"power_w":7000.0,"objects":[{"score":0.5}]})");
}

TEST(Envelope, EveryCutMessageIsRefused) {
  const Buffer text = message();
  for (std::size_t n = 0; n < text.size() - 1; ++n) {
    const auto head = read_head(std::string_view(text).substr(0, n));
    // A cut inside `data` may still end in '}', which the head reader cannot tell.
    if (head) { EXPECT_TRUE(text.substr(0, n).ends_with('}')); }
  }
  for (const char* bad : {"", "{}", "[]", R"({"v":2,"dev":"a"})", R"({"dev":"a","v":1})"}) EXPECT_FALSE(read_head(bad));
}

TEST(Envelope, DataThatEndsInAnythingButItsBraceIsRefused) {
  std::string_view data;
  EXPECT_FALSE(read_head(message("{}\xf0"), &data));
  EXPECT_FALSE(read_head(message("{"), &data));
  EXPECT_FALSE(read_head(message("[]"), &data));
  const Buffer spaced = message("{ } \n") + " \r\n";
  ASSERT_TRUE(read_head(spaced, &data));
  EXPECT_EQ(data, "{ }");
}

TEST(Envelope, OverridesReplaceAddAndReachIntoLists) {
  Buffer text = message();
  const std::vector<Override> overrides{{"power_w", "1"}, {"objects.0.score", "0.9"}, {"note", "hot"}, {"$.type", "\"fault\""}};
  ASSERT_TRUE(override_fields(overrides, text));
  std::string_view data;
  const auto head = read_head(text, &data);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->type, "fault");
  EXPECT_EQ(data, R"({"power_w":1,"objects":[{"score":0.9}],"note":"hot"})");
}

TEST(Envelope, WhatHoldsATextStaysAText) {
  Buffer text;
  codec::json::Writer writer(text);
  begin(writer, {.device = "pile-1", .boot = 1, .seq = 1, .type = "meter"});
  text += R"({"session":"a","power_w":0,"note":"b","more":"c"})";
  finish(writer);
  const std::vector<Override> overrides{
      {"session", "1E23"}, {"power_w", "1E3"}, {"note", "true"}, {"more", "[1]"}, {"new", "7"}};
  ASSERT_TRUE(override_fields(overrides, text));
  std::string_view data;
  ASSERT_TRUE(read_head(text, &data));
  EXPECT_EQ(data, R"({"session":"1E23","power_w":1000.0,"note":"true","more":[1],"new":7})");
}

TEST(Envelope, AnOverrideThroughAScalarIsRefused) {
  Buffer text = message();
  const std::vector<Override> overrides{Override("power_w.deep", "1")};
  const auto status = override_fields(overrides, text);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace vfleet::codec::envelope
