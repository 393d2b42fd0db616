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

TEST(Envelope, AnOverrideThroughAScalarIsRefused) {
  Buffer text = message();
  const std::vector<Override> overrides{Override("power_w.deep", "1")};
  const auto status = override_fields(overrides, text);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace vfleet::codec::envelope
