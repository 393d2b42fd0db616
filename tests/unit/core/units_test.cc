#include "simulator/core/units.h"

#include <gtest/gtest.h>

namespace vfleet {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadsEverySuffixOfItsDimension) {
  EXPECT_EQ(parse_quantity("120kW", Unit::power), 120e3);
  EXPECT_EQ(parse_quantity("1.5 MW", Unit::power), 1.5e6);
  EXPECT_EQ(parse_quantity("10%", Unit::ratio), 0.1);
  EXPECT_EQ(parse_quantity("0.1", Unit::ratio), 0.1);
  EXPECT_EQ(parse_quantity("4Mbps", Unit::bitrate), 4e6);
  EXPECT_EQ(parse_quantity("64GiB", Unit::size), 64.0 * (1ULL << 30));
  EXPECT_EQ(parse_quantity("6/h", Unit::frequency), 6.0 / 3600);
  EXPECT_EQ(parse_quantity("-20C", Unit::temperature), -20);
  EXPECT_EQ(parse_quantity("30s", Unit::duration), 30);
}

TEST(Units, RefusesAMissingOrForeignSuffix) {
  for (const char* text : {"", "kW", "120", "120kV", "120 k W", "nan", "inf", "1e999kW", "12kW3"}) {
    EXPECT_FALSE(parse_quantity(text, Unit::power)) << text;
  }
  EXPECT_EQ(parse_quantity("0", Unit::power), 0);
  EXPECT_NE(parse_quantity("120", Unit::power).error().detail.find("W, kW, MW"), std::string::npos);
}

TEST(Units, ReadsCompoundDurations) {
  EXPECT_EQ(parse_duration("1h30min"), Duration(90min));
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
  EXPECT_EQ(parse_duration("0"), Duration::zero());
  for (const char* text : {"", "5", "-5s", "5 parsecs", "s", "1h30", "1e300s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, FormattingPrefersAUnitOfWhichThereIsOneOrMore) {
  EXPECT_EQ(format_duration(Duration(100ms)), "100ms");
  EXPECT_EQ(format_duration(Duration(1ms)), "1ms");
  EXPECT_EQ(format_duration(Duration(90min)), "90min");
  EXPECT_EQ(format_duration(Duration(30s)), "30s");
  EXPECT_EQ(format_duration(Duration(24h)), "1d");
  EXPECT_EQ(format_quantity(500e3, Unit::energy), "500kWh");
  EXPECT_EQ(format_quantity(-500e3, Unit::power), "-500kW");
  EXPECT_EQ(format_quantity(0.5, Unit::current), "500mA");
  EXPECT_EQ(format_quantity(0.25, Unit::power), "0.25W");
  EXPECT_EQ(format_quantity(100e6, Unit::size), "100MB");
  EXPECT_EQ(format_quantity(0.005, Unit::ratio), "0.5%");
  EXPECT_EQ(format_quantity(0.94, Unit::ratio), "94%");
}

TEST(Units, FormattingReadsBackTheSame) {
  EXPECT_EQ(format_quantity(120e3, Unit::power), "120kW");
  EXPECT_EQ(format_quantity(0.1, Unit::ratio), "10%");
  EXPECT_EQ(format_duration(Duration(300s)), "5min");
  EXPECT_EQ(format_duration(Duration(1500ms)), "1.5s");
  for (double value : {0.07, 1.0 / 3, 123456.789, 1e-7, 2048.0}) {
    for (Unit unit : {Unit::none, Unit::power, Unit::ratio, Unit::size, Unit::frequency}) {
      EXPECT_EQ(parse_quantity(format_quantity(value, unit), unit), value) << format_quantity(value, unit);
    }
  }
}

}  // namespace
}  // namespace vfleet
