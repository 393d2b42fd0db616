// Real processes on a real loop.
#include "simulator/child/process_launcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "simulator/child/line_splitter.h"
#include "simulator/core/clock.h"

namespace vfleet::child {
namespace {

using namespace std::chrono_literals;

struct Listener final : ChildEvents {
  void child_output(std::string_view bytes) override {
    biggest = std::max(biggest, bytes.size());
    out += bytes;
  }
  void child_errors(std::string_view bytes) override { err += bytes; }
  void child_exited(const Exit& how) override { exit = how; }
  std::string out;
  std::string err;
  std::size_t biggest = 0;
  std::optional<Exit> exit;
};

class ProcessLauncher : public testing::Test {
 protected:
  /// Runs the loop until `holds`; false after 20 s.
  bool until(const std::function<bool()>& holds) {
    const TimePoint end = loop.now() + 20s;
    std::function<void()> look = [&] {
      if (holds() || loop.now() >= end) return loop.stop();
      timer.arm_in(2ms);
    };
    look_ = look;
    timer.arm_in(0ms);
    loop.run();
    return holds();
  }
  std::unique_ptr<Child> run(std::vector<std::string> words, std::string directory = {}) {
    auto child =
        launcher->launch({std::move(words), std::move(directory), {{"VFLEET_DEVICE", "ext-1"}}}, events);
    EXPECT_TRUE(child) << child.error().detail;
    return child ? std::move(*child) : nullptr;
  }
  std::unique_ptr<Child> shell(const std::string& script) { return run({"sh", "-c", script}); }

  RealClock clock;
  loop::AsioLoop loop{clock};
  std::function<void()> look_;
  loop::CallbackTimer timer{loop, [this] { look_(); }};
  Listener events;
  std::string helper = std::filesystem::absolute(std::getenv("VFLEET_BIN_DIR")) / "vfleet-worker";
  std::unique_ptr<Launcher> launcher = make_process_launcher(loop, helper);
};

TEST_F(ProcessLauncher, AChildReadsWritesComplainsAndEnds) {
  auto child = shell("read line; echo \"got $line for $VFLEET_DEVICE in $PWD\"; echo trouble >&2; exit 3");
  ASSERT_TRUE(child->write("hello\n"));
  ASSERT_TRUE(until([&] { return events.exit.has_value(); }));
  EXPECT_EQ(events.out.substr(0, events.out.find(" in ")), "got hello for ext-1");
  EXPECT_EQ(events.err, "trouble\n");
  EXPECT_EQ(events.exit->text(), "exited with status 3");
  EXPECT_FALSE(child->write("late\n"));
}

TEST_F(ProcessLauncher, AChildStartsInItsDirectoryWithNoDescriptorsOfOurs) {
  const int ours = ::open("/", O_RDONLY);
  auto child = run({"sh", "-c", "pwd; ls /proc/self/fd | wc -l"}, "/usr");
  ASSERT_TRUE(until([&] { return events.exit.has_value(); }));
  ::close(ours);
  EXPECT_EQ(events.out.substr(0, 5), "/usr\n");
  EXPECT_EQ(std::stoi(events.out.substr(5)), 4) << "three pipes and the folder that ls reads";
}

TEST_F(ProcessLauncher, AProgramThatIsNotThereEndsWithAWord) {
  auto child = run({"no-such-program-of-vfleet"});
  ASSERT_TRUE(until([&] { return events.exit.has_value(); }));
  EXPECT_EQ(events.exit->code, 127);
  EXPECT_NE(events.err.find("cannot start no-such-program-of-vfleet"), std::string::npos);
}

TEST_F(ProcessLauncher, AChildThatDoesNotReadFillsItsQueueAndBlocksNobody) {
  auto child = shell("sleep 100");
  Status status;
  std::size_t lines = 0;
  for (; status && lines < 1000; ++lines) status = child->write(std::string(10'000, 'x') + "\n");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::too_large);
  EXPECT_GT(lines, 100u);
  EXPECT_LT(lines, 130u);
  child->signal(SIGTERM);
  ASSERT_TRUE(until([&] { return events.exit.has_value(); }));
  EXPECT_EQ(events.exit->signal, SIGTERM);
}

TEST_F(ProcessLauncher, AChildThatClosesItsInputIsNoReasonToDie) {
  auto child = shell("exec 0<&-; echo closed; sleep 100");
  ASSERT_TRUE(until([&] { return events.out == "closed\n"; }));
  for (int i = 0; i < 10; ++i) (void)child->write("nobody reads this\n");
  EXPECT_FALSE(child->write("more\n"));
  EXPECT_FALSE(events.exit);
}

TEST_F(ProcessLauncher, OutputIsReadInPiecesAndCanBePaused) {
  auto child = run({"sh", "-c", "yes 'a line of garbage'"});
  ASSERT_TRUE(until([&] { return events.out.size() > 300'000; }));
  EXPECT_LE(events.biggest, Child::kReadBytes);
  child->pause_output(true);
  const TimePoint begin = loop.now();
  ASSERT_TRUE(until([&] { return loop.now() > begin + 50ms; }));
  const std::size_t before = events.out.size();
  ASSERT_TRUE(until([&] { return loop.now() > begin + 150ms; }));
  EXPECT_EQ(events.out.size(), before);
  child->pause_output(false);
  ASSERT_TRUE(until([&] { return events.out.size() > before + 100'000; }));
}

TEST_F(ProcessLauncher, TheInputEndsAfterWhatIsQueued) {
  auto child = run({"cat"});
  const std::string text(500'000, 'y');
  ASSERT_TRUE(child->write(text));
  child->close_input();
  ASSERT_TRUE(until([&] { return events.exit.has_value(); }));
  EXPECT_EQ(events.out, text);
  EXPECT_TRUE(events.exit->clean());
}

TEST_F(ProcessLauncher, LettingGoOfAChildKillsItsWholeGroup) {
  auto child = shell("sleep 100 & echo $!; wait");
  ASSERT_TRUE(until([&] { return !events.out.empty() && events.out.back() == '\n'; }));
  const pid_t grandchild = std::stoi(events.out);
  const pid_t pid = child->pid();
  EXPECT_GT(child->memory_bytes(), 100'000u);
  EXPECT_EQ(::getpgid(grandchild), pid);
  child.reset();
  // Its parent is gone too: init reaps it. What we started is reaped here.
  EXPECT_TRUE(until([&] { return ::kill(pid, 0) != 0; }));
  EXPECT_FALSE(events.exit) << "nobody is told any more";
}

}  // namespace
}  // namespace vfleet::child
