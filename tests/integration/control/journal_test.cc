// What an operator may rely on when control dies, when its disk is full, and when a run directory is not what
// it seems: the real vfleet-control.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "control/journal/sqlite_journal.h"
#include "tests/integration/control/control_process.h"
#include "tests/support/mounts.h"

namespace vfleet::control::server {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class ControlJournal : public ::testing::Test {
 protected:
  fleet_test::TempDir root;
  ControlProcess control{root / "run"};

  /// How the child may be asked to end; it must not come up.
  [[nodiscard]] int refused(const std::vector<std::string>& flags, int workers = 1) {
    EXPECT_FALSE(control.start(flags, workers));
    return control.status().value_or(-1000);
  }
  [[nodiscard]] bool says(const std::string& text) const {
    return control.said().find(text) != std::string::npos;
  }
  void some_commands(int count) {
    for (int i = 1; i <= count; ++i) control.set("c" + std::to_string(i), "d" + std::to_string(i));
    ASSERT_FALSE(control.answer("c" + std::to_string(count)).is_null());
  }
};

TEST_F(ControlJournal, AControlThatIsKilledAmidCommandsComesBackWithoutAHole) {
  ASSERT_TRUE(control.start()) << control.said();
  ScriptedWorker& worker = control.add_worker();
  std::map<std::uint64_t, std::string> accepted;  // by revision, of all lives
  int sent = 0;
  for (int life = 1; life <= 3; ++life) {
    const std::size_t enough = control.frames.size() + 40 * static_cast<std::size_t>(life);
    for (int i = 0; i < 400; ++i, ++sent)
      control.set("c" + std::to_string(sent), "d" + std::to_string(sent % 10));
    ASSERT_TRUE(control.until([&] { return control.frames.size() >= enough; }));
    control.kill_hard();
    for (const json& frame : control.frames) {
      if (frame["kind"] != "accepted" || frame["revision"] == 0) continue;
      const auto [at, fresh] = accepted.emplace(frame["revision"], frame["id"]);
      EXPECT_EQ(at->second, frame["id"]) << "two commands with revision " << at->first;
    }
    ASSERT_TRUE(control.start({"--resume"})) << control.said();
    ASSERT_TRUE(control.in_step(worker)) << control.said();
    const json status = control.ask("s" + std::to_string(life), "status");
    EXPECT_GE(status["revision"], accepted.rbegin()->first) << "something that was accepted is gone";
    control.set("after-" + std::to_string(life), "d0");
    EXPECT_EQ(control.answer("after-" + std::to_string(life))["revision"],
              status["revision"].get<std::uint64_t>() + 1);
    EXPECT_EQ(worker.boot, 1U) << "the worker lived on";
  }
  // The worker's rules are what the journal's revisions come to: the last command for each device.
  const std::uint64_t last = control.ask("last", "status")["revision"];
  worker.join();
  ASSERT_TRUE(control.in_step(worker));
  std::map<std::string, std::uint64_t> rules;
  for (const auto& part : worker.parts) {
    for (const bus::Command& rule : part.rules) rules[rule.selector] = rule.revision;
  }
  EXPECT_EQ(rules.size(), 10U);
  EXPECT_EQ(rules["d0"], last);
  ASSERT_EQ(control.stop(), 0);
  const auto found = journal::look(control.journal());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->revision, last);
  auto resumed = journal::SqliteJournal::resume({control.journal(), [](const auto&) {}, false}, "", 0);
  ASSERT_TRUE(resumed) << resumed.error().detail;
  ASSERT_EQ(resumed->restored.latest.changes.size(), last);
  for (const auto& [revision, id] : accepted)
    EXPECT_EQ(resumed->restored.latest.changes[revision - 1].id, id) << "revision " << revision;
}

TEST_F(ControlJournal, ACommandOfAnEarlierLifeIsNotDoneTwice) {
  ASSERT_TRUE(control.start()) << control.said();
  ScriptedWorker& worker = control.add_worker();
  control.set("done");
  ASSERT_EQ(control.answer("done")["matched"], 5);
  worker.script.answers = false;
  control.send("open", "trigger", {{"selector", "all"}, {"report", "meter"}});
  ASSERT_TRUE(control.until([&] { return worker.commands.size() == 2; }));
  control.kill_hard();
  ASSERT_TRUE(control.start({"--resume"}));
  ASSERT_TRUE(control.in_step(worker));
  control.frames.clear();
  control.set("done");
  EXPECT_EQ(control.answer("done")["matched"], 5);
  control.send("open", "trigger", {{"selector", "all"}, {"report", "meter"}});
  EXPECT_EQ(control.answer("open")["code"], "outcome_unknown");
  EXPECT_EQ(worker.commands.size(), 2U);
}

TEST_F(ControlJournal, AfterAnOrderlyStopEveryOutcomeIsKept) {
  ASSERT_TRUE(control.start()) << control.said();
  control.add_worker();
  some_commands(5);
  ASSERT_EQ(control.stop(), 0);
  EXPECT_FALSE(fs::exists(control.journal() + "-wal")) << "one file is left, to be copied or kept";
  control.fleet("test", 12);
  ASSERT_TRUE(control.start({"--resume"})) << control.said();
  EXPECT_EQ(control.ask("s", "status")["revision"], 6) << "what changed in the file is one revision";
  EXPECT_TRUE(says("reloaded")) << control.said();
  control.frames.clear();
  for (int i = 1; i <= 5; ++i) {
    control.set("c" + std::to_string(i), "d" + std::to_string(i));
    EXPECT_EQ(control.answer("c" + std::to_string(i))["kind"], "result");
  }
}

/// For another process.
void limit_files(pid_t pid, rlim_t bytes) {
  rlimit limit{};
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, nullptr, &limit), 0);
  limit.rlim_cur = bytes;
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &limit, nullptr), 0);
}

TEST_F(ControlJournal, WhileItsFileCannotGrowCommandsAreRefusedAndTheRestGoesOn) {
  ASSERT_TRUE(control.start()) << control.said();
  ScriptedWorker& worker = control.add_worker();
  some_commands(3);
  const rlim_t size = fs::file_size(control.journal() + "-wal");
  limit_files(control.pid(), size);
  // The log has some room left in its last pages' place; fill it.
  json refused;
  int tried = 0;
  while (refused.is_null() && tried < 100) {
    const std::string id = "try-" + std::to_string(tried++);
    control.set(id);
    const json answer = control.answer(id);
    ASSERT_FALSE(answer.is_null());
    if (answer["kind"] == "error") refused = answer;
  }
  EXPECT_EQ(refused["code"], "journal");
  EXPECT_NE(refused["message"].get<std::string>().find("nothing was published"), std::string::npos);
  const json status = control.ask("s1", "status");
  EXPECT_EQ(status["journal"]["state"], "failing");
  const std::size_t executed = worker.commands.size();
  EXPECT_EQ(control.ask("q1", "ls", {{"selector", "all"}})["status"], 0);
  limit_files(control.pid(), RLIM_INFINITY);
  control.set("again");
  EXPECT_EQ(control.answer("again")["revision"], status["revision"].get<std::uint64_t>() + 1);
  EXPECT_EQ(control.ask("s2", "status")["journal"]["state"], "ok");
  EXPECT_EQ(worker.commands.size(), executed + 1);
}

TEST_F(ControlJournal, AFullDiskRefusesCommandsUntilThereIsSpaceAgain) {
  const test::SmallDisk disk(root / "run", 1024 * 1024);
  if (!disk.mounted())
    GTEST_SKIP() << "mounting is not permitted here; the test with a file limit stands for it";
  ASSERT_TRUE(control.start()) << control.said();
  control.add_worker();
  some_commands(3);
  disk.fill();
  json refused;
  for (int i = 0; refused.is_null() && i < 200; ++i) {
    const std::string id = "try-" + std::to_string(i);
    control.set(id);
    const json answer = control.answer(id);
    ASSERT_FALSE(answer.is_null());
    if (answer["kind"] == "error") refused = answer;
  }
  EXPECT_NE(refused["message"].get<std::string>().find("the disk is full"), std::string::npos) << refused;
  const std::uint64_t revision = control.ask("s1", "status")["revision"];
  disk.empty();
  control.set("again");
  EXPECT_EQ(control.answer("again")["revision"], revision + 1);
  control.kill_hard();
  disk.fill();
  EXPECT_EQ(this->refused({"--resume"}), 1);
  EXPECT_TRUE(says("full") || says("No space left")) << control.said();
  disk.empty();
  ASSERT_TRUE(control.start({"--resume"})) << control.said();
  EXPECT_EQ(control.ask("s2", "status")["revision"], revision + 1);
}

TEST_F(ControlJournal, AReadOnlyJournalIsNamedAtStart) {
  ASSERT_TRUE(control.start()) << control.said();
  some_commands(1);
  ASSERT_EQ(control.stop(), 0);
  {
    const test::ReadOnlyFile journal(control.journal());
    if (!journal.mounted())
      GTEST_SKIP() << "mounting is not permitted here, and nothing else makes a file read-only for root";
    EXPECT_EQ(refused({"--resume"}), 1);
  }
  EXPECT_TRUE(says(control.journal() + " is read-only")) << control.said();
  EXPECT_TRUE(control.start({"--resume"})) << control.said();
}

TEST_F(ControlJournal, AUsedRunDirectoryAsksWhatToDo) {
  ASSERT_TRUE(control.start()) << control.said();
  some_commands(3);
  ASSERT_EQ(control.stop(), 0);
  EXPECT_EQ(refused({}), 2);
  for (const char* text : {"revision 3", "--resume", "--fresh", "UTC", "fleet 'test'"})
    EXPECT_TRUE(says(text)) << text << " is not in: " << control.said();
  EXPECT_EQ(refused({"--resume", "--fresh"}), 2);
}

TEST_F(ControlJournal, AFreshStartBeginsAtNothingButBootsGoOn) {
  ASSERT_TRUE(control.start()) << control.said();
  EXPECT_EQ(control.add_worker().boot, 1U);
  some_commands(3);
  control.kill_hard();
  control.end_workers();
  ASSERT_TRUE(control.start({"--fresh"})) << control.said();
  const json status = control.ask("s", "status");
  EXPECT_EQ(status["revision"], 0);
  EXPECT_EQ(control.add_worker().boot, 2U);
  ASSERT_EQ(control.stop(), 0);
  EXPECT_EQ(journal::look(control.journal())->boots, (std::vector<std::uint64_t>{2}));
}

TEST_F(ControlJournal, ADamagedJournalSaysHowToGoOn) {
  ASSERT_TRUE(control.start()) << control.said();
  some_commands(9);
  ASSERT_EQ(control.stop(), 0);
  {
    std::fstream file(control.journal(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8192);
    file << std::string(16'000, '\x5a');
  }
  EXPECT_EQ(refused({"--resume"}), 2);
  for (const char* text : {"is damaged", "keep a copy", "--fresh"})
    EXPECT_TRUE(says(text)) << text << " is not in: " << control.said();
  EXPECT_TRUE(control.start({"--fresh"})) << control.said();
}

TEST_F(ControlJournal, AJournalOfAnotherFleetOrShardCountIsRefused) {
  ASSERT_TRUE(control.start({}, 2)) << control.said();
  ASSERT_EQ(control.stop(), 0);
  EXPECT_EQ(refused({"--resume"}, 3), 2);
  EXPECT_TRUE(says("2 workers, not 3: start with --workers 2")) << control.said();
  control.fleet("other", 10);
  EXPECT_EQ(refused({"--resume"}, 2), 2);
  EXPECT_TRUE(says("is of fleet 'test', not of 'other'")) << control.said();
}

TEST_F(ControlJournal, ASecondControlNamesTheFirst) {
  ASSERT_TRUE(control.start()) << control.said();
  ControlProcess second(root / "run");
  EXPECT_FALSE(second.start({"--resume"}));
  EXPECT_EQ(second.status(), 2);
  EXPECT_NE(second.said().find("(pid " + std::to_string(control.pid()) + ")"), std::string::npos)
      << second.said();
  EXPECT_EQ(control.ask("s", "status")["status"], 0);
}

TEST_F(ControlJournal, NothingToResumeIsABeginning) {
  ASSERT_TRUE(control.start({"--resume"})) << control.said();
  EXPECT_TRUE(says("nothing to resume")) << control.said();
  EXPECT_EQ(control.ask("s", "status")["revision"], 0);
}

TEST_F(ControlJournal, AgainstPowerLossItWorksAsWell) {
  ASSERT_TRUE(control.start({"--journal-sync", "full"})) << control.said();
  control.add_worker();
  some_commands(3);
  EXPECT_EQ(control.ask("s", "status")["revision"], 3);
}

}  // namespace
}  // namespace vfleet::control::server
