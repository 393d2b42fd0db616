#include "control/cli/render/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "control/cli/render/figures.h"
#include "control/cli/render/table.h"
#include "control/results/measure.h"
#include "control/results/tree.h"

namespace vfleet::cli {
namespace {

using config::Dimension;
using control::results::count_at;
using control::results::flag_at;
using control::results::list_at;
using control::results::number_at;
using control::results::object_at;
using control::results::text_at;
using control::results::value_text;
using nlohmann::json;

std::string value_of(const json& object, const char* name, Dimension dimension, double unit = 1) {
  const auto value = number_at(object, name);
  return value ? value_text(*value * unit, dimension) : std::string("-");
}

std::string us_of(const json& object, const char* name) {
  return value_of(object, name, Dimension::seconds, 1e-6);
}

std::string count_of(const json& object, const char* name) {
  return value_of(object, name, Dimension::count);
}

// Columns of numbers stand at the right.
class Columns {
 public:
  explicit Columns(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  [[nodiscard]] std::string render(const Style& style) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      std::string line = "  ";
      for (std::size_t i = 0; i < rows_[n].size(); ++i) {
        const std::string cell = printable(rows_[n][i]);
        line += i == 0 ? fmt::format("{:<{}}", cell, widths[i]) : fmt::format("  {:>{}}", cell, widths[i]);
      }
      out += (n == 0 ? style.faint(line) : line) + "\n";
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

void add_latency(Columns& table, const std::string& name, const json& summary) {
  if (count_at(summary, "count") == 0) return;
  table.row({name, us_of(summary, "p50"), us_of(summary, "p90"), us_of(summary, "p99"),
             us_of(summary, "p999"), us_of(summary, "max"), fmt::to_string(count_at(summary, "count"))});
}

std::string latencies(const json& results, const Style& style) {
  Columns table({"from when it was due until", "p50", "p90", "p99", "p99.9", "max", "reports"});
  // Apart: the platform's own part of the way, however late the generator was.
  Columns answers({"from when it left until acknowledged", "p50", "p90", "p99", "p99.9", "max", "reports"});
  add_latency(table, "acknowledged, all reports", object_at(results, "ack"));
  add_latency(table, "arrived at the platform", object_at(results, "arrival"));
  for (const json& row : list_at(results, "latencies")) {
    const std::string name =
        text_at(row, "uplink") + "/" + text_at(row, "type") + "." + text_at(row, "report");
    add_latency(table, "sent          " + name, object_at(row, "send"));
    add_latency(table, "acknowledged  " + name, object_at(row, "ack"));
    add_latency(table, "arrived       " + name, object_at(row, "arrival"));
    add_latency(answers, name, object_at(row, "answer"));
  }
  std::string out;
  for (const Columns* each : {&table, &answers}) {
    if (!each->empty()) out += "\n" + each->render(style);
  }
  return out;
}

std::string rates(const json& results, const Style& style) {
  Columns table({"report", "sent", "acked", "refused", "dropped", "lost", "in flight", "acked a second"});
  const json& totals = object_at(results, "totals");
  // Of the rows, so that the account closes: what the platform counts as lost was perhaps handed over.
  std::uint64_t lost = 0;
  for (const auto& [name, row] : object_at(totals, "reports").items()) {
    lost += count_at(row, "lost");
    table.row({name, fmt::to_string(count_at(row, "sent")), fmt::to_string(count_at(row, "acked")),
               count_of(row, "refused"), count_of(row, "dropped"), count_of(row, "lost"),
               count_of(row, "in_flight"), value_of(row, "acked_per_s", Dimension::per_second)});
  }
  if (table.empty()) return {};
  table.row({"all", fmt::to_string(count_at(totals, "sent")), fmt::to_string(count_at(totals, "acked")),
             count_of(totals, "refused"), count_of(totals, "dropped"), fmt::to_string(lost),
             count_of(totals, "in_flight"),
             value_of(object_at(results, "rates"), "acked_per_s", Dimension::per_second)});
  return "\n" + table.render(style);
}

std::string thresholds(const json& results, const Style& style) {
  const json& all = list_at(results, "thresholds");
  if (all.empty()) return {};
  std::size_t width = 0;
  for (const json& each : all) width = std::max(width, text_at(each, "text").size());
  std::string out = "\n";
  for (const json& each : all) {
    const bool passed = flag_at(each, "passed");
    const std::string why = text_at(each, "why");
    out += fmt::format("  {}  {:<{}}  {}\n", passed ? style.good("met    ") : style.bad("not met"),
                       printable(text_at(each, "text")), width,
                       printable(why.empty() ? text_at(each, "shown") : why));
  }
  return out;
}

std::string unit_text(const json& row, const char* name) {
  const auto value = number_at(row, name);
  if (!value) return "-";
  const std::string unit = text_at(row, "unit");
  return value_text(*value, unit == "s"      ? Dimension::seconds
                            : unit == "1/s"  ? Dimension::per_second
                            : unit == "part" ? Dimension::share
                                             : Dimension::count);
}

std::string change_text(const json& row) {
  const auto change = number_at(row, "change");
  if (!change) return number_at(row, "a") && number_at(row, "b") ? "from 0" : "-";
  if (*change == 0) return "=";
  if (text_at(row, "unit") == "part") return fmt::format("{:+.2f} points", *change * 100);
  return std::abs(*change) >= 9.995 ? fmt::format("x{:.1f}", 1 + *change)
                                    : fmt::format("{:+.1f}%", *change * 100);
}

}  // namespace

std::string render_results(const json& results, const Style& style) {
  return rates(results, style) + latencies(results, style) + thresholds(results, style);
}

std::string render_results_now(const json& results, const Style& style) {
  const json& totals = object_at(results, "totals");
  const bool online = number_at(results, "start_s").has_value();
  std::string out = fmt::format(
      "{}: {} devices, {} worker{}; {}\n",
      style.strong((flag_at(results, "running") ? "results so far of " : "results of ") +
                   printable(text_at(results, "fleet"))),
      count_at(results, "devices"), count_at(results, "workers"),
      count_at(results, "workers") == 1 ? "" : "s",
      online ? fmt::format("online after {:.1f} s, measured for {:.1f} s", *number_at(results, "start_s"),
                           number_at(results, "seconds").value_or(0))
             : std::string("not all online yet"));
  const auto line = [&out](std::string_view name, const std::string& text) {
    out += fmt::format("  {:<12} {}\n", name, text);
  };
  const json& rates_now = object_at(results, "rates");
  line("rate", number_at(rates_now, "acked_per_s")
                   ? fmt::format("{} acknowledged, {} sent",
                                 value_of(rates_now, "acked_per_s", Dimension::per_second),
                                 value_of(rates_now, "sent_per_s", Dimension::per_second))
                   : fmt::format("no full second yet; {} acknowledged and {} sent so far",
                                 count_at(totals, "acked"), count_at(totals, "sent")));
  const std::uint64_t lost = count_at(totals, "lost");
  line("lost", fmt::format("{} ({})", lost == 0 ? style.good("0") : style.bad(fmt::to_string(lost)),
                           text_at(totals, "lost_by") == "platform" ? "as the platform counts"
                                                                    : "never acknowledged"));
  if (const auto dropped = count_at(totals, "dropped"))
    line("dropped", style.warn(fmt::format("{} that gave way in a full queue or ended in it", dropped)));
  line("failed", failures(object_at(results, "errors"), object_at(results, "refused_by")));
  line("not sent", by_reason(object_at(results, "not_sent")));
  const json& lateness = object_at(results, "lateness");
  const bool windows = number_at(lateness, "worst_5s_p99").has_value();
  line("lateness", fmt::format("p99 {}, {}, max {}", us_of(lateness, "p99"),
                               windows ? "worst five seconds " + us_of(lateness, "worst_5s_p99")
                                       : std::string("no full five seconds yet"),
                               us_of(lateness, "max")));
  const json& utilisation = object_at(results, "utilisation");
  line("busiest", number_at(utilisation, "worst_5s")
                      ? fmt::format("a worker was busy {} of five seconds",
                                    value_of(utilisation, "worst_5s", Dimension::share))
                      : std::string("no full five seconds yet"));
  out += render_results(results, style);
  std::string why;
  for (const json& each : list_at(results, "invalid_because")) {
    if (each.is_string()) why += (why.empty() ? "" : "; ") + printable(each.get<std::string>());
  }
  out += "\n";
  for (const json& each : list_at(results, "remarks")) {
    if (each.is_string()) line("note", style.warn(printable(each.get<std::string>())));
  }
  line("results", flag_at(results, "valid") ? style.good("valid") : style.bad("not valid: " + why));
  return out;
}

std::string render_comparison(const json& comparison, const Style& style) {
  std::string out;
  for (const auto& [name, member] : {std::pair{"A", "a"}, std::pair{"B", "b"}}) {
    const json& head = object_at(comparison, member);
    out += fmt::format("{}: {}, {} devices, {} worker{}, measured for {:.1f} s, started {}{}\n", name,
                       printable(text_at(head, "fleet")), count_at(head, "devices"),
                       count_at(head, "workers"), count_at(head, "workers") == 1 ? "" : "s",
                       number_at(head, "seconds").value_or(0), printable(text_at(head, "started")),
                       flag_at(head, "valid") ? "" : style.bad(", results invalid"));
  }
  Columns table({"", "A", "B", "change"});
  for (const json& row : list_at(comparison, "rows"))
    table.row({text_at(row, "name"), unit_text(row, "a"), unit_text(row, "b"), change_text(row)});
  out += "\n" + table.render(style);
  const json& checks = list_at(comparison, "checks");
  if (!checks.empty()) out += "\n";
  for (const json& check : checks) {
    const bool unknown = !check.contains("failed") || !check["failed"].is_boolean();
    const bool failed = flag_at(check, "failed");
    out += fmt::format("  {}  {}  {} -> {} ({})\n",
                       unknown  ? style.warn("unknown")
                       : failed ? style.bad("failed ")
                                : style.good("passed "),
                       printable(text_at(check, "text")), unit_text(check, "a"), unit_text(check, "b"),
                       unknown ? printable(text_at(check, "why")) : change_text(check));
  }
  return out;
}

}  // namespace vfleet::cli
