#include "control/metrics/fleet_metrics.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/metrics/exposition.h"
#include "simulator/board/directory.h"
#include "simulator/board/snapshot.h"
#include "simulator/metrics/histogram_json.h"
#include "simulator/metrics/latency.h"
#include "simulator/metrics/process.h"

namespace vfleet::control::metrics {
namespace {

using nlohmann::json;
using vfleet::metrics::Histogram;

std::uint64_t count(const json& value) {
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}
std::uint64_t count(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? 0 : count(*at);
}

/// "charging_pile.meter" as the labels type and report.
Labels of_report(const std::string& name) {
  const auto dot = name.find('.');
  if (dot == std::string::npos) return {{"type", ""}, {"report", name}};
  return {{"type", name.substr(0, dot)}, {"report", name.substr(dot + 1)}};
}

/// "mqtt/charging_pile.meter" as uplink, type and report; "other" is a report of many.
Labels of_row(const std::string& name) {
  const auto slash = name.find('/');
  const bool whole = slash != std::string::npos;
  Labels labels = of_report(whole ? name.substr(slash + 1) : name);
  labels.insert(labels.begin(), {"uplink", whole ? name.substr(0, slash) : ""});
  return labels;
}

/// Those that workers have told and those on the boards of this host, which they do not tell.
std::map<std::string, vfleet::metrics::Latency> latencies(const json& figures, const std::string& run_dir) {
  std::map<std::string, vfleet::metrics::Latency> all;
  if (const auto told = figures.find("latencies"); told != figures.end() && told->is_array()) {
    for (const json& row : *told) {
      if (!row.is_object() || !row.contains("name") || !row["name"].is_string()) continue;
      if (const auto read = vfleet::metrics::latency_from_tree(row))
        all[row["name"].get<std::string>()].merge(*read);
    }
  }
  if (run_dir.empty()) return all;
  for (const board::Entry& entry : board::list(run_dir)) {
    const auto snapshot = board::read(entry.path, board::Detail::latencies);
    if (!snapshot) continue;
    for (const board::Latency& row : snapshot->latencies()) all[row.name].merge(row.times);
  }
  return all;
}

class Page {
 public:
  explicit Page(const FleetMetrics& fleet)
      : fleet_(fleet), figures_(json::parse(fleet.figures, nullptr, false)) {
    if (!figures_.is_object()) figures_ = json::object();
  }

  std::string write() {
    about();
    devices();
    reports();
    reasons();
    latency();
    workers();
    control();
    return out_.take();
  }

 private:
  void about() {
    out_.gauge("vfleet_info", "Always 1: which fleet this is, and by which version it is run.");
    out_.sample({{"fleet", fleet_.fleet}, {"version", fleet_.version}}, std::uint64_t{1});
    out_.gauge("vfleet_config_revision", "Number of the last durable change of the fleet.");
    out_.sample({}, fleet_.revision);
  }

  void number(const char* name, const char* help, const char* figure) {
    out_.gauge(name, help);
    out_.sample({}, count(figures_, figure));
  }

  void devices() {
    number("vfleet_devices", "Devices that live workers host.", "devices");
    number("vfleet_devices_online", "Devices whose connection is up.", "online");
    number("vfleet_devices_paused", "Devices whose schedules an operator has paused.", "paused");
  }

  void reports() {
    const auto each = [this](const char* name, const char* help, auto figure) {
      out_.counter(name, help);
      const auto reports = figures_.find("reports_by_uplink");
      if (reports == figures_.end() || !reports->is_object()) return;
      for (const auto& [report, figures] : reports->items()) {
        if (figures.is_object()) out_.sample(of_row(report), figure(figures));
      }
    };
    const auto member = [](const char* name) {
      return [name](const json& figures) { return count(figures, name); };
    };
    each("vfleet_reports_sent_total", "Reports that got a number and were given to an uplink.",
         member("sent"));
    each("vfleet_reports_acknowledged_total",
         "Reports that the platform accepted, or that nobody acknowledges.", member("acked"));
    each("vfleet_reports_failed_total",
         "Reports that were sent and not accepted: refused, dropped and lost ones.", member("failed"));
    each("vfleet_reports_refused_total", "Of the failed: the platform said no.", member("refused"));
    each("vfleet_reports_dropped_total", "Of the failed: a queue was full, or ended, before they left.",
         member("dropped"));
    each("vfleet_reports_lost_total",
         "Of the failed: they left, or were lost with their worker, and no answer came.",
         [](const json& figures) {
           const std::uint64_t known = count(figures, "refused") + count(figures, "dropped");
           const std::uint64_t failed = count(figures, "failed");
           return failed > known ? failed - known : 0;
         });
    number("vfleet_reports_in_flight", "Reports that were sent and wait for their answer.", "in_flight");
    number("vfleet_reports_queued", "Of those in flight: they wait for their device to come online.",
           "queued");
  }

  void reasons() {
    const auto each = [this](const char* name, const char* help, const char* figure, const char* label) {
      out_.counter(name, help);
      const auto counts = figures_.find(figure);
      if (counts == figures_.end() || !counts->is_object()) return;
      for (const auto& [reason, value] : counts->items()) out_.sample({{label, reason}}, count(value));
    };
    each("vfleet_report_failures_total", "Failed reports by reason.", "failed", "reason");
    each("vfleet_reports_not_sent_total", "Reports that were due and got no number, by reason.", "not_sent",
         "reason");
    uplink_events();
    out_.counter("vfleet_commands_applied_total", "Commands that workers have applied.");
    out_.sample({}, count(figures_, "commands_applied"));
  }

  // An uplink's counter is named `answers_total{status="503"}`: an event, and which kind of it.
  void uplink_events() {
    out_.counter("vfleet_uplink_events_total",
                 "What uplinks count: connections, bytes, answers of the platform; detail says which kind.");
    const auto counts = figures_.find("uplinks");
    if (counts == figures_.end() || !counts->is_object()) return;
    for (const auto& [name, value] : counts->items()) {
      std::string event = name.substr(0, name.find('{'));
      if (constexpr std::string_view kTotal = "_total"; event.ends_with(kTotal))
        event.resize(event.size() - kTotal.size());
      const std::size_t open = name.find("=\"");
      const std::size_t close = name.rfind("\"}");
      if (open == std::string::npos || close == std::string::npos || close < open + 2) {
        out_.sample({{"event", event}}, count(value));
      } else {
        out_.sample({{"event", event}, {"detail", name.substr(open + 2, close - open - 2)}}, count(value));
      }
    }
  }

  void histogram(const char* name, const char* help, const char* figure) {
    out_.histogram(name, help);
    const auto tree = figures_.find(figure);
    if (tree == figures_.end()) return;
    if (const auto read = vfleet::metrics::histogram_from_tree(*tree)) out_.sample({}, *read);
  }

  void latency() {
    histogram("vfleet_schedule_lateness_seconds", "How long after it was due a report's sending began.",
              "lateness");
    histogram("vfleet_ack_seconds", "From when a report was due until the platform accepted it; all reports.",
              "ack_latency");
    const auto rows = latencies(figures_, fleet_.run_dir);
    out_.histogram("vfleet_report_send_seconds",
                   "From when a report was due until its bytes went to the kernel.");
    for (const auto& [name, row] : rows) out_.sample(of_row(name), row.send);
    const auto each = [&](const char* name, const char* help, Histogram vfleet::metrics::Latency::*way) {
      out_.histogram(name, help);
      for (const auto& [report, row] : rows) {
        if ((row.*way).count() > 0) out_.sample(of_row(report), row.*way);
      }
    };
    each("vfleet_report_ack_seconds", "From when a report was due until the platform accepted it.",
         &vfleet::metrics::Latency::ack);
    each("vfleet_report_answer_seconds",
         "From when a report's bytes went to the kernel until the platform accepted it.",
         &vfleet::metrics::Latency::answer);
    each("vfleet_report_arrival_seconds",
         "From when a report was due until it came back as an echo: it had arrived by then.",
         &vfleet::metrics::Latency::arrival);
  }

  template <class Get>
  void each_worker(Get get) {
    for (const WorkerMetrics& worker : fleet_.workers)
      out_.sample({{"worker", std::to_string(worker.shard)}}, get(worker));
  }

  void workers() {
    out_.gauge("vfleet_worker_live",
               "1: the worker follows commands; 0: it is absent, joining, lagging or lost.");
    each_worker([](const WorkerMetrics& w) { return std::uint64_t{w.live ? 1U : 0U}; });
    out_.counter("vfleet_worker_starts_total", "Processes that have hosted this shard.");
    each_worker([](const WorkerMetrics& w) { return w.lives; });
    out_.gauge("vfleet_worker_devices", "Devices that the worker hosts.");
    each_worker([](const WorkerMetrics& w) { return w.devices; });
    out_.gauge("vfleet_worker_devices_online", "Of those, the ones whose connection is up.");
    each_worker([](const WorkerMetrics& w) { return w.online; });
    out_.gauge("vfleet_worker_resident_memory_bytes", "Memory of the worker.");
    each_worker([](const WorkerMetrics& w) { return w.rss_bytes; });
    out_.counter("vfleet_worker_cpu_seconds_total", "CPU time of the worker, user and system.");
    each_worker([](const WorkerMetrics& w) { return static_cast<double>(w.cpu_us) / 1e6; });
    out_.gauge(
        "vfleet_worker_utilisation_ratio",
        "How busy the worker's one core was in the last second; near 1 its results are not to be trusted.");
    each_worker([](const WorkerMetrics& w) { return w.utilisation; });
  }

  void control() {
    out_.counter("process_cpu_seconds_total", "CPU time of control, user and system.");
    out_.sample({}, static_cast<double>(vfleet::metrics::own_cpu_us()) / 1e6);
    out_.gauge("process_resident_memory_bytes", "Memory of control.");
    out_.sample({}, vfleet::metrics::own_rss_bytes());
  }

  const FleetMetrics& fleet_;
  json figures_;
  Exposition out_;
};

}  // namespace

std::string render(const FleetMetrics& fleet) {
  return Page(fleet).write();
}

}  // namespace vfleet::control::metrics
