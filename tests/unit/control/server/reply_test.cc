#include "control/api/reply.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vfleet::control::api {
namespace {

using nlohmann::json;

Counts counts(std::uint64_t matched, std::uint64_t applied, std::vector<std::uint32_t> silent = {}) {
  Counts out;
  out.matched = matched;
  out.applied = applied;
  out.silent = std::move(silent);
  out.answered = 1;
  return out;
}

TEST(Counts, GiveTheExitStatus) {
  EXPECT_EQ(counts(0, 0).status(), ExitStatus::nothing);
  EXPECT_EQ(counts(5, 5).status(), ExitStatus::done);
  EXPECT_EQ(counts(5, 3).status(), ExitStatus::some);
  EXPECT_EQ(counts(5, 0).status(), ExitStatus::failed);
  EXPECT_EQ(counts(5, 5, {1}).status(), ExitStatus::some);
}

TEST(Counts, KeepTheFirstReasons) {
  Counts sum;
  for (int i = 0; i < 4; ++i) {
    bus::CommandResult result;
    result.matched = 3;
    result.reject("a", "offline");
    result.fail("b", "broken");
    sum.add(result);
  }
  EXPECT_EQ(sum.matched, 12U);
  EXPECT_EQ(sum.rejected, 4U);
  EXPECT_EQ(sum.failed, 4U);
  EXPECT_EQ(sum.answered, 4U);
  EXPECT_EQ(sum.reasons.size(), bus::CommandResult::kReasonsMax);
}

TEST(Reply, IsJsonWhateverTheTextsHold) {
  Counts sum = counts(2, 1, {3});
  sum.reasons.push_back({"pile \"1\"", "line\nbreak"});
  ReplyMembers members;
  members.counts(sum).texts("changes", {"a\\b"}).array("rows", {"{\"x\":1}", "{}"});
  const json read = json::parse(result("id\"1", ExitStatus::some, members));
  EXPECT_EQ(read["id"], "id\"1");
  EXPECT_EQ(read["kind"], "result");
  EXPECT_EQ(read["status"], 4);
  EXPECT_EQ(read["reasons"][0]["text"], "line\nbreak");
  EXPECT_EQ(read["silent"], json::array({3}));
  EXPECT_EQ(read["rows"][0]["x"], 1);
}

TEST(Reply, CarriesDropsOnlyWhenThereWereSome) {
  EXPECT_FALSE(json::parse(rows("a", {"{}"})).contains("dropped"));
  EXPECT_EQ(json::parse(rows("a", {}, 7))["dropped"], 7);
}

TEST(Reply, TellsAMistakeOfTheOperatorFromAFailure) {
  EXPECT_EQ(usage_failure({Errc::invalid_argument, "x"}).status, ExitStatus::usage);
  EXPECT_EQ(usage_failure({Errc::too_large, "x"}).code, "too_large");
  EXPECT_EQ(usage_failure({Errc::unavailable, "x"}).status, ExitStatus::failed);
}

}  // namespace
}  // namespace vfleet::control::api
