#include "control/results/document.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "control/results/tree.h"
#include "simulator/core/nesting.h"
#include "simulator/metrics/histogram_json.h"

namespace vfleet::control::results {

using metrics::Histogram;
using nlohmann::json;

namespace {

json counts_json(const Counts& counts) {
  json out = json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

std::uint64_t at(const Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

std::uint64_t growth(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

// Reports by kind: totals of the whole run, rates of the measured time.
json reports_json(const Recorder& recorder, double seconds) {
  const Figures& figures = recorder.figures();
  json out = json::object();
  for (const auto& [name, sent] : figures.sent_by_report) {
    const std::uint64_t acked_in_all = at(figures.acked_by_report, name);
    const std::uint64_t failed = at(figures.failed_by_report, name);
    const std::uint64_t refused = at(figures.refused_by_report, name);
    const std::uint64_t dropped = at(figures.dropped_by_report, name);
    // sent = acked + refused + dropped + lost + in flight
    json row = {{"sent", sent},
                {"acked", acked_in_all},
                {"refused", refused},
                {"dropped", dropped},
                {"lost", growth(failed, refused + dropped)},
                {"in_flight", growth(sent, acked_in_all + failed)},
                {"acked_per_s", nullptr}};
    if (recorder.base() && seconds > 0) {
      const std::uint64_t acked =
          growth(at(recorder.at_last().acked_by_report, name), at(recorder.base()->acked_by_report, name));
      row["acked_per_s"] = rounded(static_cast<double>(acked) / seconds);
    }
    out[name] = std::move(row);
  }
  return out;
}

json totals_json(const Recorder& recorder, double seconds) {
  const Figures& figures = recorder.figures();
  json out = {{"sent", figures.sent},
              {"acked", figures.acked},
              {"handed_over", figures.handed_over},
              {"in_flight", figures.in_flight},
              {"queued", figures.queued},
              {"failed", sum_of(figures.failed)},
              {"refused", at(figures.failed, "refused")},
              {"dropped", at(figures.failed, "evicted")},
              {"not_sent", sum_of(figures.not_sent)},
              {"received", nullptr},
              {"missing", nullptr},
              {"duplicates", nullptr},
              {"platform_restarted", recorder.platform_restarted()},
              {"reports", reports_json(recorder, seconds)}};
  const auto& first = recorder.platform_first();
  const auto& last = recorder.platform();
  const Recorder::Sent now = Recorder::sent_of(figures);
  out["lost"] = growth(now.sent, figures.acked + now.refused + now.dropped + now.in_flight);
  out["lost_by"] = "uplinks";
  if (!first || !last) return out;
  const bool anew = recorder.platform_restarted();
  out["received"] = anew ? last->received : growth(last->received, first->received);
  out["duplicates"] = anew ? last->duplicates : growth(last->duplicates, first->duplicates);
  if (anew) return out;
  out["missing"] = growth(last->missing, first->missing);
  const Recorder::Sent& before = recorder.sent_before_platform();
  // One that came twice makes up for none that never came.
  const std::uint64_t arrived =
      growth(growth(last->received, first->received), growth(last->duplicates, first->duplicates));
  out["lost"] = growth(before.sent, arrived + before.refused + before.dropped + before.in_flight);
  out["lost_by"] = "platform";
  return out;
}

// Of all reports: as the platform says, or as their echoes do.
json arrival_json(const Recorder& recorder, const Latencies& rows) {
  Histogram all;
  for (const auto& [name, latency] : rows) {
    if (latency.arrival.count() > 0) all.merge(latency.arrival);
  }
  if (all.count() > 0) return summary_of(all);
  const auto& platform = recorder.platform();
  if (!platform || platform->arrivals == 0 || platform->by_report) return nullptr;
  // Its quantiles are of all that it has seen, and of this run when it had seen nothing before.
  if (!recorder.platform_restarted() && recorder.platform_first() && recorder.platform_first()->arrivals > 0)
    return nullptr;
  return {{"count", platform->arrivals},
          {"mean", platform->mean_us},
          {"p50", platform->p50_us},
          {"p90", platform->p90_us},
          {"p99", platform->p99_us},
          {"max", platform->max_us},
          {"unit", "us"}};
}

// Who has an echo and a platform that tells has the platform's: it saw the report arrive.
Latencies with_arrivals(const Recorder& recorder) {
  Latencies out = recorder.latencies();
  for (auto& [name, arrival] : recorder.arrivals()) out[name].arrival = std::move(arrival);
  return out;
}

json latencies_json(const Latencies& latencies) {
  json out = json::array();
  for (const auto& [name, latency] : latencies) {
    const std::size_t slash = name.find('/');
    const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
    const std::size_t dot = name.find('.', start);
    json row = {{"uplink", slash == std::string::npos ? std::string() : name.substr(0, slash)},
                {"type", dot == std::string::npos ? std::string() : name.substr(start, dot - start)},
                {"report", dot == std::string::npos ? name.substr(start) : name.substr(dot + 1)},
                {"send", summary_of(latency.send)},
                {"ack", summary_of(latency.ack)},
                {"answer", summary_of(latency.answer)},
                {"arrival", latency.arrival.count() > 0 ? summary_of(latency.arrival) : json()}};
    out.push_back(std::move(row));
  }
  return out;
}

json marks_json(const Recorder& recorder) {
  json out = json::array();
  for (const Mark& mark : recorder.marks()) {
    json row = {{"at_s", std::round(static_cast<double>(mark.at_us - recorder.started_us()) / 1e3) / 1e3},
                {"at_us", mark.at_us},
                {"kind", mark.kind},
                {"text", mark.text}};
    if (!mark.verb.empty()) row["verb"] = mark.verb;
    if (!mark.selector.empty()) row["selector"] = mark.selector;
    if (!mark.id.empty()) row["id"] = mark.id;
    if (mark.revision > 0) row["revision"] = mark.revision;
    if (mark.times > 1) row["times"] = mark.times;
    out.push_back(std::move(row));
  }
  return out;
}

json remarks_json(const Series& series) {
  json out = json::array();
  if (!series.left_out().empty()) {
    out.push_back(
        fmt::format("figures over time have {} columns at most: {} more, the first of them {}, are neither "
                    "in series.csv nor "
                    "in the charts; what is told of the whole run has everything",
                    Series::kColumnsMax, series.left_out().size(), *series.left_out().begin()));
  }
  return out;
}

// Of kFormatBefore: reports that were dropped from a queue were counted as lost, and lost and dropped ones
// not by report.
void renew(json& results) {
  results["format"] = kFormat;
  const std::uint64_t dropped = count_at(object_at(results, "errors"), "evicted");
  const std::uint64_t refused = count_at(object_at(results, "errors"), "refused");
  if (!results.contains("totals") || !results["totals"].is_object()) return;
  json& totals = results["totals"];
  totals["dropped"] = dropped;
  totals["refused"] = refused;
  if (number_at(totals, "lost")) totals["lost"] = growth(count_at(totals, "lost"), dropped);
}

}  // namespace

std::string utc_text(std::int64_t wall_us) {
  using std::chrono::floor;
  const auto wall = std::chrono::sys_time<std::chrono::seconds>(std::chrono::seconds(wall_us / 1'000'000));
  const auto day = floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(wall - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

json summary_of(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"mean", rounded(histogram.mean())},
          {"p50", histogram.value_at_quantile(0.5)},
          {"p90", histogram.value_at_quantile(0.9)},
          {"p99", histogram.value_at_quantile(0.99)},
          {"p999", histogram.value_at_quantile(0.999)},
          {"max", histogram.max()},
          {"unit", "us"},
          {"hist", metrics::to_tree(histogram)}};
}

json make_document(const Recorder& recorder, const RunFacts& facts) {
  const Figures& figures = recorder.figures();
  const auto& base = recorder.base();
  const double seconds = base ? std::max(recorder.last_s() - base->at_s, 0.0) : 0;
  json rates = {{"sent_per_s", nullptr}, {"acked_per_s", nullptr}};
  if (base && seconds > 0) {
    rates["sent_per_s"] = rounded(static_cast<double>(growth(recorder.at_last().sent, base->sent)) / seconds);
    rates["acked_per_s"] =
        rounded(static_cast<double>(growth(recorder.at_last().acked, base->acked)) / seconds);
  }
  json lateness = summary_of(figures.lateness);
  lateness["worst_5s_p99"] =
      recorder.worst().lateness_known ? json(recorder.worst().lateness_p99_us) : json();
  const Latencies latencies = with_arrivals(recorder);
  json out = {
      {"format", kFormat},
      {"fleet", facts.fleet},
      {"seed", facts.seed},
      {"version", facts.version},
      {"started", utc_text(recorder.started_us())},
      {"started_us", recorder.started_us()},
      {"start_s", base ? json(std::round(base->at_s * 1000) / 1000) : json()},
      {"seconds", std::round(seconds * 1000) / 1000},
      {"devices", facts.devices},
      {"workers", facts.workers},
      {"running", facts.running},
      {"totals", totals_json(recorder, seconds)},
      {"rates", std::move(rates)},
      {"errors", counts_json(figures.failed)},
      {"refused_by", counts_json(figures.refused_by)},
      {"not_sent", counts_json(figures.not_sent)},
      {"link_downs", counts_json(figures.link_downs)},
      {"latencies", latencies_json(latencies)},
      {"ack", summary_of(figures.ack)},
      {"lateness", std::move(lateness)},
      {"arrival", arrival_json(recorder, latencies)},
      {"utilisation",
       {{"worst_5s",
         recorder.worst().utilisation_known ? json(rounded(recorder.worst().utilisation)) : json()}}},
      {"online", {{"lowest", base ? json(rounded(recorder.worst().online)) : json()}}},
      {"limits",
       {{"lateness_p99_us", to_us(facts.limits.lateness_p99)}, {"utilisation", facts.limits.utilisation}}},
      {"series", recorder.series().to_json()},
      {"marks", marks_json(recorder)},
      {"marks_dropped", recorder.marks_dropped()},
      {"remarks", remarks_json(recorder.series())}};
  out["memory_per_device_bytes"] = figures.devices == 0 ? json() : json(figures.rss_bytes / figures.devices);
  return out;
}

Result<json> parse_results(std::string_view text) {
  if (text.size() > kResultsBytesMax) return fail(Errc::too_large, "larger than 256 MiB");
  if (!nests_at_most(text)) return fail(Errc::malformed, "nests too deep");
  json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (!parsed.is_object()) return fail(Errc::malformed, "not a JSON object");
  const std::string format = text_at(parsed, "format");
  if (format == kFormatBefore) {
    renew(parsed);
  } else if (format != kFormat) {
    return fail(Errc::invalid_argument, format.empty() ? "no results of vfleet: it has no \"format\""
                                                       : "format '" + format.substr(0, 60) + "', expected '" +
                                                             kFormat + "' or '" + kFormatBefore +
                                                             "'; a newer vfleet may have written it");
  }
  return parsed;
}

}  // namespace vfleet::control::results
