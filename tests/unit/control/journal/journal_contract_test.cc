// What every journal keeps to: the one in memory that tests use, and the one in a file.
#include <gtest/gtest.h>

#include <filesystem>

#include "control/journal/memory_journal.h"
#include "control/journal/sqlite_journal.h"
#include "tests/unit/control/journal/mailbox.h"

namespace vfleet::control::journal {
namespace {

class JournalContract : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    Meta meta;
    meta.fleet = "demo";
    meta.shards = 2;
    meta.epoch = 7;
    if (GetParam()) {
      std::string name = ::testing::TempDir() + "vfleet-journal-XXXXXX";
      ASSERT_NE(::mkdtemp(name.data()), nullptr);
      root_ = name;
      auto made = SqliteJournal::create({root_ + "/journal.db", mailbox.post(), false}, meta, {});
      ASSERT_TRUE(made) << made.error().detail;
      journal = std::move(*made);
    } else {
      journal = std::make_unique<MemoryJournal>(mailbox.post(), meta);
    }
    const Status begun =
        journal->begin({R"({"fleet":"demo"})", {R"({"name":"pile"})"}}, {{"pile-{}", 1, 5, 0}});
    ASSERT_TRUE(begun) << begun.error().detail;
  }
  void TearDown() override {
    journal.reset();
    if (!root_.empty()) std::filesystem::remove_all(root_);
  }

  Mailbox mailbox;
  std::unique_ptr<Journal> journal;

 private:
  std::string root_;
};

TEST_P(JournalContract, AnswersInTheOrderOfTheCalls) {
  std::vector<std::uint64_t> order;
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    journal->commit(change(seq, seq, "c" + std::to_string(seq)), [&order, seq](const Status& status) {
      EXPECT_TRUE(status);
      order.push_back(seq);
    });
  }
  mailbox.run_until([&] { return order.size() == 50; });
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(JournalContract, TellsWhatWasCommittedNewestFirst) {
  ASSERT_TRUE(commit(*journal, mailbox, change(1, 1, "a")));
  ASSERT_TRUE(commit(*journal, mailbox, change(2, 0, "b")));
  ASSERT_TRUE(commit(*journal, mailbox, change(3, 2, "c")));
  const auto all = history(*journal, mailbox);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].command, change(3, 2, "c").command);
  EXPECT_EQ((*all)[1].command, change(2, 0, "b").command);
  EXPECT_FALSE((*all)[0].outcome);
  EXPECT_EQ(history(*journal, mailbox, {.limit = 1})->front().command.id, "c");
  EXPECT_EQ(history(*journal, mailbox, {.durable_only = true})->size(), 2U);
  const auto older = history(*journal, mailbox, {.below = 2});
  ASSERT_EQ(older->size(), 1U);
  EXPECT_EQ(older->front().command.id, "a");
}

TEST_P(JournalContract, FindsACommandAndWhatBecameOfIt) {
  ASSERT_TRUE(commit(*journal, mailbox, change(1, 0, "t")));
  EXPECT_FALSE(entry(*journal, mailbox, "t")->outcome);
  journal->settle(7, 1, {1, R"({"kind":"error"})"});
  journal->settle(7, 1, {0, R"({"kind":"result"})"});
  const auto found = entry(*journal, mailbox, "t");
  ASSERT_TRUE(found && found->outcome);
  EXPECT_EQ(*found->outcome, (Outcome{0, R"({"kind":"result"})"}));
  const auto none = entry(*journal, mailbox, "nobody");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
}

TEST_P(JournalContract, GivesThePastOfEveryRevision) {
  ASSERT_TRUE(commit(*journal, mailbox, change(1, 1, "a")));
  Change reload = change(2, 2, "r");
  reload.fleet = FleetText{R"({"fleet":"demo","n":2})", {R"({"name":"pile"})", R"({"name":"cam"})"}};
  ASSERT_TRUE(commit(*journal, mailbox, reload));
  ASSERT_TRUE(commit(*journal, mailbox, change(3, 3, "b")));
  const auto first = desired_at(*journal, mailbox, 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->fleet.groups.size(), 1U);
  EXPECT_EQ(first->changes.size(), 1U);
  const auto last = desired_at(*journal, mailbox, 3);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->fleet, *reload.fleet);
  ASSERT_EQ(last->changes.size(), 3U);
  EXPECT_EQ(last->changes[2].id, "b");
  EXPECT_EQ(desired_at(*journal, mailbox, 0)->changes.size(), 0U);
  EXPECT_EQ(desired_at(*journal, mailbox, 4).error().code, Errc::not_found);
}

INSTANTIATE_TEST_SUITE_P(Journals, JournalContract, ::testing::Bool(), [](const auto& each) {
  return each.param ? std::string("InAFile") : std::string("InMemory");
});

}  // namespace
}  // namespace vfleet::control::journal
