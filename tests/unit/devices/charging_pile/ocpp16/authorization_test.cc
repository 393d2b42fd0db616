// Cards: the cache, Authorize, what holds offline, and groups of cards.
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

OcppWorld::Reply verdict(std::string status, std::string parent = "", std::string expiry = "") {
  return [=](const json&) -> std::optional<json> {
    json info{{"status", status}};
    if (!parent.empty()) info["parentIdTag"] = parent;
    if (!expiry.empty()) info["expiryDate"] = expiry;
    return json{{"idTagInfo", info}};
  };
}

bool charging(const OcppWorld& world, int connector = 1) {
  return world.state("connector" + std::to_string(connector) + ".status") == "charging";
}

/// The card has charged once, so that it is known.
void make_known(OcppWorld& world, const std::string& card) {
  world.charge(1, card);
  EXPECT_TRUE(world.on("stop", 1));
  EXPECT_TRUE(world.on("unplug", 1));
  world.run_for(5s);
  world.forget_calls();
}

TEST(OcppAuthorization, ACardThatIsNotAcceptedStartsNothing) {
  for (const std::string status : {"Blocked", "Expired", "Invalid", "ConcurrentTx"}) {
    OcppWorld world;
    world.accept();
    world.replies["Authorize"] = verdict(status);
    ASSERT_TRUE(world.plug(1));
    ASSERT_TRUE(world.swipe(1, "BAD"));
    world.run_for(5s);
    EXPECT_EQ(world.count_of("StartTransaction"), 0U) << status;
    EXPECT_EQ(world.state("refused_cards"), "1");
  }
}

TEST(OcppAuthorization, OnlineEveryCardIsAskedForUnlessKnownOnesStartAtOnce) {
  for (const bool at_once : {false, true}) {
    OcppWorld world({{"ocpp.local_pre_authorize", boolean(at_once)}});
    world.accept();
    make_known(world, "KNOWN");
    ASSERT_TRUE(world.plug(1));
    ASSERT_TRUE(world.swipe(1, "KNOWN"));
    world.run_for(1s);
    EXPECT_TRUE(charging(world));
    EXPECT_EQ(world.count_of("Authorize"), at_once ? 0U : 1U);
  }
}

TEST(OcppAuthorization, OfflineTheSettingsDecide) {
  struct Row {
    bool known_may, unknown_may, known, starts;
  };
  for (const Row& row :
       {Row{true, false, true, true}, Row{true, false, false, false}, Row{false, false, true, false},
        Row{false, true, false, true}, Row{true, true, false, true}}) {
    OcppWorld world({{"ocpp.local_authorize_offline", boolean(row.known_may)},
                     {"ocpp.allow_offline_tx_for_unknown_id", boolean(row.unknown_may)}});
    world.accept();
    make_known(world, "KNOWN");
    world.lose_link();
    ASSERT_TRUE(world.plug(1));
    ASSERT_TRUE(world.swipe(1, row.known ? "KNOWN" : "STRANGER"));
    world.run_for(1s);
    EXPECT_EQ(charging(world), row.starts) << row.known_may << row.unknown_may << row.known;
  }
}

TEST(OcppAuthorization, OfflineACardThatIsKnownToBeBlockedStartsNothingEvenWhenStrangersMay) {
  OcppWorld world({{"ocpp.allow_offline_tx_for_unknown_id", boolean(true)}});
  world.accept();
  world.replies["Authorize"] = verdict("Blocked");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "BAD"));
  world.run_for(1s);
  world.lose_link();
  ASSERT_TRUE(world.swipe(1, "BAD"));
  world.run_for(1s);
  EXPECT_FALSE(charging(world));
}

TEST(OcppAuthorization, WhatIsKnownOfACardEndsWithItsExpiryDate) {
  OcppWorld world({{"ocpp.local_pre_authorize", boolean(true)}});
  world.accept();
  const auto wall = to_us(world.wall_now()) / 1'000'000;
  EXPECT_GT(wall, 0);
  world.replies["Authorize"] = verdict("Accepted", "", "2001-01-01T00:00:00Z");
  world.replies["StartTransaction"] = [](const json&) {
    return json{{"idTagInfo", {{"status", "Accepted"}, {"expiryDate", "2001-01-01T00:00:00Z"}}},
                {"transactionId", 1}};
  };
  make_known(world, "OLD");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "OLD"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 1U) << "it is not known any more";
}

TEST(OcppAuthorization, CapitalLettersOfATagDoNotCount) {
  OcppWorld world({{"ocpp.local_pre_authorize", boolean(true)}});
  world.accept();
  make_known(world, "Known");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "KNOWN"));
  world.run_for(1s);
  EXPECT_TRUE(charging(world));
  EXPECT_EQ(world.count_of("Authorize"), 0U);
  ASSERT_TRUE(world.swipe(1, "known"));
  world.run_for(1s);
  EXPECT_FALSE(charging(world));
}

TEST(OcppAuthorization, ClearCacheForgetsEveryCard) {
  OcppWorld world({{"ocpp.local_pre_authorize", boolean(true)}});
  world.accept();
  make_known(world, "KNOWN");
  EXPECT_EQ(world.status_of("ClearCache"), "Accepted");
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "KNOWN"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 1U);
  EXPECT_EQ(world.change("AuthorizationCacheEnabled", "false")->at("status"), "Accepted");
  EXPECT_EQ(world.status_of("ClearCache"), "Rejected");
}

TEST(OcppAuthorization, TheCacheKeepsTheNewestCardsOnly) {
  OcppWorld world(
      {{"ocpp.local_pre_authorize", boolean(true)}, {"ocpp.authorization_cache_max", integer(2)}});
  world.accept();
  for (const char* card : {"A", "B", "C"}) make_known(world, card);
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "A"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 1U);
  EXPECT_TRUE(world.on("unplug", 1));
  ASSERT_TRUE(world.plug(1));
  ASSERT_TRUE(world.swipe(1, "C"));
  world.run_for(1s);
  EXPECT_EQ(world.count_of("Authorize"), 1U);
}

TEST(OcppAuthorization, AnotherCardEndsATransactionOnlyWhenItIsOfTheSameGroup) {
  OcppWorld world;
  world.accept();
  world.replies["Authorize"] = verdict("Accepted", "FAMILY");
  world.charge(1, "MUM");
  world.replies["Authorize"] = verdict("Accepted", "OTHERS");
  ASSERT_TRUE(world.swipe(1, "GUEST"));
  world.run_for(1s);
  EXPECT_TRUE(charging(world));
  world.replies["Authorize"] = verdict("Accepted", "FAMILY");
  ASSERT_TRUE(world.swipe(1, "KID"));
  world.run_for(1s);
  EXPECT_FALSE(charging(world));
  EXPECT_EQ(world.last_of("StopTransaction").at("idTag"), "KID");
  EXPECT_EQ(world.last_of("StopTransaction").at("reason"), "Local");
}

TEST(OcppAuthorization, AnAuthorizeThatNobodyAnswersIsDecidedAsOffline) {
  for (const bool may : {true, false}) {
    OcppWorld world(
        {{"ocpp.allow_offline_tx_for_unknown_id", boolean(may)}, {"ocpp.message_timeout", duration(10s)}});
    world.accept();
    world.replies["Authorize"] = [](const json&) { return std::nullopt; };
    ASSERT_TRUE(world.plug(1));
    ASSERT_TRUE(world.swipe(1, "A"));
    world.run_for(9s);
    EXPECT_FALSE(world.swipe(1, "B")) << "another card waits";
    world.run_for(3s);
    EXPECT_EQ(charging(world), may);
  }
}

TEST(OcppAuthorization, AConnectionThatEndsMeanwhileIsDecidedAsOffline) {
  OcppWorld world({{"ocpp.allow_offline_tx_for_unknown_id", boolean(true)}});
  world.accept();
  world.latency = 10s;
  ASSERT_TRUE(world.plug(1));
  world.run_for(11s);
  ASSERT_TRUE(world.swipe(1, "A"));
  world.run_for(5s);
  EXPECT_FALSE(charging(world));
  world.lose_link();
  world.run_for(1s);
  EXPECT_TRUE(charging(world));
}

TEST(OcppAuthorization, ARemoteStartAsksFirstOnlyWhenItIsToldTo) {
  for (const bool asks : {false, true}) {
    OcppWorld world({{"ocpp.authorize_remote_tx_requests", boolean(asks)}});
    world.accept();
    world.replies["Authorize"] = verdict("Invalid");
    ASSERT_TRUE(world.plug(1));
    EXPECT_EQ(world.status_of("RemoteStartTransaction", {{"idTag", "REMOTE"}, {"connectorId", 1}}),
              "Accepted");
    world.run_for(5s);
    EXPECT_EQ(world.count_of("Authorize"), asks ? 1U : 0U);
    EXPECT_EQ(charging(world), !asks);
    if (!asks) {
      EXPECT_EQ(world.last_of("StartTransaction").at("idTag"), "REMOTE");
    }
  }
}

TEST(OcppAuthorization, DriversThatComeByThemselvesAreAskedForAndLeaveWhenTheyAreRefused) {
  for (const bool welcome : {true, false}) {
    OcppWorld world({{"arrivals.per_day", number(400)}});
    if (!welcome) world.replies["Authorize"] = verdict("Invalid");
    world.accept();
    world.run_for(24h);
    EXPECT_GT(world.count_of("Authorize"), 20U);
    EXPECT_EQ(world.count_of("StartTransaction") > 0, welcome);
    EXPECT_GT(world.statuses(1).size(), 20U) << "each goes again";
  }
}

}  // namespace
}  // namespace vfleet::pile
