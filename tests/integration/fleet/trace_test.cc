// `vfleet trace`: what devices and the stand-in say to each other, through worker, control and the operator's
// command.
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <set>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(json::parse(text.substr(at, end - at), nullptr, false));
    at = end + 1;
  }
  return out;
}

class Trace : public testing::Test {
 protected:
  Trace()
      : platform({"--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"}),
        fleet("fleet: traced\ngroups:\n" +
                  group("pile", "charging_pile", 4,
                        "{websocket: {url: 'ws://" + platform.listening("ws") +
                            "/ws/{device.id}', ack: {by: member}}}",
                        kBeat) +
                  group("cam", "ip_camera", 4,
                        "{tcp: {url: 'tcp://" + platform.listening("tcp") + "', framing: lines}}", kBeat),
              2) {
    fleet.start_workers();
  }
  /// Runs `trace` with these words while the stand-in asks `device` again and again to do something.
  Answer trace_while_asked(const std::string& device, std::vector<std::string> words) {
    auto tracing = std::async(std::launch::async, [&] { return fleet.vfleet(std::move(words)); });
    const bool ended = eventually(
        [&] {
          (void)platform.call("POST", "/devices/" + device + "/commands", R"({"type":"greet","data":{}})");
          return tracing.wait_for(milliseconds(100)) == std::future_status::ready;
        },
        seconds(30));
    EXPECT_TRUE(ended);
    return tracing.get();
  }

  static constexpr const char* kBeat = "    config: {reports: {heartbeat: {every: 200ms}}}\n";
  PlatformProcess platform;
  RunningFleet fleet;
};

TEST_F(Trace, ShowsBothDirectionsOfTheChosenDeviceAndEndsByCount) {
  ASSERT_TRUE(fleet.come_online(8));
  for (const auto& [device, uplink] :
       {std::pair<std::string, std::string>{"pile-00002", "websocket"}, {"cam-00003", "tcp"}}) {
    const std::string file = fleet.file(device + ".jsonl");
    const Answer answer =
        trace_while_asked(device, {"trace", device, "--for", "20s", "--count", "12", "--out", file});
    EXPECT_EQ(answer.status, 0) << answer.err;
    const auto lines = lines_of(answer.out);
    int out = 0;
    int in = 0;
    for (const json& line : lines) {
      ASSERT_TRUE(line.is_object()) << answer.out;
      EXPECT_EQ(line["device"], device);
      EXPECT_EQ(line["uplink"], uplink);
      out += line["direction"] == "out" && line["decoded"]["dev"] == device ? 1 : 0;
      in += line["direction"] == "in" && line["name"] == "greet" ? 1 : 0;
    }
    EXPECT_EQ(lines.size(), 12U) << answer.out;
    EXPECT_GT(out, 0) << answer.out;
    EXPECT_GT(in, 0) << answer.out;
    EXPECT_EQ(read_file(file), answer.out);
  }
}

TEST(TraceOfPiles, FramesOfYkcAndCallsOfOcppAreDecoded) {
  PlatformProcess platform({"--ykc", "127.0.0.1:0", "--ocpp", "127.0.0.1:0"});
  RunningFleet fleet(
      "fleet: piles\ngroups:\n" +
          group("yk", "charging_pile", 2, "{ykc: {url: 'tcp://" + platform.listening("ykc") + "'}}",
                "    config: {dialect: ykc, ykc: {pile_number: '32010600{:06}', heartbeat_every: 1s}}\n") +
          group("oc", "charging_pile", 2, "{ocpp: {url: 'ws://" + platform.listening("ocpp") + "/ocpp'}}",
                "    config: {dialect: ocpp16}\n"),
      1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(4));
  EXPECT_EQ(fleet.vfleet({"trigger", "oc-00001", "Heartbeat", "--count", "60", "--every", "500ms"}).status,
            0);
  for (const auto& [device, said, heard] :
       {std::array<std::string, 3>{"yk-00002", "0x03 heartbeat", "0x04 heartbeat_answer"},
        std::array<std::string, 3>{"oc-00001", "Heartbeat", "Heartbeat result"}}) {
    const Answer answer = fleet.vfleet({"trace", device, "--for", "20s", "--count", "4"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    std::set<std::string> seen;
    for (const json& line : lines_of(answer.out)) {
      ASSERT_TRUE(line.is_object()) << answer.out;
      EXPECT_TRUE(line["direction"] == "link" || line["decoded"].is_object()) << line.dump();
      seen.insert(line.value("direction", "") + " " + line.value("name", ""));
    }
    EXPECT_TRUE(seen.contains("out " + said)) << answer.out;
    EXPECT_TRUE(seen.contains("in " + heard)) << answer.out;
  }
}

TEST_F(Trace, ADeviceThatTheFleetDoesNotHaveIsAnErrorThatNamesThoseItHas) {
  ASSERT_TRUE(fleet.come_online(8));
  const Answer answer = fleet.vfleet({"trace", "pile-00009"});
  EXPECT_EQ(answer.status, 3);
  const std::string all = answer.out + answer.err;
  EXPECT_NE(all.find("no device matches 'pile-00009'"), std::string::npos) << all;
  EXPECT_NE(all.find("pile-00001 to pile-00004"), std::string::npos) << all;
}

}  // namespace
}  // namespace vfleet::fleet_test
