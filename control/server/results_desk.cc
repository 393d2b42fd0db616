#include "control/server/results_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/results/verdict.h"
#include "control/server/live_latencies.h"

namespace vfleet::control::server {

using nlohmann::json;

namespace {

namespace fs = std::filesystem;

constexpr Duration kEvery = std::chrono::seconds(1);
constexpr std::size_t kFileBytesMax = std::size_t{256} << 20U;

std::string file_in(const std::string& run_dir) {
  return run_dir + "/results/recorder.jsonl";
}

// What is there of an earlier control; empty when there is nothing.
std::string read_file(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > kFileBytesMax) return {};
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Whole: aside and renamed, so that who dies here leaves the old file or the new one.
bool write_file(const std::string& path, const results::Recorder::Text& text) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  const std::string to = text.whole ? path + ".new" : path;
  {
    std::ofstream out(to, text.whole ? std::ios::binary : std::ios::binary | std::ios::app);
    out << text.lines;
    if (!out.flush()) return false;
  }
  if (text.whole) fs::rename(to, path, error);
  return !error;
}

}  // namespace

ResultsDesk::ResultsDesk(Core& core, const Masking& masking)
    : core_(core), masking_(masking), recorder_(to_us(core.clock.wall_now())) {}

void ResultsDesk::keep_in(const std::string& run_dir, bool resume) {
  run_dir_ = run_dir;
  std::error_code ignored;
  if (!resume) {
    fs::remove(file_in(run_dir_), ignored);
    return;
  }
  const std::string kept = read_file(file_in(run_dir_));
  if (kept.empty()) return;
  recorder_.restore(kept);
  results::Mark mark;
  mark.at_us = to_us(core_.clock.wall_now());
  mark.kind = "control";
  mark.text = "control started again";
  recorder_.mark(std::move(mark));
}

void ResultsDesk::heard(const bus::Command& command) {
  results::Mark mark;
  mark.at_us = command.issued_us;
  mark.kind = "command";
  mark.verb = bus::to_string(command.verb);
  mark.selector = command.selector;
  mark.id = command.id;
  mark.revision = command.revision;
  mark.text = masking_.line(command);
  recorder_.mark(std::move(mark));
}

void ResultsDesk::look_at_workers() {
  boots_.resize(core_.registry.shards());
  for (const Worker& worker : core_.registry.all()) {
    std::uint64_t& known = boots_[worker.shard];
    if (worker.boot == known || worker.state == ShardState::absent) continue;
    if (known > 0) {
      results::Mark mark;
      mark.at_us = to_us(core_.clock.wall_now());
      mark.kind = "worker";
      mark.text = "worker " + std::to_string(worker.shard) + " started again";
      recorder_.mark(std::move(mark));
    }
    known = worker.boot;
  }
}

void ResultsDesk::ask_platform() {
  if (core_.figures_url().empty() || platform_asked_) return;
  platform_asked_ = true;
  core_.ports.fetch(core_.figures_url(), [this](const Result<std::string>& text) {
    platform_asked_ = false;
    if (!text) return;
    const auto figures = results::parse_platform(*text, results::ArrivalNames(core_.fleet));
    if (!figures) return;
    platform_ = *figures;
    platform_->at_us = to_us(core_.clock.wall_now());
    if (recorder_.platform_first()) return;
    // Where it counted from has to be known before the first report.
    if (auto now = sample(); now && now->figures.sent == 0) recorder_.take(*now);
  });
}

std::optional<results::Sample> ResultsDesk::sample() const {
  auto figures = results::parse_figures(core_.statistics.merged());
  if (!figures) return std::nullopt;
  results::Sample sample;
  sample.at_us = to_us(core_.clock.wall_now());
  sample.figures = std::move(*figures);
  sample.devices = core_.fleet.devices();
  sample.platform = platform_;
  return sample;
}

void ResultsDesk::take(std::shared_ptr<results::Latencies> boards) {
  auto now = sample();
  if (!now) return;
  if (boards) {
    for (const auto& [name, latency] : now->figures.latencies) (*boards)[name].merge(latency);
    now->latencies = std::move(boards);
  }
  now->figures.latencies.clear();
  recorder_.take(*now);
  platform_.reset();
  save();
}

// Boards are read elsewhere: of many workers they are many megabytes.
void ResultsDesk::gather() {
  if (gathering_) return;
  gathering_ = true;
  const auto live = std::make_shared<LiveLatencies>();  // filled there, read here
  core_.ports.off_loop(
      [live, run_dir = run_dir_] { *live = read_live_latencies(run_dir); },
      [this, live] {
        gathering_ = false;
        // A worker's death in between: its figures would count twice.
        take(still_live(*live) ? std::make_shared<results::Latencies>(std::move(live->rows)) : nullptr);
        // Nearly a second until the next sample: a platform that takes its time is in it all the same.
        ask_platform();
      });
}

void ResultsDesk::tick() {
  const TimePoint now = core_.now();
  if (now < due_) return;
  due_ = now + kEvery;
  look_at_workers();
  if (!recorder_.platform_first()) ask_platform();
  gather();
}

void ResultsDesk::save() {
  if (run_dir_.empty() || saving_) return;
  saving_ = true;
  const auto text = std::make_shared<results::Recorder::Text>(recorder_.unsaved());
  const auto good = std::make_shared<bool>(false);
  core_.ports.off_loop([text, good, path = file_in(run_dir_)] { *good = write_file(path, *text); },
                       [this, good] {
                         saving_ = false;
                         if (!*good) recorder_.write_whole_next();
                       });
}

api::JsonText ResultsDesk::document(bool running) const {
  results::RunFacts facts;
  facts.fleet = core_.fleet.name;
  facts.seed = core_.fleet.seed;
  facts.version = core_.catalogue.version();
  facts.devices = core_.fleet.devices();
  facts.workers = core_.registry.shards();
  facts.limits = core_.fleet.limits;
  facts.running = running;
  json out = results::make_document(recorder_, facts);
  results::judge(out, core_.fleet.thresholds);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

void ResultsDesk::handle(const CommandDesk::Asker& asker) {
  // Counts of this moment; rates, and times of each report, of the last full second.
  if (auto now = sample()) recorder_.refresh(std::move(now->figures));
  api::ReplyMembers members;
  members.add("results", document(true));
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
}

api::JsonText ResultsDesk::last(const std::optional<std::string>& platform) {
  // What it said before knows nothing of the last reports, and is not held against them.
  platform_.reset();
  if (platform) {
    if (auto figures = results::parse_platform(*platform, results::ArrivalNames(core_.fleet)))
      platform_ = *figures;
  }
  if (auto end = sample()) {
    auto all = std::make_shared<results::Latencies>(read_live_latencies(run_dir_).rows);
    for (const auto& [name, latency] : end->figures.latencies) (*all)[name].merge(latency);
    end->latencies = std::move(all);
    recorder_.finish(*end);
  }
  return document(false);
}

}  // namespace vfleet::control::server
