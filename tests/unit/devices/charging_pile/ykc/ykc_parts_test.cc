// The parts that need no pile.
#include <gtest/gtest.h>

#include "devices/charging_pile/answer_rules.h"
#include "devices/charging_pile/dialects/ykc/bill_store.h"
#include "devices/charging_pile/dialects/ykc/card_list.h"
#include "devices/charging_pile/dialects/ykc/ykc_config.h"

namespace vfleet::pile::ykc {
namespace {

using namespace std::chrono_literals;

TEST(PileNumber, IsMadeOfTheDevicesNumber) {
  NumberTemplate number;
  ASSERT_TRUE(NumberTemplate::parse("32010600{:06}", number));
  const auto of = [&](std::string_view id) {
    const PileNumber digits = number.of(id);
    return std::string(digits.data(), digits.size());
  };
  EXPECT_EQ(of("pile-00042"), "32010600000042");
  EXPECT_EQ(of("pile"), "32010600000000");
  EXPECT_EQ(of("pile-123456789"), "32010600456789") << "the last of them";
  for (const char* bad :
       {"", "3201", "32010600{:6}", "32010600{:06", "3201060{:06}", "320106xx{:06}", "32010600{:00}"}) {
    EXPECT_FALSE(NumberTemplate::parse(bad, number)) << bad;
  }
}

TEST(Cards, AreWrittenAsTheyArePrintedOrAsIntegers) {
  EXPECT_EQ(card_text(card_of("D14B0A54", false), false), "00000000D14B0A54");
  EXPECT_EQ(card_text(card_of("D14B0A54", true), false), "540A4BD100000000");
  EXPECT_EQ(card_text(card_of("D14B0A54", true), true), "00000000D14B0A54");
  EXPECT_NE(card_of("no digits", false), card_of("other text", false));
}

TEST(CardList, KeepsWhatFitsAndComesBack) {
  CardList list;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(list.add({card_of("A" + std::to_string(i), false), card_of("7", false)}, 3));
  }
  EXPECT_FALSE(list.add({card_of("B", false), {}}, 3));
  std::vector<std::byte> bytes(CardList::saved_bytes(3));
  const std::size_t size = list.save(bytes);
  CardList other;
  EXPECT_EQ(other.restore(std::span(bytes).first(size)), size);
  EXPECT_EQ(other.size(), 3U);
  EXPECT_NE(other.find(card_of("A2", false)), nullptr);
  EXPECT_EQ(other.restore(std::span(bytes).first(size - 1)), 0U);
}

TEST(BillStore, KeepsAllThroughTheProcessOrTheNewestThatFit) {
  BillStore store;
  for (char i = 0; i < 65; ++i) {
    StoredBill bill;
    bill.order[15] = i;
    bill.body.assign(158, i);
    EXPECT_EQ(store.add(std::move(bill), 64), i == 64) << "then the oldest goes";
  }
  std::vector<std::byte> bytes(32 * 1024);
  std::size_t size = store.save(bytes);
  BillStore other;
  EXPECT_EQ(other.restore(std::span(bytes).first(size)), size);
  ASSERT_EQ(other.all().size(), 64U);
  EXPECT_EQ(other.all().front().order[15], 1);
  EXPECT_EQ(other.all().back().body, std::string(158, 64));
  size = store.save(std::span(bytes).first(BillStore::saved_bytes(158)));
  EXPECT_EQ(other.restore(std::span(bytes).first(size)), size);
  ASSERT_EQ(other.all().size(), 4U);
  EXPECT_EQ(other.all().front().order[15], 61);
  for (std::size_t cut = 0; cut < size; ++cut)
    EXPECT_NE(BillStore().restore(std::span(bytes).first(cut)), size);
}

TEST(AnswerRules, CountDownAndAreTakenBack) {
  AnswerRules rules;
  rules.set({.message = "a", .silent = true, .times = 2});
  rules.set({.message = "b", .times = 0, .after = 1s});
  EXPECT_FALSE(rules.use("c"));
  EXPECT_TRUE(rules.use("a"));
  EXPECT_TRUE(rules.use("a"));
  EXPECT_FALSE(rules.use("a"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rules.use("b")->after, 1s);
  EXPECT_TRUE(rules.take_back("b"));
  EXPECT_FALSE(rules.take_back("b"));
  EXPECT_TRUE(rules.empty());
}

TEST(AnswerRules, AreReadFromAnActionsArguments) {
  const auto read = [](std::string with) {
    return read_answer_rule({{"message", {std::string("x")}}, {"with", {std::move(with)}}});
  };
  const auto fields = read("result=failed  note=two words reason=3");
  ASSERT_TRUE(fields && *fields);
  EXPECT_EQ((*fields)->fields, (std::vector<codec::envelope::Override>{
                                   {"result", "failed"}, {"note", "two words"}, {"reason", "3"}}));
  ASSERT_TRUE(read(R"({"status":"Rejected"})"));
  EXPECT_EQ((**read(R"({"status":"Rejected"})")).fields[0].second, R"({"status":"Rejected"})");
  EXPECT_TRUE((**read("none")).silent);
  EXPECT_FALSE(*read("default"));
  EXPECT_FALSE(read("words only"));
  EXPECT_FALSE(read(""));
}

}  // namespace
}  // namespace vfleet::pile::ykc
