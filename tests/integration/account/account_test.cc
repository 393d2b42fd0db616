// The platform is killed and started again under load: what became of each report is known, to the last one.
#include <gtest/gtest.h>

#include <memory>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"
#include "tests/support/free_port.h"

namespace vfleet::fleet_test {
namespace {

using nlohmann::json;
using platform::PlatformProcess;

/// A stand-in that can be killed and comes back on the same ports.
class MortalPlatform {
 public:
  MortalPlatform() {
    for (const char* role : {"http", "mqtt", "ws", "tcp"})
      addresses_[role] = "127.0.0.1:" + std::to_string(test::free_port());
    come_back();
  }
  [[nodiscard]] const std::string& at(const char* role) const { return addresses_.at(role); }
  [[nodiscard]] const PlatformProcess& process() const { return *process_; }
  void die() {
    (void)process_->end(SIGKILL);
    process_.reset();
  }
  void come_back() {
    std::vector<std::string> words;
    for (const auto& [role, address] : addresses_) words.insert(words.end(), {"--" + role, address});
    process_ = std::make_unique<PlatformProcess>(std::move(words));
  }
  /// Lives until it has received so many more reports of each of these types.
  [[nodiscard]] bool receives(std::uint64_t more, const std::vector<std::string>& types) const {
    const json before = process_->figures();
    return process_->figures_become([&](const json& now) {
      for (const std::string& type : types) {
        if (count(now, "/by_type/" + type) < count(before, "/by_type/" + type) + more) return false;
      }
      return true;
    });
  }

 private:
  std::unique_ptr<PlatformProcess> process_;
  std::map<std::string, std::string> addresses_;
};

// Each way has reports of its own, so that the account of a type is the account of a way.
std::string fleet_over(const MortalPlatform& platform) {
  const auto url = [&](const char* scheme, const char* role) {
    return std::string(scheme) + "://" + platform.at(role);
  };
  const std::string quick = "backoff: {first: 50ms, max: 200ms}";
  return "fleet: account\ngroups:\n" +
         group("pile", "charging_pile", 20,
               "{mqtt: {url: \"" + url("mqtt", "mqtt") + "\", qos: 1, clean: false, offline.max: 1000, " +
                   quick + "}}",
               "    config: {reports: {meter: {every: 100ms, idle_every: 100ms}}}\n") +
         group("cam", "ip_camera", 20, "{http: {url: \"" + url("http", "http") + "/ingest\", " + quick + "}}",
               "    config: {reports: {heartbeat: {every: 100ms}, status: {every: 0s}}}\n") +
         group("eye", "ip_camera", 20, "{websocket: {url: \"" + url("ws", "ws") + "/\", " + quick + "}}",
               "    config: {reports: {heartbeat: {every: 0s}, status: {every: 100ms}}}\n") +
         group("box", "ip_camera", 20, "{tcp: {url: \"" + url("tcp", "tcp") + "\", " + quick + "}}",
               "    config: {reports: {heartbeat: {every: 100ms}, status: {every: 100ms}}}\n");
}

TEST(LossAccount, HoldsForEachTypeToTheLastReportWhenThePlatformIsKilledAndComesBack) {
  MortalPlatform platform;
  RunningFleet fleet(fleet_over(platform), 2);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(80));
  for (int life = 0; life < 3; ++life) {
    ASSERT_TRUE(platform.receives(100, {"meter", "heartbeat", "status"}))
        << platform.process().figures().dump();
    platform.die();
    ASSERT_TRUE(fleet.come_online(0));
    platform.come_back();
    ASSERT_TRUE(fleet.come_online(80));
  }
  ASSERT_TRUE(platform.receives(100, {"meter", "heartbeat", "status"}));
  const Answer stopped = fleet.vfleet({"stop"});
  ASSERT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  const json figures = at(stopped.json, "/figures");
  ASSERT_TRUE(figures.is_object()) << stopped.out;
  EXPECT_EQ(count(figures, "/in_flight"), 0U) << figures.dump();
  const json reports = at(figures, "/reports");
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  for (const auto& [type, row] : reports.items()) {
    EXPECT_EQ(count(row, "/sent"), count(row, "/acked") + count(row, "/failed"))
        << type << ": " << row.dump();
    sent += count(row, "/sent");
    failed += count(row, "/failed");
  }
  EXPECT_EQ(sent, count(figures, "/sent"));
  const json failures = at(figures, "/failed");
  std::uint64_t by_reason = 0;
  for (const auto& [reason, n] : failures.items()) by_reason += n.get<std::uint64_t>();
  EXPECT_EQ(failed, by_reason) << failures.dump();
  EXPECT_GT(count(figures, "/reports/charging_pile.meter/sent"), 400U);
  // QoS 1, a session that outlives connections, and a memory for the time without: nothing is lost.
  EXPECT_EQ(count(figures, "/reports/charging_pile.meter/failed"), 0U) << figures.dump();
}

}  // namespace
}  // namespace vfleet::fleet_test
