// What the platform orders beside charges.
#include "devices/charging_pile/dialects/ykc/card_list.h"
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

const char* const kPile = YkcWorld::kPile;

TEST(YkcOrders, OfflineCardsAreKeptAskedForAndTakenBack) {
  YkcWorld world({{"ykc.offline_cards_max", integer(3)}});
  world.log_in();
  const auto cards = [&](int first, int count) {
    Fields fields = {{"pile", kPile}};
    for (int i = 0; i < count; ++i) {
      const std::string row = "cards[" + std::to_string(i) + "].";
      fields.emplace_back(row + "logical_card", std::to_string(1000 + first + i));
      fields.emplace_back(row + "physical_card", "A" + std::to_string(first + i));
    }
    world.platform(0x44, fields);
    world.run(0s);
  };
  cards(1, 2);
  EXPECT_EQ(world.newest(0x43).text("result"), "ok");
  cards(2, 2);
  EXPECT_EQ(world.newest(0x43).text("result"), "ok") << "one of them is known";
  EXPECT_EQ(world.state("ykc_cards"), "3");
  cards(7, 1);
  EXPECT_EQ(world.newest(0x43).text("reason"), "full");
  world.platform(0x48, {{"pile", kPile}, {"cards[0].physical_card", "A1"}, {"cards[1].physical_card", "A9"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x47).body.size(), 7U + 2 * 9);
  EXPECT_EQ(world.newest(0x47).number("cards.exists", 0), 1);
  EXPECT_EQ(world.newest(0x47).number("cards.exists", 1), 0);
  world.platform(0x46, {{"pile", kPile}, {"cards[0].physical_card", "A1"}, {"cards[1].physical_card", "A9"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x45).number("cards.result", 0), 1);
  EXPECT_EQ(world.newest(0x45).number("cards.result", 1), 0);
  EXPECT_EQ(world.state("ykc_cards"), "2");
}

TEST(YkcOrders, ACardThatAnAnswerHasNoRoomForIsLeftAsItIs) {
  YkcWorld world;
  world.log_in();
  const auto physical = [](int i) { return "A" + std::to_string(100 + i); };
  for (int i = 0; i < 30; i += 15) {
    Fields fields = {{"pile", kPile}};
    for (int k = 0; k < 15; ++k) {
      fields.emplace_back("cards[" + std::to_string(k) + "].physical_card", physical(i + k));
    }
    world.platform(0x44, fields);
  }
  world.run(0s);
  ASSERT_EQ(world.state("ykc_cards"), "30");
  // More rows than the table knows: as a platform could send that does not count them.
  const auto all_thirty = [&](std::uint8_t type) {
    std::string body("\x32\x01\x06\x00\x00\x00\x01\x1E", 8);
    for (int i = 0; i < 30; ++i) {
      const Card card = card_of(physical(i), false);
      body += as_view(card);
    }
    std::string bytes;
    ASSERT_TRUE(codec::ykc::append_frame({.type = type, .body = body}, bytes));
    world.platform_bytes(bytes);
    world.run(0s);
  };
  all_thirty(0x48);
  EXPECT_EQ(world.newest(0x47).body.size(), 7U + 26 * 9);
  EXPECT_EQ(world.newest(0x47).number("cards.exists", 25), 1);
  all_thirty(0x46);
  EXPECT_EQ(world.newest(0x45).body.size(), 7U + 24 * 10);
  EXPECT_EQ(world.newest(0x45).number("cards.result", 23), 1);
  EXPECT_EQ(world.state("ykc_cards"), "6") << "the others were not taken back: nobody was told so";
  EXPECT_EQ(world.state("ykc_not_understood"), "2");
}

TEST(YkcOrders, AnOfflineCardChargesWithoutThePlatform) {
  YkcWorld world;
  world.log_in();
  world.platform(0x44,
                 {{"pile", kPile}, {"cards[0].logical_card", "573"}, {"cards[0].physical_card", "D14B0A54"}});
  world.run(1s);
  world.disconnect();
  ASSERT_TRUE(world.plug(1));
  const Status unknown = world.swipe(1, "77");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().detail, "the pile is not logged in, and 77 is none of its 1 offline cards");
  ASSERT_TRUE(world.swipe(1, "D14B0A54"));
  world.run(10min);
  EXPECT_EQ(world.state("session"), "true");
  ASSERT_TRUE(world.swipe(1, "D14B0A54"));
  world.connect();
  world.run(1s);
  const SentFrame& bill = world.newest(0x3B);
  EXPECT_EQ(bill.text("trade_mark"), "offline_card");
  EXPECT_EQ(bill.text("physical_card"), "00000000D14B0A54");
  EXPECT_EQ(bill.text("order").substr(0, 16), std::string(kPile) + "01");
}

TEST(YkcOrders, CardsThatAreCountedInFourBytesAreReadToo) {
  YkcWorld world;
  world.log_in();
  std::string body("\x32\x01\x06\x00\x00\x00\x01\x02\x00\x00\x00", 11);
  for (int i = 0; i < 2; ++i) {
    body += std::string("\0\0\0\0\0\0\x05\x73", 8);
    body += std::string("\0\0\0\0\xD1\x4B\x0A", 7) + static_cast<char>(i);
  }
  std::string bytes;
  codec::ykc::append_frame({.type = 0x44, .body = body}, bytes);
  world.platform_bytes(bytes);
  world.run(0s);
  EXPECT_EQ(world.newest(0x43).text("result"), "ok");
  EXPECT_EQ(world.state("ykc_cards"), "2");
  // And rows that are not there are a mistake.
  body.resize(body.size() - 10);
  bytes.clear();
  codec::ykc::append_frame({.type = 0x44, .body = body}, bytes);
  world.platform_bytes(bytes);
  world.run(0s);
  EXPECT_EQ(world.newest(0x43).text("reason"), "format");
}

TEST(YkcOrders, WorkParametersLockThePileAndLimitItsPower) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1, "sedan", 0.1));
  const auto set = [&](const char* locked, const char* percent) {
    world.platform(0x52, {{"pile", kPile}, {"locked", locked}, {"max_power", percent}});
    world.run(0s);
    return world.newest(0x51).text("result");
  };
  EXPECT_EQ(set("yes", "100"), "ok");
  EXPECT_EQ(world.state("ykc_locked"), "true");
  world.start_remotely();
  EXPECT_EQ(world.newest(0x33).text("reason"), "offline");
  EXPECT_FALSE(world.swipe(1, "77"));
  EXPECT_FALSE(world.on("start", 1));
  EXPECT_EQ(set("no", "50"), "ok");
  world.start_remotely();
  world.run(60s);
  EXPECT_EQ(world.newest(0x33).text("result"), "ok");
  const double power = std::stod(world.state("power_w"));
  EXPECT_NEAR(power, 60e3, 1e3) << "half of 120 kW";
  EXPECT_EQ(set("no", "100"), "ok");
  world.run(60s);
  EXPECT_GT(std::stod(world.state("power_w")), 65e3);
  world.platform(0x52, {{"pile", kPile}, {"locked", "no"}, {"max_power", "raw:05"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x51).text("result"), "failed") << "30 to 100 are allowed";
}

TEST(YkcOrders, AClockThatGoesPastWhatFramesCanTellStillBills) {
  YkcWorld world;
  world.log_in();
  world.platform(0x56, {{"pile", kPile}, {"time", "2099-12-31T23:59:50"}});
  world.run(0s);
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  world.run(60s);
  ASSERT_TRUE(world.on("stop", 1));
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("end_time"), "2099-12-31T23:59:59.999");
  EXPECT_EQ(world.state("ykc_bills"), "0");
}

TEST(YkcOrders, TheClockIsThePilesOwn) {
  YkcWorld world;
  world.log_in();
  world.platform(0x56, {{"pile", kPile}, {"time", "2030-05-06T07:08:09"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x55).text("time"), "2030-05-06T07:08:09");
  EXPECT_EQ(world.newest(0x55).body.size(), 14U);
  world.run(10s);
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.on("start", 1));
  world.run(60s);
  ASSERT_TRUE(world.on("stop", 1));
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("start_time"), "2030-05-06T07:08:19");
  EXPECT_EQ(world.newest(0x3B).text("end_time"), "2030-05-06T07:09:19");
  EXPECT_EQ(world.newest(0x3B).text("order").substr(16, 12), "300506070819");
  world.platform(0x56, {{"pile", kPile}, {"time", "2030-05-06T07:00:00"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x55).text("time"), "2030-05-06T07:00:00") << "also backwards";
}

TEST(YkcOrders, RatesHoldByThePilesClock) {
  for (const bool before_the_model : {true, false}) {
    YkcWorld world;
    Fields clock = {{"pile", kPile},
                    {"time", "2030-05-06T12:03:00"}};  // the model has sharp from 12:00, then peak
    if (before_the_model) {
      world.answers[0x09] = [&](const SentFrame& f) {
        world.platform(0x56, clock);
        world.platform(0x0A, YkcWorld::model_fields(), f.sequence);
      };
    }
    world.log_in();
    if (!before_the_model) world.platform(0x56, clock);
    world.run(2min);
    ASSERT_TRUE(world.plug(1));
    world.start_remotely();
    world.run(5min);
    world.stop_remotely();
    world.run(1s);
    EXPECT_EQ(world.newest(0x3B).number("sharp_energy"), world.newest(0x3B).number("energy"))
        << before_the_model;
    world.platform(0x56, {{"pile", kPile}, {"time", "2030-05-06T13:32:00"}});
    world.start_remotely(1, "32010600000001012011211200000002");
    world.run(5min);
    world.stop_remotely();
    world.run(1s);
    EXPECT_EQ(world.newest(0x3B).number("valley_energy"), world.newest(0x3B).number("energy"));
    EXPECT_GT(world.newest(0x3B).number("energy"), 0);
  }
}

TEST(YkcOrders, ANewModelHoldsFromNowOn) {
  YkcWorld world;
  world.log_in();
  Fields fields = YkcWorld::model_fields();
  fields[1].second = "0018";
  for (auto& [name, value] : fields) {
    if (name.ends_with("_energy_price")) value = "2.00000";
  }
  world.platform(0x58, fields);
  world.run(0s);
  EXPECT_EQ(world.newest(0x57).text("result"), "ok");
  EXPECT_EQ(world.state("ykc_model"), "18");
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  world.stop_remotely();
  world.run(1s);
  EXPECT_EQ(world.newest(0x3B).text("flat_price"), "2.30000");
}

TEST(YkcOrders, RestartsAtOnceOrWhenNobodyCharges) {
  YkcWorld world;
  world.log_in();
  world.platform(0x92, {{"pile", kPile}, {"when", "now"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x91).text("result"), "ok");
  EXPECT_TRUE(world.rebooting());
  world.run(20s);
  EXPECT_EQ(world.said(0x01), 2U);
  EXPECT_EQ(world.state("ykc_stage"), "ready");
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.platform(0x92, {{"pile", kPile}, {"when", "idle"}});
  world.run(60s);
  EXPECT_FALSE(world.rebooting());
  EXPECT_EQ(world.said(0x91), 2U);
  world.stop_remotely();
  EXPECT_TRUE(world.rebooting());
  world.run(20s);
  EXPECT_EQ(world.said(0x3B), 1U) << "the bill outlives the restart";
}

TEST(YkcOrders, ARestartEndsTheChargeAndTheBillFollowsTheLogin) {
  YkcWorld world;
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.run(60s);
  world.platform(0x92, {{"pile", kPile}, {"when", "now"}});
  world.run(30s);
  EXPECT_EQ(world.said(0x3B), 1U);
  EXPECT_EQ(world.newest(0x3B).text("order"), YkcWorld::kOrder);
  EXPECT_GT(world.newest(0x3B).number("energy"), 0);
}

Fields update(const char* type, const char* when = "now") {
  return {{"pile", kPile}, {"pile_type", type}, {"power", "120"},    {"host", "127.0.0.1"}, {"port", "21"},
          {"user", "u"},   {"password", "p"},   {"path", "/fw.bin"}, {"when", when},        {"timeout", "5"}};
}

TEST(YkcOrders, AnUpdateIsFetchedInstalledAnsweredAndThenThePileRestartsWithIt) {
  YkcWorld world;
  world.log_in();
  world.platform(0x94, update("ac"));
  world.run(0s);
  EXPECT_EQ(world.newest(0x93).text("result"), "wrong_model");
  EXPECT_EQ(world.state("ykc_update"), "none");
  world.forget_frames();
  world.platform(0x94, update("dc"));
  world.run(4min);
  EXPECT_EQ(world.state("ykc_update"), "fetching");
  ASSERT_EQ(world.fetches().size(), 1U);
  EXPECT_EQ(world.fetches()[0].url, "ftp://u:p@127.0.0.1:21/%2Ffw.bin");
  world.finish_fetch(200, "the program");
  EXPECT_EQ(world.state("ykc_update"), "installing");
  world.run(59s);
  EXPECT_EQ(world.said(0x93), 0U);
  world.run(1s);
  EXPECT_EQ(world.newest(0x93).text("result"), "ok");
  EXPECT_TRUE(world.rebooting());
  world.run(20s);
  EXPECT_EQ(world.state("ykc_stage"), "ready");
  EXPECT_EQ(world.state("ykc_update"), "none");
  EXPECT_EQ(world.newest(0x01).text("program_version"), "fw") << "it is the new one that logs in";
}

TEST(YkcOrders, AnUpdateThatCannotBeFetchedIsTimedOut) {
  YkcWorld world;
  world.log_in();
  world.platform(0x94, update("dc"));
  world.run(0s);
  world.finish_fetch(0);
  world.run(0s);
  EXPECT_EQ(world.newest(0x93).text("result"), "timed_out");
  EXPECT_FALSE(world.rebooting());
  // One that names no file is none either, and one that comes while the pile is offline is told later.
  Fields nowhere = update("dc");
  nowhere[3].second = "";
  world.forget_frames();
  world.platform(0x94, nowhere);
  world.run(0s);
  EXPECT_EQ(world.newest(0x93).text("result"), "timed_out");
  world.forget_frames();
  world.platform(0x94, update("dc"));
  world.run(0s);
  world.disconnect();
  world.finish_fetch(0);
  world.run(1min);
  EXPECT_EQ(world.said(0x93), 0U);
  EXPECT_EQ(world.state("ykc_update"), "done");
  world.connect();
  world.run(1s);
  EXPECT_EQ(world.newest(0x93).text("result"), "timed_out");
}

TEST(YkcOrders, AnUpdateThatWaitsForItsTurnIsTimedOutAsThePlatformSaid) {
  YkcWorld world;
  world.log_in();
  world.platform(0x94, update("dc"));
  world.run(5min - 1s);
  EXPECT_EQ(world.said(0x93), 0U);
  world.run(1s);
  EXPECT_EQ(world.newest(0x93).text("result"), "timed_out");
  EXPECT_FALSE(world.fetches().back().open);
  EXPECT_EQ(world.state("ykc_update"), "none");
}

TEST(YkcOrders, AProgramWhoseNameNoLoginCanSayIsInstalledWithoutIt) {
  for (const char* name : {"FFFE", "0A31", "E4BA91"}) {
    YkcWorld world;
    world.log_in();
    Fields odd = update("dc");
    odd[7].second = "raw:2F" + std::string(name) + "2E62696E";
    odd[7].second.append(4 + 64 - odd[7].second.size(), '0');
    world.platform(0x94, odd);
    world.run(0s);
    world.finish_fetch(200, "the program");
    world.run(60s);
    EXPECT_EQ(world.newest(0x93).text("result"), "ok");
    EXPECT_EQ(world.config_value("firmware"), "1.0.0");
    EXPECT_EQ(world.notes().back(), "the new program's version was not taken: no login can say such a name");
  }
}

TEST(YkcOrders, ANewOrderTakesThePlaceOfAnUpdateOnItsWay) {
  YkcWorld world({{"ykc.update_transport", text("http")}});
  world.log_in();
  world.platform(0x94, update("dc"));
  world.run(0s);
  Fields second = update("dc");
  second[4].second = "8080";
  second[5].second = "";
  second[7].second = "/a b/v2.bin";
  world.platform(0x94, second);
  world.run(0s);
  ASSERT_EQ(world.fetches().size(), 2U);
  EXPECT_FALSE(world.fetches()[0].open);
  EXPECT_EQ(world.fetches()[1].url, "http://127.0.0.1:8080/a%20b/v2.bin");
  world.finish_fetch(200, "v2");
  world.run(61s);
  EXPECT_EQ(world.said(0x93), 1U);
  // A restart in between ends it.
  world.run(1min);
  world.platform(0x94, update("dc"));
  world.run(0s);
  world.platform(0x92, {{"pile", kPile}, {"when", "now"}});
  world.run(1min);
  EXPECT_EQ(world.state("ykc_update"), "none");
  EXPECT_FALSE(world.fetches().back().open);
}

TEST(YkcOrders, AnUpdateThatFailsChangesNothing) {
  YkcWorld world({{"ykc.update_result", text("timed_out")},
                  {"ykc.update_transport", text("none")},
                  {"ykc.update_time", duration(10s)}});
  world.log_in();
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  world.platform(0x94, update("dc", "idle"));
  world.run(60s);
  EXPECT_EQ(world.said(0x93), 0U) << "it waits for the charge to end";
  EXPECT_EQ(world.state("ykc_update"), "waits");
  world.stop_remotely();
  world.run(11s);
  EXPECT_EQ(world.newest(0x93).text("result"), "timed_out");
  EXPECT_FALSE(world.rebooting());
  EXPECT_TRUE(world.fetches().empty());
}

TEST(YkcOrders, TheParkingLockGoesUpAndDown) {
  YkcWorld world({{"ykc.parking_lock", boolean(true)}});
  world.log_in();
  EXPECT_EQ(world.said(0x61), 2U);
  EXPECT_EQ(world.newest(0x61).text("lock"), "up");
  EXPECT_EQ(world.newest(0x61).body.size(), 16U);
  world.forget_frames();
  const auto turn = [&](const char* lock) {
    world.platform(0x62, {{"pile", kPile}, {"gun", "1"}, {"lock", lock}});
    world.run(0s);
    return world.newest(0x63).text("result");
  };
  EXPECT_EQ(turn("down"), "ok");
  EXPECT_EQ(world.newest(0x61).text("lock"), "down");
  ASSERT_TRUE(world.plug(1));
  world.run(0s);
  EXPECT_EQ(world.newest(0x61).text("bay"), "car");
  EXPECT_EQ(turn("up"), "failed") << "there is a car above it";
  world.forget_frames();
  world.run(10min);
  EXPECT_EQ(world.said(0x61), 4U) << "every five minutes";
}

TEST(YkcOrders, WithoutAParkingLockNoneMoves) {
  YkcWorld world;
  world.log_in();
  world.platform(0x62, {{"pile", kPile}, {"gun", "1"}, {"lock", "down"}});
  world.run(10min);
  EXPECT_EQ(world.newest(0x63).text("result"), "failed");
  EXPECT_EQ(world.said(0x61), 0U);
}

TEST(YkcOrders, TheQrPrefixIsKept) {
  YkcWorld world;
  world.log_in();
  const std::string prefix = "http://www.example.com?No=";
  world.platform(
      0xF0,
      {{"pile", kPile}, {"format", "1"}, {"length", std::to_string(prefix.size())}, {"prefix", prefix}});
  world.run(0s);
  EXPECT_EQ(world.newest(0xF1).text("result"), "ok");
  EXPECT_EQ(world.state("ykc_qr_prefix"), prefix);
}

TEST(YkcOrders, WhatIsForAnotherPileIsLeftAlone) {
  YkcWorld world;
  world.log_in();
  world.forget_frames();
  const char* other = "32010600000777";
  world.platform(0x92, {{"pile", other}, {"when", "now"}});
  world.platform(0x56, {{"pile", other}, {"time", "2030-05-06T07:08:09"}});
  world.run(0s);
  EXPECT_EQ(world.frames().size(), 0U);
  EXPECT_EQ(world.state("ykc_not_understood"), "2");
  world.platform(0x36, {{"pile", other}, {"gun", "1"}});
  world.run(0s);
  EXPECT_EQ(world.newest(0x35).text("reason"), "wrong_pile") << "those that have a word for it are told";
}

}  // namespace
}  // namespace vfleet::pile::ykc
