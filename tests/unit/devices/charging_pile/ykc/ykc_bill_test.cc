// Bills: what they say, and how often.
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

constexpr const char* kPeriods[] = {"sharp", "peak", "flat", "valley"};

void charge(YkcWorld& world, Duration how_long, int gun = 1) {
  ASSERT_TRUE(world.plug(gun, "sedan", 0.2));
  world.start_remotely(gun);
  world.run(how_long);
  world.stop_remotely(gun);
}

std::vector<std::int64_t> seconds_of(const std::vector<const SentFrame*>& frames) {
  std::vector<std::int64_t> out;
  for (const SentFrame* each : frames) {
    out.push_back(std::chrono::duration_cast<std::chrono::seconds>(each->at - frames.front()->at).count());
  }
  return out;
}

TEST(YkcBill, SaysWhatTheMeterSaidAndAddsUp) {
  YkcWorld world({{"rated_power", number(15e3)}});
  world.log_in();
  charge(world, 2h + 7min);
  world.run(2s);
  const SentFrame& bill = world.newest(0x3B);
  EXPECT_EQ(bill.body.size(), 158U);
  EXPECT_EQ(bill.text("order"), YkcWorld::kOrder);
  EXPECT_EQ(bill.text("trade_mark"), "app");
  EXPECT_EQ(bill.text("physical_card"), "00000000D14B0A54");
  EXPECT_EQ(bill.number("meter_end") - bill.number("meter_start"), bill.number("energy"));
  std::int64_t energy = 0;
  std::int64_t amount = 0;
  for (const std::string period : kPeriods) {
    const std::int64_t part = bill.number(period + "_energy");
    EXPECT_GT(part, 0) << period << ": the model has each of them twice in two hours";
    EXPECT_EQ(part, bill.number(period + "_adjusted_energy"));
    // 0.0001 kWh times 0.00001 yuan, to 0.0001 yuan.
    EXPECT_EQ(bill.number(period + "_amount"), (part * bill.number(period + "_price") + 50'000) / 100'000);
    energy += part;
    amount += bill.number(period + "_amount");
  }
  EXPECT_EQ(energy, bill.number("energy"));
  EXPECT_EQ(amount, bill.number("cost"));
  EXPECT_EQ(bill.number("sharp_price"), 150'000);
  EXPECT_EQ(bill.number("valley_price"), 90'000);
  EXPECT_EQ(bill.number("end_time") - bill.number("start_time"), 127 * 60'000);
}

TEST(YkcBill, AgreesWithTheMeterAndWithTheIntegralOfPowerByRate) {
  YkcWorld world({{"ykc.realtime_charging_every", duration(1s)}, {"rated_power", number(20e3)}});
  world.log_in();
  charge(world, 95min);
  world.run(2s);
  const SentFrame& bill = world.newest(0x3B);
  std::array<std::int64_t, 4> metered{};  // 0.0001 kWh
  std::array<double, 4> integral{};       // kWh
  const SentFrame* before = nullptr;
  TimePoint began;
  for (const SentFrame* each : world.all(0x13)) {
    if (each->number("gun") != 1 || each->text("state") != "charging") continue;
    if (before == nullptr) began = each->at;
    if (before != nullptr) {
      // The model's rates change with each half hour of the pile's clock, in turn.
      const std::int64_t ms =
          bill.number("start_time") +
          std::chrono::duration_cast<std::chrono::milliseconds>(before->at - began).count();
      const auto rate = static_cast<std::size_t>(ms / 1'800'000 % 48 % 4);
      metered[rate] += each->number("energy") - before->number("energy");
      const double hours = std::chrono::duration<double>(each->at - before->at).count() / 3600;
      integral[rate] +=
          static_cast<double>(before->number("voltage") * before->number("current")) / 1e5 * hours;
    }
    before = each;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string name = kPeriods[i];
    EXPECT_NEAR(static_cast<double>(metered[i]), static_cast<double>(bill.number(name + "_energy")), 1)
        << name;
    EXPECT_NEAR(integral[i], static_cast<double>(metered[i]) / 1e4, 0.001 * integral[i] + 1e-4)
        << name << ": currents are told in steps of 0.1 A";
  }
  EXPECT_EQ(before->number("energy"), bill.number("energy"));
  EXPECT_EQ(before->number("cost"), bill.number("cost"));
}

TEST(YkcBill, IsSentAgainAfterHalfAMinuteThreeTimesOnceMoreLateAndThenNot) {
  YkcWorld world;
  world.log_in();
  world.answers[0x3B] = nullptr;
  charge(world, 5min);
  world.forget_frames();
  world.run(2h);
  EXPECT_EQ(seconds_of(world.all(0x3B)), (std::vector<std::int64_t>{0, 30, 60, 90, 390}));
  EXPECT_EQ(world.count_verdicts("timed_out"), 5U);
  EXPECT_EQ(world.state("ykc_bills"), "1") << "it is kept";
  const auto bills = world.all(0x3B);
  for (const SentFrame* each : bills) EXPECT_EQ(each->body, bills.front()->body) << "the same each time";
  world.forget_frames();
  world.answers[0x3B] = [&](const SentFrame& f) {
    world.platform(0x40, {{"order", f.raw_order()}, {"result", "ok"}}, f.sequence);
  };
  world.disconnect();
  world.connect();
  world.run(1s);
  EXPECT_EQ(world.said(0x3B), 1U) << "the next login brings it";
  EXPECT_EQ(world.state("ykc_bills"), "0");
}

TEST(YkcBill, AnIllegalOneIsSentAgain) {
  YkcWorld world;
  world.log_in();
  int count = 0;
  world.answers[0x3B] = [&](const SentFrame& f) {
    world.platform(0x40, {{"order", f.raw_order()}, {"result", ++count < 3 ? "illegal" : "ok"}}, f.sequence);
  };
  charge(world, 5min);
  world.run(10min);
  EXPECT_EQ(world.said(0x3B), 3U);
  EXPECT_EQ(world.count_verdicts("refused"), 2U);
  EXPECT_EQ(world.state("ykc_bills"), "0");
}

TEST(YkcBill, ALateConfirmationCountsToo) {
  YkcWorld world;
  world.log_in();
  world.answers[0x3B] = nullptr;
  charge(world, 5min);
  world.run(20min);
  world.platform(0x40, {{"order", YkcWorld::kOrder}, {"result", "ok"}});
  world.run(0s);
  EXPECT_EQ(world.state("ykc_bills"), "0");
  world.platform(0x40, {{"order", YkcWorld::kOrder}, {"result", "ok"}});
  world.run(0s);
  EXPECT_EQ(world.state("ykc_not_understood"), "1") << "about one that is not there";
}

TEST(YkcBill, FollowsAtOnceWhenTheCableIsPulled) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  ASSERT_TRUE(world.on("unplug", 1));
  world.run(0s);
  EXPECT_EQ(world.newest(0x3B).text("stop_reason"), "pilot_lost");
  EXPECT_EQ(world.newest(0x3B).text("vin").size(), 17U) << "of the vehicle that has left";
}

TEST(YkcBill, AnHourOfflineIsToldInOrderBeforeAnythingNew) {
  YkcWorld world;
  world.log_in();
  world.run(5s);
  world.disconnect();
  world.forget_frames();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.plug(1, "sedan", 0.3));
    ASSERT_TRUE(world.on("start", 1));
    world.run(15min);
    ASSERT_TRUE(world.on("stop", 1));
    ASSERT_TRUE(world.on("unplug", 1));
    world.run(5min);
  }
  EXPECT_EQ(world.state("ykc_bills"), "3");
  EXPECT_EQ(world.frames().size(), 0U);
  world.connect();
  world.run(1s);
  std::vector<int> types;
  for (const SentFrame& each : world.frames()) types.push_back(each.type);
  ASSERT_GE(types.size(), 9U);
  EXPECT_EQ(types[0], 0x01);
  EXPECT_EQ(types[1], 0x05);
  for (std::size_t i = 2; i < 6; ++i) EXPECT_EQ(types[i], 0x13) << "the newest four that were kept";
  for (std::size_t i = 6; i < 9; ++i) EXPECT_EQ(types[i], 0x3B);
  EXPECT_EQ(types.back(), 0x13);
  const auto bills = world.all(0x3B);
  ASSERT_EQ(bills.size(), 3U);
  EXPECT_LT(bills[0]->number("start_time"), bills[1]->number("start_time"));
  EXPECT_LT(bills[1]->number("start_time"), bills[2]->number("start_time"));
  EXPECT_EQ(bills[0]->number("meter_end"), bills[1]->number("meter_start"));
  EXPECT_EQ(world.state("ykc_bills"), "0");
}

TEST(YkcBill, TheOldestGoesWhenThereIsNoRoom) {
  YkcWorld world({{"ykc.bills_max", integer(2)}});
  world.log_in();
  world.disconnect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.plug(1, "sedan", 0.3));
    ASSERT_TRUE(world.on("start", 1));
    world.run(1min);
    ASSERT_TRUE(world.on("unplug", 1));
  }
  EXPECT_EQ(world.state("ykc_bills"), "2");
  world.connect();
  world.run(1s);
  const auto bills = world.all(0x3B);
  ASSERT_EQ(bills.size(), 2U);
  EXPECT_EQ(bills[0]->text("order").substr(28), "0002");
}

TEST(YkcBill, SurvivesTheWorkerAndSoDoesTheSessionsOrder) {
  YkcWorld world;
  world.log_in();
  world.answers[0x3B] = nullptr;
  charge(world, 5min);
  ASSERT_TRUE(world.plug(2));
  world.start_remotely(2, "32010600000001022011211200000009", "60");
  world.run(60s);
  const auto bytes = world.saved();
  ASSERT_FALSE(bytes.empty());
  world.disconnect();
  world.forget_frames();
  world.answers[0x3B] = [&](const SentFrame& f) {
    world.platform(0x40, {{"order", f.raw_order()}, {"result", "ok"}}, f.sequence);
  };
  ASSERT_TRUE(world.resume(bytes));
  world.run(60s);
  EXPECT_EQ(world.newest(0x05).text("model"), "0017");
  EXPECT_EQ(world.newest(0x3B).text("order"), YkcWorld::kOrder);
  EXPECT_EQ(world.newest(0x13, 2).text("order"), "32010600000001022011211200000009");
  EXPECT_EQ(world.newest(0x13, 2).text("state"), "charging");
  world.stop_remotely(2);
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("order"), "32010600000001022011211200000009");
  EXPECT_EQ(world.newest(0x3B).text("physical_card"), "00000000D14B0A54");
}

TEST(YkcBill, AnyBytesOfAnotherLifeAreRefusedOrTaken) {
  YkcWorld world;
  world.log_in();
  world.answers[0x3B] = nullptr;
  charge(world, 5min);
  const auto bytes = world.saved();
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    YkcWorld other;
    other.start(false);
    (void)other.resume(std::span(bytes).first(size));
    other.run(1s);
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto broken = bytes;
    broken[i] = ~broken[i];
    YkcWorld other;
    other.start(false);
    if (other.resume(broken)) other.run(1s);
  }
}

TEST(YkcBill, ABalanceEndsTheChargeWhenItIsSpent) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.1));
  world.start_remotely(1, YkcWorld::kOrder, "5.00");
  ASSERT_TRUE(world.run_till([&] { return world.said(0x3B) > 0; }, 2h));
  const SentFrame& bill = world.newest(0x3B);
  EXPECT_EQ(bill.text("stop_reason"), "money_reached");
  EXPECT_GE(bill.number("cost"), 50'000);
  EXPECT_LT(bill.number("cost"), 50'500) << "5 fen more at most";
}

TEST(YkcBill, ABalanceThatGrowsLetsItGoOn) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.1));
  world.start_remotely(1, YkcWorld::kOrder, "5.00");
  world.run(60s);
  const auto update = [&](const char* card, const char* balance) {
    world.platform(0x42,
                   {{"pile", YkcWorld::kPile}, {"gun", "1"}, {"physical_card", card}, {"balance", balance}});
    world.run(0s);
    return world.newest(0x41).text("result");
  };
  EXPECT_EQ(update("12345678", "100"), "wrong_card");
  EXPECT_EQ(update("0", "100"), "ok") << "no card is no check";
  EXPECT_EQ(update("D14B0A54", "20.00"), "ok");
  ASSERT_TRUE(world.run_till([&] { return world.said(0x3B) > 0; }, 5h));
  EXPECT_NEAR(static_cast<double>(world.newest(0x3B).number("cost")), 200'000, 500);
}

TEST(YkcBill, AForkWithoutLimitsChargesOn) {
  YkcWorld world({{"ykc.balance_limits", boolean(false)}});
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.1));
  world.start_remotely(1, YkcWorld::kOrder, "1.00");
  world.run(20min);
  EXPECT_EQ(world.state("session"), "true");
}

TEST(YkcBill, StopsHaveTheirReasons) {
  const std::pair<const char*, const char*> rows[] = {{"emergency_stop", "emergency_stop"},
                                                      {"insulation_fault", "dc_protection"},
                                                      {"meter_failure", "meter_comm"},
                                                      {"over_temperature", "temperature"},
                                                      {"other_error", "unknown"}};
  for (const auto& [fault, reason] : rows) {
    YkcWorld world;
    world.log_in();
    ASSERT_TRUE(world.plug(1));
    world.start_remotely();
    world.run(60s);
    ASSERT_TRUE(world.fault(fault, 1));
    world.run(2s);
    EXPECT_EQ(world.newest(0x3B).text("stop_reason"), reason) << fault;
  }
}

TEST(YkcBill, RetriesFollowThePlatformsClockAlsoWhenModelTimeRunsFaster) {
  YkcWorld world;
  world.scale = 10;
  world.answers[0x3B] = nullptr;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  world.stop_remotely();
  world.run(2h);
  const auto bills = world.all(0x3B);
  ASSERT_EQ(bills.size(), 5U);
  EXPECT_EQ(bills[1]->at - bills[0]->at, 300s);
  EXPECT_EQ(bills[4]->at - bills[3]->at, 3000s) << "the last one after five minutes";
}

}  // namespace
}  // namespace vfleet::pile::ykc
