#include "simulator/core/time_zone.h"

#include <gtest/gtest.h>

namespace vfleet {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr sys_seconds kFrom = sys_days(2026y / January / 1);
constexpr sys_seconds kTo = sys_days(2027y / January / 1);

TEST(TimeZone, ChangesItsOffsetWhereTheClocksAreSet) {
  const auto spans = zone_spans("Europe/Berlin", kFrom, kTo);
  ASSERT_TRUE(spans) << spans.error().detail;
  EXPECT_EQ(*spans, (std::vector<ZoneSpan>{{kFrom, 1h},
                                           {sys_days(2026y / March / 29) + 1h, 2h},
                                           {sys_days(2026y / October / 25) + 1h, 1h}}));
}

TEST(TimeZone, OneWithoutSummerTimeIsOneSpan) {
  const auto spans = zone_spans("Asia/Shanghai", kFrom, kTo);
  ASSERT_TRUE(spans) << spans.error().detail;
  EXPECT_EQ(*spans, (std::vector<ZoneSpan>{{kFrom, 8h}}));
  EXPECT_EQ(*zone_spans("UTC", kFrom, kTo), (std::vector<ZoneSpan>{{kFrom, 0h}}));
}

TEST(TimeZone, RulesGoOnBeyondWhatTheDataLists) {
  const auto spans = zone_spans("America/New_York", kFrom, sys_days(2126y / January / 1));
  ASSERT_TRUE(spans) << spans.error().detail;
  EXPECT_EQ(spans->size(), 201U);
  EXPECT_EQ(spans->back().begin, sys_days(2125y / November / Sunday[1]) + 6h);
}

TEST(TimeZone, OnlyNamesAreTaken) {
  for (const char* name : {"", "Mars/Olympus", "/etc/localtime", "../../etc/passwd", "localtime",
                           "Europe/Berlin\n", "file:Europe/Berlin", "UTC "}) {
    const auto spans = zone_spans(name, kFrom, kTo);
    ASSERT_FALSE(spans) << name;
    EXPECT_EQ(spans.error().code, Errc::not_found);
    EXPECT_NE(spans.error().detail.find("tzdata"), std::string::npos);
  }
}

}  // namespace
}  // namespace vfleet
