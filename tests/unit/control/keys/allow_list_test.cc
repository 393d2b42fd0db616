#include "control/keys/allow_list.h"

#include <gtest/gtest.h>

namespace vfleet::control::keys {
namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');

std::string entry(const std::string& more, const std::string& key = kOne) {
  return "  - {" + more + ", key: " + key + "}\n";
}

TEST(AllowList, AdmitsTheKeysThatItNames) {
  const auto list = AllowList::parse("keys:\n" + entry("name: alice, role: operator") +
                                         entry("name: b, role: worker, shards: '0-1,5'", kTwo),
                                     "allowed.yaml");
  ASSERT_TRUE(list) << list.error().detail;
  const AllowedKey* alice = list->find(std::string(32, '\x11'));
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->name, "alice");
  EXPECT_EQ(alice->role, bus::Role::operator_);
  const AllowedKey* worker = list->find(std::string(32, '\x22'));
  ASSERT_NE(worker, nullptr);
  EXPECT_TRUE(worker->may_host(0) && worker->may_host(1) && worker->may_host(5));
  EXPECT_FALSE(worker->may_host(2) || worker->may_host(6));
  EXPECT_TRUE(alice->may_host(7)) << "no list: any";
  EXPECT_EQ(list->find(std::string(32, '\x33')), nullptr);
  EXPECT_EQ(list->find(""), nullptr);
}

TEST(AllowList, AnEmptyOneAdmitsNobody) {
  for (const std::string text : {"keys:\n", "keys: []\n"}) {
    const auto list = AllowList::parse(text, "allowed.yaml");
    ASSERT_TRUE(list) << text << list.error().detail;
    EXPECT_TRUE(list->keys().empty());
  }
}

TEST(AllowList, AFileThatWasCutToNothingIsAMistakeNotAnEmptyList) {
  for (const std::string text : {"", "\n", "# a comment\n"})
    EXPECT_FALSE(AllowList::parse(text, "f")) << text;
}

TEST(AllowList, EveryMistakeIsNamedWithItsPlace) {
  const auto list =
      AllowList::parse("keys:\n" + entry("name: alice, role: king") + entry("name: a/b, role: viewer", kTwo) +
                           "  - {name: c, role: viewer}\n  - {name: d, role: viewer, key: 12}\n" +
                           "  - {name: e, rule: viewer, key: " + std::string(64, '3') + "}\nother: 1\n",
                       "allowed.yaml");
  ASSERT_FALSE(list);
  for (const char* each : {"allowed.yaml:2:", "allowed.yaml:3:", "allowed.yaml:4:", "allowed.yaml:5:",
                           "did you mean 'role'", "allowed.yaml:7:"}) {
    EXPECT_NE(list.error().detail.find(each), std::string::npos) << each << "\n" << list.error().detail;
  }
}

TEST(AllowList, OneNameOrKeyTwiceIsAMistake) {
  EXPECT_FALSE(
      AllowList::parse("keys:\n" + entry("name: a, role: viewer") + entry("name: b, role: operator"), "f"));
  EXPECT_FALSE(AllowList::parse(
      "keys:\n" + entry("name: a, role: viewer") + entry("name: a, role: viewer", kTwo), "f"));
  EXPECT_FALSE(AllowList::parse("keys:\n" + entry("name: a, role: viewer, shards: 1"), "f"));
  EXPECT_FALSE(AllowList::parse("keys:\n" + entry("name: a, role: server"), "f"));
}

TEST(AllowList, TheEnvironmentHasNoSay) {
  ::setenv("VFLEET_TEST_KEY", kOne.c_str(), 1);
  EXPECT_FALSE(AllowList::parse("keys:\n" + entry("name: a, role: viewer", "'${VFLEET_TEST_KEY}'"), "f"));
}

TEST(AllowList, ALineThatIsWrittenIsReadAgain) {
  const AllowedKey key{"host-b", bus::Role::worker, std::string(32, '\x5a'), {{0, 3}, {7, 7}}};
  const auto list = AllowList::parse("keys:\n" + allow_line(key), "f");
  ASSERT_TRUE(list) << list.error().detail;
  const AllowedKey* read = list->find(key.key);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(allow_line(*read), allow_line(key));
}

TEST(AllowList, ShardsAreNumbersAndRanges) {
  EXPECT_EQ(parse_shards("2")->size(), 1U);
  EXPECT_EQ(parse_shards("0-3,5")->size(), 2U);
  for (const char* bad : {"", "a", "1-", "-1", "3-1", "1,,2", "1,", "99999999999"})
    EXPECT_FALSE(parse_shards(bad)) << bad;
}

}  // namespace
}  // namespace vfleet::control::keys
