#include "control/metrics/fleet_metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "simulator/metrics/histogram_json.h"

namespace vfleet::control::metrics {
namespace {

using nlohmann::json;

FleetMetrics sample() {
  vfleet::metrics::Histogram latencies;
  latencies.record(std::int64_t{1500}, 7);
  const json row = {{"name", "mqtt/pile.meter"},
                    {"send", vfleet::metrics::to_tree(latencies)},
                    {"ack", vfleet::metrics::to_tree(latencies)},
                    {"answer", vfleet::metrics::to_tree(latencies)},
                    {"arrival", vfleet::metrics::to_tree(latencies)}};
  const json figures = {
      {"devices", 10},
      {"online", 9},
      {"reports", {{"pile.meter", {{"sent", 27}, {"acked", 22}, {"failed", 5}}}}},
      {"reports_by_uplink",
       {{"http/pile.meter", {{"sent", 20}, {"acked", 16}, {"failed", 4}, {"refused", 1}, {"dropped", 2}}},
        {"mqtt/pile.meter", {{"sent", 7}, {"acked", 6}, {"failed", 1}}}}},
      {"failed", {{"timed_out", 1}}},
      {"not_sent", {{"offline", 3}}},
      {"uplinks", {{"connects_total", 12}, {"answers_total{status=\"503\"}", 5}}},
      {"in_flight", 0},
      {"commands_applied", 2},
      {"lateness", vfleet::metrics::to_tree(latencies)},
      {"ack_latency", vfleet::metrics::to_tree(latencies)},
      {"latencies", json::array({row})}};
  FleetMetrics fleet;
  fleet.fleet = "demo";
  fleet.version = "1.2.3";
  fleet.revision = 4;
  fleet.figures = figures.dump();
  fleet.workers = {{.shard = 0,
                    .live = true,
                    .lives = 2,
                    .devices = 10,
                    .online = 9,
                    .rss_bytes = 4096,
                    .cpu_us = 1'500'000,
                    .utilisation = 0.5}};
  return fleet;
}

TEST(FleetMetrics, ShowWhatTheFleetCounts) {
  const std::string text = render(sample());
  for (const char* line : {
           "vfleet_info{fleet=\"demo\",version=\"1.2.3\"} 1",
           "vfleet_config_revision 4",
           "vfleet_devices 10",
           "vfleet_devices_online 9",
           "vfleet_devices_paused 0",
           "vfleet_reports_sent_total{uplink=\"mqtt\",type=\"pile\",report=\"meter\"} 7",
           "vfleet_reports_sent_total{uplink=\"http\",type=\"pile\",report=\"meter\"} 20",
           "vfleet_reports_acknowledged_total{uplink=\"mqtt\",type=\"pile\",report=\"meter\"} 6",
           "vfleet_reports_failed_total{uplink=\"http\",type=\"pile\",report=\"meter\"} 4",
           "vfleet_reports_refused_total{uplink=\"http\",type=\"pile\",report=\"meter\"} 1",
           "vfleet_reports_dropped_total{uplink=\"http\",type=\"pile\",report=\"meter\"} 2",
           "vfleet_reports_lost_total{uplink=\"http\",type=\"pile\",report=\"meter\"} 1",
           "vfleet_reports_lost_total{uplink=\"mqtt\",type=\"pile\",report=\"meter\"} 1",
           "vfleet_report_arrival_seconds_count{uplink=\"mqtt\",type=\"pile\",report=\"meter\"} 7",
           "vfleet_report_answer_seconds_count{uplink=\"mqtt\",type=\"pile\",report=\"meter\"} 7",
           "vfleet_report_failures_total{reason=\"timed_out\"} 1",
           "vfleet_reports_not_sent_total{reason=\"offline\"} 3",
           "vfleet_uplink_events_total{event=\"connects\"} 12",
           "vfleet_uplink_events_total{event=\"answers\",detail=\"503\"} 5",
           "vfleet_commands_applied_total 2",
           "vfleet_schedule_lateness_seconds_bucket{le=\"0.0025\"} 7",
           "vfleet_report_send_seconds_bucket{uplink=\"mqtt\",type=\"pile\",report=\"meter\",le=\"0.001\"} 0",
           "vfleet_report_send_seconds_bucket{uplink=\"mqtt\",type=\"pile\",report=\"meter\",le=\"0.0025\"} "
           "7",
           "vfleet_report_ack_seconds_count{uplink=\"mqtt\",type=\"pile\",report=\"meter\"} 7",
           "vfleet_worker_live{worker=\"0\"} 1",
           "vfleet_worker_starts_total{worker=\"0\"} 2",
           "vfleet_worker_resident_memory_bytes{worker=\"0\"} 4096",
           "vfleet_worker_cpu_seconds_total{worker=\"0\"} 1.5",
           "vfleet_worker_utilisation_ratio{worker=\"0\"} 0.5",
       }) {
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << text;
  }
}

TEST(FleetMetrics, FiguresOfAnotherFormAreLeftOut) {
  for (const char* figures :
       {"", "null", "[]", R"({"devices":"many","reports":[1],"lateness":{"unit":"h"}})",
        R"({"reports":{"pile.meter":3},"latencies":[{"name":1},2],"failed":{"x":-1}})"}) {
    FleetMetrics fleet = sample();
    fleet.figures = figures;
    const std::string text = render(fleet);
    EXPECT_NE(text.find("vfleet_devices 0\n"), std::string::npos) << figures;
    EXPECT_EQ(text.find("vfleet_reports_sent_total{"), std::string::npos) << figures;
  }
}

// The dashboard asks for nothing that is not there.
TEST(FleetMetrics, EveryMetricOfTheDashboardIsExposed) {
  std::set<std::string> exposed;
  std::stringstream text(render(sample()));
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with('#')) exposed.insert(line.substr(0, line.find_first_of("{ ")));
  }
  std::ifstream file("docs/grafana-dashboard.json");
  ASSERT_TRUE(file) << "the test runs in the repository's root";
  const json dashboard = json::parse(file, nullptr, false);
  ASSERT_TRUE(dashboard.is_object());
  const std::regex name("\\b(vfleet|process)_[a-z_]+\\b");
  std::vector<std::string> queries;
  for (const json& panel : dashboard["panels"]) {
    for (const json& target : panel.value("targets", json::array())) queries.push_back(target["expr"]);
  }
  for (const json& each : dashboard["annotations"]["list"]) queries.push_back(each["expr"]);
  std::size_t asked = 0;
  for (const std::string& query : queries) {
    for (std::sregex_iterator at(query.begin(), query.end(), name), end; at != end; ++at, ++asked)
      EXPECT_TRUE(exposed.contains(at->str())) << at->str() << " in " << query;
  }
  EXPECT_GT(asked, 10U);
}

}  // namespace
}  // namespace vfleet::control::metrics
