// FleetProcesses with shell scripts in the place of vfleet-control, vfleet-worker and vfleet-platform.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "control/cli/supervise/fleet_processes.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

// Waits for ever without being another process: opening a pipe that nobody writes to.
constexpr const char* kStay =
    "[ -p \"$dir/never\" ] || mkfifo \"$dir/never\" 2>/dev/null; read x <\"$dir/never\"\n";

struct ProcessesTest : testing::Test {
  ProcessesTest() {
    fake.clock = &clock;
    std::filesystem::create_directories(run_dir);
    program("vfleet", "shift 2\nexec \"$@\"\n");  // stands for exec-child
    program("vfleet-control",
            "dir=$4\n"
            "echo \"$@\" >>\"$dir/starts\"\n[ -e \"$dir/broken\" ] && { echo no disk left >&2; exit 1; }\n"
            "printf '{\"pid\":%d}' $$ >\"$dir/control.json.new\"\n"
            "mv \"$dir/control.json.new\" \"$dir/control.json\"\n" +
                std::string(kStay));
    // Whose pid is known can be told to end, and has said its line.
    program("vfleet-worker",
            "dir=$2\ntrap 'echo drained; exit 0' TERM\necho \"worker $4 is $$\"\n"
            "echo $$ >\"$dir/worker-$4.new\"\nmv \"$dir/worker-$4.new\" \"$dir/worker-$4.pid\"\n" +
                std::string(kStay));
  }

  void program(const std::string& name, const std::string& script) {
    const auto path = fake.dir.write("bin/" + name, "#!/bin/sh\n" + script);
    ::chmod(path.c_str(), 0700);
  }
  FleetProcesses make(std::size_t workers, std::optional<std::uint64_t> memory = {}) {
    FleetProcesses::Plan plan{.run_dir = run_dir, .fleet_file = "fleet.yaml", .workers = workers};
    plan.worker_memory_bytes = memory;
    plan.on_line = [this](const std::string& source, const std::string& line) {
      lines += source + ": " + line + "\n";
    };
    return {env, out, std::move(plan)};
  }
  std::string content(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(run_dir / name).rdbuf();
    return text.str();
  }
  // Real processes: looks every few milliseconds, for at least a minute. The clock of the back-offs stands.
  bool becomes_true(const std::function<bool()>& condition) const {
    for (int i = 0; i < 30'000; ++i) {
      if (condition()) return true;
      ::poll(nullptr, 0, 2);
    }
    return false;
  }
  bool ticks_until(FleetProcesses& processes, const std::function<bool()>& condition) {
    return becomes_true([&] { return processes.tick().has_value() && condition(); });
  }
  int pid_of_worker(int shard) const {
    const std::string text = content("worker-" + std::to_string(shard) + ".pid");
    return text.empty() ? 0 : std::stoi(text);
  }
  int pid_of_control() const {
    const std::string text = content("control.json");
    return text.empty() ? 0 : std::stoi(text.substr(text.find(':') + 1));
  }

  FakeEnvironment fake;
  ManualClock clock;
  std::filesystem::path run_dir = fake.dir.path() / "run";
  Environment env = [this] {
    fake.clock = &clock;
    return fake.environment();
  }();
  Output out{env, false, ColorMode::never};
  std::string lines;
};

using State = FleetProcesses::ControlState;

TEST_F(ProcessesTest, RestartsControlWithResumeAfterItsBackOff) {
  FleetProcesses processes = make(1);
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(0) != 0; }));
  const int worker = pid_of_worker(0);
  ::kill(pid_of_control(), SIGKILL);
  ASSERT_TRUE(ticks_until(processes, [&] { return processes.control_state() == State::away; }));
  EXPECT_NE(
      fake.err.str().find("control is gone: it was killed by signal 9 (Killed); it starts again in 1 s"),
      std::string::npos)
      << fake.err.str();
  EXPECT_EQ(content("starts").find("--resume"), std::string::npos) << "not before its time";

  clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(ticks_until(processes, [&] { return processes.control_lives() == 2; }));
  EXPECT_NE(content("starts").find("--resume"), std::string::npos) << content("starts");
  EXPECT_EQ(processes.control_away(clock.now()), Duration(std::chrono::seconds(1)));
  EXPECT_EQ(pid_of_worker(0), worker) << "the worker went on";
  EXPECT_EQ(processes.restarts(), 0U);
}

TEST_F(ProcessesTest, GivesUpOnAControlThatDiesTooOftenAndShowsItsLastWords) {
  FleetProcesses processes = make(1);
  ASSERT_TRUE(processes.start_control());
  fake.dir.write("run/broken", "");
  ::kill(pid_of_control(), SIGKILL);
  Outcome<void> ticked;
  ASSERT_TRUE(becomes_true([&] {
    if (processes.control_state() == State::away) clock.advance(std::chrono::seconds(1));
    ticked = processes.tick();
    return !ticked.has_value();
  }));
  EXPECT_EQ(ticked.error().status, ExitStatus::failed);
  EXPECT_EQ(ticked.error().code, "control_died");
  EXPECT_NE(ticked.error().message.find("exited with status 1, 6 times within a minute"), std::string::npos)
      << ticked.error().message;
  EXPECT_NE(ticked.error().message.find("no disk left"), std::string::npos) << ticked.error().message;
  EXPECT_NE(ticked.error().hint.find("--resume"), std::string::npos) << ticked.error().hint;
}

TEST_F(ProcessesTest, EndsWhenControlWasAskedToStop) {
  program("vfleet-control", "dir=$4\ntrap 'exit 0' TERM\nprintf '{\"pid\":%d}' $$ >\"$dir/control.json\"\n" +
                                std::string(kStay));
  FleetProcesses processes = make(1);
  ASSERT_TRUE(processes.start_control());
  ::kill(pid_of_control(), SIGTERM);
  ASSERT_TRUE(becomes_true([&] { return !processes.tick().has_value(); }));
  EXPECT_TRUE(processes.control_stopped());
}

TEST_F(ProcessesTest, ShowsWhatAControlPrintedThatNeverGotReady) {
  fake.dir.write("run/broken", "");
  FleetProcesses processes = make(1);
  const auto started = processes.start_control();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, "control_failed");
  EXPECT_NE(started.error().message.find("no disk left"), std::string::npos) << started.error().message;
}

TEST_F(ProcessesTest, StartsAWorkerAgainAndKeepsWhatItPrintedUnderItsName) {
  FleetProcesses processes = make(2);
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(0) != 0 && pid_of_worker(1) != 0; }));
  const int first = pid_of_worker(1);
  ::kill(first, SIGABRT);
  ASSERT_TRUE(ticks_until(processes, [&] {
    return fake.err.str().find("worker-1 was killed by signal 6") != std::string::npos;
  }));
  clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(1) != first; }));
  EXPECT_EQ(processes.restarts(), 1U);
  ASSERT_TRUE(ticks_until(processes, [&] {
    return content("worker-1.log").find("worker 1 is " + std::to_string(pid_of_worker(1))) !=
           std::string::npos;
  }));
  EXPECT_NE(lines.find("worker-1: worker 1 is " + std::to_string(first)), std::string::npos) << lines;
  EXPECT_NE(lines.find("up: worker-1 was killed by signal 6"), std::string::npos) << lines;
}

TEST_F(ProcessesTest, SaysWithWhichWordsAWorkerDied) {
  program("vfleet-worker", "echo \"terminate called after throwing\" >&2\nkill -ABRT $$\n");
  FleetProcesses processes = make(1);
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  ASSERT_TRUE(ticks_until(processes, [&] {
    return fake.err.str().find("worker-0 was killed by signal 6") != std::string::npos;
  }));
  EXPECT_NE(fake.err.str().find("; it said: terminate called after throwing"), std::string::npos)
      << fake.err.str();
  EXPECT_NE(content("worker-0.log").find("terminate called after throwing"), std::string::npos);
}

TEST_F(ProcessesTest, RecyclesOneWorkerAtATimeWithoutCountingADeath) {
  FleetProcesses processes = make(2);
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(0) != 0 && pid_of_worker(1) != 0; }));
  const int first = pid_of_worker(0);
  const int second = pid_of_worker(1);
  EXPECT_TRUE(processes.recycle(0, "was asked for"));
  EXPECT_TRUE(processes.recycle(1, "was asked for"));
  EXPECT_FALSE(processes.recycle(2, "was asked for")) << "there is no such worker";
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(0) != first; }));
  EXPECT_EQ(processes.recycled(), 1U);
  EXPECT_EQ(pid_of_worker(1), second) << "waits its turn";
  EXPECT_TRUE(ticks_until(processes, [&] {
    return content("worker-0.log").find("drained") != std::string::npos;
  })) << "it ended in order";
  clock.advance(std::chrono::seconds(5));
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(1) != second; }));
  EXPECT_EQ(processes.recycled(), 2U);
  EXPECT_EQ(processes.restarts(), 0U);
}

TEST_F(ProcessesTest, RecyclesAWorkerThatTakesTooMuchMemory) {
  FleetProcesses processes = make(1, 1);  // a byte: any process is past it
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  const int first = [&] {
    EXPECT_TRUE(becomes_true([&] { return content("worker-0.pid").find('\n') != std::string::npos; }));
    return pid_of_worker(0);
  }();
  ASSERT_TRUE(ticks_until(processes, [&] { return processes.recycled() == 1; }));
  EXPECT_NE(fake.err.str().find("more than 1 B: it is recycled"), std::string::npos) << fake.err.str();
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(0) != first; }));
  clock.advance(MemoryWatch::kLookEvery);
  ASSERT_TRUE(ticks_until(processes, [&] {
    return fake.err.str().find("30 s after the last time") != std::string::npos;
  })) << fake.err.str();
  EXPECT_EQ(processes.recycled(), 1U) << "not again at once";
}

TEST_F(ProcessesTest, KillsAWorkerThatIsRecycledAndDoesNotEnd) {
  program("vfleet-worker",
          "dir=$2\necho $$ >\"$dir/worker-$4.pid\"\ntrap '' TERM\necho ready\n" + std::string(kStay));
  FleetProcesses processes = make(1);
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  ASSERT_TRUE(
      ticks_until(processes, [&] { return content("worker-0.log").find("ready") != std::string::npos; }));
  const int first = pid_of_worker(0);
  ASSERT_TRUE(processes.recycle(0, "was asked for"));
  ASSERT_TRUE(processes.tick());
  clock.advance(std::chrono::seconds(15));
  ASSERT_TRUE(ticks_until(processes, [&] { return pid_of_worker(0) != first; }));
  EXPECT_EQ(processes.recycled(), 1U);
  EXPECT_NE(fake.err.str().find("did not end in order within 15 s"), std::string::npos) << fake.err.str();
}

TEST_F(ProcessesTest, StartsThePlatformAgain) {
  program("vfleet-platform", "dir=" + run_dir.string() + "\necho \"$@\"\necho $$ >>\"$dir/platform.pids\"\n" +
                                 "while [ \"$1\" != --port-file ]; do shift; done\necho 1 >\"$2\"\n" + kStay);
  FleetProcesses::Plan plan{.run_dir = run_dir, .fleet_file = "fleet.yaml", .workers = 1};
  plan.platform = PlatformPlan{.args = {"--seed", "7"}};
  FleetProcesses processes(env, out, std::move(plan));
  ASSERT_TRUE(processes.start_platform());
  ASSERT_TRUE(
      ticks_until(processes, [&] { return content("platform.pids").find('\n') != std::string::npos; }));
  ::kill(std::stoi(content("platform.pids")), SIGKILL);
  ASSERT_TRUE(ticks_until(processes, [&] {
    return fake.err.str().find("starts again in 1 s and counts from 0") != std::string::npos;
  }));
  clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(ticks_until(processes, [&] { return processes.platform_restarts() == 1; }));
  EXPECT_EQ(processes.end_platform(), 0U);
  EXPECT_NE(content("platform.log").find("--seed 7"), std::string::npos);
}

TEST_F(ProcessesTest, ASecondSignalKillsAtOnceWhatDoesNotEnd) {
  program("vfleet-worker", "dir=$2\ntrap '' TERM\necho ready\n" + std::string(kStay));
  FleetProcesses processes = make(1);
  ASSERT_TRUE(processes.start_control());
  ASSERT_TRUE(processes.start_workers());
  ASSERT_TRUE(
      ticks_until(processes, [&] { return content("worker-0.log").find("ready") != std::string::npos; }));
  fake.signals.send(SIGINT);
  EXPECT_EQ(processes.end(), 2U) << "control and the worker";
}

}  // namespace
}  // namespace vfleet::cli
