// vfleet-control: keeps what a fleet should be, publishes commands, gathers answers. Wires the process
// together.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/logs/log_store.h"
#include "control/logs/reader_thread.h"
#include "control/metrics/metrics_server.h"
#include "control/server/gather_metrics.h"
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

struct Options {
  std::string fleet;
  std::string run_dir;
  std::uint32_t workers = 1;
  std::string worker_program;
  bool watch = true;
  bool worker_check = true;
  std::string log_level = "info";
  bool resume = false;
  bool fresh = false;
  std::string journal_sync = "normal";
  std::uint64_t log_size = std::uint64_t{16} << 20U;
  unsigned log_files = 8;
  std::string listen;
  std::string keys;
  bool insecure = false;
  std::string metrics;
  std::string platform_figures;
};

Start start_of(const Options& options) {
  return options.resume ? Start::resume : options.fresh ? Start::fresh : Start::ask;
}

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

/// Scrapes are drawn on a thread of their own, from figures that are gathered on the loop.
class Metrics {
 public:
  Metrics(loop::AsioLoop& loop, const Controller& controller, std::string run_dir)
      : loop_(loop),
        controller_(controller),
        run_dir_(std::move(run_dir)),
        thread_([&loop](std::function<void()> task) { loop.post(std::move(task)); }) {}

  Status serve(const control::metrics::Endpoint& endpoint) {
    auto opened = control::metrics::MetricsServer::open(
        loop_, endpoint, [this](std::function<void(std::string)> done) { draw(std::move(done)); });
    if (!opened) return tl::unexpected(opened.error());
    server_ = std::move(*opened);
    return {};
  }
  [[nodiscard]] std::string url() const { return server_->endpoint().url(); }

 private:
  void draw(std::function<void(std::string)> done) {
    const auto text = std::make_shared<std::string>();
    const auto fleet =
        std::make_shared<const control::metrics::FleetMetrics>(gather_metrics(controller_.core(), run_dir_));
    thread_.run([text, fleet] { *text = control::metrics::render(*fleet); },
                [text, done = std::move(done)] { done(std::move(*text)); });
  }

  loop::AsioLoop& loop_;
  const Controller& controller_;
  const std::string run_dir_;
  control::logs::ReaderThread thread_;
  std::unique_ptr<control::metrics::MetricsServer> server_;
};

int run(const Options& options) {
  std::optional<control::metrics::Endpoint> metrics_at;
  if (!options.metrics.empty()) {
    auto parsed = control::metrics::parse_endpoint(options.metrics);
    if (!parsed) return complain(kWrongUsage, "--metrics " + parsed.error().detail);
    metrics_at = std::move(*parsed);
  }
  std::optional<Listen> listen;
  if (!options.listen.empty()) {
    auto parsed = parse_listen(options.listen, options.keys, options.insecure);
    if (!parsed) return complain(parsed.error());
    listen = std::move(*parsed);
  } else if (!options.keys.empty() || options.insecure) {
    return complain(kWrongUsage, "--keys and --insecure are for --listen tcp://HOST:PORT");
  }
  auto directory = RunDirectory::take(options.run_dir);
  if (!directory) return complain(directory.error());

  const auto described = control::worker::describe(options.worker_program);
  if (!described) return complain(kFailed, described.error().detail);
  const auto catalogue = TypeCatalogue::parse(*described);
  if (!catalogue) return complain(kFailed, catalogue.error().detail);
  const auto keys = config::parse_catalogue(*described);
  if (!keys) return complain(kFailed, keys.error().detail);

  config::GroupCheck check;
  if (options.worker_check) check = control::worker::check_by(options.worker_program, *keys);
  const auto load = [&keys, &check](const std::string& file) { return read_fleet(file, *keys, check); };
  // A fleet that goes on was good when it began: a file that has gone meanwhile must not keep it down.
  LoadedFleet loaded = read_fleet(options.fleet, *keys, options.resume ? config::GroupCheck() : check);
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
  control::journal::Meta meta;
  meta.fleet = name;
  meta.file = options.fleet;
  meta.seed = fleet->seed;
  meta.start_us = to_us(clock.wall_now());
  meta.shards = options.workers;
  meta.epoch = make_epoch(clock);
  auto opened =
      open_journal({directory->path(), start_of(options), options.journal_sync == "full", post}, meta);
  if (!opened) return complain(opened.error());
  ControllerOptions settings;
  settings.shards = options.workers;
  settings.epoch = opened->epoch;
  settings.start_us = opened->restored ? opened->restored->meta.start_us : meta.start_us;
  settings.boots = opened->boots;
  settings.restored = std::exchange(opened->restored, nullptr);
  settings.logs = &log_store;
  const std::uint64_t epoch = settings.epoch;
  settings.fleet_file = options.fleet;
  settings.platform_figures = options.platform_figures;
  auto server = Server::open(loop, context, *directory, std::move(settings), *catalogue, *keys,
                             *opened->journal, std::move(*fleet), load, std::move(listen));
  if (!server) return complain(server.error());
  (*server)->controller().keep_account(directory->path(), options.resume);
  if (options.watch) (*server)->watch(loaded.files);
  std::optional<Metrics> metrics;
  if (metrics_at) {
    metrics.emplace(loop, (*server)->controller(), directory->path());
    if (auto serving = metrics->serve(*metrics_at); !serving) return complain(serving.error());
  }

  loop::CallbackTimer end(loop, [&loop] { loop.stop(); });
  (*server)->controller().on_stopped([&end, &server] {
    (*server)->controller().close();
    end.arm_in(kLastWords);
  });
  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM, SIGHUP);
  handle_signals(signals, (*server)->controller());

  nlohmann::json info = {{"pid", ::getpid()},        {"fleet", name},      {"file", options.fleet},
                         {"epoch", epoch},           {"devices", devices}, {"workers", options.workers},
                         {"version", VFLEET_VERSION}};
  if ((*server)->doors().listens()) {
    info["listen"] = endpoints((*server)->doors());
    spdlog::info("listen={} fingerprint={}", (*server)->doors().listens()->endpoint(kOperatorsPort),
                 (*server)->doors().fingerprint());
  }
  if (metrics) {
    info["metrics"] = metrics->url();
    spdlog::info("metrics={}", metrics->url());
  }
  if (auto announced = directory->announce(info.dump()); !announced) return complain(announced.error());
  spdlog::info("fleet={} devices={} workers={} run_dir={} epoch={}", name, devices, options.workers,
               directory->path(), epoch);
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
  Options options;
  CLI::App app(
      "Controls a fleet: publishes commands to its workers and answers operators. Started by `vfleet up`.");
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
  app.footer(
      "Examples:\n  vfleet-control --fleet fleet.yaml --run-dir /tmp/fleet --workers 2\n"
      "  vfleet-control --fleet fleet.yaml --run-dir /tmp/fleet --workers 2 --resume\n"
      "  vfleet-control --fleet fleet.yaml --run-dir /tmp/fleet --workers 2 --listen tcp://10.0.0.1:7700 "
      "--keys keys");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : kWrongUsage;
  }
  if (options.worker_program.empty())
    options.worker_program = control::worker::sister_program("vfleet-worker");
  std::error_code error;
  options.fleet = std::filesystem::absolute(options.fleet, error).lexically_normal().string();

  auto logger = spdlog::stderr_logger_mt("control");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f %l %n: %v");
  logger->set_level(spdlog::level::from_str(options.log_level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  return run(options);
}
