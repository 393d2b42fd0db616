#include "control/api/request.h"

#include <gtest/gtest.h>

namespace vfleet::control::api {
namespace {

using namespace std::chrono_literals;

std::string frame(const std::string& verb, const std::string& args) {
  return R"({"v":1,"id":"c1","verb":")" + verb + R"(","args":)" + args + "}";
}

std::string mistake(const std::string& text) {
  const Request request = decode_request(text);
  return request.body ? std::string() : request.body.error().detail;
}

TEST(Request, ReadsASetWithItsTarget) {
  const Request request = decode_request(frame(
      "set",
      R"({"selector":"type=cam","patch":{"a.b":"2s","n":3},"dry_run":true,"if_revision":7,"timeout":"9s"})"));
  ASSERT_TRUE(request.body) << request.body.error().detail;
  EXPECT_EQ(request.id, "c1");
  const Set& set = std::get<Set>(*request.body);
  EXPECT_EQ(set.target.selector, "type=cam");
  EXPECT_TRUE(set.target.dry_run);
  EXPECT_EQ(set.target.if_revision, 7U);
  EXPECT_EQ(set.target.timeout, 9s);
  EXPECT_EQ(set.patch.at("a.b"), R"("2s")");
  EXPECT_EQ(set.patch.at("n"), "3");
}

TEST(Request, ReadsATriggerThatRepeats) {
  const Request request = decode_request(frame(
      "trigger",
      R"({"selector":"all","report":"meter","channel":2,"fields":{"soc":50},"count":3,"every":"2s","spread":1.5,"wait":"acked","queue":true})"));
  ASSERT_TRUE(request.body) << request.body.error().detail;
  const Trigger& trigger = std::get<Trigger>(*request.body);
  EXPECT_EQ(trigger.channel, 2U);
  EXPECT_EQ(trigger.count, 3U);
  EXPECT_EQ(trigger.every, 2s);
  EXPECT_EQ(trigger.spread, 1500ms);
  EXPECT_EQ(trigger.until, "acked");
  EXPECT_TRUE(trigger.queue);
  EXPECT_FALSE(trigger.payload);
}

TEST(Request, NamesWhatIsMissingAndWhatWasMeant) {
  EXPECT_EQ(mistake(frame("set", R"({"selector":"all"})")), "set: member 'patch' is missing");
  EXPECT_EQ(mistake(frame("set", R"({"selector":"all","patch":{"a":1},"dryrun":true})")),
            "set: unknown member 'dryrun' (did you mean 'dry_run'?)");
  EXPECT_EQ(mistake(frame("trigge", "{}")), "unknown verb 'trigge' (did you mean 'trigger'?)");
  EXPECT_EQ(mistake(frame("trigger", R"({"selector":"all","report":"meter","wait":"snet"})")),
            "trigger: member 'wait' must be accepted, sent or acked, not 'snet' (did you mean 'sent'?)");
}

TEST(Request, RefusesAPatchOfNothing) {
  EXPECT_NE(mistake(frame("set", R"({"selector":"all","patch":{}})")), "");
  EXPECT_NE(mistake(frame("unset", R"({"selector":"all","paths":[]})")), "");
}

TEST(Request, RefusesNumbersOutsideTheirRange) {
  EXPECT_NE(mistake(frame("trigger", R"({"selector":"all","report":"m","count":0})")), "");
  EXPECT_NE(mistake(frame("trigger", R"({"selector":"all","report":"m","count":-1})")), "");
  EXPECT_NE(mistake(frame("trigger", R"({"selector":"all","report":"m","channel":70000})")), "");
  EXPECT_NE(mistake(frame("stop", R"({"timeout":-3})")), "");
  EXPECT_NE(mistake(frame("stop", R"({"timeout":1e300})")), "");
}

TEST(Request, KeepsTheIdOfARequestItRefuses) {
  EXPECT_EQ(decode_request(frame("nonsense", "{}")).id, "c1");
  EXPECT_EQ(decode_request(R"({"v":2,"id":"c9","verb":"ls"})").id, "c9");
}

TEST(Request, RefusesBytesThatAreNoRequest) {
  for (const std::string& text :
       {std::string(), std::string("nonsense"), std::string("[]"), std::string("{}"),
        std::string("\xff\xfe\x00", 3), std::string(100'000, '['),
        R"({"v":1,"id":5,"verb":"ls"})" + std::string(), frame("ls", "[]")}) {
    const Request request = decode_request(text);
    ASSERT_FALSE(request.body);
    EXPECT_EQ(request.body.error().code, Errc::malformed);
  }
}

TEST(Request, RefusesARelativeReloadFile) {
  EXPECT_NE(mistake(frame("reload", R"({"file":"a.yaml"})")), "");
}

}  // namespace
}  // namespace vfleet::control::api
