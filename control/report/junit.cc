#include "control/report/junit.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/report/escape.h"
#include "control/results/tree.h"

namespace vfleet::control::report {

using nlohmann::json;
using results::flag_at;
using results::list_at;
using results::text_at;

std::string junit_xml(const json& results) {
  const json& thresholds = list_at(results, "thresholds");
  const bool valid = flag_at(results, "valid");
  const double seconds = results::number_at(results, "seconds").value_or(0);
  const std::string fleet = escaped(text_at(results, "fleet"));
  std::string why;
  for (const json& each : list_at(results, "invalid_because")) {
    if (each.is_string()) why += (why.empty() ? "" : "; ") + each.get<std::string>();
  }
  std::string cases;
  std::size_t failures = 0;
  const auto open = [&](std::string_view name) {
    return fmt::format("    <testcase classname=\"vfleet.{}\" name=\"{}\" time=\"{:.3f}\"", fleet,
                       escaped(name), seconds);
  };
  cases += open("results are valid");
  if (valid) {
    cases += "/>\n";
  } else {
    ++failures;
    cases += fmt::format(
        ">\n      <failure message=\"{0}\" type=\"invalid\">{0}</failure>\n    </testcase>\n", escaped(why));
  }
  std::size_t errors = 0;
  for (const json& each : thresholds) {
    cases += open(text_at(each, "text"));
    const std::string shown = escaped(text_at(each, "shown"));
    if (flag_at(each, "passed") && valid) {
      cases += fmt::format(">\n      <system-out>measured {}</system-out>\n    </testcase>\n", shown);
      continue;
    }
    const std::string reason = text_at(each, "why");
    std::string said = reason.empty() ? "measured " + shown : escaped(reason);
    if (!valid) {
      ++errors;
      said += escaped("; the results are invalid: " + why);
    } else {
      ++failures;
    }
    cases += fmt::format(">\n      <{0} message=\"{1}\" type=\"threshold\">{1}</{0}>\n    </testcase>\n",
                         valid ? "failure" : "error", said);
  }
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"",
                                         thresholds.size() + 1, failures, errors, seconds);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vfleet\" {0}>\n"
      "  <testsuite name=\"vfleet.{1}\" {0} timestamp=\"{2}\">\n"
      "    <properties>\n"
      "      <property name=\"devices\" value=\"{3}\"/>\n"
      "      <property name=\"workers\" value=\"{4}\"/>\n"
      "      <property name=\"version\" value=\"{5}\"/>\n"
      "      <property name=\"seed\" value=\"{6}\"/>\n"
      "    </properties>\n{7}  </testsuite>\n</testsuites>\n",
      counts, fleet, escaped(text_at(results, "started")), results::count_at(results, "devices"),
      results::count_at(results, "workers"), escaped(text_at(results, "version")),
      results::count_at(results, "seed"), cases);
}

}  // namespace vfleet::control::report
