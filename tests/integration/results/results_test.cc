// What a run comes to, with real processes: `vfleet up --for`, its report and exit status, `results`,
// `compare`.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "control/cli/run_dir.h"
#include "control/cli/supervise/child.h"
#include "control/results/document.h"
#include "simulator/board/directory.h"
#include "simulator/core/clock.h"
#include "tests/integration/platform/platform_process.h"
#include "tests/support/mounts.h"
#include "tests/unit/control/results/markup.h"

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;
using control::report::csv_records;
using control::report::wrong_in_markup;
using nlohmann::json;

constexpr Duration kPatience = std::chrono::seconds(60);
/// For a machine that is busy with other tests: the generator is never to blame.
constexpr const char* kNoLimits = "limits: {lateness_p99: 1h, utilisation: 10000%}\n";

bool becomes_true(const std::function<bool()>& condition) {
  const RealClock clock;
  const TimePoint deadline = clock.now() + kPatience;
  while (!condition()) {
    if (clock.now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

class Results : public testing::Test {
 protected:
  explicit Results(std::vector<std::string> platform = {}) : platform_(std::move(platform)) {
    std::string name = (fs::temp_directory_path() / "vfleet-results-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
    const char* folder = std::getenv("VFLEET_BIN_DIR");
    bin_ = fs::absolute(folder == nullptr ? "build/dev/bin" : folder);
  }
  ~Results() override {
    board::remove_all((dir_ / "run").string());
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }

  // Twenty piles that report five times a second to the platform.
  void write_fleet(const std::string& more) const {
    std::ofstream(dir_ / "fleet.yaml") << fmt::format(
        "fleet: measured\n"
        "platform: {{figures: \"http://127.0.0.1:{0}/figures\"}}\n"
        "groups:\n"
        "  - name: pile\n"
        "    type: charging_pile\n"
        "    count: 20\n"
        "    config: {{reports: {{heartbeat: {{every: 200ms}}}}}}\n"
        "    uplink: {{http: {{url: \"http://127.0.0.1:{0}/ingest\"}}}}\n"
        "{1}",
        platform_.port(), more);
  }
  [[nodiscard]] Child start(std::vector<std::string> args) const {
    args.insert(args.end(), {"--run-dir", (dir_ / "run").string()});
    auto child = Child::spawn(bin_ / "vfleet", bin_ / "vfleet", args, log());
    EXPECT_TRUE(child.has_value()) << child.error().message;
    return std::move(*child);
  }
  [[nodiscard]] Child up(std::vector<std::string> options) const {
    options.insert(options.begin(), {"up", (dir_ / "fleet.yaml").string(), "--workers", "2"});
    return start(std::move(options));
  }
  [[nodiscard]] static int status_of(Child& child) {
    if (!becomes_true([&] { return child.poll().has_value(); })) return -1;
    return child.poll()->signal == 0 ? child.poll()->code : -1;
  }
  [[nodiscard]] int run(std::vector<std::string> args) const {
    Child child = start(std::move(args));
    return status_of(child);
  }
  /// How many points of the run control has kept.
  [[nodiscard]] std::size_t points() const {
    const std::string lines = file(dir_ / "run" / "results" / "recorder.jsonl");
    std::size_t count = 0;
    for (std::size_t at = 0; (at = lines.find("\"point\"", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  [[nodiscard]] bool recorded(std::size_t least) const {
    return becomes_true([&] { return points() >= least; });
  }
  [[nodiscard]] bool online() const {
    return becomes_true([this] { return printed().find("20 devices online") != std::string::npos; });
  }
  [[nodiscard]] fs::path log() const { return dir_ / "vfleet.log"; }
  [[nodiscard]] static std::string file(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::string printed() const { return file(log()); }
  [[nodiscard]] static json results_in(const fs::path& folder) {
    auto parsed = control::results::parse_results(file(folder / "results.json"));
    return parsed ? std::move(*parsed) : json();
  }
  [[nodiscard]] int pid_of(const std::string& program, const std::string& argument) const {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::string words = file(entry.path() / "cmdline");
      if (words.find(program) == std::string::npos || words.find(dir_.string()) == std::string::npos)
        continue;
      for (char& c : words) c = c == '\0' ? ' ' : c;
      if (words.find(argument) != std::string::npos) return std::atoi(entry.path().filename().c_str());
    }
    return 0;
  }

  platform::PlatformProcess platform_;
  fs::path dir_;
  fs::path bin_;
};

TEST_F(Results, ARunThatMeetsItsThresholdsEndsWithZeroAndAReport) {
  write_fleet(std::string(kNoLimits) +
              "thresholds: [loss == 0, p99(heartbeat.ack) < 30s, rate > 1/s, errors == 0]\n");
  Child child = up({"--threshold", "p99(http/charging_pile.heartbeat.send) < 30s"});
  ASSERT_TRUE(online()) << printed();
  EXPECT_EQ(run({"set", "pile-00007", "reports.heartbeat.every=100ms"}), 0) << printed();
  EXPECT_EQ(run({"results", "--write", (dir_ / "now").string()}), 0) << printed();
  ASSERT_TRUE(recorded(3));
  EXPECT_EQ(run({"stop"}), 0) << printed();
  ASSERT_EQ(status_of(child), 0) << printed();

  const fs::path folder = dir_ / "run" / "results";
  const json results = results_in(folder);
  ASSERT_TRUE(results.is_object()) << printed();
  EXPECT_TRUE(results["valid"].get<bool>()) << results["invalid_because"].dump();
  ASSERT_EQ(results["thresholds"].size(), 5U);
  for (const json& each : results["thresholds"]) EXPECT_TRUE(each["passed"].get<bool>()) << each.dump();
  EXPECT_EQ(results["totals"]["sent"], results["totals"]["received"]);
  EXPECT_EQ(results["totals"]["lost"], 0);
  EXPECT_EQ(results["totals"]["lost_by"], "platform");
  EXPECT_GE(results["seconds"].get<double>(), 2.0);
  // Each row's histograms hold every report of that kind.
  bool found = false;
  for (const json& row : results["latencies"]) {
    if (row["report"] != "heartbeat") continue;
    found = true;
    EXPECT_EQ(row["uplink"], "http");
    const json& counts = results["totals"]["reports"]["charging_pile.heartbeat"];
    EXPECT_EQ(row["ack"]["count"], counts["acked"]);
    EXPECT_EQ(row["send"]["count"], counts["sent"]);
  }
  EXPECT_TRUE(found) << results["latencies"].dump();
  ASSERT_EQ(results["marks"].size(), 1U) << results["marks"].dump();
  EXPECT_EQ(results["marks"][0]["revision"], 1);

  EXPECT_EQ(wrong_in_markup(file(folder / "junit.xml")), "");
  EXPECT_NE(file(folder / "junit.xml").find("tests=\"6\" failures=\"0\" errors=\"0\""), std::string::npos);
  EXPECT_EQ(wrong_in_markup(file(folder / "report.html")), "");
  const auto records = csv_records(file(folder / "series.csv"));
  ASSERT_GE(records.size(), 3U);
  for (const auto& record : records) EXPECT_EQ(record.size(), records.front().size());
  EXPECT_NE(printed().find("met      loss == 0"), std::string::npos) << printed();

  EXPECT_TRUE(results_in(dir_ / "now")["running"].get<bool>());
  const std::string now = (dir_ / "now").string();
  EXPECT_EQ(run({"compare", now, folder.string()}), 0) << printed();
  EXPECT_EQ(run({"compare", now, folder.string(), "--fail-if", "sent > +0.01%", "--allow-invalid"}), 6);
  EXPECT_EQ(run({"compare", folder.string(), folder.string(), "--fail-if", "sent > +0.01%"}), 0);
  EXPECT_EQ(run({"compare", folder.string(), folder.string(), "--fail-if", "p99(snapshot.ack) > +1%"}), 4);
  EXPECT_EQ(run({"compare", folder.string(), log().string()}), 2);
}

TEST_F(Results, AThresholdThatDoesNotHoldEndsWithSix) {
  write_fleet(kNoLimits);
  const fs::path folder = dir_ / "report";
  Child child = up({"--for", "2s", "--threshold", "rate >= 1000000/s", "--report-dir", folder.string()});
  EXPECT_EQ(status_of(child), 6) << printed();
  const json results = results_in(folder);
  EXPECT_TRUE(results["valid"].get<bool>()) << results["invalid_because"].dump();
  EXPECT_FALSE(results["thresholds"][0]["passed"].get<bool>());
  EXPECT_NE(file(folder / "junit.xml").find("failures=\"1\""), std::string::npos);
  EXPECT_FALSE(fs::exists(dir_ / "run" / "results" / "report.html"));
}

TEST_F(Results, AGeneratorThatCannotKeepUpEndsWithSeven) {
  // Some million reports a second.
  std::ofstream(dir_ / "fleet.yaml") << "fleet: measured\n"
                                        "groups:\n"
                                        "  - name: pile\n"
                                        "    type: charging_pile\n"
                                        "    count: 20\n"
                                        "    config: {reports: {heartbeat: {every: 1ms, burst: 500}}}\n"
                                        "    uplink: {null: {}}\n"
                                        "thresholds: [sent > 0]\n";
  Child child = start({"up", (dir_ / "fleet.yaml").string(), "--workers", "1", "--for", "2s"});
  EXPECT_EQ(status_of(child), 7) << printed();
  const fs::path folder = dir_ / "run" / "results";
  EXPECT_FALSE(results_in(folder)["valid"].get<bool>());
  EXPECT_EQ(wrong_in_markup(file(folder / "report.html")), "");
  EXPECT_NE(file(folder / "junit.xml").find("errors=\"1\""), std::string::npos);
  Child allowed = start({"up", (dir_ / "fleet.yaml").string(), "--workers", "1", "--for", "2s", "--fresh",
                         "--allow-invalid", "--no-report"});
  EXPECT_EQ(status_of(allowed), 0) << printed();
  EXPECT_FALSE(fs::exists(folder / "report.html"));
}

/// Whose platform is two processes behind one port.
class ResultsOfTwoProcesses : public Results {
 protected:
  ResultsOfTwoProcesses() : Results({"--processes", "2"}) {}
  void write_meters(const std::string& threshold) const {
    std::ofstream(dir_ / "fleet.yaml") << fmt::format(
        "fleet: measured\n"
        "platform: {{figures: \"http://127.0.0.1:{0}/figures\"}}\n"
        "{1}"
        "thresholds: [loss == 0, \"{2}\"]\n"
        "groups:\n"
        "  - name: pile\n"
        "    type: charging_pile\n"
        "    count: 40\n"
        "    config: {{reports: {{meter: {{every: 200ms, idle_every: 200ms}}}}}}\n"
        "    uplink: {{http: {{url: \"http://127.0.0.1:{0}/ingest\"}}}}\n",
        platform_.port(), kNoLimits, threshold);
  }
};

TEST_F(ResultsOfTwoProcesses, ArrivalsOfBothDecideTheExitStatus) {
  ASSERT_GE(platform_.figures()["process"]["processes"], 2);
  write_meters("p99(meter.arrival) < 30s");
  Child good = up({"--for", "2s"});
  EXPECT_EQ(status_of(good), 0) << printed();
  const json results = results_in(dir_ / "run" / "results");
  ASSERT_TRUE(results.is_object()) << printed();
  const json& totals = results["totals"];
  EXPECT_EQ(totals["lost_by"], "platform");
  EXPECT_EQ(totals["received"], totals["sent"]);
  // Each report has arrived at one of the two, and both tell when.
  std::uint64_t arrived = 0;
  for (const json& row : results["latencies"]) {
    if (row["arrival"].is_object()) arrived += row["arrival"]["count"].get<std::uint64_t>();
    if (row["report"] == "meter") {
      ASSERT_TRUE(row["arrival"].is_object()) << row.dump();
      EXPECT_EQ(row["arrival"]["count"], totals["reports"]["charging_pile.meter"]["sent"]);
    }
  }
  EXPECT_EQ(arrived, totals["sent"].get<std::uint64_t>());

  write_meters("p99(meter.arrival) < 1us");
  Child bad = up({"--for", "2s", "--fresh"});
  EXPECT_EQ(status_of(bad), 6) << printed();
  EXPECT_NE(printed().find("not met  p99(meter.arrival) < 1us"), std::string::npos) << printed();
}

TEST_F(Results, AMistakeInAThresholdIsShownBeforeAnythingStarts) {
  write_fleet("");
  Child child = up({"--for", "1s", "--threshold", "p99(heartbaet.ack) < 1s"});
  EXPECT_EQ(status_of(child), 2) << printed();
  EXPECT_NE(printed().find("did you mean 'heartbeat'?"), std::string::npos) << printed();
  write_fleet("thresholds:\n  - p99(heartbeat.akc) < 1s\n");
  EXPECT_EQ(run({"validate", (dir_ / "fleet.yaml").string()}), 2);
  EXPECT_NE(printed().find("fleet.yaml:10:19: thresholds"), std::string::npos) << printed();
}

TEST_F(Results, KilledWorkersAndControlsDoNotFalsifyTheTotals) {
  write_fleet(kNoLimits);
  Child child = up({});
  ASSERT_TRUE(online()) << printed();
  const int control = pid_of("vfleet-control", "--fleet");
  const int worker = pid_of("vfleet-worker", "--shard 1");
  ASSERT_GT(control, 0);
  ASSERT_GT(worker, 0);
  // What control records it keeps; give it something to keep.
  ASSERT_TRUE(recorded(1));
  ::kill(worker, SIGKILL);
  ::kill(control, SIGKILL);
  ASSERT_TRUE(becomes_true([this] { return printed().find("control is back after") != std::string::npos; }))
      << printed();
  ASSERT_TRUE(becomes_true([&] {
    const int again = pid_of("vfleet-worker", "--shard 1");
    return again != 0 && again != worker;
  }));
  ASSERT_TRUE(recorded(points() + 2)) << "a gap shows by what comes after it";
  // The first point after the time without any says that there was one.
  ASSERT_TRUE(becomes_true([this] {
    return file(dir_ / "run" / "results" / "recorder.jsonl").find("\"gap\"") != std::string::npos;
  })) << printed();
  EXPECT_EQ(run({"stop"}), 0) << printed();
  ASSERT_EQ(status_of(child), 0) << printed();
  const json results = results_in(dir_ / "run" / "results");
  ASSERT_TRUE(results.is_object()) << printed();
  const json& totals = results["totals"];
  EXPECT_EQ(totals["lost"], 0) << totals.dump();
  const auto count = [&](const char* name) { return totals[name].get<std::uint64_t>(); };
  // What was in flight at the kill may have arrived without an acknowledgement.
  EXPECT_EQ(count("sent"), count("acked") + count("failed") + count("in_flight"));
  EXPECT_LE(count("received"), count("sent"));
  EXPECT_GE(count("received"), count("acked"));
  EXPECT_GE(results["series"]["gaps"].size(), 1U);
  std::uint64_t acked = 0;
  for (const json& row : results["latencies"]) acked += row["ack"]["count"].get<std::uint64_t>();
  EXPECT_NEAR(static_cast<double>(acked), static_cast<double>(count("acked")), 2)
      << "the rows of the dead are in; a kill may fall between two counters";
  std::string marks;
  for (const json& mark : results["marks"]) marks += mark["text"].get<std::string>() + "; ";
  EXPECT_NE(marks.find("control started again"), std::string::npos) << marks;
}

TEST_F(Results, AReportFolderThatTakesNothingIsSaidBeforeAnythingStarts) {
  write_fleet(kNoLimits);
  std::ofstream(dir_ / "file") << "x";
  for (const char* in_the_way : {"file", "file/report"}) {
    EXPECT_EQ(run({"up", (dir_ / "fleet.yaml").string(), "--for", "1s", "--report-dir",
                   (dir_ / in_the_way).string()}),
              1);
    EXPECT_NE(printed().find("--report-dir: nothing can be written there: " + (dir_ / in_the_way).string()),
              std::string::npos)
        << printed();
  }
  EXPECT_EQ(printed().find("devices online"), std::string::npos);
}

TEST_F(Results, AReportFolderThatVanishesIsMadeAgain) {
  write_fleet(kNoLimits);
  Child child = up({"--report-dir", (dir_ / "mine").string()});
  ASSERT_TRUE(online()) << printed();
  EXPECT_TRUE(fs::remove(dir_ / "mine"));
  EXPECT_EQ(run({"stop"}), 0) << printed();
  EXPECT_EQ(status_of(child), 0) << printed();
  EXPECT_TRUE(results_in(dir_ / "mine").is_object());
}

TEST_F(Results, WhereAFileCameIntoTheWayTheReportIsInTheRunDirectoryAndTheRunFails) {
  write_fleet(kNoLimits);
  Child child = up({"--report-dir", (dir_ / "mine").string()});
  ASSERT_TRUE(online()) << printed();
  EXPECT_TRUE(fs::remove(dir_ / "mine"));
  std::ofstream(dir_ / "mine") << "x";
  EXPECT_EQ(run({"stop"}), 0) << printed();
  EXPECT_EQ(status_of(child), 1) << printed();
  EXPECT_NE(printed().find("the report could not be written: " + (dir_ / "mine").string()), std::string::npos)
      << printed();
  EXPECT_NE(printed().find("lost         0"), std::string::npos) << "the summary is missing: " << printed();
  EXPECT_TRUE(results_in(dir_ / "run" / "results").is_object());
}

TEST_F(Results, OnAFullDiskTheRunEndsWithItsSummaryAndSaysWhatIsMissing) {
  constexpr std::size_t kDisk = 64 * 1024;
  const fs::path folder = dir_ / "disk";
  const test::SmallDisk disk(folder, kDisk);
  if (!disk.mounted()) GTEST_SKIP() << "mounting is not permitted here";
  disk.fill(kDisk - 4096);
  write_fleet(kNoLimits);
  Child child = up({"--for", "2s", "--report-dir", folder.string()});
  EXPECT_EQ(status_of(child), 1) << printed();
  EXPECT_NE(printed().find("results.json: No space left on device"), std::string::npos) << printed();
  EXPECT_NE(printed().find("it is in " + (dir_ / "run" / "results").string()), std::string::npos)
      << printed();
  EXPECT_NE(printed().find("lost         0"), std::string::npos) << "the summary is missing: " << printed();
  for (const auto& left : fs::directory_iterator(folder)) {
    EXPECT_NE(left.path().filename(), "results.json");
    EXPECT_NE(left.path().extension(), ".part") << left.path();
  }
  EXPECT_TRUE(results_in(dir_ / "run" / "results").is_object());
}

}  // namespace
}  // namespace vfleet::cli
