#include "control/results/compare.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "control/results/measure.h"
#include "control/results/tree.h"

namespace vfleet::control::results {

using config::Dimension;
using config::Measure;
using nlohmann::json;

namespace {

/// Of a file from outside; more make no table.
constexpr std::size_t kNamesMax = 200;

json head(const json& results) {
  return {{"fleet", text_at(results, "fleet")},      {"started", text_at(results, "started")},
          {"seconds", member(results, "seconds")},   {"devices", count_at(results, "devices")},
          {"workers", count_at(results, "workers")}, {"valid", flag_at(results, "valid")}};
}

const char* unit_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::seconds:
      return "s";
    case Dimension::per_second:
      return "1/s";
    case Dimension::share:
      return "part";
    case Dimension::count:
      return "count";
  }
  return "";
}

json optional_json(const std::optional<double>& value) {
  return value ? json(*value) : json();
}

// nullopt: there is nothing to compare, or it came from 0.
std::optional<double> change_of(const std::optional<double>& a, const std::optional<double>& b,
                                Dimension dimension) {
  if (!a || !b) return std::nullopt;
  if (dimension == Dimension::share) return *b - *a;
  if (*a == 0) return *b == 0 ? std::optional(0.0) : std::nullopt;
  return (*b - *a) / *a;
}

json row(const json& a, const json& b, const std::string& text) {
  const auto measure = config::parse_threshold(text);  // a whole threshold: the measure is what is used
  if (!measure) return nullptr;
  const Dimension dimension = measure->measure.dimension();
  const auto first = measured(a, measure->measure);
  const auto second = measured(b, measure->measure);
  if (!first && !second) return nullptr;
  return {{"name", measure->measure.text},
          {"unit", unit_of(dimension)},
          {"a", optional_json(first)},
          {"b", optional_json(second)},
          {"change", optional_json(change_of(first, second, dimension))}};
}

// What both runs have, by name: reports, and reports with their uplinks.
std::set<std::string> reports_of(const json& results) {
  std::set<std::string> out;
  for (const auto& [name, counts] : object_at(object_at(results, "totals"), "reports").items()) {
    if (out.size() < kNamesMax) out.insert(name);
  }
  return out;
}

std::set<std::string> rows_of(const json& results) {
  std::set<std::string> out;
  for (const json& each : list_at(results, "latencies")) {
    if (out.size() == kNamesMax) break;
    out.insert(text_at(each, "uplink") + "/" + text_at(each, "type") + "." + text_at(each, "report"));
  }
  return out;
}

json check(const json& a, const json& b, const config::Change& wanted) {
  const Dimension dimension = wanted.measure.dimension();
  const auto first = measured(a, wanted.measure);
  const auto second = measured(b, wanted.measure);
  json out = {{"text", wanted.text},
              {"unit", unit_of(dimension)},
              {"a", optional_json(first)},
              {"b", optional_json(second)},
              {"change", optional_json(change_of(first, second, dimension))},
              {"failed", nullptr}};
  if (!first || !second) {
    out["why"] = std::string("not measured in ") + (!first && !second ? "both" : first ? "B" : "A");
    return out;
  }
  double change = *second - *first;
  // From nothing to something is more than any part.
  if (wanted.relative && change != 0)
    change = *first == 0 ? std::copysign(INFINITY, change) : change / *first;
  out["failed"] = config::holds(wanted.comparison, change, wanted.value);
  return out;
}

}  // namespace

json compare(const json& a, const json& b, const std::vector<config::Change>& checks) {
  json rows = json::array();
  const auto add = [&](const std::string& text) {
    if (json each = row(a, b, text); !each.is_null()) rows.push_back(std::move(each));
  };
  for (const char* text :
       {"rate > 0/s",      "sent > 0",         "acked > 0",        "loss > 0",          "dropped > 0",
        "errors > 0",      "not_sent > 0",     "link_downs > 0",   "duplicates > 0",    "p50(ack) > 0",
        "p90(ack) > 0",    "p99(ack) > 0",     "p999(ack) > 0",    "max(ack) > 0",      "p50(answer) > 0",
        "p99(answer) > 0", "p50(arrival) > 0", "p99(arrival) > 0", "p99(lateness) > 0", "utilisation > 0",
        "online > 0"}) {
    add(text);
  }
  std::set<std::string> reports = reports_of(a);
  reports.merge(reports_of(b));
  for (const std::string& name : reports) add("rate(" + name + ") > 0/s");
  std::set<std::string> names = rows_of(a);
  names.merge(rows_of(b));
  for (const std::string& name : names) {
    for (const char* of : {"p50", "p99"}) {
      add(std::string(of) + "(" + name + ".send) > 0");
      add(std::string(of) + "(" + name + ".ack) > 0");
      add(std::string(of) + "(" + name + ".answer) > 0");
      add(std::string(of) + "(" + name + ".arrival) > 0");
    }
  }
  json judged = json::array();
  for (const config::Change& each : checks) judged.push_back(check(a, b, each));
  return {{"a", head(a)}, {"b", head(b)}, {"rows", std::move(rows)}, {"checks", std::move(judged)}};
}

}  // namespace vfleet::control::results
