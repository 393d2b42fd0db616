#include "simulator/worker/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "simulator/bus/control_endpoints.h"

namespace vfleet::worker {
namespace {

void add_options(CLI::App& app, CommandLine& options) {
  app.set_version_flag("--version", "vfleet-worker " VFLEET_VERSION);
  app.add_flag("--describe", options.describe, "print what this worker can simulate, as JSON, and exit");
  app.add_flag(
      "--check", options.check,
      "judge the groups on standard input, JSON of one a line, and exit: what `vfleet validate` asks");
  app.add_option("--run-dir", options.run_dir, "the fleet's run directory, where control's sockets are")
      ->envname("VFLEET_RUN_DIR");
  app.add_option("--publish", options.publish_endpoint, "control's publisher, if not in the run directory");
  app.add_option("--workers", options.workers_endpoint,
                 "control's worker socket, if not in the run directory");
  app.add_option("--control", options.control,
                 "control on another host: tcp://HOST:PORT, as its --listen says");
  app.add_option("--keys", options.keys,
                 "key file for --control, or the folder that it is in; made by `vfleet keygen`")
      ->envname("VFLEET_KEYS");
  app.add_flag("--insecure", options.insecure, "--control without keys, for a control that was started so");
  app.add_option("--shard", options.shard, "number of the shard to host, from 0");
  app.add_option("--state-dir", options.state_dir,
                 "where the devices' state is kept that survives this worker (default: RUN_DIR/state; none "
                 "without --run-dir)");
  app.add_flag("--no-state", options.no_state, "keep no state: after a crash devices start anew");
  app.add_option("--log-level", options.log_level, "trace, debug, info, warn or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  app.add_option("--log", options.log_to,
                 "where log lines go: control (while it is there, else stderr), stderr, or both")
      ->check(CLI::IsMember({"control", "stderr", "both"}));
}

}  // namespace

Status CommandLine::complete() {
  if (!control.empty()) {
    auto endpoints = bus::control_endpoints(control);
    if (!endpoints) return tl::unexpected(endpoints.error());
    publish_endpoint = std::move(endpoints->publish);
    workers_endpoint = std::move(endpoints->workers);
  }
  const bool tcp = publish_endpoint.starts_with("tcp://") || workers_endpoint.starts_with("tcp://");
  if (!tcp) {
    keys.clear();
  } else if (insecure) {
    keys.clear();
    std::fputs("vfleet-worker: INSECURE: control is taken at its word and what passes can be read\n", stderr);
  } else if (keys.empty()) {
    return fail(Errc::invalid_argument,
                "tcp:// needs --keys FILE, made by `vfleet keygen`; without keys it is --insecure");
  }
  if (run_dir.empty() && (publish_endpoint.empty() || workers_endpoint.empty())) {
    return fail(Errc::invalid_argument,
                "give --run-dir (or --publish and --workers); `vfleet up FILE` does it for you");
  }
  if (publish_endpoint.empty()) publish_endpoint = "ipc://" + run_dir + "/publish.sock";
  if (workers_endpoint.empty()) workers_endpoint = "ipc://" + run_dir + "/workers.sock";
  if (state_dir.empty() && !run_dir.empty()) state_dir = run_dir + "/state";
  if (no_state) state_dir.clear();
  return {};
}

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status) {
  CommandLine options;
  CLI::App app(
      "Hosts one shard of a vfleet fleet. Started by `vfleet up`; start more by hand on the same run "
      "directory.");
  add_options(app, options);
  app.footer(
      "Examples:\n  vfleet-worker --describe\n  vfleet-worker --run-dir /tmp/fleet --shard 0\n"
      "  vfleet-worker --control tcp://10.0.0.1:7700 --keys host-b.key --shard 1");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error);
    return std::nullopt;
  }
  return options;
}

}  // namespace vfleet::worker
