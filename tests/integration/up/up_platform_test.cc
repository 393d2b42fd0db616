// The stand-in platform that `vfleet up --platform` starts.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>

#include "tests/integration/up/up_fixture.h"
#include "tests/support/free_port.h"

namespace vfleet::cli {
namespace {

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

}  // namespace
}  // namespace vfleet::cli
