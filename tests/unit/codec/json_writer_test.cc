#include "simulator/codec/json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "simulator/core/random.h"

namespace vfleet::codec::json {
namespace {

template <class Write>
std::string written(Write&& write) {
  Buffer out;
  Writer writer(out);
  write(writer);
  return out;
}

TEST(JsonWriter, PutsCommasBetweenMembersAndItems) {
  EXPECT_EQ(written([](Writer& w) {
              w.begin_object().key("a").integer(-1).key("b").begin_array().integer(1).boolean(true).null();
              w.begin_object().end_object().end_array().key("c").text("x").end_object();
            }),
            R"({"a":-1,"b":[1,true,null,{}],"c":"x"})");
}

TEST(JsonWriter, PrintsFixedPointExactly) {
  const auto fixed = [](std::int64_t scaled, int decimals) {
    return written([&](Writer& w) { w.fixed(scaled, decimals); });
  };
  EXPECT_EQ(fixed(72345, 1), "7234.5");
  EXPECT_EQ(fixed(-5, 2), "-0.05");
  EXPECT_EQ(fixed(0, 3), "0.000");
  EXPECT_EQ(fixed(7, 0), "7");
  EXPECT_EQ(fixed(std::numeric_limits<std::int64_t>::min(), 0), "-9223372036854775808");
  EXPECT_EQ(fixed(std::numeric_limits<std::int64_t>::min(), 9), "-9223372036.854775808");
  EXPECT_EQ(fixed(-1, 9), "-0.000000001");
  EXPECT_EQ(written([](Writer& w) { w.begin_array().fixed(1, 1).integer(-2).fixed(-3, 2).end_array(); }),
            "[0.1,-2,-0.03]");
}

TEST(JsonWriter, NumbersThatJsonCannotHoldBecomeNull) {
  for (double value : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300}) {
    EXPECT_EQ(written([&](Writer& w) { w.number(value, 3); }), "null");
  }
  EXPECT_EQ(written([](Writer& w) { w.number(-1.25, 1); }), "-1.3");
}

TEST(JsonWriter, AnyTextReadsBackTheSame) {
  Random random(1, 1, "texts");
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (std::uint64_t n = random.below(100); n > 0; --n) text.push_back(static_cast<char>(random.below(128)));
    const auto parsed = nlohmann::json::parse(written([&](Writer& w) { w.text(text); }), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded());
    EXPECT_EQ(parsed.get<std::string>(), text);
  }
}

TEST(JsonWriter, PlainTextsOfEveryLengthStayAsTheyAre) {
  for (std::size_t length = 0; length < 200; ++length) {
    const std::string text(length, 'x');
    EXPECT_EQ(written([&](Writer& w) { w.begin_array().text(text).text(text).end_array(); }),
              "[\"" + text + "\",\"" + text + "\"]");
  }
}

TEST(JsonWriter, EachCharacterAtEachPlaceIsEscapedWhereItMustBe) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 1; c < 128; ++c) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(c);
        Buffer out;
        Writer(out).text(text);
        ASSERT_EQ(nlohmann::json::parse(out).get<std::string>(), text) << "character " << c << " at " << at;
        const bool plain = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
        ASSERT_EQ(out.size() == size + 2, plain) << "character " << c << " at " << at;
      }
    }
  }
  Buffer out;
  Writer(out).text("\xe4\xba\x91\xe5\xbf\xab\xe5\x85\x85");
  EXPECT_EQ(out, "\"\xe4\xba\x91\xe5\xbf\xab\xe5\x85\x85\"");
}

}  // namespace
}  // namespace vfleet::codec::json
