#include "control/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "control/report/chart.h"
#include "control/report/escape.h"
#include "control/report/html_style.h"
#include "control/results/measure.h"
#include "control/results/tree.h"

namespace vfleet::control::report {
namespace {

using nlohmann::json;
using results::count_at;
using results::flag_at;
using results::list_at;
using results::number_at;
using results::object_at;
using results::text_at;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMarksShown = 500;

// Of a summary: nothing was measured where it counts nothing.
std::optional<double> measured(const json& summary, const char* name) {
  return count_at(summary, "count") > 0 ? number_at(summary, name) : std::nullopt;
}

std::string us_text(const std::optional<double>& us) {
  return us ? results::value_text(*us / 1e6, config::Dimension::seconds) : std::string("-");
}

std::string count_text(const json& object, const char* name) {
  const auto value = number_at(object, name);
  return value ? results::value_text(*value, config::Dimension::count) : std::string("-");
}

std::string rate_text(const json& object, const char* name) {
  const auto value = number_at(object, name);
  return value ? results::value_text(*value, config::Dimension::per_second) : std::string("-");
}

class Page {
 public:
  explicit Page(const json& results)
      : results_(results), series_(object_at(results, "series")), columns_(object_at(series_, "columns")) {}

  std::string render() {
    head();
    verdicts();
    tiles();
    thresholds();
    charts();
    latencies();
    reports();
    reasons();
    marks();
    out_ += fmt::format(
        "<footer>vfleet {}, seed {}. Latencies count from when a report was due. Points that cover several "
        "seconds show the worst of them.</footer></main><script>{}</script></body></html>\n",
        escaped(text_at(results_, "version")), count_at(results_, "seed"), kScript);
    return std::move(out_);
  }

 private:
  void head() {
    const std::string fleet = escaped(text_at(results_, "fleet"));
    const auto start = number_at(results_, "start_s");
    out_ += fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"/><title>vfleet: {}</title><style>{}</style></head>"
        "<body><main>\n<h1>{}</h1>\n<p class=\"sub\">{} devices, {} worker{}; started {}; {}measured for "
        "{:.1f} "
        "s{}</p>\n",
        fleet, kStyle, fleet, count_at(results_, "devices"), count_at(results_, "workers"),
        count_at(results_, "workers") == 1 ? "" : "s", escaped(text_at(results_, "started")),
        start ? fmt::format("all online after {:.1f} s, ", *start) : std::string("never all online, "),
        number_at(results_, "seconds").value_or(0),
        flag_at(results_, "running") ? "; the fleet was still running" : "");
  }

  void verdicts() {
    const json& all = list_at(results_, "thresholds");
    const auto passed = static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const json& each) { return flag_at(each, "passed"); }));
    const bool valid = flag_at(results_, "valid");
    out_ += "<div class=\"badges\">";
    out_ += valid ? "<span class=\"badge good\">results valid</span>"
                  : "<span class=\"badge bad\">results invalid</span>";
    if (all.empty()) {
      out_ += "<span class=\"badge warn\">no thresholds</span>";
    } else {
      out_ += fmt::format("<span class=\"badge {}\">{} of {} thresholds met</span>",
                          passed == all.size() ? "good" : "bad", passed, all.size());
    }
    out_ += "</div>\n";
    for (const json& each : list_at(results_, "remarks")) {
      if (each.is_string()) out_ += "<p class=\"sub\">" + escaped(each.get<std::string>()) + "</p>\n";
    }
    if (valid) return;
    out_ += "<div class=\"why\">What was measured says nothing about the platform:<ul>";
    for (const json& each : list_at(results_, "invalid_because")) {
      if (each.is_string()) out_ += "<li>" + escaped(each.get<std::string>()) + "</li>";
    }
    out_ += "</ul></div>\n";
  }

  void tile(const std::string& name, const std::string& value, const std::string& remark, bool bad = false) {
    out_ += fmt::format("<div class=\"tile{}\"><span>{}</span><b>{}</b><small>{}</small></div>",
                        bad ? " bad" : "", escaped(name), escaped(value), escaped(remark));
  }

  void tiles() {
    const json& totals = object_at(results_, "totals");
    const json& ack = object_at(results_, "ack");
    const json& lateness = object_at(results_, "lateness");
    out_ += "<div class=\"tiles\">";
    tile("acknowledged", rate_text(object_at(results_, "rates"), "acked_per_s"),
         count_text(totals, "acked") + " in all");
    tile("sent", rate_text(object_at(results_, "rates"), "sent_per_s"),
         count_text(totals, "sent") + " in all");
    tile("lost", count_text(totals, "lost"),
         text_at(totals, "lost_by") == "platform" ? "never arrived at the platform" : "never acknowledged",
         count_at(totals, "lost") > 0);
    if (const auto dropped = count_at(totals, "dropped"); dropped > 0)
      tile("dropped", count_text(totals, "dropped"), "gave way in a queue, never left", true);
    tile("failed", count_text(totals, "failed"), "sent, not accepted", count_at(totals, "failed") > 0);
    tile("not sent", count_text(totals, "not_sent"), "were due, never sent");
    tile("p50 to ack", us_text(measured(ack, "p50")), "from when it was due");
    tile("p99 to ack", us_text(measured(ack, "p99")), "max " + us_text(measured(ack, "max")));
    if (const json& arrival = object_at(results_, "arrival"); !arrival.empty())
      tile("p99 to arrival", us_text(number_at(arrival, "p99")), "from when it was due");
    tile("generator late by", us_text(measured(lateness, "p99")),
         "p99; worst 5 s " + us_text(number_at(lateness, "worst_5s_p99")));
    const auto busy = number_at(object_at(results_, "utilisation"), "worst_5s");
    tile("busiest worker", busy ? results::value_text(*busy, config::Dimension::share) : "-",
         "of a core, worst 5 s");
    const auto online = number_at(object_at(results_, "online"), "lowest");
    tile("online at least", online ? results::value_text(*online, config::Dimension::share) : "-",
         "once all had been");
    out_ += "</div>\n";
  }

  void thresholds() {
    const json& all = list_at(results_, "thresholds");
    if (all.empty()) return;
    out_ +=
        "<h2>Thresholds</h2><div class=\"card\"><table><tr><th>wanted</th><th>measured</th><th></th></tr>";
    for (const json& each : all) {
      const bool passed = flag_at(each, "passed");
      const std::string why = text_at(each, "why");
      out_ +=
          fmt::format("<tr><td class=\"long\"><code>{}</code></td><td>{}</td><td class=\"{}\">{}</td></tr>",
                      escaped(text_at(each, "text")), escaped(why.empty() ? text_at(each, "shown") : why),
                      passed ? "good" : "bad", passed ? "met" : "not met");
    }
    out_ += "</table></div>\n";
  }

  // ---- charts ----

  [[nodiscard]] Line line(const std::string& column, std::string name, bool worst = false) const {
    Line out{std::move(name), {}, worst};
    const json& values = list_at(columns_, column.c_str());
    for (std::size_t i = 0; i < at_s_.size(); ++i) {
      const bool there = i < values.size() && values[i].is_number();
      out.values.push_back(there ? values[i].get<double>() : kNone);
    }
    return out;
  }

  [[nodiscard]] Chart chart(std::string title, Axis axis, std::string remark = {}) const {
    Chart out;
    out.title = std::move(title);
    out.remark = std::move(remark);
    out.axis = axis;
    out.at_s = at_s_;
    out.gaps = gaps_;
    out.marks = marks_;
    return out;
  }

  void add(const Chart& chart) { out_ += render_chart(chart, ++charts_); }

  // Columns that begin and end so, with what stands between.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> matching(std::string_view begin,
                                                                          std::string_view end) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [name, values] : columns_.items()) {
      if (name.size() > begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end))
        out.emplace_back(name, name.substr(begin.size(), name.size() - begin.size() - end.size()));
    }
    return out;
  }

  // The lines with the most in them, largest first.
  static void largest(std::vector<Line>& lines) {
    const auto sum = [](const Line& line) {
      double all = 0;
      for (const double value : line.values) all += std::isnan(value) ? 0 : value;
      return all;
    };
    std::stable_sort(lines.begin(), lines.end(),
                     [&](const Line& a, const Line& b) { return sum(a) > sum(b); });
    while (!lines.empty() && sum(lines.back()) <= 0) lines.pop_back();
  }

  void read_axis() {
    for (const json& at : list_at(series_, "at_s")) at_s_.push_back(at.is_number() ? at.get<double>() : 0);
    for (const json& gap : list_at(series_, "gaps")) {
      if (gap.is_array() && gap.size() == 2 && gap[0].is_number() && gap[1].is_number())
        gaps_.push_back({gap[0].get<double>(), gap[1].get<double>()});
    }
    int number = 0;
    for (const json& mark : list_at(results_, "marks")) {
      ++number;
      if (marks_.size() == kMarksShown) break;
      marks_.push_back({number_at(mark, "at_s").value_or(-1), text_at(mark, "text"), number});
    }
  }

  void charts() {
    read_axis();
    out_ += "<h2>Over time</h2>\n";
    if (at_s_.empty()) {
      out_ += "<p class=\"sub\">Not one full interval was measured: there is nothing to draw.</p>\n";
      return;
    }
    Chart rates = chart("Reports a second", Axis::per_second);
    rates.lines = {line("sent_per_s", "sent"), line("acked_per_s", "acknowledged"),
                   line("received_per_s", "received by the platform")};
    add(rates);

    Chart ack = chart("Time to acknowledgement", Axis::latency, "from when each report was due; all reports");
    ack.lines = {line("ack.p50_us", "p50", true), line("ack.p90_us", "p90", true),
                 line("ack.p99_us", "p99", true), line("ack.max_us", "max", true)};
    add(ack);

    Chart rows = chart("p99 to acknowledgement, by report", Axis::latency);
    for (const auto& [column, name] : matching("latency.", ".ack.p99_us"))
      rows.lines.push_back(line(column, name, true));
    largest(rows.lines);
    if (rows.lines.size() > 1) add(rows);

    for (const auto& [way, title, about] :
         {std::tuple{".answer.p99_us", "p99 of the answers, by report",
                     "from when the kernel had it to the acknowledgement: the platform's part"},
          std::tuple{".arrival.p99_us", "p99 to arrival, by report", "from when each report was due"}}) {
      Chart each = chart(title, Axis::latency, about);
      for (const auto& [column, name] : matching("latency.", way))
        each.lines.push_back(line(column, name, true));
      largest(each.lines);
      if (!each.lines.empty()) add(each);
    }

    Chart sends = chart("p99 until handed to the kernel, by report", Axis::latency);
    for (const auto& [column, name] : matching("latency.", ".send.p99_us"))
      sends.lines.push_back(line(column, name, true));
    largest(sends.lines);
    add(sends);

    Chart errors =
        chart("Errors a second", Axis::per_second, "by reason; nothing is shown when there were none");
    for (const auto& [column, name] : matching("failed.", "_per_s"))
      errors.lines.push_back(line(column, name, true));
    for (const auto& [column, name] : matching("not_sent.", "_per_s"))
      errors.lines.push_back(line(column, "not sent: " + name, true));
    errors.lines.push_back(line("link_downs_per_s", "connections lost", true));
    largest(errors.lines);
    add(errors);

    Chart by_report = chart("Sent a second, by report", Axis::per_second);
    for (const auto& [column, name] : matching("reports.", ".sent_per_s"))
      by_report.lines.push_back(line(column, name));
    largest(by_report.lines);
    if (by_report.lines.size() > 1) add(by_report);

    const json& limits = object_at(results_, "limits");
    Chart lateness =
        chart("How late the generator was", Axis::latency, "past the limit, results are invalid");
    lateness.lines = {line("lateness.p50_us", "p50", true), line("lateness.p99_us", "p99", true),
                      line("lateness.max_us", "max", true)};
    lateness.limit = number_at(limits, "lateness_p99_us").value_or(0);
    add(lateness);
    Chart busy = chart("Busiest worker", Axis::part, "of one core");
    busy.lines = {line("utilisation", "utilisation", true)};
    busy.limit = number_at(limits, "utilisation").value_or(0);
    add(busy);
    Chart devices = chart("Devices", Axis::count);
    devices.lines = {line("online", "online"), line("devices", "in the fleet"),
                     line("in_flight", "reports in flight", true), line("queued", "reports queued", true)};
    add(devices);
  }

  // ---- tables ----

  void latency_row(const std::string& name, const char* way, const json& summary) {
    if (count_at(summary, "count") == 0) return;
    out_ += fmt::format("<tr><td><code>{}</code></td><td class=\"text\">{}</td>", escaped(name), way);
    for (const char* of : {"p50", "p90", "p99", "p999", "max", "mean"})
      out_ += "<td>" + us_text(number_at(summary, of)) + "</td>";
    out_ += "<td>" + count_text(summary, "count") + "</td></tr>";
  }

  void latencies() {
    std::string before = std::exchange(out_, {});
    latency_rows();
    const std::string rows = std::exchange(out_, std::move(before));
    if (rows.empty()) return;
    out_ +=
        "<h2>Latencies</h2><div class=\"card\"><table><tr><th>report</th><th class=\"text\">until</th>"
        "<th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th><th>mean</th><th>reports</th></tr>" +
        rows + "</table></div>\n";
  }

  void latency_rows() {
    latency_row("all", "acknowledged", object_at(results_, "ack"));
    latency_row("all", "arrived", object_at(results_, "arrival"));
    latency_row("all", "begun (lateness)", object_at(results_, "lateness"));
    for (const json& row : list_at(results_, "latencies")) {
      const std::string name =
          text_at(row, "uplink") + "/" + text_at(row, "type") + "." + text_at(row, "report");
      latency_row(name, "sent", object_at(row, "send"));
      latency_row(name, "acknowledged", object_at(row, "ack"));
      latency_row(name, "arrived", object_at(row, "arrival"));
      latency_row(name, "answered (from when it left)", object_at(row, "answer"));
    }
  }

  void reports() {
    const json& all = object_at(object_at(results_, "totals"), "reports");
    if (all.empty()) return;
    out_ +=
        "<h2>Reports</h2><div class=\"card\"><table><tr><th>report</th><th>sent</th><th>acknowledged</th>"
        "<th>refused</th><th>dropped</th><th>lost</th><th>in flight</th><th>acknowledged a second</th></tr>";
    for (const auto& [name, row] : all.items()) {
      out_ += fmt::format("<tr><td><code>{}</code></td>", escaped(name));
      for (const char* figure : {"sent", "acked", "refused", "dropped", "lost", "in_flight"})
        out_ += "<td>" + count_text(row, figure) + "</td>";
      out_ += "<td>" + rate_text(row, "acked_per_s") + "</td></tr>";
    }
    out_ += "</table></div>\n";
  }

  void reasons() {
    std::string rows;
    for (const auto& [member, what] :
         {std::pair{"errors", "sent, and failed"}, std::pair{"refused_by", "refused, with this answer"},
          std::pair{"not_sent", "due, and not sent"},
          std::pair{"link_downs", "connections lost, or never made"}}) {
      const json& counts = object_at(results_, member);
      for (const auto& [name, count] : counts.items()) {
        if (count_at(counts, name.c_str()) == 0) continue;
        rows += fmt::format("<tr><td>{}</td><td class=\"text\"><code>{}</code></td><td>{}</td></tr>", what,
                            escaped(name), count_text(counts, name.c_str()));
      }
    }
    if (rows.empty()) return;
    out_ +=
        "<h2>What went wrong</h2><div class=\"card\"><table><tr><th>reports</th><th "
        "class=\"text\">reason</th>"
        "<th>count</th></tr>" +
        rows + "</table></div>\n";
  }

  void marks() {
    const json& all = list_at(results_, "marks");
    if (all.empty()) return;
    out_ +=
        "<h2>What was done meanwhile</h2><div class=\"card\"><table><tr><th>no.</th><th>after</th>"
        "<th class=\"text\">what</th><th>times</th><th>revision</th></tr>";
    std::size_t number = 0;
    for (const json& mark : all) {
      if (++number > kMarksShown) break;
      const std::uint64_t revision = count_at(mark, "revision");
      out_ += fmt::format(
          "<tr><td>{}</td><td>{:.1f} s</td><td class=\"text "
          "long\"><code>{}</code></td><td>{}</td><td>{}</td></tr>",
          number, number_at(mark, "at_s").value_or(0), escaped(text_at(mark, "text")),
          std::max<std::uint64_t>(1, count_at(mark, "times")),
          revision == 0 ? std::string("-") : std::to_string(revision));
    }
    out_ += "</table></div>\n";
    const std::uint64_t more =
        count_at(results_, "marks_dropped") + (all.size() > kMarksShown ? all.size() - kMarksShown : 0);
    if (more > 0) out_ += fmt::format("<p class=\"sub\">and {} more</p>\n", more);
  }

  const json& results_;
  const json& series_;
  const json& columns_;
  std::vector<double> at_s_;
  std::vector<Span> gaps_;
  std::vector<Tick> marks_;
  int charts_ = 0;
  std::string out_;
};

}  // namespace

std::string report_html(const json& results) {
  return Page(results).render();
}

}  // namespace vfleet::control::report
