// The real Prometheus scrapes a real fleet; promtool judges the text.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/integration/fleet/process.h"
#include "tests/integration/metrics/http_client.h"
#include "tests/support/free_port.h"

namespace vfleet::metrics_test {
namespace {

using namespace std::chrono_literals;
using fleet_test::eventually;
using fleet_test::Process;
using fleet_test::program;
using fleet_test::read_file;
using fleet_test::TempDir;
using fleet_test::write_file;
using nlohmann::json;

constexpr const char* kFleet =
    "fleet: scraped\n"
    "groups:\n"
    "  - name: pile\n"
    "    type: charging_pile\n"
    "    count: 20\n"
    "    uplink: \"null\"\n"
    "    config: {reports: {heartbeat: {every: 500ms}}}\n";

class Prometheus : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* each : {"/usr/bin/prometheus", "/usr/bin/promtool"})
      ASSERT_TRUE(std::filesystem::exists(each)) << each << " is missing: scripts/setup installs it";
    write_file(dir_ / "fleet.yaml", kFleet);
    up_ = std::make_unique<Process>(
        std::vector<std::string>{program("vfleet"), "up", dir_ / "fleet.yaml", "--workers", "2", "--run-dir",
                                 dir_ / "run", "--metrics", "127.0.0.1:0", "--no-summary"},
        dir_ / "up.out", dir_ / "up.err");
    ASSERT_TRUE(eventually([this] { return port() != 0; }, 30s))
        << read_file(dir_ / "up.out") << read_file(dir_ / "up.err");
  }
  void TearDown() override {
    prometheus_.reset();
    if (!up_) return;
    up_->signal(SIGINT);
    EXPECT_TRUE(up_->wait(30s)) << "vfleet up does not end";
  }

  /// Where control says that it serves metrics; 0: not yet.
  [[nodiscard]] std::uint16_t port() const {
    const json info = json::parse(read_file(dir_ / "run/control.json"), nullptr, false);
    if (!info.is_object() || !info.contains("metrics")) return 0;
    const std::string url = info["metrics"];
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.find(':', 6) + 1)));
  }

  void start_prometheus() {
    write_file(dir_ / "prometheus.yml",
               fmt::format("global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\n"
                           "scrape_configs:\n"
                           "  - job_name: vfleet\n"
                           "    static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
                           port()));
    prometheus_port_ = test::free_port();
    prometheus_ = std::make_unique<Process>(
        std::vector<std::string>{"/usr/bin/prometheus", "--config.file=" + (dir_ / "prometheus.yml"),
                                 "--storage.tsdb.path=" + (dir_ / "tsdb"),
                                 fmt::format("--web.listen-address=127.0.0.1:{}", prometheus_port_),
                                 "--log.level=warn"},
        dir_ / "prometheus.out", dir_ / "prometheus.err");
  }
  /// The value of an expression that has one; -1 when it has none (yet).
  [[nodiscard]] double value(const std::string& expression) const {
    const json answer =
        json::parse(body_of(get(prometheus_port_, "/api/v1/query?query=" + expression)), nullptr, false);
    const auto value = json::json_pointer("/data/result/0/value/1");
    if (!answer.is_object() || !answer.contains(value)) return -1;
    return std::stod(answer[value].get<std::string>());
  }

  TempDir dir_;

 private:
  std::unique_ptr<Process> up_;
  std::unique_ptr<Process> prometheus_;
  std::uint16_t prometheus_port_ = 0;
};

TEST_F(Prometheus, ScrapesAFleet) {
  start_prometheus();
  const auto said = [this] { return read_file(dir_ / "prometheus.err"); };
  EXPECT_TRUE(eventually([this] { return value("up") == 1; }, 30s)) << said();
  EXPECT_TRUE(eventually([this] { return value("sum(vfleet_devices_online)") == 20; }, 30s)) << said();
  EXPECT_TRUE(eventually([this] { return value("sum(vfleet_worker_live)") == 2; }, 30s)) << said();
  EXPECT_TRUE(eventually(
      [this] {
        return value(
                   "vfleet_reports_sent_total{uplink=%22null%22,type=%22charging_pile%22,report=%"
                   "22heartbeat%22}") > 20;
      },
      30s))
      << said();
  // From the boards of the workers.
  EXPECT_TRUE(eventually(
      [this] {
        return value(
                   "vfleet_report_send_seconds_count{uplink=%22null%22,type=%22charging_pile%22,report=%"
                   "22heartbeat%22}") > 20;
      },
      30s))
      << body_of(get(port(), "/metrics"));
  EXPECT_TRUE(eventually([this] { return value("sum(vfleet_schedule_lateness_seconds_count)") > 20; }, 30s))
      << said();
}

TEST_F(Prometheus, GoesOnScrapingWhileAThousandStrangersHangOn) {
  start_prometheus();
  ASSERT_TRUE(eventually([this] { return value("up") == 1; }, 30s)) << read_file(dir_ / "prometheus.err");
  std::deque<Client> strangers;
  for (int i = 0; i < 900; ++i) {
    const Client& each = strangers.emplace_back(port());
    if (i % 3 == 0) each.send("GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
    if (i % 3 == 1) each.send("\x16\x03\x01");
  }
  // Two more rounds of reports: scrapes that came after the strangers.
  const char* sent = "vfleet_reports_sent_total{report=%22heartbeat%22}";
  const double before = value(sent);
  EXPECT_TRUE(eventually([&] { return value(sent) >= before + 40; }, 30s)) << value(sent);
  // A scrape that takes longer than its 200 ms, on a machine that is busy, leaves a hole.
  double memory = -1;
  EXPECT_TRUE(eventually(
      [&] {
        memory = value("process_resident_memory_bytes");
        return value("up") == 1 && memory > 1e6;
      },
      30s))
      << memory;
  EXPECT_LT(memory, 200e6);
}

TEST_F(Prometheus, PromtoolFindsNothingWrongWithTheText) {
  ASSERT_TRUE(eventually(
      [this] {
        return body_of(get(port(), "/metrics")).find("vfleet_report_send_seconds_count{") !=
               std::string::npos;
      },
      30s));
  write_file(dir_ / "metrics.txt", body_of(get(port(), "/metrics")));
  Process promtool({"/bin/sh", "-c", "/usr/bin/promtool check metrics < " + (dir_ / "metrics.txt")},
                   dir_ / "promtool.out", dir_ / "promtool.err");
  EXPECT_EQ(promtool.wait(20s), 0) << read_file(dir_ / "promtool.out") << read_file(dir_ / "promtool.err");
  EXPECT_EQ(read_file(dir_ / "promtool.err"), "");
}

}  // namespace
}  // namespace vfleet::metrics_test
