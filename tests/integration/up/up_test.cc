// `vfleet up` and `vfleet stop` with real processes: control, two workers and the stand-in platform.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "control/cli/run_dir.h"
#include "control/cli/supervise/child.h"
#include "control/cli/supervise/run_files.h"
#include "simulator/core/clock.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;
using platform::kPatience;

bool becomes_true(const std::function<bool()>& condition, Duration within = kPatience) {
  const RealClock clock;
  const TimePoint deadline = clock.now() + within;
  while (!condition()) {
    if (clock.now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Ended, or waiting for its parent to notice.
bool is_gone(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  return !std::getline(in, stat) || stat.find(") Z") != std::string::npos;
}

class Up : public testing::Test {
 protected:
  Up() {
    std::string name = (fs::temp_directory_path() / "vfleet-up-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
    std::ofstream(dir_ / "fleet.yaml") << fmt::format(
        "fleet: small\n"
        "platform:\n"
        "  figures: \"http://127.0.0.1:{0}/figures\"\n"
        "groups:\n"
        "  - name: pile\n"
        "    type: charging_pile\n"
        "    count: 40\n"
        "    uplink:\n"
        "      http:\n"
        "        url: \"http://127.0.0.1:{0}/ingest\"\n",
        platform_.port());
    const char* folder = std::getenv("VFLEET_BIN_DIR");
    bin_ = fs::absolute(folder == nullptr ? "build/dev/bin" : folder);
  }
  ~Up() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }

  [[nodiscard]] fs::path run_dir() const { return dir_ / "run"; }
  [[nodiscard]] fs::path log() const { return dir_ / "vfleet.log"; }
  [[nodiscard]] std::string printed() const {
    std::stringstream text;
    text << std::ifstream(log()).rdbuf();
    return text.str();
  }

  [[nodiscard]] Child vfleet(std::vector<std::string> args) const {
    args.insert(args.end(), {"--run-dir", run_dir().string()});
    auto child = Child::spawn(bin_ / "vfleet", bin_ / "vfleet", args, log());
    EXPECT_TRUE(child.has_value()) << child.error().message;
    return std::move(*child);
  }
  [[nodiscard]] Child up(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"up", (dir_ / "fleet.yaml").string(), "--workers", "2"});
    return vfleet(std::move(options));
  }
  // The exit status; -1 when it does not end or a signal ended it.
  [[nodiscard]] static int status_of(Child& child, Duration within = kPatience) {
    if (!becomes_true([&] { return child.poll().has_value(); }, within)) return -1;
    return child.poll()->signal == 0 ? child.poll()->code : -1;
  }
  [[nodiscard]] bool gets_online() const {
    return becomes_true([this] { return printed().find("40 devices online") != std::string::npos; });
  }
  [[nodiscard]] nlohmann::json summary() const {
    return read_json_file(run_dir() / kSummaryFile).value_or(nlohmann::json::object());
  }
  // Control and both workers, as the logs of control and the kernel know them.
  [[nodiscard]] std::vector<int> fleet_pids() const {
    std::vector<int> pids;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "cmdline");
      std::stringstream text;
      text << in.rdbuf();
      const std::string words = text.str();
      const bool ours = words.find("/vfleet-control") != std::string::npos ||
                        words.find("/vfleet-worker") != std::string::npos;
      if (ours && words.find(run_dir().string()) != std::string::npos) {
        pids.push_back(std::atoi(entry.path().filename().c_str()));
      }
    }
    return pids;
  }

  platform::PlatformProcess platform_;
  fs::path dir_;
  fs::path bin_;
};

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

TEST_F(Up, StopsWithinFiveSecondsOnSigterm) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run, std::chrono::seconds(5)), 130) << printed();
  EXPECT_TRUE(fleet_pids().empty());
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

  Child again = up({"--for", "100ms", "--fresh", "--allow-invalid"});
  EXPECT_EQ(status_of(again), 0) << "what is left is cleared away: " << printed();
}

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

TEST_F(Up, EndsWhenControlDies) {
  Child run = up();
  ASSERT_TRUE(gets_online()) << printed();
  const auto control = live_pid(run_dir(), "control");
  ASSERT_TRUE(control.has_value());
  ::kill(*control, SIGKILL);
  EXPECT_EQ(status_of(run), 1);
  EXPECT_NE(printed().find("control was killed by signal 9"), std::string::npos) << printed();
  EXPECT_TRUE(fleet_pids().empty());
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
