// `vfleet up` and `vfleet stop` with real processes: control, two workers and the stand-in platform.
#include <signal.h>

#include <fstream>

#include "control/cli/run_dir.h"
#include "control/cli/supervise/run_files.h"
#include "tests/integration/up/up_fixture.h"
#include "tests/support/free_port.h"

namespace vfleet::cli {
namespace {

TEST_F(Up, RunsForATimeAndLosesNothing) {
  Child run = up({"--for", "3s", "--report", (dir_ / "report.json").string(), "--allow-invalid"});
  ASSERT_EQ(status_of(run), 0) << printed();
  const nlohmann::json figures = summary();
  EXPECT_EQ(figures["devices"], 40);
  EXPECT_GT(figures["sent"], 0);
  EXPECT_EQ(figures["sent"], figures["received"]) << figures.dump(2);
  EXPECT_EQ(figures["acked"], figures["sent"]);
  EXPECT_EQ(figures["lost"], 0);
  EXPECT_EQ(figures["killed"], 0);
  EXPECT_GE(figures["run_s"], 3.0);
  EXPECT_EQ(read_json_file(dir_ / "report.json"), figures);
  EXPECT_EQ(platform_.figures()["received"], figures["sent"]);
  EXPECT_TRUE(fleet_pids().empty());
}

TEST_F(Up, StopsInOrderAndInTimeOnSigterm) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130) << printed();
  EXPECT_TRUE(fleet_pids().empty());
  EXPECT_EQ(summary()["killed"], 0) << "what does not end within its time is killed";
  EXPECT_EQ(summary()["lost"], 0);
  EXPECT_FALSE(fs::exists(run_dir() / kUpFile));
}

TEST_F(Up, TakesItsProcessesWithItWhenItIsKilled) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  const std::vector<int> pids = fleet_pids();
  ASSERT_EQ(pids.size(), 3U);
  run.send(SIGKILL);
  for (const int pid : pids) EXPECT_TRUE(becomes_true([pid] { return is_gone(pid); })) << pid;
  ASSERT_TRUE(becomes_true([&] { return run.poll().has_value(); }));
  ASSERT_TRUE(nobody_listens());

  Child again = up({"--for", "100ms", "--fresh", "--allow-invalid"});
  EXPECT_EQ(status_of(again), 0) << "what is left is cleared away: " << printed();
}

TEST_F(Up, SaysEarlyWhyDevicesCannotConnect) {
  std::ofstream(dir_ / "fleet.yaml") << fleet_text(test::free_port());
  Child run = up();
  ASSERT_TRUE(becomes_true([this] {
    return printed().find("40 of 40 devices cannot connect, and go on trying") != std::string::npos;
  })) << printed();
  EXPECT_NE(printed().find("refused"), std::string::npos) << printed();
  EXPECT_NE(printed().find("is the platform there?"), std::string::npos) << printed();
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130);
  EXPECT_FALSE(summary()["valid"]) << summary().dump(2);
}

TEST_F(Up, PointsToTheLogWhenAPlatformAnswersThatIsNone) {
  std::ofstream(dir_ / "fleet.yaml")
      << "fleet: small\ngroups:\n  - name: cam\n    type: ip_camera\n    count: 2\n    uplink: {mqtt: {url: "
         "\"mqtt://127.0.0.1:"
      << platform_.port() << "\"}}\n";
  Child run = up();
  ASSERT_TRUE(becomes_true([this] {
    return printed().find("`vfleet logs --level warn` says more") != std::string::npos;
  })) << printed();
  EXPECT_EQ(printed().find("is the platform there?"), std::string::npos) << printed();
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130);
}

TEST_F(Up, VerbsEndWhenNobodyReadsThemAndFailWhenTheirOutputIsLost) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  EXPECT_EQ(shell("\"$vfleet\" watch all --run-dir \"$dir\" | head -n 1"), 0) << "ends by itself";
  EXPECT_EQ(shell("\"$vfleet\" ls all --run-dir \"$dir\" | head -n 1"), 0);
  EXPECT_EQ(shell("\"$vfleet\" status --run-dir \"$dir\" >/dev/full"), 1);
  EXPECT_NE(printed().find("cannot write the output: No space left on device"), std::string::npos)
      << printed();
  EXPECT_EQ(shell("\"$vfleet\" ls all --json --run-dir \"$dir\" >&-"), 1);
  EXPECT_EQ(shell("\"$vfleet\" --help >/dev/full"), 1);
  EXPECT_EQ(shell("\"$vfleet\" trigger all meter --payload /dev/zero --run-dir \"$dir\""), 2);
  EXPECT_EQ(shell("\"$vfleet\" trigger all meter --payload / --run-dir \"$dir\""), 2);
  EXPECT_EQ(shell("\"$vfleet\" trigger all meter --payload - --run-dir \"$dir\" </dev/zero"), 2);
  EXPECT_EQ(shell("\"$vfleet\" trigger all meter --payload - --run-dir \"$dir\" </"), 2);
  EXPECT_NE(printed().find("the payload '/' is a directory"), std::string::npos) << printed();
  EXPECT_NE(printed().find("the payload from stdin has more than"), std::string::npos) << printed();
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130);
}

TEST_F(Up, ReturnsWhenDetachedAndIsEndedByStop) {
  Child run = up({"--detach"});
  ASSERT_EQ(status_of(run), 0) << printed();
  EXPECT_NE(printed().find("40 devices online"), std::string::npos) << printed();
  const auto supervisor = live_pid(run_dir(), "up");
  ASSERT_TRUE(supervisor.has_value());
  EXPECT_NE(*supervisor, run.pid());

  Child second = up({"--fresh"});
  EXPECT_EQ(status_of(second), 2) << "a fleet runs there";

  Child stop = vfleet({"stop"});
  EXPECT_EQ(status_of(stop), 0) << printed();
  EXPECT_NE(printed().find("summary of small"), std::string::npos) << printed();
  EXPECT_EQ(summary()["status"], 0);
  EXPECT_TRUE(is_gone(*supervisor));
  EXPECT_TRUE(fleet_pids().empty());
}

TEST_F(Up, SaysWhereAFleetFileIsWrong) {
  std::ofstream(dir_ / "fleet.yaml") << "fleet: small\ngroups:\n  - name: pile\n    tipe: charging_pile\n";
  Child run = up();
  EXPECT_EQ(status_of(run), 2);
  EXPECT_NE(printed().find("fleet.yaml:4:5: groups[0].tipe"), std::string::npos) << printed();
  EXPECT_FALSE(fs::exists(run_dir()));
}

}  // namespace
}  // namespace vfleet::cli
