#include "control/server/command_line.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "control/worker/ask_worker.h"

namespace vfleet::control::server {
namespace {

constexpr int kWrongUsage = 2;

void add_options(CLI::App& app, CommandLine& options) {
  app.set_version_flag("--version", "vfleet-control " VFLEET_VERSION);
  app.add_option("--fleet", options.fleet, "the fleet file")->required();
  app.add_option("--run-dir", options.run_dir, "where sockets and control.json are made")
      ->envname("VFLEET_RUN_DIR")
      ->required();
  app.add_option("--workers", options.workers, "into how many shards the fleet is cut")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--worker-program", options.worker_program,
                 "asked for the device types (default: vfleet-worker next to this program)");
  app.add_flag("!--no-worker-check", options.worker_check,
               "take a fleet file without asking a worker what only workers know is wrong with it");
  app.add_flag("!--no-watch", options.watch, "a saved fleet file or profile does not reload by itself");
  app.add_option("--listen", options.listen,
                 "tcp://HOST:PORT: operators there, commands at PORT+1, workers at PORT+2; port 0 is chosen");
  app.add_option("--keys", options.keys, "folder with server.key and allowed.yaml, made by `vfleet keygen`");
  app.add_flag("--insecure", options.insecure,
               "--listen without keys: whoever reaches the port owns the fleet");
  app.add_option("--log-level", options.log_level, "trace, debug, info, warn or error");
  app.add_option("--log-size", options.log_size,
                 "a file of the fleet's log is closed when it is this large (16MiB)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{4096}, std::uint64_t{1} << 40U));
  app.add_option("--log-files", options.log_files, "how many of them are kept")->check(CLI::Range(1, 999));
  auto* resume = app.add_flag("--resume", options.resume,
                              "go on with the journal in the run directory; begin when there is none");
  app.add_flag("--fresh", options.fresh, "replace the journal in the run directory")->excludes(resume);
  app.add_option(
         "--journal-sync", options.journal_sync,
         "normal: commands survive the death of the process; full: a power cut too, each waits for the disk")
      ->check(CLI::IsMember({"normal", "full"}));
  app.add_option("--metrics", options.metrics,
                 "serve Prometheus metrics at ADDRESS:PORT; a port alone is for this machine only");
  app.add_option(
      "--platform-figures", options.platform_figures,
      "where the platform serves its figures, when the fleet file does not say (platform.figures)");
}

}  // namespace

Result<std::optional<metrics::Endpoint>> CommandLine::metrics_endpoint() const {
  if (metrics.empty()) return std::nullopt;
  auto parsed = metrics::parse_endpoint(metrics);
  if (!parsed) return fail(Errc::invalid_argument, "--metrics " + parsed.error().detail);
  return std::move(*parsed);
}

Result<std::optional<Listen>> CommandLine::listen_endpoints() const {
  if (listen.empty()) {
    if (keys.empty() && !insecure) return std::nullopt;
    return fail(Errc::invalid_argument, "--keys and --insecure are for --listen tcp://HOST:PORT");
  }
  auto parsed = parse_listen(listen, keys, insecure);
  if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
  return std::move(*parsed);
}

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status) {
  CommandLine options;
  CLI::App app(
      "Controls a fleet: publishes commands to its workers and answers operators. Started by `vfleet up`.");
  add_options(app, options);
  app.footer(
      "Examples:\n  vfleet-control --fleet fleet.yaml --run-dir /tmp/fleet --workers 2\n"
      "  vfleet-control --fleet fleet.yaml --run-dir /tmp/fleet --workers 2 --resume\n"
      "  vfleet-control --fleet fleet.yaml --run-dir /tmp/fleet --workers 2 --listen tcp://10.0.0.1:7700 "
      "--keys keys");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : kWrongUsage;
    return std::nullopt;
  }
  if (options.worker_program.empty()) options.worker_program = worker::sister_program("vfleet-worker");
  std::error_code error;
  options.fleet = std::filesystem::absolute(options.fleet, error).lexically_normal().string();
  return options;
}

}  // namespace vfleet::control::server
