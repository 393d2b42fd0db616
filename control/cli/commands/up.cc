#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/cli/commands/all.h"
#include "control/cli/render/mistakes.h"
#include "control/cli/session.h"
#include "control/cli/supervise/descriptors.h"
#include "control/cli/supervise/detach.h"
#include "control/cli/supervise/fleet_run.h"
#include "control/cli/supervise/platform_figures.h"
#include "control/cli/supervise/run_files.h"
#include "control/cli/worker_types.h"
#include "simulator/config/fleet_file.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr Duration kFiguresWithin = std::chrono::seconds(2);
// Reports that were on their way when the fleet stopped may take a moment to be counted.
constexpr int kFiguresTries = 5;
constexpr std::chrono::milliseconds kFiguresPause{100};
/// A run that somebody waits for (--for, --detach) gives up when devices stop coming.
constexpr Duration kPatience = std::chrono::minutes(1);

// The path of up.json while this process supervises; removed with it.
class UpFile {
 public:
  explicit UpFile(fs::path path) : path_(std::move(path)) {}
  ~UpFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  UpFile(const UpFile&) = delete;
  UpFile& operator=(const UpFile&) = delete;

 private:
  fs::path path_;
};

std::string welcome(const config::FleetSpec& fleet, const fs::path& run_dir, bool name_dir,
                    std::uint64_t workers, Duration start) {
  const std::string dir = name_dir ? " --run-dir " + run_dir.string() : "";
  const std::string device = fleet.groups.empty() ? "all" : fleet.groups.front().device_id(0);
  return fmt::format(
      "{} devices online after {:.1f} s, {} worker{}; run directory {}\n"
      "try:  vfleet status{}\n"
      "      vfleet ls --limit 5{}\n"
      "      vfleet watch {}{}\n",
      fleet.devices(), to_seconds(start), workers, workers == 1 ? "" : "s", run_dir.string(), dir, dir,
      device, dir);
}

// The platform's figures after the run: those from before `sent` reports could be counted are asked again.
void read_platform(const Environment& env, const std::string& url, const json& from_control,
                   RunRecord& record) {
  record.platform_after = from_control;
  if (url.empty()) {
    record.platform_missing = "the fleet file names no platform.figures";
    return;
  }
  for (int i = 0; i < kFiguresTries; ++i) {
    auto figures = get_figures(env.clock, url, kFiguresWithin);
    if (!figures) {
      record.platform_missing = fmt::format("{}: {}", url, figures.error().detail);
      return;
    }
    record.platform_after = std::move(*figures);
    const json summary = make_summary(record);
    if (summary["lost"] == 0) return;
    ::poll(nullptr, 0, static_cast<int>(kFiguresPause.count()));
  }
}

// The words of `invocation` again, without --detach.
std::vector<std::string> words_of(const Invocation& invocation) {
  std::vector<std::string> words = {"up",
                                    fs::absolute(invocation.text_or("FILE", "")).lexically_normal().string()};
  const auto add = [&](const OptionSpec& option) {
    if (option.name == "detach" || !invocation.has(option.name)) return;
    words.push_back("--" + option.name);
    if (option.takes != Takes::nothing) words.push_back(invocation.text_or(option.name, ""));
  };
  for (const OptionSpec& option : up_command().options) add(option);
  for (const OptionSpec& option : global_options()) add(option);
  return words;
}

ExitStatus status_of(FleetRun::Ending ending, bool asked_by_stop) {
  switch (ending) {
    case FleetRun::Ending::time_over:
    case FleetRun::Ending::control_stopped:
      return ExitStatus::done;
    case FleetRun::Ending::interrupted:
      return asked_by_stop ? ExitStatus::done : ExitStatus::interrupted;
    case FleetRun::Ending::failed:
      return ExitStatus::failed;
  }
  return ExitStatus::failed;
}

Outcome<ExitStatus> supervise(Session& session, const Invocation& invocation, const std::string& file,
                              const config::FleetSpec& fleet, const fs::path& run_dir, std::size_t workers) {
  const Environment& env = session.env();
  Output& out = session.out();
  const std::uint64_t devices = fleet.devices();
  json platform_before;
  if (!fleet.platform_figures.empty()) {
    if (auto figures = get_figures(env.clock, fleet.platform_figures, kFiguresWithin)) {
      platform_before = std::move(*figures);
    } else {
      out.note(fmt::format("the platform's figures are not there yet: {}: {}", fleet.platform_figures,
                           figures.error().detail));
    }
  }

  FleetProcesses processes(env, out, {.run_dir = run_dir, .fleet_file = file, .workers = workers});
  if (auto started = processes.start_control(); !started) return tl::unexpected<Failure>(started.error());
  if (auto started = processes.start_workers(); !started) return tl::unexpected<Failure>(started.error());
  Client client(env, read_run_dir(run_dir));

  FleetRun::Plan plan{.devices = devices, .run_for = invocation.duration("for")};
  if (plan.run_for || env.detached) plan.patience = kPatience;
  plan.on_online = [&](Duration start) {
    const bool name_dir = session.run_dir_option() || env.variable("VFLEET_RUN_DIR");
    out.text(welcome(fleet, run_dir, name_dir, workers, start));
    if (!env.detached) return;
    out.document(
        {{"run_dir", run_dir.string()}, {"pid", ::getpid()}, {"fleet", fleet.name}, {"devices", devices}});
    let_go(env, (run_dir / "up.log").string());
  };
  FleetRun run(env, out, processes, client, std::move(plan));
  const FleetRun::Ending ending = run.watch();
  if (ending == FleetRun::Ending::failed) out.failure_note(run.failure());
  const bool asked = fs::exists(run_dir / kStopFile);
  run.stop(ending);

  RunRecord record = run.record();
  record.fleet = fleet.name;
  record.workers = workers;
  record.platform_before = platform_before;
  read_platform(env, fleet.platform_figures, run.platform(), record);
  json summary = make_summary(record);
  ExitStatus status = status_of(ending, asked);
  if (ending == FleetRun::Ending::time_over && !results_are_valid(summary) &&
      !invocation.has("allow-invalid")) {
    status = ExitStatus::invalid;
  }
  summary["status"] = static_cast<int>(status);
  if (ending == FleetRun::Ending::failed) {
    summary["error"] = {{"code", run.failure().code}, {"message", run.failure().message}};
  }
  if (auto written = write_json_file(run_dir / kSummaryFile, summary); !written)
    out.note(written.error().message);
  out.document(summary);
  if (!invocation.has("no-summary")) out.text(render_summary(summary, out.style()));
  if (const auto report = invocation.text("report")) {
    if (auto written = write_json_file(*report, summary); !written)
      return tl::unexpected<Failure>(written.error());
  }
  return status;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const Environment& env = session.env();
  if (invocation.has("detach")) return run_detached(env, words_of(invocation));
  watch_hangup();
  const std::string file = fs::absolute(invocation.text_or("FILE", "")).lexically_normal().string();
  const auto catalogue = worker_catalogue(env);
  if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
  const auto fleet = config::load_fleet(invocation.text_or("FILE", ""), *catalogue);
  if (!fleet) return report_mistakes(session.out(), fleet.error());

  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  const auto workers =
      static_cast<std::size_t>(invocation.number("workers").value_or(static_cast<std::int64_t>(cores)));
  if (auto enough = check_descriptors(connections_of(*fleet), workers, descriptor_limit()); !enough) {
    return tl::unexpected<Failure>(enough.error());
  }
  const auto run_dir = run_dir_for(env, session.run_dir_option(), fleet->name);
  if (!run_dir) return tl::unexpected<Failure>(run_dir.error());
  if (auto ready = prepare_run_dir(*run_dir, invocation.has("fresh")); !ready) {
    return tl::unexpected<Failure>(ready.error());
  }
  const UpFile up_file(*run_dir / kUpFile);
  const json up = {{"pid", ::getpid()}, {"fleet", fleet->name}, {"file", file}};
  if (auto written = write_json_file(*run_dir / kUpFile, up); !written) {
    return tl::unexpected<Failure>(written.error());
  }
  return supervise(session, invocation, file, *fleet, *run_dir, workers);
}

}  // namespace

CommandSpec up_command() {
  return {
      .name = "up",
      .group = "Fleet",
      .summary = "Start a fleet and supervise it until Ctrl-C, `vfleet stop`, or --for is over",
      .details =
          "Starts vfleet-control and the workers, shows how devices come online, then what they do; a worker "
          "that\n"
          "dies is started again. Logs and summary.json are in the run directory. SIGHUP reads the fleet "
          "file again.\n"
          "Ends with 7 when --for is over and the results mean nothing because a worker had too much to do.",
      .positionals = {{"FILE", "The fleet file (YAML)"}},
      .options =
          {{"workers", Takes::number, "N", "Worker processes (default: one per core)", {}, 1},
           {"for", Takes::duration, "D", "Stop so long after all devices are online", {}, 0},
           {"detach", Takes::nothing, "", "Return once all devices are online; the fleet goes on", {}, 0},
           {"fresh", Takes::nothing, "", "Remove what an earlier run left in the run directory", {}, 0},
           {"report", Takes::file, "FILE.json", "Write the summary there as well", {}, 0},
           {"allow-invalid", Takes::nothing, "", "End with 0 even when the results are not valid", {}, 0},
           {"no-summary", Takes::nothing, "", "Do not print the summary", {}, 0}},
      .examples = {{"vfleet up configs/demo.yaml", "until Ctrl-C"},
                   {"vfleet up configs/demo.yaml --for 30s --report report.json", "a measured run"},
                   {"vfleet up configs/demo.yaml --detach && vfleet status", "in the background"}},
      .run = run};
}

}  // namespace vfleet::cli
