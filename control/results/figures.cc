#include "control/results/figures.h"

#include <nlohmann/json.hpp>

#include "control/results/tree.h"
#include "simulator/core/nesting.h"

namespace vfleet::control::results {

using metrics::Histogram;
using nlohmann::json;

namespace {

Counts counts_of(const json& object) {
  Counts out;
  for (const auto& [name, value] : object.items()) {
    if (value.is_number_unsigned()) out[name] = value.get<std::uint64_t>();
  }
  return out;
}

Result<json> parse_object(std::string_view text, const char* what) {
  if (!nests_at_most(text)) return fail(Errc::malformed, std::string(what) + " nest too deep");
  json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (!parsed.is_object()) return fail(Errc::malformed, std::string(what) + " are no JSON object");
  return parsed;
}

// What a platform said that refused reports, from what uplinks count: "answers_total{status="503"}",
// "answers_total{reason="not_authorized"}".
Counts refusals_of(const json& uplinks) {
  Counts out;
  for (const auto& [name, value] : uplinks.items()) {
    const auto between = [&name](std::string_view before) -> std::string {
      if (!name.starts_with(before) || !name.ends_with("\"}")) return {};
      return name.substr(before.size(), name.size() - before.size() - 2);
    };
    if (!value.is_number_unsigned() || value == 0) continue;
    const std::string status = between("answers_total{status=\"");
    const std::string reason = between("answers_total{reason=\"");
    if (!status.empty() && status.front() != '2') out["HTTP " + status] += value.get<std::uint64_t>();
    if (!reason.empty() && reason != "success" && reason != "no_matching_subscribers")
      out["MQTT " + reason] += value.get<std::uint64_t>();
  }
  return out;
}

constexpr std::size_t kArrivalsMax = 512;

std::shared_ptr<const Arrivals> arrivals_of(const json& rows, const ArrivalNames& names) {
  if (rows.empty()) return nullptr;
  auto out = std::make_shared<Arrivals>();
  for (const json& row : rows) {
    const metrics::Histogram due = histogram_at(row, "due");
    if (due.count() == 0) continue;
    const std::string name = names.row(text_at(row, "way"), text_at(row, "ids"), text_at(row, "report"));
    if (out->size() < kArrivalsMax || out->contains(name)) (*out)[name].merge(due);
  }
  return out;
}

}  // namespace

std::uint64_t sum_of(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

Result<Figures> parse_figures(std::string_view text) {
  const auto tree = parse_object(text, "figures");
  if (!tree) return tl::unexpected(tree.error());
  Figures out;
  out.devices = count_at(*tree, "devices");
  out.online = count_at(*tree, "online");
  out.in_flight = count_at(*tree, "in_flight");
  out.queued = count_at(*tree, "queued");
  out.rss_bytes = count_at(*tree, "rss_bytes");
  out.utilisation = number_at(*tree, "utilisation").value_or(0);
  out.sent = count_at(*tree, "sent");
  out.acked = count_at(*tree, "acked");
  out.handed_over = count_at(*tree, "handed_over");
  out.refused_by = refusals_of(object_at(*tree, "uplinks"));
  out.failed = counts_of(object_at(*tree, "failed"));
  out.not_sent = counts_of(object_at(*tree, "not_sent"));
  out.link_downs = counts_of(object_at(*tree, "link_downs"));
  for (const auto& [name, report] : object_at(*tree, "reports").items()) {
    out.sent_by_report[name] = count_at(report, "sent");
    out.acked_by_report[name] = count_at(report, "acked");
    out.failed_by_report[name] = count_at(report, "failed");
    out.refused_by_report[name] = count_at(report, "refused");
    out.dropped_by_report[name] = count_at(report, "dropped");
  }
  out.lateness = histogram_at(*tree, "lateness");
  out.ack = histogram_at(*tree, "ack_latency");
  for (const json& row : list_at(*tree, "latencies")) {
    Latency latency;
    for (const metrics::LatencyWay& way : metrics::kLatencyWays)
      latency.*way.histogram = histogram_at(row, std::string(way.name).c_str());
    out.latencies[text_at(row, "name")].merge(latency);
  }
  return out;
}

Result<PlatformFigures> parse_platform(std::string_view text, const ArrivalNames& names) {
  const auto tree = parse_object(text, "the platform's figures");
  if (!tree) return tl::unexpected(tree.error());
  PlatformFigures out;
  out.started_us = count_at(*tree, "started_us");
  out.received = count_at(*tree, "received");
  out.missing = count_at(*tree, "missing");
  out.duplicates = count_at(*tree, "duplicates");
  const json& due = object_at(object_at(*tree, "latency"), "due");
  out.arrivals = count_at(due, "count");
  out.mean_us = number_at(due, "mean_us").value_or(0);
  out.p50_us = number_at(due, "p50_us").value_or(0);
  out.p90_us = number_at(due, "p90_us").value_or(0);
  out.p99_us = number_at(due, "p99_us").value_or(0);
  out.max_us = number_at(due, "max_us").value_or(0);
  out.by_report = arrivals_of(list_at(*tree, "arrivals"), names);
  return out;
}

Histogram since(const Histogram& now, const Histogram& before) {
  if (now.count() <= before.count()) return {};
  std::vector<std::uint64_t> counts(Histogram::kBuckets);
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    const std::uint64_t later = now.count_at(i);
    const std::uint64_t earlier = before.count_at(i);
    counts[i] = later > earlier ? later - earlier : 0;
  }
  const std::uint64_t sum = now.sum() > before.sum() ? now.sum() - before.sum() : 0;
  // The largest of these is known when it is the largest of all; else to the width of its bucket.
  return Histogram::of(counts, sum, now.max());
}

}  // namespace vfleet::control::results
