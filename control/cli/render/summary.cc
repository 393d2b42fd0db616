#include "control/cli/render/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "control/cli/render/figures.h"
#include "control/cli/render/read.h"
#include "control/cli/render/table.h"
#include "control/results/verdict.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

json quantiles(const json& figures, const std::string& name) {
  return {{"p50", quantile_us(figures, name, 0.5)},
          {"p99", quantile_us(figures, name, 0.99)},
          {"max", count_at(object_at(figures, (name + "_us").c_str()), "max")}};
}

// A counter's growth over the run. One that is smaller than before started anew.
std::uint64_t growth(const json& before, const json& after, const char* name) {
  const std::uint64_t end = count_at(after, name);
  const std::uint64_t begin = before.is_object() ? count_at(before, name) : 0;
  return end >= begin ? end - begin : end;
}

std::string killed_text(std::uint64_t killed) {
  return fmt::format("{} process{} had to be killed, and what {} counted last is unknown", killed,
                     killed == 1 ? "" : "es", killed == 1 ? "it" : "they");
}

// How often the platform has complained in the run, by kind.
json complaints_of(const json& before, const json& after, bool anew) {
  json out = json::object();
  const json& then = object_at(before, "complaints");
  for (const auto& [kind, unused] : object_at(after, "complaints").items()) {
    const std::uint64_t now = count_at(object_at(after, "complaints"), kind.c_str());
    const std::uint64_t more = anew ? now : growth(then, object_at(after, "complaints"), kind.c_str());
    if (more > 0) out[kind] = more;
  }
  return out;
}

// The devices that the platform complains of most: "cp-00007 energy_mismatch 3 (meterStop is ...)".
std::string worst_of(const json& summary) {
  constexpr std::size_t kNamed = 3;
  std::string out;
  std::size_t named = 0;
  for (const json& row : list_at(summary, "worst_complaints")) {
    if (named++ == kNamed) break;
    out +=
        fmt::format("{}{} {} {} ({})", out.empty() ? "" : "; ", printable(text_at(row, "device")),
                    printable(text_at(row, "kind")), count_at(row, "count"), printable(text_at(row, "what")));
  }
  return out;
}

json reasons_of(const json& summary, const config::Limits& limits) {
  json reasons = json::array();
  const double utilisation = number_at(summary, "utilisation");
  if (utilisation > limits.utilisation) {
    reasons.push_back(fmt::format("a worker was busy {:.0f}% of five seconds (more than {:.0f}%)",
                                  utilisation * 100, limits.utilisation * 100));
  }
  const std::uint64_t late = count_at(object_at(summary, "lateness_us"), "p99");
  const auto late_max = static_cast<std::uint64_t>(to_us(limits.lateness_p99));
  if (late > late_max) {
    reasons.push_back(fmt::format("p99 lateness of reports is {} (more than {})", latency_text(late),
                                  latency_text(late_max)));
  }
  if (!flag_at(summary, "online")) reasons.push_back("the fleet was never all online");
  if (count_at(summary, "sent") == 0) reasons.push_back("no report was sent");
  if (const auto killed = count_at(summary, "killed")) {
    reasons.push_back(killed_text(killed));
  }
  return reasons;
}

json remarks_of(const RunRecord& record) {
  json remarks = json::array();
  if (record.control_restarts > 0 || record.control_away > Duration::zero()) {
    remarks.push_back(fmt::format("control was away for {:.1f} s in all; the devices went on meanwhile",
                                  to_seconds(record.control_away)));
  }
  if (record.last_figures_missing) {
    remarks.push_back("control could not be asked at the end: the counts are from shortly before");
  }
  return remarks;
}

// Two answers of the same platform, but not of the same process.
bool another_start(const json& before, const json& after) {
  const std::uint64_t then = count_at(before, "started_us");
  const std::uint64_t now = count_at(after, "started_us");
  return then != 0 && now != 0 && then != now;
}

std::uint64_t dropped_of(const json& figures) {
  return count_at(object_at(figures, "failed"), "evicted");
}

// Without a platform that tells: sent, and neither acknowledged, refused, dropped nor in flight.
std::uint64_t never_acknowledged(const json& figures) {
  const std::uint64_t known = count_at(figures, "acked") + count_at(figures, "in_flight") +
                              count_at(object_at(figures, "failed"), "refused") + dropped_of(figures);
  const std::uint64_t sent = count_at(figures, "sent");
  return sent > known ? sent - known : 0;
}

std::string seconds_text(double seconds) {
  return fmt::format("{:.1f} s", seconds);
}

std::string latency_line(const json& latency) {
  return fmt::format("p50 {}, p99 {}, max {}", latency_text(count_at(latency, "p50")),
                     latency_text(count_at(latency, "p99")), latency_text(count_at(latency, "max")));
}

}  // namespace

json make_summary(const RunRecord& record) {
  const json& figures = record.figures;
  const std::uint64_t sent = count_at(figures, "sent");
  const double run_s = to_seconds(record.run);
  json summary = {{"fleet", record.fleet},
                  {"devices", record.devices},
                  {"workers", record.workers},
                  {"online", record.online},
                  {"start_s", to_seconds(record.start)},
                  {"run_s", run_s},
                  {"sent", sent},
                  {"acked", count_at(figures, "acked")},
                  {"received", nullptr},
                  {"missing", nullptr},
                  {"lost", never_acknowledged(figures)},
                  {"lost_by", "uplinks"},
                  {"dropped", dropped_of(figures)},
                  {"handed_over", count_at(figures, "handed_over")},
                  {"duplicates", nullptr},
                  {"not_sent", object_at(figures, "not_sent")},
                  {"failed", object_at(figures, "failed")},
                  {"in_flight", count_at(figures, "in_flight")},
                  {"ack_latency_us", quantiles(figures, "ack_latency")},
                  {"lateness_us", quantiles(figures, "lateness")},
                  {"utilisation", record.utilisation},
                  {"memory_per_device_bytes", count_at(figures, "memory_per_device_bytes")},
                  {"restarts", record.restarts},
                  {"recycled", record.recycled},
                  {"killed", record.killed},
                  {"control_restarts", record.control_restarts},
                  {"control_away_s", to_seconds(record.control_away)},
                  {"platform_restarted", record.platform_restarted},
                  {"remarks", remarks_of(record)}};
  const json& after = record.platform_after;
  if (after.is_object() && (record.platform_restarted || another_start(record.platform_before, after))) {
    summary["platform_restarted"] = true;
    summary["received"] = count_at(after, "received");
    summary["duplicates"] = count_at(after, "duplicates");
    summary["remarks"].push_back(
        "the platform started anew during the run and counts from there: what was lost is told by what was "
        "never acknowledged");
  } else if (after.is_object()) {
    const std::uint64_t received = growth(record.platform_before, after, "received");
    const std::uint64_t duplicates = growth(record.platform_before, after, "duplicates");
    // One that came twice makes up for none that never came.
    const std::uint64_t arrived = received - std::min(duplicates, received) +
                                  count_at(object_at(figures, "failed"), "refused") + dropped_of(figures);
    summary["received"] = received;
    summary["missing"] = growth(record.platform_before, after, "missing");
    summary["lost"] = sent > arrived ? sent - arrived : 0;
    summary["lost_by"] = "platform";
    summary["duplicates"] = duplicates;
  } else {
    summary["received_unknown"] = record.platform_missing;
  }
  if (after.is_object()) {
    summary["complaints"] =
        complaints_of(record.platform_before, after, flag_at(summary, "platform_restarted"));
    summary["worst_complaints"] =
        summary["complaints"].empty() ? json::array() : list_at(after, "worst_complaints");
  }
  if (const auto silent = count_at(figures, "handed_over"); silent > 0 && summary["lost_by"] == "uplinks") {
    summary["remarks"].push_back(fmt::format(
        "{} of the reports went ways that acknowledge nothing: whether those arrived is not known", silent));
  }
  summary["invalid_because"] = reasons_of(summary, record.limits);
  summary["valid"] = summary["invalid_because"].empty();
  return summary;
}

json make_results(const RunRecord& record, json& summary, const std::vector<std::string>& thresholds) {
  if (!record.results.is_object()) return nullptr;
  json results = record.results;
  results["running"] = false;
  results["workers"] = record.workers;
  // Control looks once a second: a short run may be over before it saw all devices.
  if (record.online && (!results.contains("start_s") || !results["start_s"].is_number()))
    results["start_s"] = to_seconds(record.start);
  json& busy = results["utilisation"]["worst_5s"];
  busy = std::max(busy.is_number() ? busy.get<double>() : 0.0, record.utilisation);
  json& totals = results["totals"];
  for (const char* name : {"received", "missing", "duplicates"}) totals[name] = summary[name];
  totals["platform_restarted"] = summary["platform_restarted"];
  // One figure, for people and for thresholds.
  for (const char* name : {"lost", "lost_by", "dropped", "handed_over"}) totals[name] = summary[name];
  summary["refused_by"] = object_at(results, "refused_by");
  for (const json& each : list_at(results, "remarks")) summary["remarks"].push_back(each);
  results["remarks"] = summary["remarks"];
  results["restarts"] = record.restarts;
  std::vector<std::string> texts;
  for (const json& each : list_at(results, "thresholds")) texts.push_back(text_at(each, "text"));
  texts.insert(texts.end(), thresholds.begin(), thresholds.end());
  std::vector<std::string> more;
  if (record.killed > 0) more.push_back(killed_text(record.killed));
  control::results::judge(results, texts, more);
  summary["valid"] = results["valid"];
  summary["invalid_because"] = results["invalid_because"];
  summary["thresholds"] = results["thresholds"];
  return results;
}

bool results_are_valid(const json& summary) {
  return flag_at(summary, "valid");
}

std::string render_summary(const json& summary, const Style& style) {
  std::string out = fmt::format("{}: {} devices, {} worker{}; ",
                                style.strong("summary of " + printable(text_at(summary, "fleet"))),
                                count_at(summary, "devices"), count_at(summary, "workers"),
                                count_at(summary, "workers") == 1 ? "" : "s");
  const std::string start = seconds_text(number_at(summary, "start_s"));
  out += flag_at(summary, "online")
             ? fmt::format("online after {}, ran {}\n", start, seconds_text(number_at(summary, "run_s")))
             : fmt::format("never all online, ended after {}\n", start);

  const auto line = [&out](std::string_view name, const std::string& text) {
    out += fmt::format("  {:<12} {}\n", name, text);
  };
  line("sent", fmt::to_string(count_at(summary, "sent")));
  line("acked", fmt::to_string(count_at(summary, "acked")));
  if (summary.contains("received") && summary["received"].is_number()) {
    line("received", fmt::format("{} by the platform{}, {} duplicates", count_at(summary, "received"),
                                 flag_at(summary, "platform_restarted") ? " since it started anew" : "",
                                 count_at(summary, "duplicates")));
  } else {
    line("received", "unknown: " + printable(text_at(summary, "received_unknown")));
  }
  const std::uint64_t lost = count_at(summary, "lost");
  const bool platform = text_at(summary, "lost_by") == "platform";
  const std::uint64_t missing = platform ? count_at(summary, "missing") : 0;
  const std::string text = platform
                               ? fmt::format("{} ({} missing in the platform's sequences)", lost, missing)
                               : fmt::format("{} (never acknowledged)", lost);
  line("lost", lost + missing == 0 ? style.good(text) : style.bad(text));
  if (const json& complaints = object_at(summary, "complaints"); total(complaints) > 0)
    line("complaints", style.bad(fmt::format("{}: {}", by_reason(complaints), worst_of(summary))));
  if (const auto dropped = count_at(summary, "dropped"))
    line("dropped", style.warn(fmt::format("{} that gave way in a full queue or ended in it", dropped)));
  line("not sent", by_reason(object_at(summary, "not_sent")));
  line("failed", failures(object_at(summary, "failed"), object_at(summary, "refused_by")));
  if (const auto in_flight = count_at(summary, "in_flight"))
    line("in flight", fmt::format("{} at the end: sent or waiting to be, with no answer yet", in_flight));
  const json& ack = object_at(summary, "ack_latency_us");
  line("ack latency", count_at(ack, "max") == 0 ? "none: no report was answered" : latency_line(ack));
  line("lateness", count_at(summary, "sent") == 0 ? "none: no report was sent"
                                                  : latency_line(object_at(summary, "lateness_us")));
  line("memory", bytes_text(count_at(summary, "memory_per_device_bytes")) + " per device");
  line("busiest",
       fmt::format("a worker was busy {:.1f}% of five seconds", number_at(summary, "utilisation") * 100));
  if (const auto restarts = count_at(summary, "restarts")) {
    line("restarts", style.warn(fmt::format("{} of workers that died", restarts)));
  }
  if (const auto recycled = count_at(summary, "recycled")) {
    line("recycled",
         fmt::format("{} worker{} that grew past the limit or by hand", recycled, recycled == 1 ? "" : "s"));
  }
  if (const auto killed = count_at(summary, "killed")) {
    line("killed", style.warn(fmt::format("{} processes that did not stop in order", killed)));
  }
  for (const json& remark : list_at(summary, "remarks")) line("note", style.warn(printable(plain(remark))));
  if (results_are_valid(summary)) {
    line("results", style.good("valid"));
  } else {
    std::string why;
    for (const json& reason : list_at(summary, "invalid_because")) {
      why += (why.empty() ? "" : "; ") + printable(plain(reason));
    }
    line("results", style.bad("not valid: " + why));
  }
  return out;
}

void BusiestSpan::add(double sample) {
  last_.push_back(sample);
  if (last_.size() > window_) last_.erase(last_.begin());
  const double mean = std::accumulate(last_.begin(), last_.end(), 0.0) / static_cast<double>(last_.size());
  // Fewer samples than a window are only the answer while there are no more.
  if (last_.size() < window_) {
    highest_ = mean;
  } else {
    highest_ = full_ ? std::max(highest_, mean) : mean;
    full_ = true;
  }
}

double BusiestSpan::highest() const {
  return highest_;
}

}  // namespace vfleet::cli
