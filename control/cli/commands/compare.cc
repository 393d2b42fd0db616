#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/results.h"
#include "control/cli/session.h"
#include "control/cli/thresholds.h"
#include "control/results/compare.h"
#include "control/results/document.h"
#include "control/results/tree.h"
#include "simulator/config/load_context.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

// A results.json, or the folder of a report.
Outcome<json> read_results(std::string path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path += "/results.json";
  const auto text = config::read_regular_file(path, control::results::kResultsBytesMax);
  if (!text) return give_up(ExitStatus::usage, "usage", text.error().detail);
  auto results = control::results::parse_results(*text);
  if (!results) {
    return give_up(ExitStatus::usage, "usage", path + ": " + results.error().detail,
                   "`vfleet up --for` and `vfleet results --write DIR` write results.json");
  }
  return std::move(*results);
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  std::vector<config::Change> checks;
  for (const std::string& text : invocation.texts("fail-if")) {
    auto change = config::parse_change(text);
    if (!change) return tl::unexpected(mistake_in("fail-if", text, change.error()));
    checks.push_back(std::move(*change));
  }
  const auto a = read_results(invocation.text_or("A", ""));
  if (!a) return tl::unexpected<Failure>(a.error());
  const auto b = read_results(invocation.text_or("B", ""));
  if (!b) return tl::unexpected<Failure>(b.error());
  json comparison = control::results::compare(*a, *b, checks);
  const json& judged = comparison["checks"];
  const bool failed =
      std::any_of(judged.begin(), judged.end(), [](const json& each) { return each["failed"] == true; });
  const bool unknown =
      std::any_of(judged.begin(), judged.end(), [](const json& each) { return each["failed"].is_null(); });
  const bool valid = control::results::flag_at(*a, "valid") && control::results::flag_at(*b, "valid");
  ExitStatus status = failed ? ExitStatus::thresholds : unknown ? ExitStatus::partly : ExitStatus::done;
  // What an overloaded generator measured proves nothing, neither way.
  if (!valid && !checks.empty() && !invocation.has("allow-invalid")) status = ExitStatus::invalid;
  comparison["status"] = static_cast<int>(status);
  session.out().document(comparison);
  session.out().text(render_comparison(comparison, session.out().style()));
  return status;
}

}  // namespace

CommandSpec compare_command() {
  return {
      .name = "compare",
      .group = "Fleet",
      .summary = "How one run's results differ from another's",
      .details =
          "A and B are results.json of two runs, or the folders they are in. Percentiles are computed from "
          "the "
          "histograms\n"
          "in both. A change is relative (+10%), or absolute with a unit (+20ms); of parts it is in points. "
          "Exit status:\n"
          "0, or with --fail-if: 6 one of them holds, 4 one of them could not be measured, 7 one of the runs "
          "is invalid.",
      .positionals = {{"A", "results.json of the first run"}, {"B", "and of the second"}},
      .options = {{"fail-if",
                   Takes::texts,
                   "'TEXT'",
                   "Which change is too much: 'p99(meter.ack) > +10%'; may be given again",
                   {},
                   0},
                  {"allow-invalid", Takes::nothing, "", "Judge although a generator was overloaded", {}, 0}},
      .examples = {{"vfleet compare before/results.json after/results.json", "a table"},
                   {"vfleet compare before after --fail-if 'p99(ack) > +10%' --fail-if 'rate < -5%'",
                    "in a script"},
                   {"vfleet compare before after --json | jq '.rows[] | select(.name == \"p99(ack)\")'",
                    "for another program"}},
      .run = run};
}

}  // namespace vfleet::cli
