#include "control/cli/run_dir.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/control/cli/fake_control.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;

struct RunDirTest : testing::Test {
  FakeEnvironment fake;
  Environment env = fake.environment();
  fs::path mine() const { return fake.dir.path() / fmt::format("vfleet-{}", ::geteuid()); }
};

TEST_F(RunDirTest, SaysThatNoFleetRunsAndWhereItLooked) {
  fake.variables["XDG_RUNTIME_DIR"] = fake.dir.path() / "xdg";
  const auto found = find_run_dir(env, std::nullopt);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, ExitStatus::no_control);
  EXPECT_NE(found.error().message.find("xdg/vfleet"), std::string::npos);
  EXPECT_NE(found.error().message.find(mine().string()), std::string::npos);
}

TEST_F(RunDirTest, NeedsNoOptionWhenExactlyOneFleetRuns) {
  fs::create_directories(mine() / "dead");
  std::ofstream(mine() / "dead" / "control.json") << R"({"pid":1,"fleet":"dead"})";
  FakeControl control(mine() / "demo", answer_with({{"status", 0}}));
  const auto found = find_run_dir(env, std::nullopt);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->path, mine() / "demo");
  EXPECT_EQ(found->fleet, "demo");
  EXPECT_EQ(found->pid, ::getpid());
}

TEST_F(RunDirTest, NamesTheFleetsWhenSeveralRun) {
  fake.variables["XDG_RUNTIME_DIR"] = fake.dir.path() / "xdg";
  FakeControl one(mine() / "one", answer_with({{"status", 0}}));
  FakeControl two(fake.dir.path() / "xdg/vfleet/two", answer_with({{"status", 0}}));
  const auto found = find_run_dir(env, std::nullopt);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, ExitStatus::usage);
  EXPECT_NE(found.error().message.find((mine() / "one").string()), std::string::npos);
  EXPECT_NE(found.error().message.find("xdg/vfleet/two"), std::string::npos);
}

TEST_F(RunDirTest, WritesAPathAsAShellReadsIt) {
  EXPECT_EQ(run_dir_words("/tmp/vfleet-0/demo"), "--run-dir /tmp/vfleet-0/demo");
  EXPECT_EQ(run_dir_words("/tmp/my fleet"), "--run-dir '/tmp/my fleet'");
  EXPECT_EQ(run_dir_words("it's $HOME"), "--run-dir 'it'\\''s $HOME'");
}

TEST_F(RunDirTest, SaysThatADirectoryIsAnotherUsersInsteadOfThatNothingRunsThere) {
  const std::string path = (fake.dir.path() / "theirs").string();
  fs::create_directories(path);
  env.uid = ::geteuid() + 1;
  const auto theirs = find_run_dir(env, path);
  ASSERT_FALSE(theirs);
  EXPECT_EQ(theirs.error().status, ExitStatus::no_control);
  EXPECT_NE(theirs.error().message.find("is another user's"), std::string::npos) << theirs.error().message;
  env.uid = ::geteuid();
  EXPECT_NE(find_run_dir(env, path).error().message.find("no control process answers"), std::string::npos);
}

TEST_F(RunDirTest, PrefersTheOptionToTheVariable) {
  FakeControl one(fake.dir.path() / "one", answer_with({{"status", 0}}), "first");
  FakeControl two(fake.dir.path() / "two", answer_with({{"status", 0}}), "second");
  fake.variables["VFLEET_RUN_DIR"] = fake.dir.path() / "two";
  EXPECT_EQ(find_run_dir(env, std::nullopt)->fleet, "second");
  EXPECT_EQ(find_run_dir(env, (fake.dir.path() / "one").string())->fleet, "first");
}

TEST_F(RunDirTest, IsNotFooledByASocketThatNobodyHolds) {
  { FakeControl gone(mine() / "gone", answer_with({{"status", 0}})); }
  std::ofstream(mine() / "gone" / "operator.sock");
  const auto found = find_run_dir(env, (mine() / "gone").string());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, ExitStatus::no_control);
  EXPECT_EQ(found.error().code, "no_control");
}

TEST_F(RunDirTest, PutsAFleetBelowTheRuntimeDirectoryOrTheUsersOwn) {
  EXPECT_EQ(*run_dir_for(env, std::nullopt, "demo"), mine() / "demo");
  fake.variables["XDG_RUNTIME_DIR"] = "/run/user/7";
  EXPECT_EQ(*run_dir_for(env, std::nullopt, "demo"), "/run/user/7/vfleet/demo");
  EXPECT_EQ(*run_dir_for(env, "/x/y/", "demo"), "/x/y");
}

TEST_F(RunDirTest, RefusesAPathThatIsTooLongForUnixSockets) {
  EXPECT_TRUE(run_dir_for(env, "/" + std::string(92, 'x'), "demo"));
  const auto path = run_dir_for(env, "/" + std::string(93, 'x'), "demo");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().status, ExitStatus::usage);
}

TEST_F(RunDirTest, CreatesARunDirectoryForItsOwnerOnly) {
  ASSERT_TRUE(prepare_run_dir(mine() / "demo", EarlierRun::refuse));
  EXPECT_EQ(fs::status(mine() / "demo").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(mine()).permissions(), fs::perms::owner_all);
}

TEST_F(RunDirTest, AsksForFreshWhenAnEarlierRunLeftFiles) {
  fake.dir.write("run/worker-0.log", "old");
  const auto used = prepare_run_dir(fake.dir.path() / "run", EarlierRun::refuse);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code, "run_dir_used");
  EXPECT_NE(used.error().hint.find("--fresh"), std::string::npos);
  ASSERT_TRUE(prepare_run_dir(fake.dir.path() / "run", EarlierRun::fresh));
  EXPECT_FALSE(fs::exists(fake.dir.path() / "run/worker-0.log"));
}

TEST_F(RunDirTest, OffersToResumeWhereAJournalIs) {
  fake.dir.write("run/journal.db", "a journal");
  const auto used = prepare_run_dir(fake.dir.path() / "run", EarlierRun::refuse);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code, "run_dir_used");
  EXPECT_NE(used.error().message.find("holds the journal of an earlier run, last written 20"),
            std::string::npos)
      << used.error().message;
  EXPECT_NE(used.error().hint.find("--resume"), std::string::npos);
  EXPECT_NE(used.error().hint.find("--fresh"), std::string::npos);
}

TEST_F(RunDirTest, KeepsEverythingThatGoesOnWhenItResumes) {
  for (const char* name : {"run/journal.db", "run/journal.db-wal", "run/worker-0.log", "run/logs/fleet.log",
                           "run/state/shard-0.state", "run/up.json", "run/stop.json", "run/summary.json"}) {
    fake.dir.write(name, "{}");
  }
  const auto prepared = prepare_run_dir(fake.dir.path() / "run", EarlierRun::resume);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(*prepared) << "there is a journal";
  for (const char* name : {"run/journal.db", "run/journal.db-wal", "run/worker-0.log", "run/logs/fleet.log",
                           "run/state/shard-0.state"}) {
    EXPECT_TRUE(fs::exists(fake.dir.path() / name)) << name;
  }
  for (const char* name : {"run/up.json", "run/stop.json", "run/summary.json"}) {
    EXPECT_FALSE(fs::exists(fake.dir.path() / name)) << name;
  }
}

TEST_F(RunDirTest, RemovesWhatTheStandInLeftButNoKeyOfSomebodys) {
  for (const char* name : {"run/platform-cert.pem", "run/platform-key.pem", "run/platform-trusted.pem",
                           "run/platform.port", "run/platform.log"}) {
    fake.dir.write(name, "old");
  }
  const auto prepared = prepare_run_dir(fake.dir.path() / "run", EarlierRun::fresh);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(fs::is_empty(fake.dir.path() / "run"));
  fake.dir.write("run/my-key.pem", "mine");
  EXPECT_FALSE(prepare_run_dir(fake.dir.path() / "run", EarlierRun::fresh));
}

TEST_F(RunDirTest, LeavesTheOldJournalToControlWhenItStartsFresh) {
  for (const char* name : {"run/journal.db", "run/worker-0.log.1", "run/logs/fleet.log",
                           "run/state/shard-0.state", "run/board/worker-0.1.board"}) {
    fake.dir.write(name, "old");
  }
  const auto prepared = prepare_run_dir(fake.dir.path() / "run", EarlierRun::fresh);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(*prepared);
  EXPECT_TRUE(fs::exists(fake.dir.path() / "run/journal.db"));
  for (const char* name : {"run/worker-0.log.1", "run/logs", "run/state", "run/board"}) {
    EXPECT_FALSE(fs::exists(fake.dir.path() / name)) << name;
  }
}

TEST_F(RunDirTest, HasNothingToResumeWithoutAJournal) {
  const auto unused = prepare_run_dir(fake.dir.path() / "new", EarlierRun::resume);
  ASSERT_FALSE(unused);
  EXPECT_NE(unused.error().message.find("nothing to resume"), std::string::npos);
  EXPECT_FALSE(fs::exists(fake.dir.path() / "new"));
}

TEST_F(RunDirTest, NeverRemovesFilesThatAreNotItsOwn) {
  fake.dir.write("run/worker-0.log", "old");
  fake.dir.write("run/thesis.odt", "work of years");
  EXPECT_FALSE(prepare_run_dir(fake.dir.path() / "run", EarlierRun::fresh));
  EXPECT_TRUE(fs::exists(fake.dir.path() / "run/thesis.odt"));
  EXPECT_TRUE(fs::exists(fake.dir.path() / "run/worker-0.log"));
}

TEST_F(RunDirTest, RefusesADirectoryWhereAFleetRunsEvenWithFresh) {
  FakeControl control(fake.dir.path() / "run", answer_with({{"status", 0}}));
  const auto used = prepare_run_dir(fake.dir.path() / "run", EarlierRun::fresh);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code, "run_dir_in_use");
  EXPECT_TRUE(fs::exists(fake.dir.path() / "run/operator.sock"));
}

TEST_F(RunDirTest, AControlElsewhereNeedsAnEndpointAndKeys) {
  const auto none = find_remote(env, std::nullopt, std::nullopt, false);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  EXPECT_EQ(find_remote(env, "ipc:///x", std::nullopt, true).error().status, ExitStatus::usage);
  const auto bare = find_remote(env, "tcp://10.0.0.1:7700", std::nullopt, false);
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().status, ExitStatus::usage);
  EXPECT_NE(bare.error().message.find("--keys"), std::string::npos);
  EXPECT_EQ(
      find_remote(env, "tcp://10.0.0.1:7700", (fake.dir.path() / "none.key").string(), false).error().status,
      ExitStatus::usage);
  const auto open = find_remote(env, "tcp://10.0.0.1:7700", std::nullopt, true);
  ASSERT_TRUE(open && *open);
  EXPECT_EQ((*open)->remote->endpoint, "tcp://10.0.0.1:7700");
  EXPECT_EQ((*open)->control(), "control at tcp://10.0.0.1:7700");
}

TEST_F(RunDirTest, TheEnvironmentNamesAControlElsewhere) {
  const bus::KeyFile key{"alice", bus::Role::operator_, bus::make_key_pair().value(), std::string(32, 's')};
  const fs::path file = fake.dir.write("alice.key", bus::render(key, true));
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  fake.variables["VFLEET_CONTROL"] = "tcp://10.0.0.1:7700";
  fake.variables["VFLEET_KEYS"] = file.string();
  const auto found = find_remote(env, std::nullopt, std::nullopt, false);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->remote->keys->name, "alice");
  EXPECT_EQ((*found)->remote->keys->curve.server_key, std::string(32, 's'));
}

}  // namespace
}  // namespace vfleet::cli
