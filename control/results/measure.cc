#include "control/results/measure.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/results/tree.h"

namespace vfleet::control::results {

using config::Measure;
using config::MeasureKind;
using config::Way;
using metrics::Histogram;
using nlohmann::json;

namespace {

const char* name_of(Way way) {
  switch (way) {
    case Way::send:
      return "send";
    case Way::ack:
      return "ack";
    case Way::answer:
      return "answer";
    case Way::arrival:
      return "arrival";
    case Way::lateness:
      return "lateness";
    case Way::none:
      break;
  }
  return "";
}

Histogram histogram_of(const json& results, const Measure& measure) {
  const char* way = name_of(measure.way);
  if (measure.way == Way::lateness) return histogram_at(object_at(results, "lateness"), "hist");
  const bool all = measure.uplink.empty() && measure.type.empty() && measure.report.empty();
  // All reports together are counted apart from the rows.
  if (all && measure.way == Way::ack) return histogram_at(object_at(results, "ack"), "hist");
  if (all && measure.way == Way::arrival) return histogram_at(object_at(results, "arrival"), "hist");
  Histogram out;
  for (const json& row : list_at(results, "latencies")) {
    if (!measure.uplink.empty() && text_at(row, "uplink") != measure.uplink) continue;
    if (!measure.type.empty() && text_at(row, "type") != measure.type) continue;
    if (!measure.report.empty() && text_at(row, "report") != measure.report) continue;
    out.merge(histogram_at(object_at(row, way), "hist"));
  }
  return out;
}

std::optional<double> latency(const json& results, const Measure& measure) {
  const json& arrival = object_at(results, "arrival");
  const bool all = measure.uplink.empty() && measure.type.empty() && measure.report.empty();
  if (measure.way == Way::arrival && all && !arrival.contains("hist")) {
    // A platform that gives a few figures and no histogram.
    const auto seconds = [&](const char* name) -> std::optional<double> {
      const auto us = number_at(arrival, name);
      return us ? std::optional(*us / 1e6) : std::nullopt;
    };
    switch (measure.kind) {
      case MeasureKind::max:
        return seconds("max");
      case MeasureKind::mean:
        return seconds("mean");
      case MeasureKind::samples:
        return number_at(arrival, "count");
      default:
        break;
    }
    for (const auto& [quantile, name] : {std::pair{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}}) {
      if (measure.quantile == quantile) return seconds(name);
    }
    return std::nullopt;
  }
  const Histogram histogram = histogram_of(results, measure);
  if (measure.kind == MeasureKind::samples) return static_cast<double>(histogram.count());
  if (histogram.count() == 0) return std::nullopt;
  if (measure.kind == MeasureKind::max) return static_cast<double>(histogram.max()) / 1e6;
  if (measure.kind == MeasureKind::mean) return histogram.mean() / 1e6;
  return static_cast<double>(histogram.value_at_quantile(measure.quantile)) / 1e6;
}

std::optional<double> by_report(const json& results, const Measure& measure, const char* name) {
  const json& reports = object_at(object_at(results, "totals"), "reports");
  std::optional<double> sum;
  for (const auto& [key, row] : reports.items()) {
    const std::size_t dot = key.find('.');
    if (!measure.type.empty() && key.substr(0, dot) != measure.type) continue;
    if (!measure.report.empty() && (dot == std::string::npos ? key : key.substr(dot + 1)) != measure.report)
      continue;
    if (const auto value = number_at(row, name)) sum = sum.value_or(0) + *value;
  }
  return sum;
}

std::optional<double> by_reason(const json& results, const Measure& measure, const char* name) {
  const json& reasons = object_at(results, name);
  if (measure.reason.empty()) return static_cast<double>(total(reasons));
  return static_cast<double>(count_at(reasons, measure.reason.c_str()));
}

}  // namespace

std::optional<double> measured(const json& results, const Measure& measure) {
  const json& totals = object_at(results, "totals");
  const bool named = !measure.type.empty() || !measure.report.empty();
  switch (measure.kind) {
    case MeasureKind::quantile:
    case MeasureKind::max:
    case MeasureKind::mean:
    case MeasureKind::samples:
      return latency(results, measure);
    case MeasureKind::rate:
      return named ? by_report(results, measure, "acked_per_s")
                   : number_at(object_at(results, "rates"), "acked_per_s");
    case MeasureKind::sent:
      return named ? by_report(results, measure, "sent") : number_at(totals, "sent");
    case MeasureKind::acked:
      return named ? by_report(results, measure, "acked") : number_at(totals, "acked");
    case MeasureKind::loss:
      return named ? by_report(results, measure, "lost") : number_at(totals, "lost");
    case MeasureKind::dropped:
      return named ? by_report(results, measure, "dropped") : number_at(totals, "dropped");
    case MeasureKind::received:
      return number_at(totals, "received");
    case MeasureKind::missing:
      return number_at(totals, "missing");
    case MeasureKind::duplicates:
      return number_at(totals, "duplicates");
    case MeasureKind::errors:
      return by_reason(results, measure, "errors");
    case MeasureKind::not_sent:
      return by_reason(results, measure, "not_sent");
    case MeasureKind::link_downs:
      return by_reason(results, measure, "link_downs");
    case MeasureKind::online:
      return number_at(object_at(results, "online"), "lowest");
    case MeasureKind::utilisation:
      return number_at(object_at(results, "utilisation"), "worst_5s");
  }
  return std::nullopt;
}

std::optional<double> measured_share(const json& results, const Measure& measure) {
  const auto value = measured(results, measure);
  if (!value || measure.dimension() == config::Dimension::share) return value;
  const bool named = !measure.type.empty() || !measure.report.empty();
  const auto sent =
      named ? by_report(results, measure, "sent") : number_at(object_at(results, "totals"), "sent");
  // Of what was due, for those that were not sent.
  const double all = sent.value_or(0) + (measure.kind == MeasureKind::not_sent
                                             ? static_cast<double>(total(object_at(results, "not_sent")))
                                             : 0);
  if (all <= 0) return *value == 0 ? std::optional(0.0) : std::nullopt;
  return *value / all;
}

std::string value_text(double value, config::Dimension dimension) {
  switch (dimension) {
    case config::Dimension::seconds: {
      const double us = value * 1e6;
      if (us < 999.5) return fmt::format("{:.0f} us", us);
      if (us < 999'500) return fmt::format("{:.3g} ms", us / 1e3);
      return fmt::format("{:.2f} s", value);
    }
    case config::Dimension::per_second:
      return value < 100 ? fmt::format("{:.3g}/s", value) : fmt::format("{:.0f}/s", value);
    case config::Dimension::share:
      return fmt::format("{:.4g}%", value * 100);
    case config::Dimension::count:
      break;
  }
  return std::abs(value - std::round(value)) < 1e-9 && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                                              : fmt::format("{:.4g}", value);
}

}  // namespace vfleet::control::results
