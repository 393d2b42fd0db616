#include "simulator/codec/json/reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vfleet::codec::json {
namespace {

TEST(JsonReader, ReadsMembersAndElementsInTheirOrder) {
  Reader reader(R"( { "a" : [ 1 , -2.5e+3 , true , null ] , "b" : { } , "c" : "x\n" } )");
  ASSERT_TRUE(reader.enter_object());
  std::string_view name;
  std::string_view text;
  bool flag = false;
  ASSERT_TRUE(reader.next_member(name));
  EXPECT_EQ(name, "a");
  ASSERT_TRUE(reader.enter_array());
  ASSERT_TRUE(reader.next_element() && reader.number(text));
  EXPECT_EQ(text, "1");
  ASSERT_TRUE(reader.next_element() && reader.number(text));
  EXPECT_EQ(text, "-2.5e+3");
  ASSERT_TRUE(reader.next_element() && reader.boolean(flag));
  EXPECT_TRUE(flag);
  ASSERT_TRUE(reader.next_element() && reader.null());
  EXPECT_FALSE(reader.next_element());
  ASSERT_TRUE(reader.next_member(name) && reader.skip(&text));
  EXPECT_EQ(text, "{ }");
  ASSERT_TRUE(reader.next_member(name) && reader.string(text));
  EXPECT_EQ(text, "x\\n");
  EXPECT_FALSE(reader.next_member(name));
  EXPECT_FALSE(reader.failed());
  EXPECT_TRUE(reader.at_end());
}

TEST(JsonReader, AgreesWithAnotherParserOnWhatIsJson) {
  for (const char* text : {"{}",
                           "[]",
                           "0",
                           "-0",
                           "1e308",
                           "1e309",
                           "-1e400",
                           "1e-400",
                           "0.1E+999",
                           "01",
                           "1.",
                           ".5",
                           "1e5",
                           "1e",
                           "-",
                           "+1",
                           "true",
                           "tru",
                           "null",
                           "nul",
                           "\"\"",
                           "\"\\u00e9\"",
                           "\"\\ud83d\\ude00\"",
                           "\"\\ud83d\"",
                           "\"\\ude00\"",
                           "\"\\ud83dx\"",
                           "\"\\x\"",
                           "\"a\tb\"",
                           "\"\xff\"",
                           "\"\xc3\xa9\"",
                           "\"\xed\xa0\x80\"",
                           "{\"a\":1,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{a:1}",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\":1 \"b\":2}",
                           "[1]]",
                           "[1",
                           "{\"a\":1",
                           "\"abc",
                           "",
                           " ",
                           "[[[[]]]]",
                           "{\"a\":{\"a\":[{}]}}",
                           "[1]x",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\\""}) {
    Reader reader(text);
    const bool mine = reader.skip() && reader.at_end();
    EXPECT_EQ(mine, nlohmann::json::accept(text)) << text;
    EXPECT_EQ(reader.failed(), !mine && !nlohmann::json::accept(std::string(text).substr(0, reader.offset())))
        << text;
  }
}

TEST(JsonReader, ALongNumberIsNoNumberWhenNoDoubleHoldsIt) {
  EXPECT_TRUE(Reader(std::string(300, '9')).skip());
  EXPECT_TRUE(Reader("0." + std::string(500, '9')).skip());
  EXPECT_FALSE(Reader(std::string(400, '9')).skip());
  EXPECT_FALSE(Reader(std::string(400, '9') + "e-1").skip());
}

TEST(JsonReader, NoPeerChoosesHowDeepTheStackGoes) {
  EXPECT_TRUE(Reader(std::string(64, '[') + std::string(64, ']')).skip());
  const std::string deep(1000000, '[');
  EXPECT_FALSE(Reader(deep).skip());
}

TEST(JsonReader, TextsAreComparedCountedAndTakenWithTheirEscapes) {
  EXPECT_TRUE(same_text("status", "status"));
  EXPECT_TRUE(same_text("st\\u0061tus", "status"));
  EXPECT_TRUE(same_text("a\\/b", "a/b"));
  EXPECT_FALSE(same_text("st\\u0061tu", "status"));
  EXPECT_FALSE(same_text("st\\u0061tuss", "status"));
  EXPECT_FALSE(same_text("st\\u0142tus", "status"));
  EXPECT_EQ(text_length("\xe5\x85\x85\\u5145\\ud83d\\ude00\\n!"), 5U);
  std::string plain;
  append_text("\\u5145\\ud83d\\ude00\\n\\\"\\/\\u00e9!", plain);
  EXPECT_EQ(plain, "\xe5\x85\x85\xf0\x9f\x98\x80\n\"/\xc3\xa9!");
}

}  // namespace
}  // namespace vfleet::codec::json
