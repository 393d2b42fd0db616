#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/mistakes.h"
#include "control/cli/render/results.h"
#include "control/cli/session.h"
#include "control/cli/supervise/descriptors.h"
#include "control/cli/supervise/detach.h"
#include "control/cli/supervise/disk.h"
#include "control/cli/supervise/fleet_run.h"
#include "control/cli/supervise/launch.h"
#include "control/cli/supervise/platform_figures.h"
#include "control/cli/supervise/results_files.h"
#include "control/cli/supervise/run_files.h"
#include "control/cli/thresholds.h"
#include "control/cli/worker_types.h"
#include "control/report/files.h"
#include "control/results/verdict.h"
#include "simulator/board/directory.h"
#include "simulator/config/fleet_file.h"
#include "simulator/config/measure_names.h"

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

// The boards of this run: gone with it, from memory too. Made before the processes, so that they have ended.
// What an earlier run left is removed, with --resume too: the summary is of this run, as the platform's
// figures in it are.
class Boards {
 public:
  explicit Boards(fs::path run_dir) : run_dir_(std::move(run_dir)) {
    board::remove_orphans();
    board::remove_all(run_dir_.string());
  }
  ~Boards() { board::remove_all(run_dir_.string()); }
  Boards(const Boards&) = delete;
  Boards& operator=(const Boards&) = delete;

 private:
  fs::path run_dir_;
};

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
  const std::string dir = name_dir ? " " + run_dir_words(run_dir) : "";
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
    record.platform_missing = "the fleet file names no platform.figures, and --platform was not given";
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
    if (summary["lost"] == 0 || summary["lost_by"] != "platform") return;
    if (env.signals.take()) return;  // somebody is in a hurry
    ::poll(nullptr, 0, static_cast<int>(kFiguresPause.count()));
  }
}

// The words of `invocation` again, without --detach.
std::vector<std::string> words_of(const Invocation& invocation) {
  std::vector<std::string> words = {"up",
                                    fs::absolute(invocation.text_or("FILE", "")).lexically_normal().string()};
  const auto add = [&](const OptionSpec& option) {
    if (option.name == "detach" || !invocation.has(option.name)) return;
    if (option.takes == Takes::nothing) words.push_back("--" + option.name);
    // In one word: the value may begin with a dash.
    for (const std::string& value : invocation.texts(option.name))
      words.push_back("--" + option.name + "=" + value);
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

// `vfleet recycle` has left the number of a shard.
void recycle_asked(FleetProcesses& processes, Output& out, const fs::path& run_dir) {
  const auto asked = read_json_file(run_dir / kRecycleFile);
  std::error_code ignored;
  fs::remove(run_dir / kRecycleFile, ignored);
  if (!asked || !asked->contains("shard") || !(*asked)["shard"].is_number_unsigned()) return;
  const auto shard = (*asked)["shard"].get<std::uint64_t>();
  if (!processes.recycle(shard, "was asked for by an operator")) {
    out.note(fmt::format("there is no worker {} to recycle", shard));
  }
}

NoteForwarder::Line line_of(const Environment& env, const std::string& source, const std::string& text) {
  if (auto logged = parse_logged_line(text)) {
    return {source, logged->at_us, std::move(logged->level), std::move(logged->text)};
  }
  // Our programs log in one form; what has another was printed by something that went wrong.
  const bool ours = source == "up" || source == "platform";
  return {source, to_us(env.clock.wall_now()), ours ? "info" : "warn", text};
}

std::optional<json> figures_before(const Environment& env, Output& out, const std::string& url) {
  if (url.empty()) return std::nullopt;
  auto figures = get_figures(env.clock, url, kFiguresWithin);
  if (figures) return std::move(*figures);
  out.note(fmt::format("the platform's figures are not there yet: {}: {}", url, figures.error().detail));
  return std::nullopt;
}

// What control recorded. One that did not stop in order has left what it had until then.
json results_of(RunRecord& record, json& summary, const std::vector<std::string>& thresholds,
                const fs::path& run_dir) {
  if (!record.results.is_object()) record.results = results_left_behind(run_dir.string(), record);
  return make_results(record, summary, thresholds);
}

fs::path report_dir(const Invocation& invocation, const fs::path& run_dir) {
  return fs::absolute(invocation.text_or("report-dir", (run_dir / kResultsDir).string()));
}

// Writes the report of the run: its page's path is "report" of the summary, what went wrong "report_error".
// Where a folder of the operator's own does not take it, it goes to the run directory.
void write_results(const Invocation& invocation, const fs::path& run_dir, const json& results,
                   json& summary) {
  if (invocation.has("no-report") || !results.is_object()) return;
  const fs::path dir = report_dir(invocation, run_dir);
  const auto written = control::report::write_report(dir.string(), results);
  if (written) {
    forget_recorder(run_dir);
    summary["report"] = (dir / "report.html").string();
    return;
  }
  std::string problem = written.error().detail;
  const fs::path instead = fs::absolute(run_dir / kResultsDir);
  if (dir != instead) {
    if (const auto second = control::report::write_report(instead.string(), results); second) {
      forget_recorder(run_dir);
      summary["report"] = (instead / "report.html").string();
    } else {
      problem += "; " + second.error().detail;
    }
  }
  summary["report_error"] = problem;
}

ExitStatus judge(const Invocation& invocation, FleetRun::Ending ending, bool asked_by_stop,
                 const json& summary) {
  if (ending == FleetRun::Ending::time_over) {
    if (!results_are_valid(summary) && !invocation.has("allow-invalid")) return ExitStatus::invalid;
    if (!control::results::thresholds_passed(summary)) return ExitStatus::thresholds;
  }
  return status_of(ending, asked_by_stop);
}

// The account, in summary.json, on the screen and where --report names a file: only that must not fail.
Outcome<void> tell(Output& out, const Invocation& invocation, const fs::path& run_dir, const json& summary,
                   const json& results) {
  if (auto written = write_json_file(run_dir / kSummaryFile, summary); !written)
    out.note(written.error().message);
  out.document(summary);
  if (!invocation.has("no-summary")) {
    out.text(render_summary(summary, out.style()));
    out.text(render_results(results, out.style()));
    if (summary.contains("report")) out.text("\n  report       " + summary["report"].get<std::string>());
  }
  if (summary.contains("report_error")) {
    std::string message = "the report could not be written: " + summary["report_error"].get<std::string>();
    if (summary.contains("report")) message += "\nit is in " + (run_dir / kResultsDir).string() + " instead";
    out.failure_note(
        {ExitStatus::failed, "cannot_write", message, "make room there, or name another folder"});
  }
  const auto report = invocation.text("report");
  return report ? write_json_file(*report, summary) : Outcome<void>();
}

Outcome<ExitStatus> supervise(Session& session, const Invocation& invocation, Launch launch) {
  const Environment& env = session.env();
  Output& out = session.out();
  const config::FleetSpec& fleet = launch.fleet;
  const fs::path run_dir = launch.plan.run_dir;
  const std::size_t workers = launch.workers;

  Client client(env, read_run_dir(run_dir));
  NoteForwarder notes([&client](std::string_view verb, const json& args) { return client.send(verb, args); });
  launch.plan.on_line = [&](const std::string& source, const std::string& text) {
    // What control logs it has; the rest it cannot know.
    const bool known = source == "control" && parse_logged_line(text).has_value();
    if (!known && !text.empty()) notes.add(line_of(env, source, text));
  };
  FleetProcesses processes(env, out, std::move(launch.plan));
  if (auto started = processes.start_platform(); !started) return tl::unexpected<Failure>(started.error());
  const std::string figures_url =
      fleet.platform_figures.empty() ? processes.platform_figures() : fleet.platform_figures;
  const json platform_before = figures_before(env, out, figures_url).value_or(json());
  if (auto started = processes.start_control(); !started) return tl::unexpected<Failure>(started.error());
  if (auto started = processes.start_workers(); !started) return tl::unexpected<Failure>(started.error());

  FleetRun::Plan plan{.devices = fleet.devices(), .run_for = invocation.duration("for")};
  if (plan.run_for || env.detached) plan.patience = kPatience;
  plan.on_recycle = [&] { recycle_asked(processes, out, run_dir); };
  plan.on_online = [&](Duration start) {
    const bool name_dir =
        session.run_dir_option() || env.variable("VFLEET_RUN_DIR") || live_run_dirs(env).size() > 1;
    out.text(welcome(fleet, run_dir, name_dir, workers, start));
    if (!env.detached) return;
    out.document({{"run_dir", run_dir.string()},
                  {"pid", ::getpid()},
                  {"fleet", fleet.name},
                  {"devices", fleet.devices()}});
    let_go(env, (run_dir / "up.log").string());
  };
  FleetRun run(env, out, processes, client, notes, std::move(plan));
  const FleetRun::Ending ending = run.watch();
  if (ending == FleetRun::Ending::failed) out.failure_note(run.failure());
  const bool asked = fs::exists(run_dir / kStopFile);
  const bool at_once = run.stop(ending);

  RunRecord record = run.record();
  record.fleet = fleet.name;
  record.limits = fleet.limits;
  record.workers = workers;
  record.platform_before = platform_before;
  record.platform_missing = "the run was ended at once";
  if (!at_once) read_platform(env, figures_url, run.platform(), record);
  record.killed += processes.end_platform(at_once);
  json summary = make_summary(record);
  const json results = results_of(record, summary, launch.thresholds, run_dir);
  ExitStatus status = judge(invocation, ending, asked, summary);
  // Who waits for the summary finds the report.
  write_results(invocation, run_dir, results, summary);
  if (summary.contains("report_error") && status == ExitStatus::done) status = ExitStatus::failed;
  summary["status"] = static_cast<int>(status);
  if (ending == FleetRun::Ending::failed) {
    summary["error"] = {{"code", run.failure().code}, {"message", run.failure().message}};
  }
  if (auto told = tell(out, invocation, run_dir, summary, results); !told)
    return tl::unexpected<Failure>(told.error());
  return status;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const Environment& env = session.env();
  if (invocation.has("detach")) return run_detached(env, words_of(invocation));
  watch_hangup();
  raise_descriptor_limit();
  const auto catalogue = worker_catalogue(env);
  if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
  auto fleet = config::load_fleet(invocation.text_or("FILE", ""), *catalogue,
                                  checked_by_worker(env, *catalogue, invocation));
  if (!fleet) return report_mistakes(session.out(), fleet.error(), *catalogue);

  const config::MeasureNames names = config::measure_names(*fleet, *catalogue);
  auto thresholds = checked_thresholds(invocation, &names);
  if (!thresholds) return tl::unexpected<Failure>(thresholds.error());
  auto launch = read_launch(session, invocation, std::move(*fleet));
  if (!launch) return tl::unexpected<Failure>(launch.error());
  launch->thresholds = std::move(*thresholds);
  if (invocation.text("report-dir") && !invocation.has("no-report")) {
    // Not after hours.
    const std::string dir = report_dir(invocation, {}).string();
    if (auto good = control::report::check_report_dir(dir); !good) {
      return give_up(ExitStatus::failed, "cannot_write",
                     "--report-dir: nothing can be written there: " + good.error().detail,
                     "name another folder, or --no-report");
    }
  }
  const fs::path run_dir = launch->plan.run_dir;
  remove_results(run_dir);
  const Boards boards(run_dir);
  const UpFile up_file(run_dir / kUpFile);
  const json up = {{"pid", ::getpid()}, {"fleet", launch->fleet.name}, {"file", launch->file}};
  if (auto written = write_json_file(run_dir / kUpFile, up); !written) {
    Failure why = written.error();
    if (why.hint.empty()) why.hint = full_disk_hint(run_dir);
    return tl::unexpected(std::move(why));
  }
  return supervise(session, invocation, std::move(*launch));
}

}  // namespace

CommandSpec up_command() {
  return {
      .name = "up",
      .group = "Fleet",
      .summary = "Start a fleet and supervise it until Ctrl-C, `vfleet stop`, or --for is over",
      .details =
          "Starts the stand-in platform (with --platform), control and the workers, shows how devices come "
          "online,\n"
          "then what they do. What dies is started again after 1, 2, 4, ... seconds; six deaths within a "
          "minute "
          "end\n"
          "the run with status 1. Devices go on while control is away. What the processes print is in "
          "RUN_DIR/NAME.log\n"
          "(16 MiB, three files of each), the account in summary.json. SIGHUP reads the fleet file again.\n"
          "Ctrl-C stops in order; a second one at once. When --for is over it ends with 7 when the results "
          "mean "
          "nothing:\n"
          "a worker had too much to do, the fleet was never all online, or a process had to be killed; else "
          "with 6\n"
          "when a threshold (of the fleet file, or --threshold) does not hold.",
      .positionals = {{"FILE", "The fleet file (YAML)"}},
      .options =
          {{"workers", Takes::number, "N", "Worker processes (default: one per core)", {}, 1},
           {"for", Takes::duration, "D", "Stop so long after all devices are online", {}, 0},
           {"detach", Takes::nothing, "", "Return once all devices are online; the fleet goes on", {}, 0},
           {"resume", Takes::nothing, "", "Go on with the earlier run in the run directory", {}, 0},
           {"fresh", Takes::nothing, "", "Remove what an earlier run left in the run directory", {}, 0},
           {"platform", Takes::nothing, "", "Start the stand-in too, where the fleet file sends to", {}, 0},
           {"platform-args",
            Takes::text,
            "'ARGS'",
            "Options for it (implies --platform): --platform-args='--seed 7'",
            {},
            0},
           {"worker-memory",
            Takes::text,
            "SIZE",
            "Recycle a worker that takes more, one at a time: 2GiB (default: no limit)",
            {},
            0},
           {"journal-sync",
            Takes::choice,
            "WHEN",
            "full: changes survive a power cut too (default: normal)",
            {"normal", "full"},
            0},
           {"no-watch", Takes::nothing, "", "A saved fleet file or profile does not reload by itself", {}, 0},
           no_worker_check_option(),
           {"state-dir",
            Takes::file,
            "DIR",
            "Where devices keep what must not go back (default: RUN_DIR/state); on a disk it outlives a "
            "reboot",
            {},
            0},
           {"no-state",
            Takes::nothing,
            "",
            "Keep none: after a worker's death its devices start anew",
            {},
            0},
           {"listen",
            Takes::text,
            "ENDPOINT",
            "Take operators and workers of other hosts: tcp://HOST:PORT, with --keys DIR (see keygen)",
            {},
            0},
           {"external-workers",
            Takes::number,
            "N",
            "The last N of the workers are started elsewhere: vfleet-worker --control ENDPOINT --shard I",
            {},
            0},
           threshold_option(),
           {"report-dir",
            Takes::file,
            "DIR",
            "Where results.json, junit.xml, series.csv and report.html go (default: RUN_DIR/results)",
            {},
            0},
           {"no-report", Takes::nothing, "", "Write none of them", {}, 0},
           {"metrics",
            Takes::text,
            "ENDPOINT",
            "Serve Prometheus metrics at ADDRESS:PORT; a port alone is for this machine only",
            {},
            0},
           {"report", Takes::file, "FILE.json", "Write the summary there as well", {}, 0},
           {"allow-invalid", Takes::nothing, "", "End with 0 even when the results are not valid", {}, 0},
           {"no-summary", Takes::nothing, "", "Do not print the summary", {}, 0}},
      .examples =
          {{"vfleet up configs/demo.yaml --platform", "with the stand-in, until Ctrl-C"},
           {"vfleet up configs/demo.yaml --for 30s --threshold 'p99(meter.ack) < 300ms' --report-dir report",
            "a measured run"},
           {"vfleet up configs/demo.yaml --detach && vfleet status", "in the background"},
           {"vfleet up configs/demo.yaml --resume", "after a crash or a stop: go on where it was"},
           {"vfleet up fleet.yaml --listen tcp://10.0.0.1:7700 --keys keys --workers 2 --external-workers 1",
            "shard 1 on another host"},
           {"vfleet up configs/demo.yaml --metrics 9464", "metrics at http://127.0.0.1:9464/metrics"},
           {"vfleet up big.yaml --worker-memory 2GiB", "a worker that grows past it is replaced"}},
      .run = run};
}

}  // namespace vfleet::cli
