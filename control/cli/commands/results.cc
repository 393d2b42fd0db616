#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/left_report.h"
#include "control/cli/render/results.h"
#include "control/cli/session.h"
#include "control/cli/thresholds.h"
#include "control/report/files.h"
#include "control/results/tree.h"
#include "control/results/verdict.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

/// A fleet that has ended left its results on disk: whoever asks for them is told where.
Failure with_report(const Session& session, Failure failure) {
  if (failure.status != ExitStatus::no_control) return failure;
  if (const auto page = left_report(session.env(), session.run_dir_option())) {
    failure.message += "; the results of a run that has ended are in " + page->parent_path().string();
    failure.hint = "open " + page->string() + "; for programs, results.json next to it";
  }
  return failure;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto more = checked_thresholds(invocation);
  if (!more) return tl::unexpected<Failure>(more.error());
  auto answer = session.query("results", json::object());
  if (!answer) return tl::unexpected<Failure>(with_report(session, std::move(answer.error())));
  json results = control::results::object_at(*answer, "results");
  std::vector<std::string> texts;
  for (const json& each : control::results::list_at(results, "thresholds"))
    texts.push_back(control::results::text_at(each, "text"));
  texts.insert(texts.end(), more->begin(), more->end());
  control::results::judge(results, texts);
  if (const auto dir = invocation.text("write")) {
    if (auto written = control::report::write_report(*dir, results); !written)
      return give_up(ExitStatus::failed, "cannot_write", "cannot write " + written.error().detail);
  }
  session.out().document(results);
  session.out().text(render_results_now(results, session.out().style()));
  if (const auto dir = invocation.text("write"))
    session.out().text(
        fmt::format("  report       {}\n", (std::filesystem::path(*dir) / "report.html").string()));
  if (!invocation.has("check")) return ExitStatus::done;
  if (!control::results::is_valid(results) && !invocation.has("allow-invalid")) return ExitStatus::invalid;
  return control::results::thresholds_passed(results) ? ExitStatus::done : ExitStatus::thresholds;
}

}  // namespace

CommandSpec results_command() {
  return {
      .name = "results",
      .group = "Fleet",
      .summary = "What a running fleet's results are now: rates, latencies, thresholds",
      .details =
          "Rates count from when all devices were online, latencies from when each report was due. --write "
          "makes\n"
          "results.json, junit.xml, series.csv and report.html. With --check the exit status is 6 when a "
          "threshold\n"
          "does not hold and 7 when the results are invalid. Of a fleet that has ended it says where `vfleet "
          "up` "
          "left\nthem: RUN_DIR/results.",
      .positionals = {},
      .options = {{"write", Takes::file, "DIR", "Write the report there", {}, 0},
                  {"check", Takes::nothing, "", "Let the thresholds decide the exit status", {}, 0},
                  threshold_option(),
                  {"allow-invalid", Takes::nothing, "", "With --check: whatever the generator was", {}, 0}},
      .examples = {{"vfleet results", "one look"},
                   {"vfleet results --write report", "with charts, for a browser"},
                   {"vfleet results --check --threshold 'p99(meter.ack) < 300ms'", "in a script"}},
      .run = run};
}

}  // namespace vfleet::cli
