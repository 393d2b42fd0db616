// vfleet-platform: wires the stand-in together.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "simulator/core/units.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/platform/api.h"
#include "simulator/platform/roles/http_ingest.h"
#include "simulator/platform/roles/zmq_ingest.h"

namespace vfleet::platform {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Options {
  std::string http = "127.0.0.1:8080";
  std::string zmq;
  std::string port_file;
  std::string idle_timeout = "15min";
  std::size_t connections_max = http::ServerLimits{}.connections_max;
  std::uint64_t seed = 1;
  bool quiet = false;
  bool json = false;
};

constexpr const char* kExamples = R"(
Examples:
  vfleet-platform                                            listens on 127.0.0.1:8080
  vfleet-platform --http 127.0.0.1:0 --port-file /tmp/port   any free port, written to /tmp/port
  vfleet-platform --zmq ipc:///tmp/reports.sock              takes reports over ZeroMQ PUSH as well

  curl localhost:8080/figures
  curl 'localhost:8080/reports?type=fault&data.code=over_temperature'
  curl localhost:8080/devices/pile-00042
  curl -d '{"type":"reboot","data":{}}' localhost:8080/devices/pile-00042/commands
  curl -d '{"delay_ms":500,"delay_ratio":0.1,"refuse_ratio":0.01}' localhost:8080/misbehave
  curl -X DELETE localhost:8080/misbehave)";

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HostPort result;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  result.host = host == "localhost" ? "127.0.0.1" : host;
  return result;
}

// Written aside and renamed: whoever waits for the file never sees half of it.
bool write_port_file(const std::string& path, std::uint16_t port) {
  const std::string aside = path + "." + std::to_string(::getpid());
  {
    std::ofstream file(aside);
    file << port << '\n';
    if (!file.flush()) return false;
  }
  std::error_code ec;
  std::filesystem::rename(aside, path, ec);
  return !ec;
}

int complain(int status, const std::string& text) {
  fmt::print(stderr, "vfleet-platform: {}\n", text);
  return status;
}

int run(const Options& options) {
  const auto address = split_host_port(options.http);
  if (!address) return complain(kWrongUsage, "--http: expected HOST:PORT, not \"" + options.http + "\"");
  const auto idle_timeout = parse_duration(options.idle_timeout);
  if (!idle_timeout) return complain(kWrongUsage, "--idle-timeout: " + idle_timeout.error().detail);

  const RealClock clock;
  loop::AsioLoop loop(clock);
  Platform platform(clock, options.seed);
  ZmqIngest zmq(loop, platform);
  const http::Server* server_counts = nullptr;
  const auto transport = [&] { return TransportCounts{server_counts->counts(), zmq.messages()}; };
  Api api(platform, transport);
  HttpIngest ingest(platform, api);
  http::ServerLimits limits;
  limits.connections_max = options.connections_max;
  limits.idle_timeout = *idle_timeout;
  http::Server server(loop, ingest, limits);
  server_counts = &server;

  const auto port = server.listen(address->host, address->port);
  if (!port) return complain(kFailed, port.error().detail);
  const bool v6 = address->host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + address->host + "]" : address->host;
  std::string first = fmt::format("listening http={}:{}", host, *port);
  if (!options.zmq.empty()) {
    const auto endpoint = zmq.listen(options.zmq);
    if (!endpoint) return complain(kFailed, endpoint.error().detail);
    first += " zmq=" + *endpoint;
  }
  if (!options.port_file.empty() && !write_port_file(options.port_file, *port)) {
    return complain(kFailed, "cannot write " + options.port_file);
  }
  fmt::print("{}\n", first);
  std::fflush(stdout);

  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& ec, int) {
    if (ec) return;
    zmq.stop([&] { server.stop([&loop] { loop.stop(); }); });
    signals.async_wait([&loop](const boost::system::error_code& again, int) {
      if (!again) loop.stop();
    });
  });
  loop.run();

  if (options.json) {
    fmt::print("{}\n", figures_json(platform, transport()));
  } else if (!options.quiet) {
    fmt::print("{}\n", figures_line(platform));
  }
  std::fflush(stdout);
  return 0;
}

}  // namespace
}  // namespace vfleet::platform

int main(int argc, char** argv) {
  vfleet::platform::Options options;
  CLI::App app{
      "A stand-in for the cloud: takes reports over HTTP and ZeroMQ, counts, checks sequences, misbehaves."};
  app.footer(vfleet::platform::kExamples);
  app.option_defaults()->always_capture_default();
  app.add_option("--http", options.http, "HOST:PORT to listen on; port 0: any free one");
  app.add_option("--zmq", options.zmq,
                 "ipc://PATH or tcp://HOST:PORT: take reports from ZeroMQ PUSH sockets as well");
  app.add_option("--port-file", options.port_file, "write the HTTP port to this file once it listens");
  app.add_option("--idle-timeout", options.idle_timeout, "close connections that send nothing for so long");
  app.add_option("--max-connections", options.connections_max, "more are closed at once")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  app.add_option("--seed", options.seed, "of the chances of misbehaviour");
  app.add_flag("--quiet", options.quiet, "no summary at the end");
  app.add_flag("--json", options.json, "the summary at the end is the figures as JSON, in a line");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : vfleet::platform::kWrongUsage;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return vfleet::platform::run(options);
}
