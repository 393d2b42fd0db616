// vfleet-worker: hosts one shard of a fleet. The one place that wires a worker process together.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

#include "devices/all_devices.h"
#include "simulator/board/board.h"
#include "simulator/bus/worker_session.h"
#include "simulator/child/exec_child.h"
#include "simulator/child/process_launcher.h"
#include "simulator/core/clock.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/net/network.h"
#include "simulator/worker/check.h"
#include "simulator/worker/command_line.h"
#include "simulator/worker/describe.h"
#include "simulator/worker/descriptors.h"
#include "simulator/worker/logging_host.h"
#include "simulator/worker/state_keeping.h"
#include "simulator/worker/worker_log.h"

namespace {

using namespace vfleet;

constexpr int kFailed = 2;

// Where others see this worker's figures. A worker without one works as well: `vfleet top` then asks control.
board::Board make_board(const worker::CommandLine& options, const Clock& clock) {
  if (options.run_dir.empty()) return board::Board::in_memory();
  auto board = board::Board::create({.run_dir = options.run_dir,
                                     .name = "worker-" + std::to_string(options.shard),
                                     .shard = options.shard,
                                     .started = clock.wall_now()});
  if (board) return std::move(*board);
  spdlog::warn("no board, figures come from control alone: {}", board.error().detail);
  return board::Board::in_memory();
}

void register_types(device::DeviceRegistry& types, loop::EventLoop& loop, child::Launcher& launcher,
                    worker::WorkerLog& log) {
  register_all_devices(
      types, {.loop = &loop,
              .launcher = &launcher,
              .log = [&log](device::LogLevel level, std::string_view device, std::string_view text) {
                constexpr std::array kLevels = {log::Level::debug, log::Level::info, log::Level::warn,
                                                log::Level::error};
                log.devices().line(kLevels[static_cast<std::size_t>(level)], device, text);
              }});
}

/// How the process ends.
class Ending {
 public:
  Ending(loop::AsioLoop& loop, worker::WorkerLog& log) : loop_(loop), log_(log) {}

  /// At once, and not in order.
  void fail(const std::string& why) {
    log_.last_words(why);
    status_ = kFailed;
    loop_.stop();
  }
  /// A signal: the first one stops `session` in order, the second does not wait for anything.
  void on_signals(boost::asio::signal_set& signals, bus::WorkerSession& session) {
    signals.async_wait([&](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signalled_) return loop_.stop();
      spdlog::info("{}: stopping in order", signal == SIGINT ? "SIGINT" : "SIGTERM");
      signalled_ = true;
      session.stop();
      on_signals(signals, session);
    });
  }
  /// Of the process. Stopping in order on a signal is what was asked for.
  [[nodiscard]] int status() const { return status_; }

 private:
  loop::AsioLoop& loop_;
  worker::WorkerLog& log_;
  int status_ = 0;
  bool signalled_ = false;
};

bus::WorkerSession::Events session_events(loop::AsioLoop& loop, worker::WorkerLog& log, Ending& ending) {
  bus::WorkerSession::Events events;
  events.stopped = [&loop] { loop.stop(); };
  events.refused = [&ending](const std::string& reason) {
    ending.fail("control refuses this worker: " + reason);
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
  return events;
}

Result<std::optional<bus::ClientKeys>> load_keys(const std::string& file) {
  if (file.empty()) return std::nullopt;
  auto loaded = bus::load_client_keys(file, bus::Role::worker);
  if (!loaded) return tl::unexpected<Error>(std::move(loaded.error()));
  return std::move(*loaded);
}

int run(const worker::CommandLine& options) {
  worker::raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);

  RealClock clock;
  worker::WorkerLog log(clock, "worker-" + std::to_string(options.shard),
                        *log::parse_level(options.log_level), *worker::parse_log_to(options.log_to));
  loop::AsioLoop loop(clock);
  Ending ending(loop, log);
  const auto launcher = child::make_process_launcher(loop, "/proc/self/exe");
  device::DeviceRegistry types;
  register_types(types, loop, *launcher, log);
  bus::ZmqContext zmq;
  const auto network = net::make_tcp_network(loop);
  worker::StateKeeping state(options.state_dir);
  fleet::FleetHost host(loop, types,
                        {.loop = loop,
                         .network = network.get(),
                         .seed = 0,
                         .zmq = &zmq,
                         .warn = [](std::string_view text) { spdlog::warn("{}", text); }},
                        make_board(options, clock));
  host.gauges().keep_fresh([&loop] { return loop.take_longest_turn(); });
  host.shard().log(&log.devices());
  worker::LoggingHost logging(host, log, state, [&](const Error& error) { ending.fail(error.detail); });

  auto keys = load_keys(options.keys);
  if (!keys) {
    log.last_words(keys.error().detail);
    return kFailed;
  }
  bus::WorkerSession session({.publish_endpoint = options.publish_endpoint,
                              .workers_endpoint = options.workers_endpoint,
                              .shard = options.shard,
                              .pid = ::getpid(),
                              .version = VFLEET_VERSION,
                              .describe = worker::describe_types(types),
                              .log = log.ring(),
                              .keys = std::move(*keys)},
                             session_events(loop, log, ending), zmq, loop, loop.context(), logging);
  if (const Status started = session.start(); !started) {
    log.last_words(started.error().detail);
    return kFailed;
  }
  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  ending.on_signals(signals, session);
  loop.run();
  return ending.status();
}

/// What needs no control: --describe and --check.
int answer(const worker::CommandLine& options) {
  device::DeviceRegistry types;
  register_all_devices(types);
  if (options.check) {
    worker::check_groups(std::cin, std::cout, types);
    return std::cout ? 0 : 1;
  }
  std::puts(worker::describe(types, VFLEET_VERSION).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Programs of external devices are started through this binary: they must not outlive it.
  if (argc > 1 && argv[1] == child::kExecChild) return child::exec_child({argv + 2, argv + argc});
  int status = 0;
  auto options = worker::parse_command_line(argc, argv, status);
  if (!options) return status;
  if (options->describe || options->check) return answer(*options);
  if (const Status complete = options->complete(); !complete) {
    std::fprintf(stderr, "vfleet-worker: %s\n", complete.error().detail.c_str());
    return kFailed;
  }
  return run(*options);
}
