#include "control/cli/supervise/results_files.h"

#include <nlohmann/json.hpp>

#include "control/results/document.h"
#include "control/results/recorder.h"
#include "simulator/config/load_context.h"

namespace vfleet::cli {

namespace fs = std::filesystem;
using control::results::Recorder;

namespace {

constexpr const char* kRecorderFile = "recorder.jsonl";

}  // namespace

void remove_results(const fs::path& run_dir) {
  std::error_code ignored;
  for (const char* name : {kRecorderFile, "results.json", "junit.xml", "series.csv", "report.html"})
    fs::remove(run_dir / kResultsDir / name, ignored);
}

void forget_recorder(const fs::path& run_dir) {
  std::error_code ignored;
  fs::remove(run_dir / kResultsDir / kRecorderFile, ignored);
}

nlohmann::json results_left_behind(const std::string& run_dir, const RunRecord& record) {
  const auto kept = config::read_regular_file((fs::path(run_dir) / kResultsDir / kRecorderFile).string(),
                                              control::results::kResultsBytesMax);
  if (!kept) return nullptr;
  Recorder recorder(0);
  recorder.restore(*kept);
  auto figures = control::results::parse_figures(record.figures.dump());
  if (!figures) return nullptr;
  control::results::Sample last;
  last.figures = std::move(*figures);
  recorder.finish(last);
  control::results::RunFacts facts;
  facts.fleet = record.fleet;
  facts.devices = record.devices;
  facts.workers = record.workers;
  facts.limits = record.limits;
  facts.running = false;
  return control::results::make_document(recorder, facts);
}

}  // namespace vfleet::cli
