#include "simulator/core/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace vfleet {
namespace {

using namespace std::string_view_literals;

TEST(InvalidUtf8, SaysWhereTheFirstWrongCharacterBegins) {
  EXPECT_EQ(invalid_utf8(""), std::nullopt);
  EXPECT_EQ(invalid_utf8("plain, \xc3\xa4 and \xf0\x9f\x9a\x97"), std::nullopt);
  EXPECT_EQ(invalid_utf8("ab\xff"), 2U);
  EXPECT_EQ(invalid_utf8("\xc3\xa4\xed\xa0\x80"), 2U);
  EXPECT_EQ(invalid_utf8("a\xe2\x82z"), 1U);
  EXPECT_EQ(invalid_utf8("a\xe2\x82"), 1U);
  EXPECT_EQ(invalid_utf8("a\0b"sv), 1U);
  EXPECT_EQ(invalid_utf8("a\xc3\0"sv), 1U);
}

TEST(Beginning, CutsNoCharacterInTwo) {
  const std::string_view text = "ab\xc3\xa4\xe2\x82\xac";
  EXPECT_EQ(beginning(text, 7), text);
  EXPECT_EQ(beginning(text, 100), text);
  EXPECT_EQ(beginning(text, 6), "ab\xc3\xa4");
  EXPECT_EQ(beginning(text, 4), "ab\xc3\xa4");
  EXPECT_EQ(beginning(text, 3), "ab");
  EXPECT_EQ(beginning(text, 0), "");
  EXPECT_EQ(beginning("\x80\x80\x80", 2), "") << "no UTF-8: no harm";
}

TEST(IsUtf8, AgreesWithInvalidUtf8ExceptForNul) {
  for (const std::string_view text :
       {"a"sv, "\xc3\xa4"sv, "\xc3"sv, "\xf4\x90\x80\x80"sv, "12345678\x80"sv}) {
    EXPECT_EQ(is_utf8(text), !invalid_utf8(text)) << text;
  }
  EXPECT_TRUE(is_utf8("\0"sv));
}

}  // namespace
}  // namespace vfleet
