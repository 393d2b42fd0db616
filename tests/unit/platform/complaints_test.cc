#include "simulator/platform/complaints.h"

#include <gtest/gtest.h>

#include "simulator/platform/converse_settings.h"

namespace vfleet::platform {
namespace {

TEST(Complaints, AreCountedByKindDeviceAndMessage) {
  Complaints complaints;
  complaints.add("energy_mismatch", "pile-1", "StopTransaction", "first", 1);
  complaints.add("energy_mismatch", "pile-1", "StopTransaction", "second", 2);
  complaints.add("energy_mismatch", "pile-2", "StopTransaction", "third", 3);
  complaints.add("id_repeated", "pile-1", "Heartbeat", "x", 4);
  EXPECT_EQ(complaints.by_kind().at("energy_mismatch"), 3U);
  const auto all = complaints.find({}, {}, 10);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]->device, "pile-1");
  EXPECT_EQ(all[0]->what, "second");
  EXPECT_EQ(all[0]->count, 2U);
  EXPECT_EQ(all[0]->last_us, 2);
  EXPECT_EQ(complaints.find("energy_mismatch", "pile-2", 10).size(), 1U);
  EXPECT_EQ(complaints.find({}, "pile-1", 1).size(), 1U);
  complaints.clear();
  EXPECT_TRUE(complaints.find({}, {}, 10).empty());
}

TEST(Complaints, OfTooManyDevicesAreStillCounted) {
  Complaints complaints;
  for (std::size_t i = 0; i < Complaints::kRowsMax + 5; ++i)
    complaints.add("x", std::to_string(i), std::string(1000, 'a'), std::string(1000, 'w'), 1);
  EXPECT_EQ(complaints.find({}, {}, 1'000'000).size(), Complaints::kRowsMax);
  EXPECT_EQ(complaints.by_kind().at("x"), Complaints::kRowsMax + 5);
  EXPECT_EQ(complaints.find({}, {}, 1)[0]->what.size(), Complaints::kTextMax);
}

TEST(ConverseSettings, ChangeWholeOrNotAtAll) {
  ConverseSettings settings;
  ASSERT_TRUE(settings.merge(R"({"ocpp":{"boot":"pending","interval_s":5,"limit":16,"limit_unit":"A"},
                                 "ykc":{"energy_prices":[1,0.9,0.7,0.40001],"crc":"high"}})"));
  EXPECT_EQ(settings.ocpp.boot, OcppSettings::Boot::pending);
  EXPECT_EQ(settings.ocpp.limit_unit, 'A');
  EXPECT_EQ(settings.ykc.energy_prices, (std::array<std::uint32_t, 4>{100'000, 90'000, 70'000, 40'001}));
  EXPECT_EQ(settings.ykc.crc, YkcSettings::Crc::high);
  const auto wrong = [&](const char* text) {
    const Status merged = settings.merge(text);
    return merged ? std::string("taken") : merged.error().detail;
  };
  EXPECT_EQ(wrong(R"({"ocpp":{"interval_s":9,"boot":"maybe"}})"),
            "ocpp.boot: expected one of accepted, pending, rejected");
  EXPECT_EQ(settings.ocpp.interval_s, 5U);
  EXPECT_EQ(wrong(R"({"ocpp":{"foo":1}})"), "ocpp: no key \"foo\"");
  EXPECT_EQ(wrong(R"({"ykc":{"periods":"33"}})"), "ykc.periods: expected 48 digits from 0 to 3");
  EXPECT_EQ(wrong(R"({"ykc":{"energy_prices":[1,2,3]}})"),
            "ykc.energy_prices: expected four prices a kWh: sharp, peak, flat, valley");
  EXPECT_EQ(wrong(R"({"ocpp":{"tags":"x"}})"),
            "ocpp.tags: expected a list of texts, in which * stands for any text");
  EXPECT_EQ(wrong(R"({"mqtt":{}})"), R"(expected {"ocpp":{..},"ykc":{..}})");
  EXPECT_EQ(wrong("["), R"(expected {"ocpp":{..},"ykc":{..}})");
}

TEST(ConverseSettings, ReadBackWhatTheyShow) {
  ConverseSettings settings;
  ASSERT_TRUE(settings.merge(R"({"ocpp":{"tags":["a*"],"session_s":7.5},"ykc":{"bills":"unanswered"}})"));
  ConverseSettings again;
  ASSERT_TRUE(again.merge(settings.to_json()));
  EXPECT_EQ(again.to_json(), settings.to_json());
}

TEST(ConverseSettings, DoNotShowThePassword) {
  ConverseSettings settings;
  ASSERT_TRUE(settings.merge(R"({"ocpp":{"password":"secret"}})"));
  EXPECT_EQ(settings.to_json().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::platform
