// Parent and child: a parent starts a child program and exchanges JSON lines on its stdin and stdout; the
// child's stderr becomes log lines. Here the worker is the parent, the program of an external device the
// child.
#include <gtest/gtest.h>

#include <set>

#include "tests/integration/external/program_fleet.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;

TEST(origin_2_parent_and_child, TheyExchangeJsonLinesAndStderrBecomesLogLines) {
  ProgramFleet programs(2, {"python3", thermometer()}, "", "every: 0.2");
  ASSERT_TRUE(programs.fleet.come_online(2)) << programs.fleet.worker_log(0);
  EXPECT_TRUE(eventually([&] { return programs.received("temperature") >= 4; }));
  expect_counts(programs.fleet.vfleet({"trigger", "ext-*", "alarm", "celsius=99", "--wait", "acked"}), 0, 2,
                2);
  EXPECT_EQ(programs.received("alarm"), 2U);
  expect_counts(programs.fleet.vfleet({"do", "ext-00001", "heat", "by=2.5"}), 0, 1, 1);
  EXPECT_EQ(programs.state("ext-00001", "celsius"), 22.5);
  EXPECT_EQ(programs.state("ext-00002", "celsius"), 20.0);
  EXPECT_NE(programs.fleet.worker_log(0).find("ext-00001 is online"), std::string::npos)
      << programs.fleet.worker_log(0);
  const json figures = programs.platform.figures();
  EXPECT_EQ(at(figures, "/missing"), 0);
  EXPECT_EQ(at(figures, "/malformed"), 0);
}

TEST(origin_2_parent_and_child, AnUnknownTypeAndInvalidJsonGetAnErrorAnswerNotSilence) {
  // The child that ships, by itself.
  TempDir folder;
  write_file(folder / "in",
             "no json\n{\"type\":\"dance\",\"id\":\"7\"}\n[1,2]\n{\"type\":\"quit\"}\n{\"type\":\"ping\"}\n");
  Process alone({"/bin/sh", "-c", "exec python3 '" + thermometer() + "' < '" + (folder / "in") + "'"},
                folder / "out", folder / "err");
  EXPECT_EQ(alone.wait(seconds(20)), 0);
  EXPECT_EQ(read_file(folder / "out"),
            "{\"type\": \"error\", \"text\": \"this is no JSON object with a type\"}\n"
            "{\"type\": \"error\", \"text\": \"unknown type 'dance'\", \"id\": \"7\"}\n"
            "{\"type\": \"error\", \"text\": \"this is no JSON object with a type\"}\n")
      << "and nothing after quit";

  // Through the fleet an operator reads the child's own words.
  ProgramFleet programs(1, {"python3", thermometer()});
  ASSERT_TRUE(all_thermometers_speak(programs.fleet, 1)) << programs.fleet.worker_log(0);
  const Answer unknown = programs.fleet.vfleet({"do", "ext-00001", "dance"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_EQ(ProgramFleet::reason(unknown), "unknown action 'dance'; a thermometer can heat, open and close");
  EXPECT_EQ(ProgramFleet::reason(programs.fleet.vfleet({"trigger", "ext-00001", "dance"})),
            "a thermometer has no report 'dance'");
}

TEST(origin_2_parent_and_child, AndTheParentAnswersTheChildsMistakesToo) {
  ProgramFleet programs(
      1, ProgramFleet::python("if message['type'] == 'start':\n"
                              "    print('no json', flush=True)\n"
                              "    say(type='dance')\n"
                              "if message['type'] == 'error':\n"
                              "    say(type='state', **{message['text'].split()[0]: True})\n"));
  ASSERT_TRUE(programs.fleet.come_online(1)) << programs.fleet.worker_log(0);
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "this") == true; }));
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "unknown") == true; }));
  EXPECT_EQ(programs.state("ext-00001", "malformed"), 2.0);
}

TEST(origin_2_parent_and_child, TheWordToQuitEndsTheChildInOrder) {
  ProgramFleet programs(2, {"python3", thermometer()});
  ASSERT_TRUE(programs.fleet.come_online(2));
  const pid_t pid = programs.pid("ext-00001");
  ASSERT_TRUE(alive(pid));
  programs.fleet.worker(0).signal(SIGTERM);
  EXPECT_EQ(programs.fleet.worker(0).wait(seconds(20)), 0);
  EXPECT_FALSE(alive(pid));
  EXPECT_TRUE(eventually(
      [&] { return programs.fleet.worker_log(0).find("a thermometer ends in order") != std::string::npos; }));
  EXPECT_EQ(programs.fleet.worker_log(0).find("killed"), std::string::npos) << programs.fleet.worker_log(0);
}

TEST(origin_2_parent_and_child, AChildThatDoesNotQuitIsKilledAfterFiveSeconds) {
  ProgramFleet programs(1, ProgramFleet::python("if message['type'] == 'quit':\n"
                                                "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                                                "    time.sleep(1000)\n"));
  ASSERT_TRUE(programs.fleet.come_online(1));
  const pid_t pid = programs.pid("ext-00001");
  programs.fleet.worker(0).signal(SIGTERM);
  EXPECT_EQ(programs.fleet.worker(0).wait(milliseconds(4000)), std::nullopt) << "it waits for the child";
  EXPECT_EQ(programs.fleet.worker(0).wait(seconds(20)), 0);
  EXPECT_FALSE(alive(pid));
  EXPECT_TRUE(eventually(
      [&] { return programs.fleet.worker_log(0).find("does not end: killed") != std::string::npos; }));
}

TEST(origin_2_parent_and_child, AChildThatDiesIsNoticedAndStartedAgain) {
  ProgramFleet programs(1, {"python3", thermometer()});
  ASSERT_TRUE(all_thermometers_speak(programs.fleet, 1));
  expect_counts(programs.fleet.vfleet({"do", "ext-00001", "heat", "by=5"}), 0, 1, 1);
  const pid_t first = programs.pid("ext-00001");
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_TRUE(
      eventually([&] { return programs.pid("ext-00001") > 0 && programs.pid("ext-00001") != first; }));
  ASSERT_TRUE(programs.fleet.come_online(1));
  EXPECT_EQ(programs.state("ext-00001", "restarts"), 1.0);
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "celsius") == 25.0; }))
      << "it learns what it was";
  EXPECT_TRUE(eventually(
      [&] { return programs.fleet.worker_log(0).find("was killed by signal 9") != std::string::npos; }));
}

TEST(origin_2_parent_and_child, SeveralChildrenFormAPool) {
  ProgramFleet programs(8, {"python3", thermometer()}, "", "every: 0.5", 2);
  ASSERT_TRUE(programs.fleet.come_online(8)) << programs.fleet.worker_log(0);
  ASSERT_TRUE(all_thermometers_speak(programs.fleet, 8)) << programs.fleet.worker_log(0);
  std::set<pid_t> pids;
  const json rows = at(programs.fleet.vfleet({"ls"}).json, "/rows");
  for (const json& row : rows) pids.insert(at(row, "/state/pid").get<pid_t>());
  EXPECT_EQ(pids.size(), 8U);
  for (const pid_t pid : pids) EXPECT_TRUE(alive(pid));
  expect_counts(programs.fleet.vfleet({"do", "all", "open"}), 0, 8, 8);
  EXPECT_TRUE(eventually([&] { return programs.received("temperature") >= 24; }));
}

TEST(origin_2_parent_and_child, GrowthOfMemoryIsWatched) {
  ProgramFleet programs(1,
                        ProgramFleet::python("if message['type'] == 'do':\n"
                                             // It answers first: it is killed as soon as it is too big.
                                             "    say(type='ok', id=message['id'])\n"
                                             "    hoard = b'x' * 200000000\n"),
                        "memory_max: 100MiB");
  ASSERT_TRUE(programs.program_starts()) << programs.fleet.worker_log(0);
  const pid_t first = programs.pid("ext-00001");
  expect_counts(programs.fleet.vfleet({"do", "ext-00001", "grow"}), 0, 1, 1);
  EXPECT_TRUE(eventually([&] { return !alive(first); }));
  EXPECT_TRUE(programs.fleet.come_online(1));
  EXPECT_TRUE(eventually([&] { return programs.state("ext-00001", "restarts") == 1.0; }));
  EXPECT_TRUE(eventually([&] {
    return programs.fleet.worker_log(0).find("more than external.memory_max") != std::string::npos;
  }));
}

}  // namespace
}  // namespace vfleet::fleet_test
