#include "control/logs/record.h"

#include <gtest/gtest.h>

#include "control/logs/source_book.h"

namespace vfleet::control::logs {
namespace {

Record line_record() {
  return {.source = "worker-0",
          .boot = 3,
          .line = {
              .seq = 17, .at_us = 5, .level = log::Level::warn, .device = "pile-1", .text = "a \"b\" \\ 充"}};
}

TEST(LogRecord, ALineIsAsThePageSays) {
  EXPECT_EQ(
      to_json(line_record()),
      R"({"at_us":5,"source":"worker-0","boot":3,"seq":17,"level":"warn","device":"pile-1","text":"a \"b\" \\ 充"})");
}

TEST(LogRecord, AGapIsAsThePageSays) {
  Record gap{.source = "worker-0", .boot = 3, .gap_from = 18, .gap_to = 20};
  gap.line.at_us = 5;
  EXPECT_EQ(to_json(gap), R"({"at_us":5,"gap":{"source":"worker-0","boot":3,"from":18,"to":20}})");
  EXPECT_EQ(parse_record(to_json(gap)), gap);
}

TEST(LogRecord, ReadsBackAsItWasWritten) {
  EXPECT_EQ(parse_record(to_json(line_record())), line_record());
  Record plain = line_record();
  plain.line.device.clear();
  plain.line.seq = UINT64_MAX;
  plain.boot = UINT64_MAX;
  plain.line.at_us = -1;
  EXPECT_EQ(parse_record(to_json(plain)), plain);
}

TEST(LogRecord, TornLinesAndOtherTextAreNoRecords) {
  const std::string whole = to_json(line_record());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_record(std::string_view(whole).substr(0, size))) << size;
  for (const char* text : {"", "{}", "[]", "nonsense", R"({"at_us":5,"head":{"sources":[]}})",
                           R"({"at_us":"5","source":"a","boot":1,"seq":1,"level":"info","text":""})",
                           R"({"at_us":5,"source":"a","boot":-1,"seq":1,"level":"info","text":""})",
                           R"({"at_us":5,"source":"a","boot":1,"seq":1,"level":"loud","text":""})",
                           R"({"at_us":5,"source":"a","boot":1,"seq":1,"level":"info","device":5,"text":""})",
                           R"({"at_us":5,"gap":{"source":"a","boot":1,"from":5,"to":4}})",
                           R"({"at_us":5,"gap":{"source":"a","boot":1,"from":0,"to":4}})"}) {
    EXPECT_FALSE(parse_record(text)) << text;
  }
}

TEST(LogRecord, UpMeansItsChildrenToo) {
  EXPECT_TRUE(is_of_source("up", "up"));
  EXPECT_TRUE(is_of_source("up/worker-1", "up"));
  EXPECT_FALSE(is_of_source("upper", "up"));
  EXPECT_FALSE(is_of_source("worker-10", "worker-1"));
  EXPECT_FALSE(is_of_source("up/worker-1", "worker-1"));
}

TEST(SourceBook, SeesWhatIsMissingAndWhatCameBefore) {
  SourceBook book;
  EXPECT_FALSE(book.take("worker-0", 3, 1, 5));
  EXPECT_FALSE(book.take("worker-0", 3, 2, 5));
  EXPECT_FALSE(book.is_new("worker-0", 3, 2));
  EXPECT_TRUE(book.is_new("worker-0", 3, 6));
  const auto gap = book.take("worker-0", 3, 6, 9);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->gap_from, 3u);
  EXPECT_EQ(gap->gap_to, 5u);
  EXPECT_EQ(gap->line.at_us, 9);
}

TEST(SourceBook, ALifeBeginsAtOne) {
  SourceBook book;
  EXPECT_FALSE(book.take("worker-0", 3, 1, 5));
  EXPECT_TRUE(book.is_new("worker-0", 4, 1));
  const auto gap = book.take("worker-0", 4, 3, 5);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->boot, 4u);
  EXPECT_EQ(gap->gap_from, 1u);
  EXPECT_EQ(gap->gap_to, 2u);
}

TEST(SourceBook, SourcesHaveNothingToDoWithEachOther) {
  SourceBook book;
  EXPECT_FALSE(book.take("worker-0", 1, 1, 5));
  EXPECT_FALSE(book.take("worker-1", 1, 1, 5));
  EXPECT_TRUE(book.is_new("worker-2", 1, 1));
}

}  // namespace
}  // namespace vfleet::control::logs
