#include "simulator/platform/http/target.h"

#include <gtest/gtest.h>

namespace vfleet::platform::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Target, IsTakenApartAndDecoded) {
  const auto target = parse_target("/devices/pile%201//x?limit=5&data.code=over+temp%21&flag&=skipped");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->segments, (std::vector<std::string>{"devices", "pile 1", "x"}));
  EXPECT_EQ(target->query, (Pairs{{"limit", "5"}, {"data.code", "over temp!"}, {"flag", ""}}));
}

TEST(Target, TheRootHasNoSegments) {
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_TRUE(parse_target("/?")->query.empty());
}

TEST(Target, RefusesBrokenEscapes) {
  for (const char* text : {"/%", "/%4", "/%zz", "/a?b=%4", "/a?%g1=1", "/%-1"}) {
    EXPECT_FALSE(parse_target(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace vfleet::platform::http
