#include "control/results/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/results/measure.h"
#include "control/results/tree.h"
#include "simulator/config/threshold.h"

namespace vfleet::control::results {

using config::Dimension;
using nlohmann::json;

/// The part that makes a 99th percentile.
constexpr double kSkippedMax = 0.01;

namespace {

json verdict_on(const json& results, const std::string& text) {
  const auto threshold = config::parse_threshold(text);
  json out = {{"text", text}, {"value", nullptr}, {"shown", "-"}, {"passed", false}};
  if (!threshold) {
    out["why"] = config::to_string(threshold.error());
    return out;
  }
  const auto value =
      threshold->share ? measured_share(results, threshold->measure) : measured(results, threshold->measure);
  out["text"] = threshold->text;
  if (!value) {
    out["why"] = "nothing was measured";
    return out;
  }
  out["value"] = *value;
  out["shown"] = value_text(*value, threshold->share ? Dimension::share : threshold->measure.dimension());
  out["passed"] = config::holds(threshold->comparison, *value, threshold->value);
  return out;
}

std::vector<std::string> reasons(const json& results) {
  std::vector<std::string> out;
  const json& limits = object_at(results, "limits");
  const double busy_limit = number_at(limits, "utilisation").value_or(0.9);
  const double late_limit = number_at(limits, "lateness_p99_us").value_or(100'000);
  const double busy = number_at(object_at(results, "utilisation"), "worst_5s").value_or(0);
  if (busy > busy_limit) {
    out.push_back(fmt::format("a worker was busy {:.0f}% of five seconds (limits.utilisation is {:.0f}%)",
                              busy * 100, busy_limit * 100));
  }
  const json& lateness = object_at(results, "lateness");
  const auto shown = [](double us) { return value_text(us / 1e6, Dimension::seconds); };
  const double late = number_at(lateness, "p99").value_or(0);
  const double worst = number_at(lateness, "worst_5s_p99").value_or(0);
  if (late > late_limit) {
    out.push_back(fmt::format("p99 lateness of reports is {} (limits.lateness_p99 is {})", shown(late),
                              shown(late_limit)));
  } else if (worst > late_limit) {
    out.push_back(
        fmt::format("p99 lateness of reports was {} in the worst five seconds "
                    "(limits.lateness_p99 is {})",
                    shown(worst), shown(late_limit)));
  }
  // As if their lateness had been measured: it was past every limit.
  const auto skipped = static_cast<double>(count_at(object_at(results, "not_sent"), "late"));
  const double due = skipped + number_at(object_at(results, "totals"), "sent").value_or(0);
  if (skipped > kSkippedMax * due) {
    out.push_back(
        fmt::format("{:.2g}% of the reports that were due were skipped: the generator came to them too "
                    "late (more than {:.0f}%)",
                    100 * skipped / due, 100 * kSkippedMax));
  }
  if (!number_at(results, "start_s")) out.emplace_back("the fleet was never all online");
  if (count_at(object_at(results, "totals"), "sent") == 0) out.emplace_back("no report was sent");
  return out;
}

}  // namespace

void judge(json& results, const std::vector<std::string>& texts, const std::vector<std::string>& more) {
  json thresholds = json::array();
  for (const std::string& text : texts) thresholds.push_back(verdict_on(results, text));
  results["thresholds"] = std::move(thresholds);
  std::vector<std::string> because = reasons(results);
  for (const std::string& each : more) {
    if (std::find(because.begin(), because.end(), each) == because.end()) because.push_back(each);
  }
  results["valid"] = because.empty();
  results["invalid_because"] = std::move(because);
}

bool is_valid(const json& results) {
  return flag_at(results, "valid");
}

bool thresholds_passed(const json& results) {
  const json& all = list_at(results, "thresholds");
  return std::all_of(all.begin(), all.end(), [](const json& each) { return flag_at(each, "passed"); });
}

}  // namespace vfleet::control::results
