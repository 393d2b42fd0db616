#include "control/cli/output.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <streambuf>

#include "control/cli/app.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

const Failure kFailure{ExitStatus::no_match, "unknown", "there is no such thing", "look elsewhere"};

TEST(Output, PrintsFailuresOnStderrForPeople) {
  FakeEnvironment fake;
  const Environment env = fake.environment();
  EXPECT_EQ(Output(env, false, ColorMode::automatic).failure(kFailure), 3);
  EXPECT_EQ(fake.out.str(), "");
  EXPECT_EQ(fake.err.str(), "vfleet: there is no such thing\n  try: look elsewhere\n");
}

TEST(Output, PrintsFailuresAsOneDocumentForPrograms) {
  FakeEnvironment fake;
  const Environment env = fake.environment();
  Output out(env, true, ColorMode::automatic);
  EXPECT_EQ(out.failure(kFailure), 3);
  out.document({{"second", true}});
  out.text("nobody sees this");
  const auto document = nlohmann::json::parse(fake.out.str());
  EXPECT_EQ(document["status"], 3);
  EXPECT_EQ(document["error"]["code"], "unknown");
  EXPECT_EQ(document["error"]["hint"], "look elsewhere");
}

TEST(Output, ShowsProgressOnATerminalOnlyAndWipesItBeforeText) {
  FakeEnvironment pipe;
  {
    const Environment env = pipe.environment();
    Output out(env, false, ColorMode::automatic);
    out.progress("online 1/2");
    out.text("done");
  }
  EXPECT_EQ(pipe.err.str(), "");
  FakeEnvironment screen;
  screen.terminal = true;
  const Environment env = screen.environment();
  Output out(env, false, ColorMode::automatic);
  out.progress("online 1/2");
  out.text("done");
  EXPECT_EQ(screen.err.str(), "\ronline 1/2\x1b[K\r\x1b[K");
  EXPECT_EQ(screen.out.str(), "done\n");
}

struct ColorCase {
  ColorMode mode;
  bool terminal;
  std::string no_color;
  bool colored;
};

TEST(Style, ColoursOnATerminalUnlessToldOtherwise) {
  for (const ColorCase& each : {ColorCase{ColorMode::automatic, true, "", true},
                                {ColorMode::automatic, false, "", false},
                                {ColorMode::automatic, true, "1", false},
                                {ColorMode::always, false, "1", true},
                                {ColorMode::never, true, "", false}}) {
    FakeEnvironment fake;
    if (!each.no_color.empty()) fake.variables["NO_COLOR"] = each.no_color;
    const Environment env = fake.environment();
    const std::string text = style_for(each.mode, each.terminal, env).good("ok");
    EXPECT_EQ(text, each.colored ? "\x1b[32mok\x1b[0m" : "ok");
  }
}

// A stdout whose every write fails with `error`.
class BrokenStdout final : public std::streambuf {
 public:
  explicit BrokenStdout(int error) : error_(error) {}

 private:
  int_type overflow(int_type) override { return fail(), traits_type::eof(); }
  int sync() override { return fail(), -1; }
  void fail() const { errno = error_; }
  int error_;
};

int status_with(FakeEnvironment& fake, int error, const std::vector<std::string>& words) {
  BrokenStdout broken(error);
  std::ostream out(&broken);
  const Environment parts = fake.environment();
  const Environment env{.in = parts.in,
                        .out = out,
                        .err = parts.err,
                        .clock = parts.clock,
                        .signals = parts.signals,
                        .variable = parts.variable,
                        .bin_dir = parts.bin_dir,
                        .tmp_dir = parts.tmp_dir,
                        .uid = parts.uid};
  return run_cli(env, words);
}

TEST(Output, ThatADiskDoesNotTakeIsAFailureWithAReason) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"--version"}, {"completion", "bash"}}) {
    FakeEnvironment fake;
    EXPECT_EQ(status_with(fake, ENOSPC, words), 1) << words.front();
    EXPECT_EQ(fake.err.str(), "vfleet: cannot write the output: No space left on device\n");
  }
}

TEST(Output, ThatNobodyReadsAnyMoreEndsQuietly) {
  FakeEnvironment fake;
  EXPECT_EQ(status_with(fake, EPIPE, {"--help"}), 0);
  EXPECT_EQ(fake.err.str(), "");
}

TEST(Output, ThatFailedKeepsTheStatusOfAFailure) {
  FakeEnvironment fake;
  EXPECT_EQ(status_with(fake, ENOSPC, {"--json", "jobs"}), 5) << "no control answers";
}

}  // namespace
}  // namespace vfleet::cli
