#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "control/cli/render/log_lines.h"
#include "control/cli/since.h"
#include "tests/unit/control/cli/fake_control.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

const json kLine = {{"at_us", 1'795'255'200'123'456},
                    {"source", "worker-0"},
                    {"boot", 3},
                    {"seq", 17},
                    {"level", "warn"},
                    {"device", "pile-1"},
                    {"text", "hot"}};
const json kGap = {{"at_us", 5}, {"gap", {{"source", "worker-1"}, {"boot", 3}, {"from", 100}, {"to", 111}}}};

struct LogsCommand : testing::Test {
  FakeEnvironment fake;
  std::filesystem::path run_dir = fake.dir.path() / "run";
  LogsCommand() { fake.variables["VFLEET_RUN_DIR"] = run_dir; }

  /// What `words` asks control for.
  json request_of(const std::vector<std::string>& words) {
    FakeControl control(run_dir, answer_with({{"status", 0}}));
    EXPECT_EQ(fake.run(words), 0) << fake.err.str();
    return control.requests().at(0)["args"];
  }
};

TEST(LogLines, ALineSaysWhenWhoAndWhat) {
  EXPECT_EQ(render_log_line(kLine, Style(false)), "2026-11-21T10:00:00.123Z warn  worker-0 pile-1: hot");
  json plain = kLine;
  plain.erase("device");
  EXPECT_EQ(render_log_line(plain, Style(false)), "2026-11-21T10:00:00.123Z warn  worker-0: hot");
}

TEST(LogLines, AGapSaysWhatIsMissing) {
  EXPECT_EQ(render_log_line(kGap, Style(false)), "… 12 lines of worker-1 are missing (#100..#111) …");
  const json one = {{"gap", {{"source", "control"}, {"from", 4}, {"to", 4}}}};
  EXPECT_EQ(render_log_line(one, Style(false)), "… 1 line of control is missing (#4..#4) …");
}

TEST(LogLines, NothingThatComesFromOutsideSteersTheTerminal) {
  const json row = {{"at_us", -1}, {"source", "a\x1b[2J"}, {"level", "error"}, {"text", "b\x1b]0;c\a"}};
  EXPECT_EQ(render_log_line(row, Style(false)), "-1us error a?[2J: b?]0;c?");
  EXPECT_EQ(render_log_line(json::object(), Style(false)), "1970-01-01T00:00:00.000Z       : ");
}

TEST(ParseSince, TakesADurationATimeOrNow) {
  const WallTime now(std::chrono::microseconds(1'795'255'200'000'000));
  EXPECT_EQ(parse_since("now", now), 1'795'255'200'000'000);
  EXPECT_EQ(parse_since("5min", now), 1'795'254'900'000'000);
  EXPECT_EQ(parse_since("2026-11-21T10:00:00", now), 1'795'255'200'000'000);
  EXPECT_EQ(parse_since("2026-11-21T10:00:00.5Z", now), 1'795'255'200'500'000);
  EXPECT_EQ(parse_since("2026-11-21 10:00", now), 1'795'255'200'000'000);
  EXPECT_EQ(parse_since("2026-11-21", now), 1'795'219'200'000'000);
  for (const char* text : {"", "yesterday", "2026-02-30", "2026-11-21T25:00", "2026-11-21T10:00:00.", "-5s",
                           "2026-11-21T10:00:00+01:00", "1969-01-01"}) {
    EXPECT_FALSE(parse_since(text, now)) << text;
  }
}

TEST_F(LogsCommand, AsksControlForWhatTheOperatorTyped) {
  EXPECT_EQ(request_of({"logs"}), (json{{"follow", false}, {"level", "trace"}}));
  EXPECT_EQ(request_of({"logs", "pile-*", "--level", "warn", "--from", "worker-1", "--lines", "7", "--since",
                        "2026-11-21T10:00:00"}),
            (json{{"follow", false},
                  {"level", "warn"},
                  {"selector", "pile-*"},
                  {"from", "worker-1"},
                  {"lines", 7},
                  {"since_us", 1'795'255'200'000'000}}));
  EXPECT_EQ(request_of({"logs", "-f", "--lines", "0"}),
            (json{{"follow", true}, {"level", "trace"}, {"lines", 0}}));
  EXPECT_EQ(request_of({"logs", "--since", "now"})["lines"], 0);
}

TEST_F(LogsCommand, RefusesWhatControlCouldNotUnderstand) {
  EXPECT_EQ(fake.run({"logs", "site in ("}), 2);
  EXPECT_EQ(fake.run({"logs", "--since", "yesterday"}), 2);
  EXPECT_EQ(fake.run({"logs", "--level", "loud"}), 2);
}

TEST_F(LogsCommand, PrintsALineARowAndSaysWhatWasLeftOut) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "rows"}, {"rows", {kLine, kGap}}, {"dropped", 3}},
                             {{"kind", "result"}, {"status", 0}}};
  });
  EXPECT_EQ(fake.run({"logs"}), 0);
  EXPECT_EQ(fake.out.str(),
            render_log_line(kLine, Style(false)) + "\n" + render_log_line(kGap, Style(false)) + "\n");
  EXPECT_NE(fake.err.str().find("3 lines were left out"), std::string::npos);
}

TEST_F(LogsCommand, PrintsJsonLinesForPrograms) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "rows"}, {"rows", {kLine, kGap}}},
                             {{"kind", "result"}, {"status", 0}}};
  });
  EXPECT_EQ(fake.run({"logs", "--json"}), 0);
  EXPECT_EQ(fake.out.str(), kLine.dump() + "\n" + kGap.dump() + "\n");
}

TEST_F(LogsCommand, EndsQuietlyWhenNobodyReadsItAnyMore) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "rows"}, {"rows", {kLine, kLine}}}};
  });
  fake.out.setstate(std::ios::badbit);
  EXPECT_EQ(fake.run({"logs", "-f"}), 0);
  EXPECT_EQ(fake.err.str(), "");
}

TEST_F(LogsCommand, ReadsTheFilesWhenNoControlRuns) {
  EXPECT_EQ(fake.run({"logs"}), 5) << "there are no files either";
  std::filesystem::create_directories(run_dir / "logs");
  json other = kLine;
  other["device"] = "pile-2";
  other["seq"] = 18;
  std::ofstream(run_dir / "logs" / "fleet.log") << kLine.dump() << "\n"
                                                << other.dump() << "\n"
                                                << kGap.dump() << "\n";
  EXPECT_EQ(fake.run({"logs", "pile-2"}), 0);
  EXPECT_EQ(fake.out.str(),
            render_log_line(other, Style(false)) + "\n" + render_log_line(kGap, Style(false)) + "\n");
  EXPECT_NE(fake.err.str().find("no control runs"), std::string::npos);
  EXPECT_EQ(fake.run({"logs", "site=a"}), 2) << "labels are control's knowledge";
}

TEST_F(LogsCommand, SaysWhereThoseOfAFleetThatHasEndedAre) {
  fake.variables.clear();
  const std::filesystem::path ended = fake.dir.path() / fmt::format("vfleet-{}", ::geteuid()) / "my demo";
  std::filesystem::create_directories(ended / "logs");
  std::ofstream(ended / "logs" / "fleet.log") << kLine.dump() << "\n";
  EXPECT_EQ(fake.run({"logs"}), 5);
  EXPECT_EQ(fake.out.str(), "");
  EXPECT_NE(fake.err.str().find("vfleet logs --run-dir '" + ended.string() + "'"), std::string::npos)
      << fake.err.str();
}

}  // namespace
}  // namespace vfleet::cli
