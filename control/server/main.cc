// vfleet-control: keeps what a fleet should be, publishes commands, gathers answers. Wires the process
// together.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "control/logs/log_store.h"
#include "control/server/command_line.h"
#include "control/server/metrics_page.h"
#include "control/server/open_journal.h"
#include "control/server/run_directory.h"
#include "control/server/server.h"
#include "control/worker/ask_worker.h"
#include "simulator/board/directory.h"
#include "simulator/config/fleet_file.h"
#include "simulator/core/clock.h"
#include "simulator/log/line_sink.h"
#include "simulator/loop/asio_loop.h"

namespace {

using namespace vfleet;
using namespace vfleet::control::server;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
/// What is left to send (the last answers) goes out before the process ends.
constexpr Duration kLastWords = std::chrono::milliseconds(50);

/// What control.json says of the tcp:// endpoints.
nlohmann::json endpoints(const Doors& doors) {
  const Listen& at = *doors.listens();
  return {{"operators", at.endpoint(kOperatorsPort)},
          {"publish", at.endpoint(kPublishPort)},
          {"workers", at.endpoint(kWorkersPort)},
          {"fingerprint", doors.fingerprint()},
          {"insecure", at.keys.empty()}};
}

int complain(int status, const std::string& text) {
  std::fprintf(stderr, "vfleet-control: %s\n", text.c_str());
  return status;
}

int complain(const Error& error) {
  const bool usage = error.code == Errc::invalid_argument || error.code == Errc::rejected ||
                     error.code == Errc::too_large || error.code == Errc::malformed;
  return complain(usage ? kWrongUsage : kFailed, error.detail);
}

/// Rises from run to run, and fits into what every JSON reader holds exactly.
std::uint64_t make_epoch(const Clock& clock) {
  return static_cast<std::uint64_t>(to_us(clock.wall_now()));
}

void handle_signals(boost::asio::signal_set& signals, Controller& controller) {
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    spdlog::info("signal {}", signal == SIGHUP ? "SIGHUP" : signal == SIGINT ? "SIGINT" : "SIGTERM");
    if (signal == SIGHUP) {
      controller.reload("signal");
    } else {
      controller.stop();
    }
    handle_signals(signals, controller);
  });
}

/// `check`: empty: what workers know is not asked.
LoadedFleet read_fleet(const std::string& file, const config::Catalogue& keys,
                       const config::GroupCheck& check) {
  std::vector<std::string> files;
  config::LoadOptions reading;
  reading.check = check;
  reading.read_file = [&files](const std::string& path, std::size_t bytes_max) {
    if (std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
    return config::read_regular_file(path, bytes_max);
  };
  auto loaded = config::load_fleet(file, keys, reading);
  if (loaded) return {std::move(*loaded), std::move(files)};
  return {fail(Errc::invalid_argument, config::to_string(loaded.error())), std::move(files)};
}

/// Control's own lines go into the fleet's log too, for as long as this lives.
class OwnLines {
 public:
  OwnLines(const Clock& clock, control::logs::LogStore& store)
      : sink_(
            log::make_line_sink(clock, [&store](std::int64_t at_us, log::Level level, std::string_view text) {
              store.note("control", at_us, level, text);
            })) {
    spdlog::default_logger()->sinks().push_back(sink_);
  }
  ~OwnLines() {
    auto& sinks = spdlog::default_logger()->sinks();
    sinks.erase(std::remove(sinks.begin(), sinks.end(), sink_), sinks.end());
  }
  OwnLines(const OwnLines&) = delete;
  OwnLines& operator=(const OwnLines&) = delete;

 private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

/// What a worker program says of itself.
struct WorkerTypes {
  TypeCatalogue types;
  config::Catalogue keys;
};

Result<WorkerTypes> ask_worker(const std::string& program) {
  const auto described = control::worker::describe(program);
  if (!described) return tl::unexpected(described.error());
  auto types = TypeCatalogue::parse(*described);
  if (!types) return tl::unexpected(types.error());
  auto keys = config::parse_catalogue(*described);
  if (!keys) return tl::unexpected(keys.error());
  return WorkerTypes{std::move(*types), std::move(*keys)};
}

control::journal::Meta meta_of(const CommandLine& options, const config::FleetSpec& fleet,
                               const Clock& clock) {
  control::journal::Meta meta;
  meta.fleet = fleet.name;
  meta.file = options.fleet;
  meta.seed = fleet.seed;
  meta.start_us = to_us(clock.wall_now());
  meta.shards = options.workers;
  meta.epoch = make_epoch(clock);
  return meta;
}

/// `opened` is left without what it has restored: only the controller has it, while it is made.
ControllerOptions settings_of(const CommandLine& options, OpenedJournal& opened,
                              const control::journal::Meta& meta, control::logs::LogStore& logs) {
  ControllerOptions settings;
  settings.shards = options.workers;
  settings.epoch = opened.epoch;
  settings.start_us = opened.restored ? opened.restored->meta.start_us : meta.start_us;
  settings.boots = opened.boots;
  settings.restored = std::exchange(opened.restored, nullptr);
  settings.logs = &logs;
  settings.fleet_file = options.fleet;
  settings.platform_figures = options.platform_figures;
  return settings;
}

/// The text of control.json, which also goes into the log.
std::string announcement(const CommandLine& options, const std::string& fleet, std::uint64_t devices,
                         std::uint64_t epoch, const Doors& doors, const MetricsPage* metrics) {
  nlohmann::json info = {{"pid", ::getpid()},        {"fleet", fleet},     {"file", options.fleet},
                         {"epoch", epoch},           {"devices", devices}, {"workers", options.workers},
                         {"version", VFLEET_VERSION}};
  if (doors.listens()) {
    info["listen"] = endpoints(doors);
    spdlog::info("listen={} fingerprint={}", doors.listens()->endpoint(kOperatorsPort), doors.fingerprint());
  }
  if (metrics != nullptr) {
    info["metrics"] = metrics->url();
    spdlog::info("metrics={}", metrics->url());
  }
  return info.dump();
}

int run(const CommandLine& options) {
  const auto metrics_at = options.metrics_endpoint();
  if (!metrics_at) return complain(metrics_at.error());
  auto listen = options.listen_endpoints();
  if (!listen) return complain(listen.error());
  auto directory = RunDirectory::take(options.run_dir);
  if (!directory) return complain(directory.error());
  const auto worker = ask_worker(options.worker_program);
  if (!worker) return complain(kFailed, worker.error().detail);
  const config::Catalogue& keys = worker->keys;

  config::GroupCheck check;
  if (options.worker_check) check = control::worker::check_by(options.worker_program, keys);
  const auto load = [&keys, &check](const std::string& file) { return read_fleet(file, keys, check); };
  // A fleet that goes on was good when it began: a file that has gone meanwhile must not keep it down.
  LoadedFleet loaded = read_fleet(options.fleet, keys, options.resume ? config::GroupCheck() : check);
  auto& fleet = loaded.fleet;
  if (!fleet) {
    std::fprintf(stderr, "%s\n", fleet.error().detail.c_str());
    return kWrongUsage;
  }
  const std::string name = fleet->name;
  const std::uint64_t devices = fleet->devices();

  const RealClock clock;
  control::logs::LogStore log_store({.dir = directory->path() + "/logs",
                                     .files = {.file_bytes = options.log_size, .files = options.log_files}},
                                    clock, make_epoch(clock));
  const OwnLines own_lines(clock, log_store);
  loop::AsioLoop loop(clock);
  bus::ZmqContext context;
  const auto post = [&loop](std::function<void()> task) { loop.post(std::move(task)); };
  const control::journal::Meta meta = meta_of(options, *fleet, clock);
  auto opened =
      open_journal({directory->path(), options.start(), options.journal_sync == "full", post}, meta);
  if (!opened) return complain(opened.error());
  auto server =
      Server::open(loop, context, *directory, settings_of(options, *opened, meta, log_store), worker->types,
                   keys, *opened->journal, std::move(*fleet), load, std::move(*listen));
  if (!server) return complain(server.error());
  (*server)->controller().keep_account(directory->path(), options.resume);
  if (options.watch) (*server)->watch(loaded.files);
  std::optional<MetricsPage> metrics;
  if (*metrics_at) {
    metrics.emplace(loop, (*server)->controller(), directory->path());
    if (auto serving = metrics->serve(**metrics_at); !serving) return complain(serving.error());
  }

  loop::CallbackTimer end(loop, [&loop] { loop.stop(); });
  (*server)->controller().on_stopped([&end, &server] {
    (*server)->controller().close();
    end.arm_in(kLastWords);
  });
  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM, SIGHUP);
  handle_signals(signals, (*server)->controller());

  const std::string announced =
      announcement(options, name, devices, opened->epoch, (*server)->doors(), metrics ? &*metrics : nullptr);
  if (auto written = directory->announce(announced); !written) return complain(written.error());
  spdlog::info("fleet={} devices={} workers={} run_dir={} epoch={}", name, devices, options.workers,
               directory->path(), opened->epoch);
  loop.run();
  metrics.reset();
  server->reset();
  opened->journal->close();
  directory->withdraw();
  board::remove_all(directory->path());
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const auto options = parse_command_line(argc, argv, status);
  if (!options) return status;
  auto logger = spdlog::stderr_logger_mt("control");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f %l %n: %v");
  logger->set_level(spdlog::level::from_str(options->log_level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  return run(*options);
}
