#include "simulator/platform/misbehaviour.h"

#include <gtest/gtest.h>

namespace vfleet::platform {
namespace {

using Kind = Mischief::Kind;

Misbehaviour told(std::string_view json) {
  Misbehaviour misbehaviour(Random(7, 0, "test"));
  misbehaviour.set(MisbehaviourSettings::from_json(json).value(), TimePoint());
  return misbehaviour;
}

TEST(Misbehaviour, BehavesUntilItIsToldOtherwise) {
  Misbehaviour misbehaviour(Random(7, 0, "test"));
  EXPECT_FALSE(misbehaviour.active());
  EXPECT_EQ(misbehaviour.decide("meter", "pile-1").kind, Kind::none);
  EXPECT_EQ(misbehaviour.decide("meter", "pile-1").delay, Duration::zero());
}

TEST(Misbehaviour, StrikesAsOftenAsItWasTold) {
  Misbehaviour misbehaviour =
      told(R"({"refuse_ratio":0.2,"cut_ratio":0.25,"garbage_ratio":0.5,"delay_ms":5,"delay_ratio":0.1})");
  for (int i = 0; i < 20'000; ++i) static_cast<void>(misbehaviour.decide("meter", "pile-1"));
  EXPECT_NEAR(static_cast<double>(misbehaviour.counts().refused), 4000, 300);
  EXPECT_NEAR(static_cast<double>(misbehaviour.counts().cut), 4000, 300);
  EXPECT_NEAR(static_cast<double>(misbehaviour.counts().garbage), 6000, 300);
  EXPECT_NEAR(static_cast<double>(misbehaviour.counts().delayed), 2000, 250);
}

TEST(Misbehaviour, TheSameSeedDecidesTheSame) {
  Misbehaviour one = told(R"({"cut_ratio":0.5})");
  Misbehaviour two = told(R"({"cut_ratio":0.5})");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.decide("a", "b").kind, two.decide("a", "b").kind);
}

TEST(Misbehaviour, OnlyMeetsWhatItWasToldTo) {
  Misbehaviour misbehaviour = told(R"({"refuse_ratio":1,"match_type":"meter","match_device":"pile-0*"})");
  EXPECT_EQ(misbehaviour.decide("status", "pile-01").kind, Kind::none);
  EXPECT_EQ(misbehaviour.decide("meter", "cam-01").kind, Kind::none);
  EXPECT_EQ(misbehaviour.decide("meter", "pile-01").kind, Kind::refuse);
}

TEST(Misbehaviour, EndsByItselfAfterSoManyRequests) {
  Misbehaviour misbehaviour = told(R"({"cut_ratio":1,"for_requests":2,"match_type":"meter"})");
  EXPECT_EQ(misbehaviour.decide("meter", "a").kind, Kind::cut);
  EXPECT_EQ(misbehaviour.decide("status", "a").kind, Kind::none);
  EXPECT_EQ(misbehaviour.decide("meter", "a").kind, Kind::cut);
  EXPECT_FALSE(misbehaviour.active());
  EXPECT_EQ(misbehaviour.decide("meter", "a").kind, Kind::none);
}

TEST(Misbehaviour, PausesAtTheBeginningOfEachPeriod) {
  using std::chrono::milliseconds;
  Misbehaviour misbehaviour(Random(7, 0, "test"));
  const TimePoint set{std::chrono::hours(5)};
  EXPECT_EQ(misbehaviour.paused_until(set), TimePoint::min());
  misbehaviour.set(MisbehaviourSettings::from_json(R"({"pause_ms":2000,"pause_every_ms":10000})").value(),
                   set);
  for (const int period : {0, 1, 7}) {
    const TimePoint begin = set + period * milliseconds(10'000);
    EXPECT_EQ(misbehaviour.paused_until(begin), begin + milliseconds(2000));
    EXPECT_EQ(misbehaviour.paused_until(begin + milliseconds(1999)), begin + milliseconds(2000));
    EXPECT_EQ(misbehaviour.paused_until(begin + milliseconds(2000)), TimePoint::min());
    EXPECT_EQ(misbehaviour.paused_until(begin + milliseconds(9999)), TimePoint::min());
  }
  misbehaviour.clear();
  EXPECT_EQ(misbehaviour.paused_until(set), TimePoint::min());
  EXPECT_FALSE(MisbehaviourSettings::from_json(R"({"pause_ms":2000,"pause_every_ms":2000})").has_value());
}

TEST(Misbehaviour, CutsAnAnswerWhereItWasToldTo) {
  const auto part = [](const char* json) {
    return std::string(MisbehaviourSettings::from_json(json).value().cut_part("0123456789"));
  };
  EXPECT_EQ(part(R"({"cut_point":"before_answer"})"), "");
  EXPECT_EQ(part(R"({"cut_point":"within_answer"})"), "01234");
  EXPECT_EQ(part(R"({"cut_point":"after_answer"})"), "0123456789");
  EXPECT_EQ(part(R"({"cut_point":"at_byte","cut_byte":3})"), "012");
  EXPECT_EQ(part(R"({"cut_point":"at_byte","cut_byte":99})"), "0123456789");
}

TEST(Misbehaviour, DelaysAllUnlessARatioIsGiven) {
  EXPECT_EQ(told(R"({"delay_ms":250})").decide("a", "b").delay, std::chrono::milliseconds(250));
}

TEST(MisbehaviourSettings, ReadWhatTheyWrite) {
  const auto settings = MisbehaviourSettings::from_json(R"({"cut_ratio":0.5,"cut_point":"within_answer"})");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(MisbehaviourSettings::from_json(settings->to_json())->to_json(), settings->to_json());
}

TEST(MisbehaviourSettings, RefuseAndNameWhatIsWrong) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"", "JSON object"},
      {"[]", "JSON object"},
      {"{}", "JSON object"},
      {R"({"delay":1})", "delay: unknown key"},
      {R"({"delay_ms":-1})", "delay_ms"},
      {R"({"delay_ms":700000})", "600000"},
      {R"({"refuse_ratio":1.5})", "from 0 to 1"},
      {R"({"refuse_ratio":"all"})", "refuse_ratio"},
      {R"({"refuse_status":200})", "400 to 599"},
      {R"({"cut_point":"never"})", "within_answer"},
      {R"({"match_type":7})", "match_type"},
  };
  for (const auto& [text, part] : kWrong) {
    const auto settings = MisbehaviourSettings::from_json(text);
    ASSERT_FALSE(settings.has_value()) << text;
    EXPECT_NE(settings.error().detail.find(part), std::string::npos) << settings.error().detail;
  }
}

TEST(Glob, FitsStarsAndQuestionMarks) {
  EXPECT_TRUE(fits_glob("*", ""));
  EXPECT_TRUE(fits_glob("pile-*", "pile-1"));
  EXPECT_TRUE(fits_glob("*-0?", "a-b-01"));
  EXPECT_TRUE(fits_glob("a*b*c", "axxbyybzc"));
  EXPECT_FALSE(fits_glob("a*b*c", "axxbyybz"));
  EXPECT_FALSE(fits_glob("pile-?", "pile-10"));
  EXPECT_FALSE(fits_glob("", "x"));
  EXPECT_TRUE(fits_glob("", ""));
}

}  // namespace
}  // namespace vfleet::platform
