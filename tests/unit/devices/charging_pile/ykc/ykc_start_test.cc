// Charges that the platform starts and stops, and those that begin at the pile.
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

constexpr const char* kOther = "32010600000001012011211200000002";

TEST(YkcStart, ThePlatformStartsAndThePileSaysSoWithinTheTimeThatItHas) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  const SentFrame& answer = world.newest(0x33);
  EXPECT_EQ(answer.text("result"), "ok");
  EXPECT_EQ(answer.text("reason"), "none");
  EXPECT_EQ(answer.text("order"), YkcWorld::kOrder);
  EXPECT_EQ(answer.seq, 0U) << "an answer is no report";
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "charging");
  EXPECT_EQ(world.newest(0x13, 1).text("order"), YkcWorld::kOrder);
  EXPECT_EQ(world.state("session"), "true");
}

TEST(YkcStart, AnAnswerRepeatsTheSequenceOfTheQuestion) {
  YkcWorld world;
  world.log_in();
  world.platform(0x36, {{"pile", YkcWorld::kPile}, {"gun", "1"}}, 0xAD71);
  world.run(0s);
  EXPECT_EQ(world.newest(0x35).sequence, 0xAD71);
}

TEST(YkcStart, RefusesWithTheReasonThatTheTableHas) {
  YkcWorld world;
  world.log_in();
  const auto reason = [&](int gun, const char* pile = YkcWorld::kPile, const char* order = kOther) {
    world.platform(0x34, {{"order", order}, {"pile", pile}, {"gun", std::to_string(gun)}});
    world.run(0s);
    return world.newest(0x33).text("reason");
  };
  ASSERT_TRUE(world.plug(1));
  EXPECT_EQ(reason(1, "32010600000099"), "wrong_pile");
  EXPECT_EQ(reason(3), "wrong_pile") << "there is no third gun";
  EXPECT_EQ(reason(2), "not_plugged");
  ASSERT_TRUE(world.on("disable", 1));
  EXPECT_EQ(reason(1), "offline");
  ASSERT_TRUE(world.on("enable", 1));
  ASSERT_TRUE(world.fault("insulation_fault", 1));
  EXPECT_EQ(reason(1), "fault");
  ASSERT_TRUE(world.clear());
  world.start_remotely();
  EXPECT_EQ(reason(1), "already_charging");
  EXPECT_EQ(world.newest(0x33).text("order"), kOther) << "of the order that was refused";
}

TEST(YkcStart, TheSameOrderSaidAgainIsTheSameStart) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(30s);
  world.start_remotely();
  EXPECT_EQ(world.newest(0x33).text("result"), "ok");
  world.run(30s);
  EXPECT_EQ(world.newest(0x13, 1).number("charging_minutes"), 1) << "it did not begin anew";
}

TEST(YkcStart, ACableThatComesWithinAMinuteMakesTheStartGoodLater) {
  YkcWorld world;
  world.log_in();
  world.start_remotely();
  EXPECT_EQ(world.newest(0x33).text("reason"), "not_plugged");
  world.run(59s);
  world.forget_frames();
  ASSERT_TRUE(world.plug(1));
  world.run(0s);
  EXPECT_EQ(world.newest(0x33).text("result"), "ok");
  EXPECT_NE(world.newest(0x33).seq, 0U) << "nobody asked just now: it is a report";
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "charging");
  EXPECT_EQ(world.newest(0x13, 1).text("order"), YkcWorld::kOrder);
}

TEST(YkcStart, ACableThatComesLaterStartsNothingAndNoBillIsDue) {
  YkcWorld world;
  world.log_in();
  world.start_remotely();
  world.run(60s);
  ASSERT_TRUE(world.plug(1));
  world.run(5min);
  EXPECT_EQ(world.said(0x33), 1U);
  EXPECT_EQ(world.state("session"), "false");
  EXPECT_EQ(world.said(0x3B), 0U) << "the start was never accepted";
}

TEST(YkcStart, AStopAlwaysStops) {
  YkcWorld world;
  world.log_in();
  world.stop_remotely();
  EXPECT_EQ(world.newest(0x35).text("reason"), "not_charging");
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  world.stop_remotely();
  EXPECT_EQ(world.newest(0x35).text("result"), "ok");
  EXPECT_EQ(world.state("session"), "false");
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("stop_reason"), "app");
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "idle");
  // One that waits for its cable, too.
  ASSERT_TRUE(world.on("unplug", 1));
  world.start_remotely(1, kOther);
  world.stop_remotely();
  EXPECT_EQ(world.newest(0x35).text("result"), "ok");
  ASSERT_TRUE(world.plug(1));
  world.run(5s);
  EXPECT_EQ(world.state("session"), "false");
}

TEST(YkcStart, ACardAsksThePlatform) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "D14B0A54"));
  world.run(0s);
  const SentFrame& asked = world.newest(0x31);
  EXPECT_EQ(asked.body.size(), 51U);
  EXPECT_EQ(asked.text("how"), "card");
  EXPECT_EQ(asked.text("card"), "00000000D14B0A54");
  EXPECT_EQ(asked.text("vin"), "");
  EXPECT_EQ(world.state("session"), "false") << "before it is allowed";
  world.platform(0x32,
                 {{"order", kOther},
                  {"pile", YkcWorld::kPile},
                  {"gun", "1"},
                  {"logical_card", "573"},
                  {"balance", "50.00"},
                  {"result", "ok"}},
                 asked.sequence);
  world.run(60s);
  EXPECT_EQ(world.newest(0x13, 1).text("order"), kOther);
  EXPECT_EQ(world.verdict_of(0x31), "acked");
  const Status other = world.swipe(1, "99");
  EXPECT_FALSE(other) << "another card does not stop it";
  ASSERT_TRUE(world.swipe(1, "D14B0A54"));
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("trade_mark"), "card");
  EXPECT_EQ(world.newest(0x3B).text("physical_card"), "00000000D14B0A54");
  EXPECT_EQ(world.newest(0x3B).text("stop_reason"), "manual");
}

TEST(YkcStart, WhatAnOperatorAsksDuringAChargeIsAnsweredAndChangesNothing) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  const auto ask = [&](const char* result) {
    world.answers[0x31] = [&world, result](const SentFrame& asked) {
      world.platform(0x32, {{"order", kOther}, {"pile", YkcWorld::kPile}, {"gun", "1"}, {"result", result}},
                     asked.sequence);
    };
    EXPECT_TRUE(world.trigger_frame("ykc_start_request", {{"how", "vin"}}));
    world.run(0s);
    return world.verdict_of(0x31);
  };
  EXPECT_EQ(ask("ok"), "acked");
  EXPECT_EQ(ask("failed"), "refused");
  EXPECT_EQ(world.state("session"), "true");
  world.run(20s);
  EXPECT_EQ(world.newest(0x13, 1).text("order"), YkcWorld::kOrder);
}

TEST(YkcStart, ACardThatThePlatformRefusesOrForgetsStartsNothing) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.answers[0x31] = [&](const SentFrame& f) {
    world.platform(0x32,
                   {{"order", kOther},
                    {"pile", YkcWorld::kPile},
                    {"gun", "1"},
                    {"result", "failed"},
                    {"reason", "frozen"}},
                   f.sequence);
  };
  ASSERT_TRUE(world.swipe(1, "7"));
  world.run(1s);
  EXPECT_EQ(world.verdict_of(0x31), "refused");
  EXPECT_EQ(world.refusals.at(world.newest(0x31).seq), "0x32 start_request_answer result=failed reason=frozen");
  EXPECT_EQ(world.state("session"), "false");
  world.answers[0x31] = nullptr;
  ASSERT_TRUE(world.swipe(1, "7"));
  world.run(15s);
  EXPECT_EQ(world.verdict_of(0x31), "timed_out");
  EXPECT_EQ(world.said(0x3B), 0U);
  ASSERT_TRUE(world.swipe(1, "7")) << "and it can be tried again";
}

TEST(YkcStart, AVehicleIsKnownByItsNumberWhereTheSettingSaysSo) {
  YkcWorld world({{"ykc.ask_by_vin", boolean(true)}});
  world.log_in();
  world.answers[0x31] = [&](const SentFrame& f) {
    world.platform(0x32, {{"order", kOther}, {"pile", YkcWorld::kPile}, {"gun", "2"}, {"result", "ok"}},
                   f.sequence);
  };
  ASSERT_TRUE(world.plug(2));
  world.run(60s);
  const SentFrame& asked = world.newest(0x31);
  EXPECT_EQ(asked.text("how"), "vin");
  EXPECT_EQ(asked.text("vin").size(), 17U);
  EXPECT_EQ(asked.text("card"), "0000000000000000");
  EXPECT_EQ(asked.text("vin"), world.newest(0x15).text("vin"));
  EXPECT_EQ(asked.body[34 + 16], asked.text("vin").front()) << "reversed on the wire";
  world.stop_remotely(2);
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("trade_mark"), "vin");
}

TEST(YkcStart, DriversThatComeByThemselvesAskWithTheirCards) {
  YkcWorld world({{"arrivals.per_day", number(400)}});
  int asked = 0;
  world.answers[0x31] = [&](const SentFrame& f) {
    if (++asked % 2 == 0) return;
    char order[33];
    std::snprintf(order, sizeof order, "%s%02d20112112%08d", YkcWorld::kPile,
                  static_cast<int>(f.number("gun")), asked);
    world.platform(0x32,
                   {{"order", order}, {"pile", YkcWorld::kPile}, {"gun", f.text("gun")}, {"result", "ok"}},
                   f.sequence);
  };
  world.log_in();
  world.run(12h);
  EXPECT_GT(asked, 10);
  EXPECT_GE(world.said(0x3B), static_cast<std::size_t>(asked) / 2 - 2);
  EXPECT_LE(world.said(0x3B), static_cast<std::size_t>(asked) / 2 + 1)
      << "who was not answered did not charge";
  EXPECT_EQ(world.count_verdicts("timed_out"), static_cast<std::size_t>(asked) / 2);
}

TEST(YkcStart, AStartAtThePileMakesItsOwnOrder) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(2));
  ASSERT_TRUE(world.on("start", 2));
  world.run(60s);
  const std::string order = world.newest(0x13, 2).text("order");
  EXPECT_EQ(order.substr(0, 16), std::string(YkcWorld::kPile) + "02");
  EXPECT_EQ(order.substr(28), "0001");
  EXPECT_EQ(world.newest(0x15).text("order"), order);
  ASSERT_TRUE(world.on("stop", 2));
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("order"), order);
}

TEST(YkcStart, BothGunsOfAPairStartOrNone) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  const auto start = [&](int gun, const char* order) {
    world.platform(0xA4, {{"order", order},
                          {"pile", YkcWorld::kPile},
                          {"gun", std::to_string(gun)},
                          {"pair", "201121120000"}});
    world.run(0s);
  };
  start(1, YkcWorld::kOrder);
  EXPECT_EQ(world.newest(0xA3).text("result"), "ok");
  EXPECT_EQ(world.newest(0xA3).text("role"), "main");
  EXPECT_EQ(world.newest(0xA3).text("pair"), "201121120000");
  EXPECT_EQ(world.state("session"), "false") << "it waits for the other";
  start(2, kOther);
  EXPECT_EQ(world.newest(0xA3).text("reason"), "not_plugged");
  world.run(2s);
  EXPECT_EQ(world.state("session"), "false");
  EXPECT_EQ(world.newest(0x3B).text("order"), YkcWorld::kOrder) << "an accepted start has its bill";
  EXPECT_EQ(world.newest(0x3B).text("stop_reason"), "start_charger_not_ready");
  EXPECT_EQ(world.newest(0x3B).number("energy"), 0);
  ASSERT_TRUE(world.plug(2));
  start(1, YkcWorld::kOrder);
  start(2, kOther);
  EXPECT_EQ(world.newest(0xA3).text("role"), "auxiliary");
  EXPECT_EQ(world.newest(0x13, 1).text("order"), YkcWorld::kOrder);
  EXPECT_EQ(world.newest(0x13, 2).text("order"), kOther);
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "charging");
  EXPECT_EQ(world.newest(0x13, 2).text("state"), "charging");
}

TEST(YkcStart, AGunWhosePartnerMayBeAnotherPilesStartsItsHalf) {
  for (const bool one_gun : {true, false}) {
    YkcWorld world(one_gun ? config::Values{{"connectors", integer(1)}}
                           : config::Values{{"ykc.pair_timeout", duration(0s)}});
    world.log_in();
    ASSERT_TRUE(world.plug(1));
    world.platform(0xA4, {{"order", YkcWorld::kOrder},
                          {"pile", YkcWorld::kPile},
                          {"gun", "1"},
                          {"pair", "201121120000"}});
    world.run(10s);
    EXPECT_EQ(world.newest(0xA3).text("result"), "ok");
    EXPECT_EQ(world.newest(0xA3).text("role"), "main");
    EXPECT_EQ(world.newest(0x13, 1).text("state"), "charging");
    // The other pile refuses: the platform stops this one.
    world.stop_remotely();
    world.run(2s);
    EXPECT_EQ(world.newest(0x3B).text("order"), YkcWorld::kOrder);
  }
}

TEST(YkcStart, AGunOfAPairDoesNotWaitForever) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.platform(
      0xA4, {{"order", YkcWorld::kOrder}, {"pile", YkcWorld::kPile}, {"gun", "1"}, {"pair", "201121120000"}});
  world.run(29s);
  EXPECT_EQ(world.said(0x3B), 0U);
  world.run(3s);
  EXPECT_EQ(world.said(0x3B), 1U);
}

TEST(YkcStart, APairThatThePileAskedForStartsWhenBothAreAllowed) {
  YkcWorld world;
  world.log_in();
  world.answers[0xA1] = [&](const SentFrame& f) {
    const bool first = f.number("gun") == 1;
    world.platform(0xA2,
                   {{"order", first ? YkcWorld::kOrder : kOther},
                    {"pile", YkcWorld::kPile},
                    {"gun", f.text("gun")},
                    {"result", "ok"},
                    {"pair", f.text("pair")}},
                   f.sequence);
  };
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.plug(2));
  const Fields pair = {{"pair", "201121120000"}, {"card", "77"}};
  ASSERT_TRUE(world.trigger_frame("ykc_paired_start_request", pair, 1));
  world.run(1s);
  EXPECT_EQ(world.state("session"), "false");
  ASSERT_TRUE(world.trigger_frame("ykc_paired_start_request", pair, 2));
  world.run(1s);
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "charging");
  EXPECT_EQ(world.newest(0x13, 2).text("state"), "charging");
}

TEST(YkcStart, VersionOnePointFiveHasNoPairs) {
  YkcWorld world({{"ykc.version", text("1.5")}});
  world.log_in();
  EXPECT_EQ(world.newest(0x01).number("protocol_version"), 0x0F);
  world.platform(
      0xA4, {{"order", YkcWorld::kOrder}, {"pile", YkcWorld::kPile}, {"gun", "1"}, {"pair", "201121120000"}});
  world.run(1s);
  EXPECT_EQ(world.said(0xA3), 0U);
  EXPECT_EQ(world.state("ykc_not_understood"), "1");
}

}  // namespace
}  // namespace vfleet::pile::ykc
