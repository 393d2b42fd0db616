// Any text as results.json, as compare reads it, and as what a recorder has left: all of them are judged,
// compared and rendered.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/report/csv.h"
#include "control/report/html.h"
#include "control/report/junit.h"
#include "control/results/compare.h"
#include "control/results/document.h"
#include "control/results/figures.h"
#include "control/results/recorder.h"
#include "control/results/verdict.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace config = vfleet::config;
  namespace results = vfleet::control::results;
  namespace report = vfleet::control::report;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto document = results::parse_results(text)) {
    nlohmann::json comparison = results::compare(*document, *document, {*config::parse_change("rate < -1%")});
    for (const nlohmann::json& row : comparison["rows"])
      require(row["change"].is_null() || row["change"] == 0);
    results::judge(*document, {"p99(ack) < 1s", "loss == 0", "rate(meter) > 1/s", "errors < 1%"});
    require((*document)["thresholds"].size() == 4);
    require(report::report_html(*document).ends_with("</html>\n"));
    require(report::junit_xml(*document).ends_with("</testsuites>\n"));
    require(report::series_csv(*document).starts_with("at_s,"));
  }
  // What a platform answers, and what workers sum up to.
  if (const auto platform = results::parse_platform(text)) {
    require(platform->p50_us == platform->p50_us && platform->max_us == platform->max_us);
  } else {
    require(!platform.error().detail.empty());
  }
  if (const auto figures = results::parse_figures(text)) {
    require(results::since(figures->ack, figures->ack).count() == 0);
  } else {
    require(!figures.error().detail.empty());
  }
  results::Recorder recorder(0);
  recorder.restore(text);
  const nlohmann::json kept = recorder.series().to_json();
  results::Recorder again(0);
  again.restore(recorder.unsaved().lines);
  require(again.series().points().size() == recorder.series().points().size());
  require(again.marks().size() == recorder.marks().size());
  require(report::report_html(results::make_document(recorder, {})).ends_with("</html>\n"));
  return 0;
}
