// What `vfleet up` does when processes die, when it goes on with an earlier run, and when a worker is
// recycled.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "control/cli/run_dir.h"
#include "tests/integration/up/up_fixture.h"

namespace vfleet::cli {
namespace {

TEST_F(Up, StartsAWorkerAgainThatWasKilled) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  for (const int pid : fleet_pids()) {
    std::ifstream in(fmt::format("/proc/{}/comm", pid));
    std::string name;
    if (std::getline(in, name) && name == "vfleet-worker") {
      ::kill(pid, SIGKILL);
      break;
    }
  }
  EXPECT_TRUE(becomes_true([this] { return printed().find("starts again in 1 s") != std::string::npos; }));
  EXPECT_TRUE(becomes_true([this] { return fleet_pids().size() == 3; }));
  run.send(SIGINT);
  EXPECT_EQ(status_of(run), 130) << printed();
  EXPECT_EQ(summary()["restarts"], 1);
}

TEST_F(Up, GoesOnWhenControlIsKilled) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  const auto changed = ask({"set", "pile-00007", "reports.heartbeat.every=1s"});
  ASSERT_EQ(changed["status"], 0) << changed.dump();
  const nlohmann::json before = ask({"status"});
  const int first = worker_pid(0);
  const int second = worker_pid(1);
  const auto control = live_pid(run_dir(), "control");
  ASSERT_TRUE(control.has_value());
  const auto received = platform_.figures()["received"].get<std::uint64_t>();
  ::kill(*control, SIGKILL);
  ASSERT_TRUE(becomes_true([this] { return printed().find("it starts again in 1 s") != std::string::npos; }))
      << printed();
  EXPECT_TRUE(platform_.figures_become([&](const nlohmann::json& figures) {
    return figures["received"].get<std::uint64_t>() > received;
  })) << "devices report while control is away or anew";
  ASSERT_TRUE(becomes_true([this] { return printed().find("control is back after") != std::string::npos; }))
      << printed();
  EXPECT_NE(live_pid(run_dir(), "control"), control);
  EXPECT_EQ(worker_pid(0), first);
  EXPECT_EQ(worker_pid(1), second);
  ASSERT_TRUE(becomes_true([this] {
    const nlohmann::json status = ask({"status"});
    return status.contains("figures") && status["figures"].value("online", 0) == 40;
  }));
  const nlohmann::json after = ask({"status"});
  EXPECT_EQ(after["revision"], before["revision"]);
  EXPECT_NE(after["epoch"], before["epoch"]);

  Child stop = vfleet({"stop"});
  EXPECT_EQ(status_of(stop), 0) << printed();
  ASSERT_NE(status_of(run), -1);
  const nlohmann::json figures = summary();
  EXPECT_EQ(figures["control_restarts"], 1);
  EXPECT_EQ(figures["lost"], 0) << figures.dump(2);
  EXPECT_EQ(figures["missing"], 0) << "no hole in any device's sequence";
  EXPECT_EQ(figures["sent"], figures["received"]) << figures.dump(2);
  EXPECT_EQ(figures["restarts"], 0);
  EXPECT_GT(figures["control_away_s"], 0.5);
}

TEST_F(Up, StopsInOrderWhileControlWaitsForItsRestart) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  const auto control = live_pid(run_dir(), "control");
  ASSERT_TRUE(control.has_value());
  ::kill(*control, SIGKILL);
  ASSERT_TRUE(becomes_true([this] { return printed().find("control is gone") != std::string::npos; }));
  Child stop = vfleet({"stop"});
  EXPECT_EQ(status_of(stop), 0) << printed();
  EXPECT_NE(status_of(run), -1);
  EXPECT_TRUE(fleet_pids().empty());
  EXPECT_EQ(summary()["killed"], 0) << printed();
  EXPECT_EQ(summary()["lost"], 0) << summary().dump(2);
  EXPECT_EQ(summary()["sent"], summary()["received"]) << summary().dump(2);
}

TEST_F(Up, ResumesAnEarlierRunWhenItIsAskedTo) {
  {
    Child run = up();
    ASSERT_TRUE(gets_online()) << printed();
    ASSERT_EQ(ask({"set", "pile-00007", "reports.heartbeat.every=7s"})["status"], 0);
    Child stop = vfleet({"stop"});
    ASSERT_EQ(status_of(stop), 0) << printed();
    ASSERT_NE(status_of(run), -1);
  }
  Child neither = up();
  EXPECT_EQ(status_of(neither), 2);
  EXPECT_NE(printed().find("holds the journal of an earlier run"), std::string::npos) << printed();
  EXPECT_NE(printed().find("--resume goes on where that run was"), std::string::npos) << printed();

  fs::remove(log());
  Child again = up({"--resume"});
  ASSERT_TRUE(gets_online()) << printed();
  EXPECT_NE(ask({"get", "pile-00007", "reports.heartbeat.every"}).dump().find("7s"), std::string::npos);
  again.send(SIGTERM);
  EXPECT_EQ(status_of(again), 130);

  fs::remove(log());
  Child anew = up({"--fresh"});
  ASSERT_TRUE(gets_online()) << printed();
  EXPECT_EQ(ask({"get", "pile-00007", "reports.heartbeat.every"}).dump().find("7s"), std::string::npos);
  anew.send(SIGTERM);
  EXPECT_EQ(status_of(anew), 130);
}

TEST_F(Up, BeginsItsOwnAccountAfterTheWholeRunWasKilled) {
  {
    Child run = up();
    ASSERT_TRUE(gets_online()) << printed();
    const std::vector<int> fleet = fleet_pids();
    run.send(SIGKILL);
    for (const int pid : fleet) ::kill(pid, SIGKILL);
    ASSERT_EQ(status_of(run), -1);
    ASSERT_TRUE(becomes_true([&] { return std::all_of(fleet.begin(), fleet.end(), is_gone); }));
    ASSERT_TRUE(nobody_listens());
  }
  const fs::path memory = fs::read_symlink(run_dir() / "board");
  ASSERT_TRUE(fs::exists(memory)) << "nobody was left to remove it";
  fs::remove(log());
  Child again = up({"--resume"});
  ASSERT_TRUE(gets_online()) << printed();
  again.send(SIGTERM);
  EXPECT_EQ(status_of(again), 130) << printed();
  EXPECT_EQ(summary()["sent"], summary()["received"]) << "of this run alone\n" << summary().dump(2);
  EXPECT_EQ(summary()["lost"], 0) << summary().dump(2);
  EXPECT_FALSE(fs::exists(memory)) << "the end of a run leaves nothing in memory";
}

TEST_F(Up, RecyclesAWorkerInTheMiddleOfARunAndLosesNothing) {
  std::ofstream(dir_ / "fleet.yaml", std::ios::app)
      << "    config:\n      reports:\n        heartbeat: {every: 100ms}\n";
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  for (const int shard : {0, 1, 0}) {
    const int before = worker_pid(shard);
    const nlohmann::json recycled = ask({"recycle", std::to_string(shard)});
    ASSERT_EQ(recycled.value("status", -1), 0) << recycled.dump() << printed();
    EXPECT_EQ(recycled["pid_before"], before);
    EXPECT_EQ(recycled["pid"], worker_pid(shard));
  }
  run.send(SIGINT);
  EXPECT_EQ(status_of(run), 130) << printed();
  const nlohmann::json figures = summary();
  EXPECT_EQ(figures["recycled"], 3);
  EXPECT_EQ(figures["restarts"], 0);
  EXPECT_EQ(figures["sent"], figures["acked"]) << figures.dump(2);
  EXPECT_EQ(figures["sent"], figures["received"]) << figures.dump(2);
  EXPECT_EQ(figures["lost"], 0);
  EXPECT_EQ(figures["missing"], 0);
}

TEST_F(Up, KeepsWhatAWorkerSaidWhenItDied) {
  // A folder of programs where the first start of a worker ends as a failed assertion does.
  const fs::path bin = dir_ / "bin";
  fs::create_directories(bin);
  for (const char* name : {"vfleet", "vfleet-control"}) fs::copy_file(bin_ / name, bin / name);
  const std::string real = (bin_ / "vfleet-worker").string();
  std::ofstream(bin / "vfleet-worker")
      << "#!/bin/sh\n"
      << "if [ \"$1\" = --run-dir ] && [ \"$4\" = 1 ] && mkdir \"$2/../died\" 2>/dev/null; then\n"
      << "  echo \"terminate called after throwing an instance of 'std::bad_alloc'\" >&2\n"
      << "  kill -ABRT $$\n"
      << "fi\n"
      << "exec '" << real << "' \"$@\"\n";
  fs::permissions(bin / "vfleet-worker", fs::perms::owner_all);
  bin_ = bin;
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  EXPECT_NE(printed().find("worker-1 was killed by signal 6 (Aborted); it starts again in 1 s"),
            std::string::npos)
      << printed();
  EXPECT_NE(file(run_dir() / "worker-1.log").find("terminate called after throwing"), std::string::npos);
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130) << printed();
  EXPECT_EQ(summary()["restarts"], 1);
}

}  // namespace
}  // namespace vfleet::cli
