// Log centre: many processes collect logs and send them to one centre, at the same time; what is missing is
// seen by the sequence numbers. Over tcp, encrypted, and across hosts: the security tests use the same
// checks.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/integration/fleet/operator_client.h"
#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

std::string cameras(int count, const std::string& uplink = "{'null': {}}", const std::string& config = {}) {
  return "fleet: centre\ngroups:\n" + group("cam", "ip_camera", count, uplink, config);
}

/// Rows of `vfleet logs --json`.
std::vector<json> rows_of(const Answer& answer) {
  std::vector<json> out;
  std::istringstream lines(answer.out);
  for (std::string line; std::getline(lines, line);) out.push_back(json::parse(line, nullptr, false));
  return out;
}

std::vector<json> log_rows(const RunningFleet& fleet,
                           std::vector<std::string> words = {"--lines", "100000"}) {
  words.insert(words.begin(), "logs");
  return rows_of(fleet.vfleet(std::move(words)));
}

/// How many lines of devices say exactly this.
std::size_t told(const std::vector<json>& rows, const std::string& text) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const json& row) {
    return row.contains("device") && row.value("text", "") == text;
  }));
}

/// How many lines the workers say that they left out: the devices of one may say so many a second, not more.
std::uint64_t left_out(const std::vector<json>& rows) {
  std::uint64_t sum = 0;
  for (const json& row : rows) {
    const std::string text = row.value("text", "");
    if (text.ends_with(" lines of devices were left out")) sum += std::stoull(text);
  }
  return sum;
}

/// Reboots every camera. Then each boot up to now, `times` of each camera, is told or counted as left out:
/// a device that is still down takes no second reboot.
void reboot_all(const RunningFleet& fleet, std::uint64_t cameras, std::uint64_t times) {
  expect_counts(fleet.vfleet({"reboot", "all", "--down", "10ms"}), 0, cameras, cameras);
  std::uint64_t seen = 0;
  EXPECT_TRUE(eventually([&] {
    const auto rows = log_rows(fleet);
    seen = told(rows, "booted") + left_out(rows);
    return seen == cameras * times;
  })) << seen
      << " of " << cameras * times << " boots are told";
}

/// Goes through the numbers of every life of every source: 1, 2, 3, ..., each once and in order, those that
/// are said to be missing included. Gives how many are said to be missing.
std::uint64_t check_numbers(const std::vector<json>& rows) {
  std::map<std::string, std::uint64_t> last;
  std::uint64_t missing = 0;
  for (const json& row : rows) {
    const bool gap = row.contains("gap");
    const json& about = gap ? row["gap"] : row;
    std::uint64_t& before =
        last[about.value("source", "?") + "/" + std::to_string(about.value("boot", 0ULL))];
    EXPECT_EQ(about.value(gap ? "from" : "seq", 0ULL), before + 1) << row;
    before = about.value(gap ? "to" : "seq", 0ULL);
    if (gap) missing += before - about.value("from", 0ULL) + 1;
  }
  return missing;
}

TEST(origin_3_log_centre, ManyWorkersCollectAtTheSameTimeAndTheNumbersShowThatNothingIsMissing) {
  constexpr std::uint32_t kWorkers = 6;
  RunningFleet fleet(cameras(600), kWorkers);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(600));
  for (std::uint64_t round = 0; round < 2; ++round) reboot_all(fleet, 600, round + 2);
  const auto rows = log_rows(fleet);
  EXPECT_EQ(check_numbers(rows), 0u);
  std::set<std::string> sources;
  std::map<std::string, int> of_device;
  for (const json& row : rows) {
    sources.insert(row.value("source", ""));
    if (row.value("text", "") == "booted") ++of_device[row.value("device", "")];
  }
  EXPECT_EQ(sources.size(), kWorkers + 1u) << "the workers, and control itself";
  EXPECT_EQ(of_device.size(), 600u);
  for (const auto& [device, times] : of_device) EXPECT_EQ(times, 3) << device;
}

TEST(origin_3_log_centre, OneDeviceOneLevelAndOneSourceAreFoundAmongAll) {
  RunningFleet fleet(cameras(40), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(40));
  EXPECT_TRUE(eventually([&] { return told(log_rows(fleet), "booted") == 40; }));
  const auto of_one = log_rows(fleet, {"cam-00007"});
  ASSERT_EQ(of_one.size(), 1u);
  EXPECT_EQ(of_one[0].value("device", ""), "cam-00007");
  EXPECT_EQ(log_rows(fleet, {"group=cam,cam-0000*"}).size(), 9u);
  for (const json& row : log_rows(fleet, {"--from", "worker-1"}))
    EXPECT_EQ(row.value("source", ""), "worker-1");
  EXPECT_TRUE(log_rows(fleet, {"--level", "error"}).empty());
  EXPECT_EQ(log_rows(fleet, {"--lines", "5"}).size(), 5u);
  EXPECT_EQ(fleet.vfleet({"logs", "state.online=true"}).status, 2) << "state is not in a log";
}

TEST(origin_3_log_centre, ACentreThatIsKilledComesBackAndEveryLineArrivesOnce) {
  RunningFleet fleet(cameras(300), 3);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(300));
  fleet.control().signal(SIGKILL);
  ASSERT_TRUE(fleet.control().wait(seconds(20)));
  // The devices log on meanwhile: their workers are told to stop and start again by nobody.
  fleet.start_control({"--resume"});
  ASSERT_TRUE(fleet.come_online(300));
  reboot_all(fleet, 300, 2);
  EXPECT_EQ(check_numbers(log_rows(fleet)), 0u) << "what was on the way is sent again, and taken once";
}

TEST(origin_3_log_centre, WhatAnOperatorNotesCannotPassForAWorkersLine) {
  RunningFleet fleet(cameras(20), 1);
  OperatorClient liar(fleet.socket("operator.sock"));
  liar.send("n1", "note",
            {{"source", "worker-0"}, {"lines", {{{"at_us", 5}, {"level", "info"}, {"text", "hm"}}}}});
  ASSERT_TRUE(liar.result());
  const auto noted = log_rows(fleet, {"--from", "up"});
  ASSERT_EQ(noted.size(), 1u);
  EXPECT_EQ(noted[0].value("source", ""), "up/worker-0");
}

TEST(origin_3_log_centre, AFullDiskStallsNoDevice) {
  PlatformProcess platform;
  const std::string uplink =
      "{http: {url: 'http://127.0.0.1:" + std::to_string(platform.port()) + "/ingest'}}";
  RunningFleet fleet(cameras(100, uplink, "    config: {reports: {heartbeat: {every: 500ms}}}\n"), 2);
  // No file of control's may pass 1 MiB: as a disk that is full, for the log alone.
  fleet.start_control({"--resume"}, {"/bin/bash", "-c", "ulimit -S -f 1024; exec \"$@\"", "sh"});
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  OperatorClient talker(fleet.socket("operator.sock"));
  for (int round = 0; round < 3; ++round) {
    const json line = {{"at_us", 5}, {"level", "info"}, {"text", std::string(1000, 'x')}};
    talker.send("n" + std::to_string(round), "note", {{"source", "up"}, {"lines", json::array_t(500, line)}});
    ASSERT_TRUE(talker.result());
  }
  EXPECT_TRUE(eventually([&] {
    for (const json& row : log_rows(fleet, {"--from", "control", "--level", "error"}))
      if (row.value("text", "").starts_with("log lines are not written")) return true;
    return false;
  })) << fleet.control_log();
  EXPECT_LE(std::filesystem::file_size(fleet.socket("logs/fleet.log")), 1u << 20U);
  // 200 a second, as before.
  EXPECT_TRUE(platform.figures_become([](const json& now) {
    const json rate = at(now, "/rates/heartbeat/5s");
    return rate.is_number() && rate.get<double>() > 180;
  }));
  expect_counts(fleet.vfleet({"reboot", "all", "--down", "10ms"}), 0, 100, 100);
  std::uint64_t seen = 0;
  EXPECT_TRUE(eventually([&] {
    const auto rows = log_rows(fleet);
    seen = told(rows, "booted") + left_out(rows);
    return seen == 200;
  })) << "memory shows what the files could not take: "
      << seen;
}

TEST(origin_3_log_centre, AReaderThatDoesNotReadStallsNobody) {
  RunningFleet fleet(cameras(400), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(400));
  OperatorClient idle(fleet.socket("operator.sock"));
  idle.send("l1", "logs", {{"follow", true}, {"lines", 100}});
  for (std::uint64_t round = 0; round < 8; ++round) reboot_all(fleet, 400, round + 2);
  EXPECT_EQ(check_numbers(log_rows(fleet)), 0u);
}

TEST(origin_3_log_centre, TheFilesAreReadWhenNobodyRuns) {
  RunningFleet fleet(cameras(10), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(10));
  EXPECT_TRUE(eventually([&] { return told(log_rows(fleet), "booted") == 10; }));
  EXPECT_EQ(fleet.vfleet({"stop"}).status, 0);
  ASSERT_EQ(fleet.control().wait(seconds(20)), 0);
  const Answer answer = fleet.vfleet({"logs", "--lines", "100000"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.err.find("no control runs"), std::string::npos) << answer.err;
  const auto rows = rows_of(answer);
  EXPECT_EQ(told(rows, "booted"), 10u);
  EXPECT_EQ(check_numbers(rows), 0u);
  EXPECT_EQ(log_rows(fleet, {"cam-0000*", "--lines", "3"}).size(), 3u);
  EXPECT_EQ(fleet.vfleet({"logs", "type=ip_camera"}).status, 2) << "only ids are known";
}

}  // namespace
}  // namespace vfleet::fleet_test
