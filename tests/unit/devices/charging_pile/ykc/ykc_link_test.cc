// Login, billing model, heartbeats: what a pile does before it works, and what keeps the connection.
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

TEST(YkcLink, LogsInAsksForTheBillingModelAndThenTellsEachGun) {
  YkcWorld world;
  world.log_in();
  std::vector<int> types;
  for (const SentFrame& each : world.frames()) types.push_back(each.type);
  EXPECT_EQ(types, (std::vector<int>{0x01, 0x05, 0x09, 0x13, 0x13}));
  const SentFrame& login = world.newest(0x01);
  EXPECT_EQ(login.text("pile"), YkcWorld::kPile);
  EXPECT_EQ(login.text("pile_type"), "dc");
  EXPECT_EQ(login.text("guns"), "2");
  EXPECT_EQ(login.text("protocol_version"), "16");
  EXPECT_EQ(login.text("program_version"), "1.0.0");
  EXPECT_EQ(login.body.size(), 30U);
  EXPECT_EQ(world.newest(0x05).text("model"), "0000") << "on first contact there is none";
  EXPECT_EQ(world.newest(0x13, 1).text("state"), "idle");
  EXPECT_EQ(world.newest(0x13, 2).text("order"), std::string(32, '0'));
  EXPECT_EQ(world.state("ykc_model"), "17");
}

TEST(YkcLink, CountsSequencesFromZeroOnEachConnection) {
  YkcWorld world;
  world.log_in();
  std::uint16_t next = 0;
  for (const SentFrame& each : world.frames()) EXPECT_EQ(each.sequence, next++);
  world.forget_frames();
  world.disconnect();
  world.connect();
  world.run(0s);
  ASSERT_FALSE(world.frames().empty());
  EXPECT_EQ(world.frames().front().type, 0x01) << "a new connection begins with a login";
  EXPECT_EQ(world.frames().front().sequence, 0);
}

TEST(YkcLink, AsksForNoModelWhenThePlatformSaysThatItsOwnIsRight) {
  YkcWorld world;
  world.log_in();
  world.forget_frames();
  world.disconnect();
  world.connect();
  world.run(0s);
  EXPECT_EQ(world.newest(0x05).text("model"), "0017");
  EXPECT_EQ(world.said(0x09), 0U);
  EXPECT_EQ(world.state("ykc_stage"), "ready");
}

TEST(YkcLink, ComesAgainLaterAndLaterAfterARefusedLogin) {
  YkcWorld world;
  world.answers[0x01] = [&](const SentFrame& f) {
    world.platform(0x02, {{"pile", YkcWorld::kPile}, {"result", "failed"}}, f.sequence);
  };
  world.start();
  world.run(29s);
  EXPECT_EQ(world.said(0x01), 1U);
  EXPECT_FALSE(world.wanted) << "it hangs up and stays away";
  EXPECT_FALSE(world.online());
  EXPECT_EQ(world.state("ykc_stage"), "refused");
  EXPECT_EQ(world.verdict(1), "refused");
  EXPECT_EQ(world.refusals.at(1), "0x02 login_answer result=failed") << "which is what an operator reads";
  world.run(1s);
  EXPECT_EQ(world.said(0x01), 2U);
  world.run(59s);
  EXPECT_EQ(world.said(0x01), 2U);
  world.run(1s);
  EXPECT_EQ(world.said(0x01), 3U);
  world.answers[0x01] = [&](const SentFrame& f) {
    world.platform(0x02, {{"pile", YkcWorld::kPile}, {"result", "ok"}}, f.sequence);
  };
  world.run(2min);
  EXPECT_EQ(world.state("ykc_stage"), "ready");
}

TEST(YkcLink, AnUnansweredLoginTimesOutAndIsTriedAgainOnANewConnection) {
  YkcWorld world;
  world.answers[0x01] = nullptr;
  world.start();
  world.run(15s);
  EXPECT_EQ(world.verdict(1), "timed_out");
  EXPECT_FALSE(world.online());
  world.run(30s);
  EXPECT_EQ(world.said(0x01), 2U);
}

TEST(YkcLink, ThePlatformHasItsTimeToAnswerAlsoWhenModelTimeRunsFaster) {
  YkcWorld world;
  world.scale = 60;
  world.answers[0x01] = nullptr;
  world.start();
  world.run(15min - 1s);  // of model time: 15 s for the platform
  EXPECT_EQ(world.verdict(1), "open");
  EXPECT_TRUE(world.online());
  world.run(1s);
  EXPECT_EQ(world.verdict(1), "timed_out");
  EXPECT_FALSE(world.online());
  world.run(30min - 1s);
  EXPECT_EQ(world.said(0x01), 1U) << "it comes again after 30 s, by the platform's clock";
  world.run(1s);
  EXPECT_EQ(world.said(0x01), 2U);
}

TEST(YkcLink, DoesNotWorkBeforeItHasABillingModelAndAsksUntilItComes) {
  YkcWorld world;
  world.answers[0x09] = nullptr;
  world.start();
  world.run(0s);
  EXPECT_EQ(world.state("ykc_stage"), "model");
  ASSERT_TRUE(world.plug(1));
  world.start_remotely();
  EXPECT_EQ(world.newest(0x33).text("result"), "failed");
  EXPECT_EQ(world.newest(0x33).text("reason"), "offline");
  world.run(2min);
  EXPECT_EQ(world.said(0x05), 5U) << "every 30 s";
  EXPECT_EQ(world.said(0x13), 0U);
  EXPECT_GE(world.said(0x03), 11U) << "heartbeats go on meanwhile";
  world.answers[0x09] = [&](const SentFrame& f) {
    world.platform(0x0A, YkcWorld::model_fields(), f.sequence);
  };
  world.run(31s);
  EXPECT_EQ(world.state("ykc_stage"), "ready");
  EXPECT_EQ(world.said(0x13), 2U);
}

TEST(YkcLink, AModelThatIsCutShortIsNone) {
  YkcWorld world;
  world.answers[0x09] = [&](const SentFrame& f) {
    std::string bytes = YkcWorld::frame(0x0A, YkcWorld::model_fields(), f.sequence);
    const auto whole = codec::ykc::parse_frame(bytes);
    std::string cut;
    codec::ykc::append_frame({.sequence = f.sequence, .type = 0x0A, .body = whole->body.substr(0, 60)}, cut);
    world.platform_bytes(cut);
  };
  world.start();
  world.run(1s);
  EXPECT_EQ(world.state("ykc_stage"), "model");
  EXPECT_EQ(world.verdict_of(0x09), "refused");
}

TEST(YkcLink, AnAnswerThatEndsBeforeItsResultIsNoYes) {
  YkcWorld world;
  world.answers[0x01] = [&](const SentFrame& f) {
    std::string cut;
    codec::ykc::append_frame({.sequence = f.sequence, .type = 0x02, .body = f.body.substr(0, 7)}, cut);
    world.platform_bytes(cut);
  };
  world.start();
  world.run(1s);
  EXPECT_EQ(world.state("ykc_stage"), "refused");
  EXPECT_EQ(world.verdict_of(0x01), "refused");
}

TEST(YkcLink, BeatsEveryTenSecondsForTheWholePile) {
  YkcWorld world;
  world.log_in();
  world.run(60s);
  EXPECT_EQ(world.said(0x03), 6U);
  EXPECT_EQ(world.newest(0x03).text("gun"), "01");
  EXPECT_EQ(world.newest(0x03).text("state"), "ok");
  EXPECT_EQ(world.verdict_of(0x03), "acked");
  ASSERT_TRUE(world.fault("door_open", 2));
  world.run(10s);
  EXPECT_EQ(world.newest(0x03).text("gun"), "02") << "of a gun that is faulted";
  EXPECT_EQ(world.newest(0x03).text("state"), "fault");
}

TEST(YkcLink, BeatsForEachGunWhereTheSettingSaysSo) {
  YkcWorld world({{"ykc.heartbeat_of", text("gun")}});
  world.log_in();
  world.run(30s);
  EXPECT_EQ(world.said(0x03), 6U);
  EXPECT_EQ(world.count_verdicts("timed_out"), 0U);
}

TEST(YkcLink, ThreeHeartbeatsWithoutAnAnswerEndTheConnection) {
  YkcWorld world;
  world.log_in();
  world.answers[0x03] = nullptr;
  world.run(39s);
  EXPECT_EQ(world.said(0x03), 3U);
  EXPECT_EQ(world.reconnects, 0U);
  world.run(1s);
  EXPECT_EQ(world.reconnects, 1U);
  EXPECT_EQ(world.count_verdicts("timed_out"), 3U);
  world.run(1s);
  EXPECT_EQ(world.said(0x01), 2U) << "and it logs in again";
}

TEST(YkcLink, AnAnswerStartsTheCountOfMissesAnew) {
  YkcWorld world;
  world.log_in();
  int beats = 0;
  world.answers[0x03] = [&](const SentFrame& f) {
    if (++beats % 3 != 0) return;
    world.platform(0x04, {{"pile", YkcWorld::kPile}, {"gun", "1"}}, f.sequence);
  };
  world.run(10min);
  EXPECT_EQ(world.reconnects, 0U);
}

TEST(YkcLink, AForkWithAnotherNumberOfThePileIsMadeFromTheDevicesId) {
  YkcWorld world({{"ykc.pile_number", text("550310120{:03}12")}});
  world.start();
  EXPECT_EQ(world.newest(0x01).text("pile"), "55031012000112");
  const auto bad = make_charging_pile()->description().schema;
  EXPECT_NE(bad.find("ykc.pile_number"), nullptr);
}

}  // namespace
}  // namespace vfleet::pile::ykc
