#include "control/journal/sqlite_journal.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "simulator/bus/rule_set.h"
#include "tests/unit/control/journal/mailbox.h"

namespace vfleet::control::journal {
namespace {

namespace fs = std::filesystem;

class InAFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "vfleet-journal-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
    path = root + "/journal.db";
  }
  void TearDown() override {
    journal.reset();
    fs::remove_all(root);
  }

  void begin(const std::vector<std::uint64_t>& boots = {}) {
    Meta meta;
    meta.fleet = "demo";
    meta.file = "/demo.yaml";
    meta.seed = 42;
    meta.start_us = 123'456;
    meta.shards = 2;
    meta.epoch = 7;
    auto made = SqliteJournal::create({path, mailbox.post(), false}, meta, boots);
    ASSERT_TRUE(made) << made.error().detail;
    journal = std::move(*made);
    ASSERT_TRUE(journal->begin(kFleet, {{"pile-{}", 1, 5, 0, false}, {"cam-a", 0, 1, 5, true}}));
  }
  Result<SqliteJournal::Resumed> resume(const std::string& file) {
    return SqliteJournal::resume({file, mailbox.post(), false}, "/next.yaml", 8);
  }
  Restored reopen() {
    journal.reset();
    auto resumed = resume(path);
    EXPECT_TRUE(resumed) << resumed.error().detail;
    if (!resumed) return {};
    journal = std::move(resumed->journal);
    return std::move(resumed->restored);
  }
  void commit_many(std::uint64_t from, std::uint64_t to) {
    std::uint64_t done = from - 1;
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      journal->commit(change(seq, seq, "c" + std::to_string(seq)), [&](const Status& status) {
        ASSERT_TRUE(status) << status.error().detail;
        ++done;
      });
    }
    mailbox.run_until([&] { return done == to; });
  }
  void sql(const std::string& statement) const {
    sqlite3* file = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &file), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(file, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(file);
    sqlite3_close(file);
  }

  const FleetText kFleet{R"({"fleet":"demo"})", {R"({"name":"pile"})", R"({"name":"cam"})"}};
  std::string root;
  std::string path;
  Mailbox mailbox;
  std::unique_ptr<SqliteJournal> journal;
};

TEST_F(InAFile, IsForItsOwnerOnly) {
  begin();
  ASSERT_TRUE(commit(*journal, mailbox, change(1, 1, "a")));
  for (const auto& each : fs::directory_iterator(root)) {
    struct stat info {};
    ASSERT_EQ(::stat(each.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << each.path();
  }
}

TEST_F(InAFile, ANextLifeFindsEverything) {
  begin({3, 1});
  Change reload = change(1, 1, "r");
  reload.fleet = FleetText{R"({"fleet":"demo"})", {R"({"name":"pile"})"}};
  reload.ordinals = {{"pile-{}", 6, 2, 6, false}};
  ASSERT_TRUE(commit(*journal, mailbox, reload));
  ASSERT_TRUE(commit(*journal, mailbox, change(2, 0, "t")));
  bool kept = false;
  journal->commit_boot(1, 2, [&](const Status& status) { kept = status.has_value(); });
  mailbox.run_until([&] { return kept; });
  journal->settle(7, 2, {4, R"({"kind":"result"})"});

  const Restored restored = reopen();
  EXPECT_EQ(restored.meta.fleet, "demo");
  EXPECT_EQ(restored.meta.seed, 42U);
  EXPECT_EQ(restored.meta.start_us, 123'456);
  EXPECT_EQ(restored.meta.lives, 1U);
  EXPECT_EQ(restored.latest.revision, 1U);
  EXPECT_EQ(restored.latest.fleet, *reload.fleet);
  ASSERT_EQ(restored.latest.changes.size(), 1U);
  EXPECT_EQ(restored.latest.changes[0], reload.command);
  ASSERT_EQ(restored.ordinals.size(), 3U);
  EXPECT_EQ(restored.ordinals[1], (OrdinalPiece{"cam-a", 0, 1, 5, true}));
  EXPECT_EQ(restored.ordinals[2], reload.ordinals[0]);
  EXPECT_EQ(restored.boots, (std::vector<std::uint64_t>{3, 2}));
  EXPECT_EQ(restored.id_hashes, (std::vector<std::uint64_t>{hash_id("r"), hash_id("t")}));
  EXPECT_EQ(entry(*journal, mailbox, "t")->outcome->status, 4);
  EXPECT_EQ(reopen().meta.lives, 2U);
}

TEST_F(InAFile, EpochsRiseAlthoughTheClockWentBack) {
  begin();
  journal.reset();
  auto resumed = SqliteJournal::resume({path, mailbox.post(), false}, "/demo.yaml", 3);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->epoch, 8U);
}

TEST_F(InAFile, WhatWasAnsweredIsThereWhenTheProcessIsKilled) {
  begin();
  commit_many(1, 100);
  // What a killed process leaves: the files as they are now, nothing closed.
  const std::string copy = root + "/copy.db";
  for (const char* suffix : {"", "-wal"}) fs::copy_file(path + suffix, copy + suffix);
  auto resumed = resume(copy);
  ASSERT_TRUE(resumed) << resumed.error().detail;
  EXPECT_EQ(resumed->restored.latest.changes.size(), 100U);
}

TEST_F(InAFile, ALogThatWasCutOffAnywhereGivesAWholePrefix) {
  begin();
  for (std::uint64_t seq = 1; seq <= 20; ++seq)
    ASSERT_TRUE(commit(*journal, mailbox, change(seq, seq, "c" + std::to_string(seq))));
  const std::uintmax_t size = fs::file_size(path + "-wal");
  std::size_t last = 0;
  for (std::uintmax_t cut = 0; cut <= size; cut += 1777) {
    const std::string copy = root + "/cut.db";
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(copy + suffix);
    for (const char* suffix : {"", "-wal"}) fs::copy_file(path + suffix, copy + suffix);
    fs::resize_file(copy + "-wal", cut);
    auto resumed = resume(copy);
    ASSERT_TRUE(resumed) << "cut at " << cut << ": " << resumed.error().detail;
    const auto& changes = resumed->restored.latest.changes;
    EXPECT_GE(changes.size(), last);
    last = changes.size();
    for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].revision, i + 1);
  }
  EXPECT_GT(last, 15U);
}

TEST_F(InAFile, TenThousandThatWaitTakeFewTransactions) {
  begin();
  commit_many(1, 10'000);
  // Each transaction writes the last page of the table anew: with one each, the log would hold far more.
  EXPECT_LT(fs::file_size(path + "-wal"), std::uintmax_t{20} << 20U);
  EXPECT_EQ(reopen().latest.changes.size(), 10'000U);
}

TEST_F(InAFile, ForgetsTheOldestTransientCommandsOnly) {
  begin();
  ASSERT_TRUE(commit(*journal, mailbox, change(1, 1, "durable")));
  const std::uint64_t many = kTransientKept + 5000;
  std::uint64_t done = 0;
  for (std::uint64_t i = 0; i < many; ++i) {
    journal->commit(change(2 + i, 0, "t" + std::to_string(i)), [&](const Status& status) {
      ASSERT_TRUE(status);
      ++done;
    });
  }
  mailbox.run_until([&] { return done == many; });
  ASSERT_TRUE(commit(*journal, mailbox, change(2 + many, 0, "last")));
  EXPECT_EQ(entry(*journal, mailbox, "t0").error().code, Errc::not_found);
  EXPECT_TRUE(entry(*journal, mailbox, "t" + std::to_string(many - 1)));
  EXPECT_TRUE(entry(*journal, mailbox, "durable"));
  const std::size_t left = reopen().id_hashes.size();
  EXPECT_GE(left, kTransientKept);
  EXPECT_LE(left, kTransientKept + 2001);
}

/// A journal that keeps ten revisions, and what it should know.
class FarBack : public InAFile {
 protected:
  static constexpr std::uint64_t kKept = 10;

  Result<SqliteJournal::Resumed> resume_short(const std::string& file) {
    return SqliteJournal::resume({file, mailbox.post(), false, kKept}, "/next.yaml", 8);
  }
  void begin_short() {
    begin();
    journal.reset();
    journal = std::move(resume_short(path)->journal);
  }
  /// Sets of two keys on a few selectors, unsets, pauses: some cover others, some in part.
  static Change some_change(std::uint64_t n) {
    Change out = change(n, n, "c" + std::to_string(n));
    out.command.selector = n % 7 == 0 ? "all" : "pile-" + std::to_string(n % 4);
    const std::string value = std::to_string(n);
    out.command.args = "{\"patch\":{\"a\":" + value + (n % 3 == 0 ? ",\"b\":" + value : "") + "}}";
    if (n % 11 == 0) out.command.verb = bus::Verb::unset, out.command.args = R"({"paths":["a"]})";
    if (n % 5 == 0) out.command.verb = bus::Verb::pause, out.command.args = "{}";
    return out;
  }
  void commit_some(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t n = from; n <= to; ++n) {
      Change next = some_change(n);
      if (n % 8 == 0) next.fleet = FleetText{"{}", {"{\"name\":\"g" + std::to_string(n) + "\"}"}};
      ASSERT_TRUE(commit(*journal, mailbox, next));
    }
  }
  /// It is done when nothing waits.
  void until_forgotten(std::uint64_t revision) {
    for (int i = 0; i < 100'000 && desired_at(*journal, mailbox, revision); ++i) {
    }
    const auto past = desired_at(*journal, mailbox, revision);
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().code, Errc::not_found);
    EXPECT_NE(past.error().detail.find("is forgotten"), std::string::npos) << past.error().detail;
  }
  static std::string rules_of(const std::vector<bus::Command>& changes) {
    bus::RuleSet rules;
    for (const bus::Command& each : changes) rules.record(each);
    std::string out;
    for (const auto& [revision, rule] : rules.rules()) out += bus::encode(rule.command) + "\n";
    return out;
  }
  static std::string expected_rules(std::uint64_t revision) {
    std::vector<bus::Command> changes;
    for (std::uint64_t n = 1; n <= revision; ++n) changes.push_back(some_change(n).command);
    return rules_of(changes);
  }
};

TEST_F(FarBack, ForgetsCommandsButNotTheRulesThatTheyLeft) {
  begin_short();
  commit_some(1, 20);
  until_forgotten(9);
  for (const std::uint64_t last : {20, 47}) {
    if (last > 20) commit_some(21, last);
    if (last > 20) until_forgotten(last / kKept * kKept - kKept - 1);
    std::uint64_t known = 0;
    for (std::uint64_t revision = last; revision > 0; --revision) {
      const auto past = desired_at(*journal, mailbox, revision);
      if (!past) break;
      EXPECT_EQ(rules_of(past->changes), expected_rules(revision)) << revision;
      const std::uint64_t fleet = revision / 8 * 8;
      const std::string group =
          fleet == 0 ? kFleet.groups[0] : "{\"name\":\"g" + std::to_string(fleet) + "\"}";
      EXPECT_EQ(past->fleet.groups.at(0), group) << revision;
      ++known;
    }
    EXPECT_GE(known, kKept);
    EXPECT_LE(known, 2 * kKept + 1);
    EXPECT_LE(history(*journal, mailbox)->size(), 2 * kKept);
    EXPECT_EQ(entry(*journal, mailbox, "c1").error().code, Errc::not_found);
    const auto start = desired_at(*journal, mailbox, 0);
    ASSERT_TRUE(start) << "to where the fleet was started one can always go back";
    EXPECT_EQ(start->fleet, kFleet);
    EXPECT_TRUE(start->changes.empty());
  }
  journal.reset();
  const auto resumed = resume_short(path);
  ASSERT_TRUE(resumed) << resumed.error().detail;
  EXPECT_EQ(resumed->restored.latest.revision, 47U);
  EXPECT_EQ(rules_of(resumed->restored.latest.changes), expected_rules(47));
  EXPECT_EQ(look(path)->revision, 47U);
}

TEST_F(FarBack, WhoeverIsKilledWhileItForgetsFindsAllOrWhatIsLeft) {
  begin_short();
  commit_some(1, 20);
  until_forgotten(9);
  // What a kill leaves: the log up to anywhere in it.
  const std::uintmax_t size = fs::file_size(path + "-wal");
  bool before = false;
  bool after = false;
  const std::uintmax_t step = size / 60 + 1;
  for (std::uintmax_t cut = 0; cut < size + step; cut += step) {
    const std::string copy = root + "/cut.db";
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(copy + suffix);
    for (const char* suffix : {"", "-wal"}) fs::copy_file(path + suffix, copy + suffix);
    fs::resize_file(copy + "-wal", std::min(cut, size));
    auto resumed = resume_short(copy);
    ASSERT_TRUE(resumed) << "cut at " << cut << ": " << resumed.error().detail;
    const Past& latest = resumed->restored.latest;
    EXPECT_EQ(rules_of(latest.changes), expected_rules(latest.revision)) << "cut at " << cut;
    if (latest.revision < 20) continue;
    (latest.changes.size() == 20 ? before : after) = true;
  }
  EXPECT_TRUE(before);
  EXPECT_TRUE(after);
}

TEST_F(FarBack, AJournalOfTheFirstLayoutIsBroughtUp) {
  begin();
  journal.reset();
  sql("DROP TABLE base; PRAGMA user_version = 1");
  EXPECT_TRUE(look(path));
  auto resumed = resume_short(path);
  ASSERT_TRUE(resumed) << resumed.error().detail;
  journal = std::move(resumed->journal);
  commit_some(1, 20);
  until_forgotten(9);
  EXPECT_EQ(rules_of(desired_at(*journal, mailbox, 20)->changes), expected_rules(20));
}

TEST_F(FarBack, ABaseThatIsDamagedIsToldOf) {
  begin_short();
  commit_some(1, 20);
  until_forgotten(9);
  journal.reset();
  sql("UPDATE base SET rules = 'nonsense'");
  const auto resumed = resume_short(path);
  ASSERT_FALSE(resumed);
  EXPECT_EQ(resumed.error().code, Errc::malformed);
  EXPECT_NE(resumed.error().detail.find("its base cannot be read"), std::string::npos)
      << resumed.error().detail;
}

/// No file may grow past `bytes` while this lives: writing fails as on a full disk, for this process only.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(InAFile, AFullDiskFailsWhatComesUntilItIsToldToTryAgain) {
  begin();
  commit_many(1, 3);
  {
    const FullDisk full(fs::file_size(path + "-wal"));
    const Status refused = commit(*journal, mailbox, change(4, 4, "lost"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_NE(refused.error().detail.find(path), std::string::npos) << refused.error().detail;
  }
  // There is space again, but what comes behind a refused command must not be committed.
  EXPECT_FALSE(commit(*journal, mailbox, change(5, 5, "behind")));
  journal->recover();
  ASSERT_TRUE(commit(*journal, mailbox, change(4, 4, "again")));
  const Restored restored = reopen();
  ASSERT_EQ(restored.latest.changes.size(), 4U);
  EXPECT_EQ(restored.latest.changes[3].id, "again");
}

TEST_F(InAFile, OutcomesThatFindNoSpaceAreWrittenLater) {
  begin();
  commit_many(1, 1);
  {
    const FullDisk full(fs::file_size(path + "-wal"));
    journal->settle(7, 1, {0, std::string(20'000, 'x')});
    EXPECT_FALSE(entry(*journal, mailbox, "c1")->outcome);
  }
  ASSERT_TRUE(commit(*journal, mailbox, change(2, 2, "c2")));
  EXPECT_TRUE(entry(*journal, mailbox, "c1")->outcome);
}

TEST_F(InAFile, ADamagedFileIsRefusedAndItsBootsAreRescued) {
  begin({4, 5});
  commit_many(1, 2000);
  journal.reset();
  ASSERT_GT(fs::file_size(path), 200'000U);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(150'000);
    file << std::string(20'000, '\x5a');
  }
  const auto resumed = resume(path);
  ASSERT_FALSE(resumed);
  EXPECT_EQ(resumed.error().code, Errc::malformed);
  EXPECT_NE(resumed.error().detail.find("damaged"), std::string::npos) << resumed.error().detail;
  EXPECT_EQ(rescue_boots(path), (std::vector<std::uint64_t>{4, 5}));
}

TEST_F(InAFile, AFileThatIsNoJournalIsRefused) {
  std::ofstream(path) << std::string(5000, 'n');
  EXPECT_EQ(look(path).error().code, Errc::malformed);
  EXPECT_EQ(resume(path).error().code, Errc::malformed);
  EXPECT_TRUE(rescue_boots(path).empty());
}

TEST_F(InAFile, ANewerLayoutIsRefused) {
  begin();
  journal.reset();
  sql("PRAGMA user_version = 99");
  const auto resumed = resume(path);
  ASSERT_FALSE(resumed);
  EXPECT_EQ(resumed.error().code, Errc::malformed);
  EXPECT_NE(resumed.error().detail.find("newer version"), std::string::npos);
}

TEST_F(InAFile, ARevisionThatIsMissingIsDamage) {
  begin();
  commit_many(1, 5);
  journal.reset();
  sql("DELETE FROM command WHERE revision = 3");
  const auto resumed = resume(path);
  ASSERT_FALSE(resumed);
  EXPECT_NE(resumed.error().detail.find("revision 3 of 5 is missing"), std::string::npos)
      << resumed.error().detail;
}

TEST_F(InAFile, TheOldJournalStaysUntilTheNewOneHasBegun) {
  begin();
  commit_many(1, 5);
  journal.reset();
  Meta meta;
  meta.shards = 1;
  auto made = SqliteJournal::create({path, mailbox.post(), false}, meta, {9});
  ASSERT_TRUE(made);
  EXPECT_EQ(look(path)->revision, 5U);
  ASSERT_TRUE((*made)->begin({}, {}));
  const auto fresh = look(path);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->revision, 0U);
  EXPECT_EQ(fresh->boots, (std::vector<std::uint64_t>{9}));
  EXPECT_FALSE(fs::exists(path + ".new"));
}

TEST_F(InAFile, NoJournalIsNotFound) {
  EXPECT_EQ(look(path).error().code, Errc::not_found);
  EXPECT_EQ(resume(path).error().code, Errc::not_found);
  std::ofstream(path).flush();  // made, and never begun
  EXPECT_EQ(look(path).error().code, Errc::not_found);
}

TEST_F(InAFile, SomebodyWhoReadsItMeanwhileHoldsNothingUp) {
  begin();
  commit_many(1, 10);
  sqlite3* file = nullptr;
  ASSERT_EQ(sqlite3_open_v2(path.c_str(), &file, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(file, "BEGIN; SELECT count(*) FROM command", nullptr, nullptr, nullptr), SQLITE_OK);
  commit_many(11, 3000);
  sqlite3_close(file);
  EXPECT_EQ(reopen().latest.changes.size(), 3000U);
}

}  // namespace
}  // namespace vfleet::control::journal
