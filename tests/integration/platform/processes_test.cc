// Several processes behind one port.
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

constexpr std::string_view kTaken = "{\"code\":0}";
const std::vector<std::string> kThree = {"--processes", "3"};

TEST(PlatformProcesses, AddUpWhatTheyCount) {
  PlatformProcess platform(kThree);
  constexpr std::uint64_t kDevices = 40;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::uint64_t i = 0; i < kDevices; ++i)
    clients.push_back(std::make_unique<RawClient>(platform.port()));
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    for (std::uint64_t i = 0; i < kDevices; ++i) {
      ASSERT_EQ(
          body_of(clients[i]->request("POST", "/ingest", make_report("pile-" + std::to_string(i), seq))),
          kTaken);
    }
  }
  const json figures = platform.figures();
  EXPECT_EQ(figures["received"], 5 * kDevices);
  EXPECT_EQ(figures["by_type"], (json{{"meter", 5 * kDevices}}));
  EXPECT_EQ(figures["devices"], kDevices);
  EXPECT_EQ(figures["missing"], 0);
  EXPECT_EQ(figures["latency"]["sent"]["count"], 5 * kDevices);
  EXPECT_EQ(figures["process"]["processes"], 4);
}

TEST(PlatformProcesses, FollowADeviceThatConnectsToAnotherOne) {
  PlatformProcess platform(kThree);
  // A connection for each report: they come to all processes. Two numbers are left out, one comes later, one
  // comes twice.
  std::vector<std::uint64_t> order;
  for (std::uint64_t seq = 1; seq <= 40; ++seq) {
    if (seq != 11 && seq != 17) order.push_back(seq);
  }
  order.push_back(17);
  order.push_back(40);
  for (const std::uint64_t seq : order) {
    RawClient client(platform.port());
    ASSERT_EQ(body_of(client.request("POST", "/ingest", make_report("pile-1", seq))), kTaken);
  }
  json figures = platform.figures();
  EXPECT_EQ(figures["received"], order.size());
  EXPECT_EQ(figures["devices"], 1);
  EXPECT_EQ(figures["gaps"], 2);
  EXPECT_EQ(figures["missing"], 1);
  EXPECT_EQ(figures["reordered"], 1);
  EXPECT_EQ(figures["duplicates"], 1);
  const json device = platform.call("GET", "/devices/pile-1");
  EXPECT_EQ(device["last_seq"], 40);
  EXPECT_EQ(device["received"], order.size());
  EXPECT_EQ(device["reports"].size(), 16U);

  EXPECT_EQ(platform.call("POST", "/reset?forget=1")["code"], 0);
  RawClient client(platform.port());
  ASSERT_EQ(body_of(client.request("POST", "/ingest", make_report("pile-1", 1))), kTaken);
  figures = platform.figures();
  EXPECT_EQ(figures["received"], 1);
  EXPECT_EQ(figures["missing"], 0);
  EXPECT_EQ(figures["duplicates"], 0);
}

TEST(PlatformProcesses, DeliverACommandOnceWhereverTheDeviceConnects) {
  PlatformProcess platform(kThree);
  std::map<std::string, int> delivered;
  for (int i = 1; i <= 5; ++i) {
    const json queued = platform.call("POST", "/devices/pile-1/commands", R"({"type":"reboot","data":{}})");
    const std::string id = queued["id"];
    for (std::uint64_t n = 0; n < 6; ++n) {
      RawClient client(platform.port());
      const auto seq = static_cast<std::uint64_t>(i * 10) + n;
      const json answer = json::parse(body_of(client.request("POST", "/ingest", make_report("pile-1", seq))));
      if (answer.contains("commands")) {
        for (const json& command : answer["commands"]) ++delivered[command["id"].get<std::string>()];
      }
    }
    EXPECT_EQ(delivered[id], 1);
    EXPECT_EQ(platform.call("GET", "/commands/" + id)["state"], "delivered");
    RawClient client(platform.port());
    client.request(
        "POST", "/ingest",
        make_report("pile-1", static_cast<std::uint64_t>(i * 10) + 6, "answer", R"({"code":"ok"})", id));
    const json command = platform.call("GET", "/commands/" + id);
    EXPECT_EQ(command["state"], "answered");
    EXPECT_EQ(command["answer"]["code"], "ok");
  }
  const json figures = platform.figures();
  EXPECT_EQ(figures["commands"], (json{{"queued", 5}, {"delivered", 5}, {"answered", 5}, {"dropped", 0}}));
}

TEST(PlatformProcesses, MisbehaveTogetherAndKeepReportsInOrder) {
  PlatformProcess platform(kThree);
  EXPECT_EQ(platform.call("POST", "/misbehave", R"({"refuse_ratio":1,"for_requests":7})")["for_requests"], 7);
  int refused = 0;
  for (std::uint64_t seq = 1; seq <= 30; ++seq) {
    RawClient client(platform.port());
    const std::string answer = client.request("POST", "/ingest", make_report("pile-1", seq, "fault"));
    refused += answer.starts_with("HTTP/1.1 503") ? 1 : 0;
  }
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(platform.figures()["missing"], 0);
  const json reports = platform.call("GET", "/reports?type=fault&limit=10")["reports"];
  ASSERT_EQ(reports.size(), 10U);
  std::set<std::uint64_t> numbers;
  std::int64_t before = 0;
  for (const json& report : reports) {
    numbers.insert(report["number"].get<std::uint64_t>());
    EXPECT_GE(report["arrived_us"].get<std::int64_t>(), before);
    before = report["arrived_us"].get<std::int64_t>();
  }
  EXPECT_EQ(numbers.size(), 10U);
  EXPECT_EQ(*numbers.rbegin(), 23U);
}

TEST(PlatformProcesses, EndTogetherWithOneSummary) {
  PlatformProcess platform({"--processes", "2", "--json"});
  RawClient client(platform.port());
  client.request("POST", "/ingest", make_report("pile-1", 1));
  const json summary = json::parse(platform.end(SIGTERM), nullptr, false);
  EXPECT_EQ(platform.exit_status(), 0);
  EXPECT_EQ(summary["received"], 1);
}

/// All that a platform with two processes says until it listens.
std::string said_at_start(const std::string& options) {
  const std::string command = "echo $$; exec " + std::string(std::getenv("VFLEET_BIN_DIR")) +
                              "/vfleet-platform --http 127.0.0.1:0 --quiet --processes 2 " + options +
                              " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::array<char, 1024> line{};
  std::string said;
  const pid_t pid = std::fgets(line.data(), line.size(), pipe) == nullptr ? 0 : std::atoi(line.data());
  while (said.find("listening ") == std::string::npos &&
         std::fgets(line.data(), line.size(), pipe) != nullptr) {
    said += line.data();
  }
  if (pid > 0) ::kill(pid, SIGTERM);
  EXPECT_EQ(::pclose(pipe), 0) << said;
  return said;
}

TEST(PlatformProcesses, SayThatEachHasMqttSessionsOfItsOwn) {
  const std::string with = said_at_start("--mqtt 127.0.0.1:0");
  EXPECT_NE(with.find("may find it forgotten (--processes 1 keeps sessions)"), std::string::npos) << with;
  EXPECT_EQ(said_at_start("--ws 127.0.0.1:0").find("MQTT"), std::string::npos);
}

TEST(PlatformProcesses, DoNotJoinAPortThatOthersShare) {
  PlatformProcess first(kThree);
  const std::string command = std::string(std::getenv("VFLEET_BIN_DIR")) +
                              "/vfleet-platform --processes 2 --http " + first.listening("http") + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char bytes[512];
  const std::string said(bytes, std::fread(bytes, 1, sizeof bytes, pipe));
  EXPECT_NE(::pclose(pipe), 0);
  EXPECT_NE(said.find("cannot listen on " + first.listening("http")), std::string::npos) << said;
}

}  // namespace
}  // namespace vfleet::platform
