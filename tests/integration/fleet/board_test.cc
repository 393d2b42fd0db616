// The account is complete although workers are killed, and `vfleet top` needs nobody's answer.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;
using platform::PlatformProcess;

constexpr const char* kFast = "    config: {reports: {heartbeat: {every: 100ms}}}\n";

std::string busy_fleet(const PlatformProcess& platform) {
  const std::string base = "http://127.0.0.1:" + std::to_string(platform.port());
  const std::string http = "{http: {url: \"" + base + "/ingest\"}}";
  return "fleet: busy\nplatform: {figures: '" + base + "/figures'}\ngroups:\n" +
         group("cam", "ip_camera", 60, http, kFast) + group("pile", "charging_pile", 40, http, kFast);
}

// Where this run directory's boards are in memory.
std::string memory_of(const RunningFleet& fleet) {
  std::error_code error;
  return fs::read_symlink(fleet.socket("board"), error).string();
}

json top(const RunningFleet& fleet) {
  return fleet.vfleet({"top", "--once", "--every", "500ms"}).json;
}

json worker_in(const json& document, std::int64_t pid) {
  for (const json& worker : at(document, "/workers")) {
    if (worker.value("pid", std::int64_t{0}) == pid) return worker;
  }
  return {};
}

TEST(TheAccount, IsCompleteAlthoughAWorkerIsKilledAgainAndAgainUnderLoad) {
  PlatformProcess platform;
  std::string memory;
  {
    RunningFleet fleet(busy_fleet(platform), 2);
    fleet.start_workers();
    ASSERT_TRUE(fleet.come_online(100));
    memory = memory_of(fleet);
    ASSERT_TRUE(fs::exists(memory)) << memory;
    for (int life = 0; life < 4; ++life) {
      const std::uint64_t received = count(platform.figures(), "/received");
      ASSERT_TRUE(
          platform.figures_become([&](const json& now) { return count(now, "/received") > received + 300; }));
      const std::uint64_t boot = count(fleet.status(), "/shards/1/boot");
      fleet.worker(1).signal(SIGKILL);
      ASSERT_EQ(fleet.worker(1).wait(seconds(20)), -SIGKILL);
      fleet.start_worker(1);
      ASSERT_TRUE(eventually([&] { return count(fleet.status(), "/shards/1/boot") > boot; }));
      ASSERT_TRUE(fleet.come_online(100));
    }
    const Answer stopped = fleet.vfleet({"stop"});
    ASSERT_EQ(stopped.status, 0) << stopped.out << stopped.err;
    const json figures = at(stopped.json, "/figures");
    ASSERT_TRUE(figures.is_object()) << stopped.out;
    const std::uint64_t sent = count(figures, "/sent");
    const std::uint64_t lost = count(figures, "/failed/worker_lost");
    const std::uint64_t acked = count(figures, "/acked");
    std::uint64_t failed = 0;
    const json failures = at(figures, "/failed");
    for (const auto& [reason, n] : failures.items()) failed += n.get<std::uint64_t>();
    const std::uint64_t received = count(platform.figures(), "/received");
    // Each report that was counted as sent is acknowledged, failed, or was in flight at a kill; nothing
    // arrived that was not counted.
    EXPECT_EQ(sent, acked + failed) << figures.dump();
    EXPECT_LE(received, sent);
    EXPECT_GE(received, acked);
    EXPECT_GE(received + failed, sent) << figures.dump();
    EXPECT_GT(sent, 1200U);
    EXPECT_EQ(failed, lost) << "nothing but the kills lost anything: " << figures.dump();
    EXPECT_EQ(count(figures, "/reports/ip_camera.heartbeat/sent") > 0, true);
    EXPECT_TRUE(eventually([&] { return !fleet.control().running(); }));
    EXPECT_FALSE(fs::exists(memory)) << "control's end leaves nothing in memory";
  }
}

TEST(TheAccount, GoesOnWhenControlIsKilledToo) {
  PlatformProcess platform;
  RunningFleet fleet(busy_fleet(platform), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  ASSERT_TRUE(platform.figures_become([](const json& now) { return count(now, "/received") > 300; }));
  fleet.worker(1).signal(SIGKILL);
  ASSERT_EQ(fleet.worker(1).wait(seconds(20)), -SIGKILL);
  const json dead = worker_in(top(fleet), fleet.worker(1).pid());
  ASSERT_EQ(dead["state"], "dead") << dead.dump();
  const auto sent_by_the_dead = count(dead, "/sent");
  ASSERT_GT(sent_by_the_dead, 0U);
  const std::uint64_t boot = count(fleet.status(), "/shards/1/boot");
  fleet.start_worker(1);
  ASSERT_TRUE(eventually([&] { return count(fleet.status(), "/shards/1/boot") > boot; }));
  ASSERT_TRUE(fleet.come_online(100));
  const json kept = json::parse(read_file(fleet.socket("board/past.json")), nullptr, false);
  ASSERT_TRUE(kept.is_object());
  EXPECT_EQ(count(kept, "/figures/sent"), sent_by_the_dead);
  EXPECT_TRUE(worker_in(top(fleet), dead.value("pid", std::int64_t{0})).is_null())
      << "its board was taken in";

  // Control dies, and while there is none the next worker does.
  fleet.control().signal(SIGKILL);
  ASSERT_EQ(fleet.control().wait(seconds(20)), -SIGKILL);
  fleet.worker(0).signal(SIGKILL);
  ASSERT_EQ(fleet.worker(0).wait(seconds(20)), -SIGKILL);
  const auto sent_by_the_second = count(worker_in(top(fleet), fleet.worker(0).pid()), "/sent");
  ASSERT_GT(sent_by_the_second, 0U);
  fleet.start_control({"--resume"});
  fleet.start_worker(0);
  ASSERT_TRUE(fleet.come_online(100));
  const json both = json::parse(read_file(fleet.socket("board/past.json")), nullptr, false);
  ASSERT_TRUE(both.is_object());
  EXPECT_EQ(count(both, "/figures/sent"), sent_by_the_dead + sent_by_the_second);

  const Answer stopped = fleet.vfleet({"stop"});
  ASSERT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  const json figures = at(stopped.json, "/figures");
  EXPECT_EQ(count(figures, "/sent"),
            count(figures, "/acked") + count(figures, "/failed/worker_lost") + count(figures, "/in_flight"))
      << figures.dump();
  const std::uint64_t received = count(platform.figures(), "/received");
  EXPECT_LE(received, count(figures, "/sent"));
  EXPECT_GE(received, count(figures, "/acked"));
}

TEST(Top, ShowsGroupsAndWorkersWithoutControl) {
  PlatformProcess platform;
  RunningFleet fleet(busy_fleet(platform), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(100));
  json document;
  ASSERT_TRUE(eventually([&] {
    document = top(fleet);
    return at(document, "/total/acked_per_s").is_number() && at(document, "/total/acked_per_s") > 100;
  })) << document.dump();
  EXPECT_EQ(document["fleet"], "busy");
  EXPECT_EQ(count(document, "/total/devices"), 100U);
  EXPECT_EQ(count(document, "/total/online"), 100U);
  ASSERT_EQ(at(document, "/groups").size(), 2U) << document.dump();
  EXPECT_EQ(document["groups"][0]["name"], "cam");
  EXPECT_EQ(document["groups"][0]["devices"], 60);
  EXPECT_EQ(document["groups"][1]["online"], 40);
  EXPECT_GT(document["groups"][0]["sent_per_s"], 50);
  ASSERT_EQ(at(document, "/workers").size(), 2U);
  for (const json& worker : at(document, "/workers")) {
    EXPECT_EQ(worker["state"], "running");
    EXPECT_EQ(worker["boot"], 1);
    EXPECT_GT(worker["rss_bytes"], 1'000'000);
    EXPECT_GT(worker["open_fds"], 3);
  }

  fleet.control().signal(SIGKILL);
  ASSERT_EQ(fleet.control().wait(seconds(20)), -SIGKILL);
  Answer without;
  EXPECT_TRUE(eventually([&] {
    without = fleet.vfleet({"top", "--once", "--every", "500ms"});
    return count(without.json, "/total/sent_per_s") > 100;
  })) << without.out;
  EXPECT_EQ(without.status, 0) << without.err;
  EXPECT_EQ(count(without.json, "/total/online"), 100U) << without.out;

  fleet.worker(0).signal(SIGKILL);
  ASSERT_EQ(fleet.worker(0).wait(seconds(20)), -SIGKILL);
  fleet.worker(1).signal(SIGSTOP);
  json after;
  EXPECT_TRUE(eventually([&] {
    after = top(fleet);
    return at(worker_in(after, fleet.worker(1).pid()), "/state") == "silent";
  })) << after.dump();
  fleet.worker(1).signal(SIGCONT);
  EXPECT_EQ(worker_in(after, fleet.worker(0).pid())["state"], "dead");
  EXPECT_GT(count(worker_in(after, fleet.worker(0).pid()), "/sent"), 0U);
}

TEST(Top, GivesADocumentASample) {
  RunningFleet fleet("fleet: quiet\ngroups:\n" + group("pile", "charging_pile", 4, "'null'"), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(4));
  const Answer answer = fleet.vfleet({"top", "--count", "3", "--every", "50ms"});
  EXPECT_EQ(answer.status, 0);
  std::istringstream lines(answer.out);
  std::int64_t last = 0;
  int documents = 0;
  for (std::string line; std::getline(lines, line); ++documents) {
    const json document = json::parse(line, nullptr, false);
    ASSERT_TRUE(document.is_object()) << line;
    EXPECT_GT(document.value("at_us", std::int64_t{0}), last);
    last = document.value("at_us", std::int64_t{0});
  }
  EXPECT_EQ(documents, 3);
}

}  // namespace
}  // namespace vfleet::fleet_test
