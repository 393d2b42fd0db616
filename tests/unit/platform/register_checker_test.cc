#include "simulator/platform/register_checker.h"

#include <gtest/gtest.h>

#include <string>

namespace vfleet::platform {
namespace {

std::string meter(const std::string& wh) {
  return R"({"data":{"energy_wh":)" + wh + R"(,"session":"1-1-1","session_energy_wh":0.5}})";
}

TEST(RegisterChecker, ARegisterMayStandStillOrGrow) {
  RegisterChecker checker;
  for (const char* wh : {"0.0", "0.0", "0.1", "12.5", "12.5", "100000000.1"})
    EXPECT_FALSE(checker.went_back("meter", 1, meter(wh))) << wh;
}

TEST(RegisterChecker, TellsEachStepBackOnce) {
  RegisterChecker checker;
  EXPECT_FALSE(checker.went_back("meter", 1, meter("100.0")));
  EXPECT_TRUE(checker.went_back("meter", 1, meter("99.9")));
  EXPECT_FALSE(checker.went_back("meter", 1, meter("99.9")));
  EXPECT_TRUE(checker.went_back("meter", 1, meter("0.0")));
}

TEST(RegisterChecker, EachChannelHasARegisterOfItsOwn) {
  RegisterChecker checker;
  EXPECT_FALSE(checker.went_back("meter", 1, meter("100.0")));
  EXPECT_FALSE(checker.went_back("meter", 2, meter("5.0")));
  EXPECT_FALSE(checker.went_back("meter", 1, meter("100.1")));
  EXPECT_TRUE(checker.went_back("meter", 2, meter("4.9")));
}

TEST(RegisterChecker, TheEndOfASessionTellsOfTheSameRegister) {
  RegisterChecker checker;
  const std::string end = R"({"data":{"session":"1-1-1","meter_start_wh":3.0,"meter_stop_wh":50.0,)"
                          R"("energy_wh":47.0,"periods":{"flat":{"energy_wh":47.0}}}})";
  EXPECT_FALSE(checker.went_back("meter", 1, meter("49.0")));
  EXPECT_FALSE(checker.went_back("session_end", 1, end));
  EXPECT_TRUE(checker.went_back("meter", 1, meter("49.5")));
  EXPECT_FALSE(checker.went_back("session_end", 1, R"({"data":{"session":"","meter_stop_wh":0.0}})"))
      << "asked for without a session";
}

TEST(RegisterChecker, TakesNothingFromWhatItDoesNotKnow) {
  RegisterChecker checker;
  EXPECT_FALSE(checker.went_back("meter", 1, meter("100.0")));
  EXPECT_FALSE(checker.went_back("status", 1, meter("1.0")));
  for (const char* text : {"", R"({"energy_wh":)", R"({"energy_wh":"1"})", R"({"energy_wh":null})", "{}"})
    EXPECT_FALSE(checker.went_back("meter", 1, text)) << text;
  for (std::uint32_t channel = 2; channel < 1000; ++channel)
    EXPECT_FALSE(checker.went_back("meter", channel, meter("100.0")));
  EXPECT_FALSE(checker.went_back("meter", 999, meter("1.0"))) << "past kChannelsMax";
  EXPECT_TRUE(checker.went_back("meter", 1, meter("1.0")));
}

}  // namespace
}  // namespace vfleet::platform
