// vfleet-worker: hosts one shard of a fleet. The one place that wires a worker process together.
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "devices/all_devices.h"
#include "simulator/board/board.h"
#include "simulator/bus/control_endpoints.h"
#include "simulator/bus/worker_session.h"
#include "simulator/child/exec_child.h"
#include "simulator/child/process_launcher.h"
#include "simulator/core/clock.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/net/network.h"
#include "simulator/worker/check.h"
#include "simulator/worker/describe.h"
#include "simulator/worker/descriptors.h"
#include "simulator/worker/state_keeping.h"
#include "simulator/worker/worker_log.h"

namespace {

using namespace vfleet;

struct Options {
  bool describe = false;
  bool check = false;
  std::string run_dir;
  std::string publish_endpoint;
  std::string workers_endpoint;
  std::string control;
  std::string keys;
  bool insecure = false;
  std::uint32_t shard = 0;
  std::string log_level = "info";
  std::string state_dir;
  bool no_state = false;
  std::string log_to = "control";
};

void log_problems(fleet::FleetHost& host) {
  for (const std::string& problem : host.problems()) spdlog::error("{}", problem);
}

// The host, with a word in the log when a snapshot has arrived.
class LoggingHost final : public bus::WorkerHost {
 public:
  LoggingHost(fleet::FleetHost& host, worker::WorkerLog& log, worker::StateKeeping& state,
              std::function<void(const Error&)> unable)
      : host_(host), log_(log), state_(state), unable_(std::move(unable)) {}
  void snapshot_begin(const bus::Assignment& assignment) override {
    log_.control_is_there(true);
    spdlog::info("shard {} of {} of fleet '{}', boot {}, seed {}", assignment.shard, assignment.shards,
                 assignment.fleet, assignment.boot, assignment.seed);
    host_.snapshot_begin(assignment);
    if (const Status opened = state_.begin(assignment, host_.shard()); !opened) unable_(opened.error());
  }
  void snapshot_groups(const std::vector<std::string>& groups) override { host_.snapshot_groups(groups); }
  void snapshot_rules(std::vector<bus::Command> rules) override { host_.snapshot_rules(std::move(rules)); }
  void snapshot_end(std::function<void()> done) override {
    if (const Status reserved = state_.reserve(host_.shard()); !reserved) return unable_(reserved.error());
    host_.snapshot_end([this, done = std::move(done)] {
      log_problems(host_);
      spdlog::info("{} devices", host_.shard().size());
      state_.joined(host_.shard());
      // Descriptions and the snapshot's texts are done with: what they took goes back to the system.
      ::malloc_trim(0);
      done();
    });
  }
  void execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) override {
    spdlog::debug("cmd={} seq={} {} {}", command.id, command.seq, bus::to_string(command.verb),
                  command.selector);
    host_.execute(command, std::move(reply), std::move(done));
  }
  void query(std::uint64_t id, std::string_view name, std::string_view selector, std::string_view args,
             bus::QueryReply reply) override {
    host_.query(id, name, selector, args, std::move(reply));
  }
  void cancel_query(std::uint64_t id) override { host_.cancel_query(id); }
  [[nodiscard]] std::string statistics() override {
    state_.watch(host_.shard());
    log_.devices().tick();
    return host_.statistics();
  }
  void stop(std::function<void()> done) override {
    spdlog::info("stopping");
    host_.stop(std::move(done));
  }

 private:
  fleet::FleetHost& host_;
  worker::WorkerLog& log_;
  worker::StateKeeping& state_;
  std::function<void(const Error&)> unable_;
};

// Where others see this worker's figures. A worker without one works as well: `vfleet top` then asks control.
board::Board make_board(const Options& options, const Clock& clock) {
  if (options.run_dir.empty()) return board::Board::in_memory();
  auto board = board::Board::create({.run_dir = options.run_dir,
                                     .name = "worker-" + std::to_string(options.shard),
                                     .shard = options.shard,
                                     .started = clock.wall_now()});
  if (board) return std::move(*board);
  spdlog::warn("no board, figures come from control alone: {}", board.error().detail);
  return board::Board::in_memory();
}

/// --control names control's sockets; keys are for tcp:// and tcp:// is for keys, unless somebody says so.
Status name_endpoints(Options& options) {
  if (!options.control.empty()) {
    auto endpoints = bus::control_endpoints(options.control);
    if (!endpoints) return tl::unexpected(endpoints.error());
    options.publish_endpoint = std::move(endpoints->publish);
    options.workers_endpoint = std::move(endpoints->workers);
  }
  const bool tcp =
      options.publish_endpoint.starts_with("tcp://") || options.workers_endpoint.starts_with("tcp://");
  if (!tcp) {
    options.keys.clear();
  } else if (options.insecure) {
    options.keys.clear();
    std::fputs("vfleet-worker: INSECURE: control is taken at its word and what passes can be read\n", stderr);
  } else if (options.keys.empty()) {
    return fail(Errc::invalid_argument,
                "tcp:// needs --keys FILE, made by `vfleet keygen`; without keys it is --insecure");
  }
  return {};
}

int run(const Options& options) {
  worker::raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);

  RealClock clock;
  worker::WorkerLog log(clock, "worker-" + std::to_string(options.shard),
                        *log::parse_level(options.log_level), *worker::parse_log_to(options.log_to));
  loop::AsioLoop loop(clock);
  const auto launcher = child::make_process_launcher(loop, "/proc/self/exe");
  device::DeviceRegistry types;
  register_all_devices(
      types, {.loop = &loop,
              .launcher = launcher.get(),
              .log = [&log](device::LogLevel level, std::string_view device, std::string_view text) {
                constexpr std::array kLevels = {log::Level::debug, log::Level::info, log::Level::warn,
                                                log::Level::error};
                log.devices().line(kLevels[static_cast<std::size_t>(level)], device, text);
              }});
  bus::ZmqContext zmq;
  const auto network = net::make_tcp_network(loop);
  worker::StateKeeping state(options.state_dir);
  fleet::FleetHost host(loop, types, {.loop = loop,
                         .network = network.get(),
                         .seed = 0,
                         .zmq = &zmq,
                         .warn = [](std::string_view text) { spdlog::warn("{}", text); }},
                        make_board(options, clock));
  host.gauges().keep_fresh([&loop] { return loop.take_longest_turn(); });
  host.shard().log(&log.devices());
  int status = 0;
  LoggingHost logging(host, log, state, [&](const Error& error) {
    log.last_words(error.detail);
    status = 2;
    loop.stop();
  });

  bus::WorkerSession::Events events;
  events.stopped = [&] { loop.stop(); };
  events.refused = [&](const std::string& reason) {
    log.last_words("control refuses this worker: " + reason);
    status = 2;
    loop.stop();
  };
  events.control = [&log](bool lost) {
    log.control_is_there(!lost);
    if (lost) {
      spdlog::warn("control is silent; the devices run on");
    } else {
      spdlog::info("control is back");
    }
  };
  // Control cannot have this line: it would not let it in.
  events.kept_out = [&log](const std::string& why) {
    log.last_words("not let in, and trying again: " + why);
  };
  std::optional<bus::ClientKeys> keys;
  if (!options.keys.empty()) {
    auto loaded = bus::load_client_keys(options.keys, bus::Role::worker);
    if (!loaded) {
      log.last_words(loaded.error().detail);
      return 2;
    }
    keys = std::move(*loaded);
  }
  bus::WorkerSession session({.publish_endpoint = options.publish_endpoint,
                              .workers_endpoint = options.workers_endpoint,
                              .shard = options.shard,
                              .pid = ::getpid(),
                              .version = VFLEET_VERSION,
                              .describe = worker::describe_types(types),
                              .log = log.ring(),
                              .keys = std::move(keys)},
                             std::move(events), zmq, loop, loop.context(), logging);
  if (const Status started = session.start(); !started) {
    log.last_words(started.error().detail);
    return 2;
  }

  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  std::function<void()> wait_for_signal = [&] {
    signals.async_wait([&](const boost::system::error_code& error, int signal) {
      if (error) return;
      // The second one does not wait for anything.
      if (status == 130) return loop.stop();
      spdlog::info("{}: stopping in order", signal == SIGINT ? "SIGINT" : "SIGTERM");
      status = 130;
      session.stop();
      wait_for_signal();
    });
  };
  wait_for_signal();
  loop.run();
  // Stopping in order on a signal is what was asked for.
  return status == 130 ? 0 : status;
}

}  // namespace

int main(int argc, char** argv) {
  // Programs of external devices are started through this binary: they must not outlive it.
  if (argc > 1 && argv[1] == child::kExecChild) return child::exec_child({argv + 2, argv + argc});
  Options options;
  CLI::App app(
      "Hosts one shard of a vfleet fleet. Started by `vfleet up`; start more by hand on the same run "
      "directory.");
  app.set_version_flag("--version", "vfleet-worker " VFLEET_VERSION);
  app.add_flag("--describe", options.describe, "print what this worker can simulate, as JSON, and exit");
  app.add_flag("--check", options.check,
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
  app.footer(
      "Examples:\n  vfleet-worker --describe\n  vfleet-worker --run-dir /tmp/fleet --shard 0\n"
      "  vfleet-worker --control tcp://10.0.0.1:7700 --keys host-b.key --shard 1");
  CLI11_PARSE(app, argc, argv);

  if (options.describe || options.check) {
    device::DeviceRegistry types;
    register_all_devices(types);
    if (options.check) {
      worker::check_groups(std::cin, std::cout, types);
      return std::cout ? 0 : 1;
    }
    std::puts(worker::describe(types, VFLEET_VERSION).c_str());
    return 0;
  }
  if (const Status named = name_endpoints(options); !named) {
    std::fprintf(stderr, "vfleet-worker: %s\n", named.error().detail.c_str());
    return 2;
  }
  if (options.run_dir.empty() && (options.publish_endpoint.empty() || options.workers_endpoint.empty())) {
    std::fputs(
        "vfleet-worker: give --run-dir (or --publish and --workers); `vfleet up FILE` does it for you\n",
        stderr);
    return 2;
  }
  if (options.publish_endpoint.empty())
    options.publish_endpoint = "ipc://" + options.run_dir + "/publish.sock";
  if (options.workers_endpoint.empty())
    options.workers_endpoint = "ipc://" + options.run_dir + "/workers.sock";

  if (options.state_dir.empty() && !options.run_dir.empty()) options.state_dir = options.run_dir + "/state";
  if (options.no_state) options.state_dir.clear();
  return run(options);
}
