// `vfleet up` and `vfleet stop` with real processes: control, two workers and the stand-in platform.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
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
#include "simulator/board/directory.h"
#include "simulator/core/clock.h"
#include "tests/integration/platform/platform_process.h"
#include "tests/support/free_port.h"

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
    std::ofstream(dir_ / "fleet.yaml") << fleet_text(platform_.port());
    const char* folder = std::getenv("VFLEET_BIN_DIR");
    bin_ = fs::absolute(folder == nullptr ? "build/dev/bin" : folder);
  }
  ~Up() override {
    board::remove_all(run_dir().string());  // of processes that were killed
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }

  [[nodiscard]] static std::string fleet_text(std::uint16_t port) {
    return fmt::format(
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
        port);
  }
  // The child of `vfleet up` that runs `program`; 0 when there is none.
  [[nodiscard]] int pid_of(const std::string& program) const {
    const auto up = live_pid(run_dir(), "up");
    if (!up) return 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::stringstream words;
      words << std::ifstream(entry.path() / "cmdline").rdbuf();
      std::stringstream stat;
      stat << std::ifstream(entry.path() / "stat").rdbuf();
      const bool child = stat.str().find(fmt::format(" {} ", *up)) != std::string::npos;
      if (child && words.str().find(program) != std::string::npos)
        return std::atoi(entry.path().filename().c_str());
    }
    return 0;
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
  // A killed process shows as ended while its last threads still hold its sockets.
  [[nodiscard]] bool nobody_listens() const {
    return becomes_true([this] { return !is_listening(run_dir() / "operator.sock"); });
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

  [[nodiscard]] int worker_pid(int shard) const {
    for (const int pid : fleet_pids()) {
      std::ifstream in(fmt::format("/proc/{}/cmdline", pid));
      std::stringstream text;
      text << in.rdbuf();
      const std::string words = text.str();
      const std::string end = std::string("--shard") + '\0' + std::to_string(shard);
      if (words.find("/vfleet-worker") != std::string::npos && words.find(end) != std::string::npos)
        return pid;
    }
    return 0;
  }
  // What `vfleet WORDS --json` prints, without what is no JSON.
  [[nodiscard]] nlohmann::json ask(std::vector<std::string> words) const {
    words.emplace_back("--json");
    words.insert(words.end(), {"--run-dir", run_dir().string()});
    const auto text = capture(bin_ / "vfleet", words, kPatience);
    return text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  }
  // Runs a shell command with $vfleet and $dir; its status.
  [[nodiscard]] int shell(const std::string& command) const {
    auto child = Child::spawn(bin_ / "vfleet", "/bin/sh",
                              {"-c", fmt::format("vfleet='{}'; dir='{}'; {}", (bin_ / "vfleet").string(),
                                                 run_dir().string(), command)},
                              log());
    EXPECT_TRUE(child.has_value()) << child.error().message;
    return status_of(*child);
  }
  [[nodiscard]] std::string file(const fs::path& path) const {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
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

TEST_F(Up, StartsThePlatformTooAndAgainWhenItIsKilled) {
  const std::uint16_t port = test::free_port();
  std::ofstream(dir_ / "fleet.yaml") << fleet_text(port);
  Child run = up({"--platform", "--platform-args=--seed 7"});
  ASSERT_TRUE(gets_online()) << printed();
  const int platform = pid_of("/vfleet-platform");
  ASSERT_NE(platform, 0);
  ::kill(platform, SIGKILL);
  ASSERT_TRUE(becomes_true(
      [this] { return printed().find("platform was killed by signal 9") != std::string::npos; }));
  ASSERT_TRUE(becomes_true([&] {
    const int now = pid_of("/vfleet-platform");
    return now != 0 && now != platform;
  }));
  ASSERT_TRUE(becomes_true([this] {
    const nlohmann::json status = ask({"status"});
    return status.contains("platform") && status["platform"].value("received", 0) > 0;
  }));
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130) << printed();
  EXPECT_EQ(pid_of("/vfleet-platform"), 0);
  const nlohmann::json figures = summary();
  EXPECT_TRUE(figures["platform_restarted"]);
  EXPECT_EQ(figures["lost_by"], "uplinks") << "what was never acknowledged: the stand-in counts anew";
  std::int64_t failed = 0;
  for (const auto& [reason, count] : figures["failed"].items()) failed += count.get<std::int64_t>();
  EXPECT_LE(figures["lost"], failed) << figures.dump(2);
  EXPECT_GT(figures["received"], 0) << "asked before the stand-in was stopped";
  EXPECT_NE(printed().find("since it started anew"), std::string::npos) << printed();
  EXPECT_NE(file(run_dir() / "platform.log").find("listening http=127.0.0.1:"), std::string::npos);
}

TEST_F(Up, AsksItsStandInForFiguresThatTheFileDoesNotName) {
  std::ofstream(dir_ / "fleet.yaml") << fmt::format(
      "fleet: small\ngroups:\n  - {{name: pile, type: charging_pile, count: 40, uplink: {{mqtt: {{url: "
      "'mqtt://127.0.0.1:{}', qos: 1}}}}}}\n",
      test::free_port());
  Child run = up({"--platform", "--for", "1s", "--threshold", "received > 0"});
  EXPECT_EQ(status_of(run), 0) << printed();
  const nlohmann::json figures = summary();
  EXPECT_EQ(figures["received"], figures["sent"]);
  EXPECT_EQ(figures["lost"], 0) << figures.dump(2);
}

TEST_F(Up, ItsDevicesLogInAtTheStandInAndRenewTheirTokens) {
  const std::uint16_t port = test::free_port();
  std::ofstream(dir_ / "fleet.yaml") << fmt::format(
      "fleet: small\ngroups:\n  - name: pile\n    type: charging_pile\n    count: 40\n"
      "    config: {{reports: {{heartbeat: {{every: 200ms}}}}}}\n"
      "    uplink:\n      http:\n        url: "
      "'http://127.0.0.1:{}/v1/devices/{{device.id}}/{{report.type}}'\n"
      "        login: {{report: login, token: token, expires: expires, renew_before: 3s}}\n",
      port);
  Child run = up({"--platform", "--platform-args=--token /v1/devices/*/login --token-expires 5s", "--for",
                  "6s", "--allow-invalid"});
  ASSERT_TRUE(gets_online()) << printed();
  nlohmann::json tokens;
  EXPECT_TRUE(becomes_true([&] {
    platform::RawClient client(port);
    const auto figures =
        nlohmann::json::parse(platform::body_of(client.request("GET", "/figures")), nullptr, false);
    if (figures.is_object()) tokens = figures.value("tokens", nlohmann::json());
    return tokens.is_object() && tokens.value("given", 0) >= 80;
  })) << tokens.dump();
  EXPECT_EQ(tokens.value("refused", -1), 0) << "a report went without a good token";
  EXPECT_EQ(status_of(run), 0) << printed();
  const nlohmann::json figures = summary();
  EXPECT_EQ(figures["received"], figures["sent"]);
  EXPECT_EQ(figures["acked"], figures["sent"]);
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

TEST_F(Up, SaysEarlyWhyDevicesCannotConnect) {
  std::ofstream(dir_ / "fleet.yaml") << fleet_text(test::free_port());
  Child run = up();
  ASSERT_TRUE(becomes_true([this] {
    return printed().find("40 of 40 devices cannot connect, and go on trying") != std::string::npos;
  })) << printed();
  EXPECT_NE(printed().find("refused"), std::string::npos) << printed();
  run.send(SIGTERM);
  EXPECT_EQ(status_of(run), 130);
  EXPECT_FALSE(summary()["valid"]) << summary().dump(2);
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
