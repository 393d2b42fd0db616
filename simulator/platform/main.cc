// vfleet-platform: wires the stand-in together.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "simulator/core/units.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/platform/command_line.h"
#include "simulator/platform/processes/family.h"
#include "simulator/platform/processes/shared_state.h"
#include "simulator/platform/stream/listening.h"
#include "simulator/platform/stream/tls.h"

namespace vfleet::platform {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// Written aside and renamed: whoever waits for the file never sees half of it.
bool write_file(const std::string& path, std::string_view text) {
  const std::string aside = path + "." + std::to_string(::getpid());
  {
    std::ofstream file(aside);
    file << text;
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

// A port alone is one of this machine.
std::string with_host(const std::string& address) {
  const bool port = address.find_first_not_of("0123456789") == std::string::npos;
  return port ? "127.0.0.1:" + address : address;
}

// Of --settings: JSON, or @FILE that holds it.
Result<ConverseSettings> converse_settings(const std::string& text) {
  ConverseSettings out;
  if (text.empty()) return out;
  std::string json = text;
  if (text.front() == '@') {
    std::ifstream file(text.substr(1));
    if (!file) return fail(Errc::invalid_argument, "--settings: cannot read " + text.substr(1));
    json.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (const Status merged = out.merge(json); !merged)
    return fail(Errc::invalid_argument, "--settings: " + merged.error().detail);
  return out;
}

// What is open before the first process forks.
struct Opened {
  std::array<stream::Listening, kRoles.size()> listening;
  std::array<std::string, kRoles.size()> addresses;  // with real ports; empty: not served
  std::unique_ptr<stream::TlsContext> tls;
  std::unique_ptr<SharedState> shared;  // with several processes
};

// The sockets of the process with this number.
void serve_all(Service& service, Opened& opened, std::size_t process) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    auto& sockets = opened.listening[i].sockets;
    if (process < sockets.size()) service.serve(static_cast<Role>(i), std::move(sockets[process]));
    sockets.clear();
  }
}

int complain_of(const Error& error) {
  return complain(error.code == Errc::invalid_argument ? kWrongUsage : kFailed, error.detail);
}

Result<Opened> open_all(const CommandLine& options, const Clock& clock) {
  Opened out;
  std::array<std::optional<stream::HostPort>, kRoles.size()> addresses;
  std::string tls_host;
  bool tls = false;
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (options.addresses[i].empty()) continue;
    addresses[i] = stream::split_host_port(with_host(options.addresses[i]));
    if (!addresses[i]) {
      return fail(Errc::invalid_argument,
                  fmt::format("--{}: expected [HOST:]PORT, not \"{}\"", kRoles[i], options.addresses[i]));
    }
    if (!has_tls(static_cast<Role>(i))) continue;
    tls = true;
    tls_host = addresses[i]->host;
  }
  // Before anything listens: who finds a port open finds the certificate made.
  if (options.tls.cert.empty() != options.tls.key.empty()) {
    return fail(Errc::invalid_argument, "--cert and --key belong together");
  }
  if (tls) {
    auto context = stream::TlsContext::open(options.tls, tls_host, clock);
    if (!context) return tl::unexpected(context.error());
    out.tls = std::move(*context);
    if (!options.ca_file.empty() && !write_file(options.ca_file, out.tls->certificate_pem())) {
      return fail(Errc::unavailable, "cannot write " + options.ca_file);
    }
  }
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (!addresses[i]) continue;
    const auto kind =
        static_cast<Role>(i) == Role::udp ? stream::SocketKind::datagram : stream::SocketKind::stream;
    auto listening = stream::open_listening(*addresses[i], options.processes, kind);
    if (!listening) return tl::unexpected(listening.error());
    addresses[i]->port = listening->port;
    out.addresses[i] = stream::to_string(*addresses[i]);
    out.listening[i] = std::move(*listening);
  }
  if (options.processes > 1) {
    auto shared = SharedState::create(options.devices_max);
    if (!shared) return tl::unexpected(shared.error());
    out.shared = std::move(*shared);
  }
  return out;
}

// All but what is opened later.
Result<ServiceOptions> service_options(const CommandLine& options) {
  const auto idle_timeout = parse_duration(options.idle_timeout);
  if (!idle_timeout) return fail(Errc::invalid_argument, "--idle-timeout: " + idle_timeout.error().detail);
  ServiceOptions out;
  out.platform.seed = options.seed;
  out.platform.any_payload = options.any_payload;
  out.platform.limits.kept_bytes_max /= options.processes;
  out.platform.limits.devices_max = options.devices_max;
  out.limits.connections_max = options.connections_max;
  out.limits.idle_timeout = *idle_timeout;
  out.framing = framing_of(options);
  out.acks = !options.no_acks;
  out.udp_acks = options.udp_acks;
  auto converse = converse_settings(options.settings);
  if (!converse) return tl::unexpected(converse.error());
  out.converse = std::move(*converse);
  out.processes = static_cast<std::uint32_t>(options.processes);
  if (options.token.empty()) return out;
  if (options.token.front() != '/')
    return fail(Errc::invalid_argument,
                "--token: expected a path such as /login, not \"" + options.token + "\"");
  const auto lifetime = parse_duration(options.token_expires);
  if (!lifetime) return fail(Errc::invalid_argument, "--token-expires: " + lifetime.error().detail);
  if (*lifetime % std::chrono::seconds(1) != Duration::zero())
    return fail(Errc::invalid_argument, "--token-expires: expected whole seconds, or 0s: for good");
  auto secret = Tokens::make_secret();
  if (!secret) return tl::unexpected(secret.error());
  out.tokens = {options.token, *lifetime, *secret};
  return out;
}

// One of several processes that serve the ports; ends when the one that speaks for all says so, or has gone.
int run_member(std::size_t process, Channel channel, Opened& opened, ServiceOptions options) {
  // A signal to the group of processes is for the one that speaks for them.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  options.platform.seed += process + 1;
  options.process = static_cast<std::uint32_t>(process);
  const RealClock clock;
  loop::AsioLoop loop(clock);
  Service service(loop, clock, options, opened.tls.get());
  service.hand_over_steering(
      [&channel](int socket, std::string_view bytes) { return channel.hand_over(socket, bytes); },
      opened.addresses[0]);
  serve_all(service, opened, process);
  Member member(loop, clock, channel, service.api());
  member.serve([&](std::function<void()> done) { service.stop(std::move(done)); },
               [&] { return Snapshot::of(service.platform(), service.counters()).to_wire(); },
               [&] { loop.stop(); });
  loop.run();
  return 0;
}

void print_first_line(const Opened& opened, const std::string& zmq) {
  std::string line = "listening";
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (!opened.addresses[i].empty()) line += fmt::format(" {}={}", kRoles[i], opened.addresses[i]);
  }
  if (!zmq.empty()) line += " zmq=" + zmq;
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

// MQTT sessions are a process's own.
void warn_of_sessions(const Opened& opened) {
  const auto served = [&](Role role) { return !opened.addresses[static_cast<std::size_t>(role)].empty(); };
  if (!served(Role::mqtt) && !served(Role::mqtts)) return;
  fmt::print(stderr,
             "vfleet-platform: with several processes a persistent MQTT session is known to one of them: a "
             "client that comes back may find it forgotten (--processes 1 keeps sessions)\n");
}

// The first signal ends it in order, the second at once.
void end_on_signals(boost::asio::signal_set& signals, loop::AsioLoop& loop, Service& service) {
  signals.async_wait([&](const boost::system::error_code& ec, int) {
    if (ec) return;
    service.stop([&loop] { loop.stop(); });
    signals.async_wait([&loop](const boost::system::error_code& again, int) {
      if (!again) loop.stop();
    });
  });
}

// Of this process, and of those of `family` unless it is null.
Result<Snapshot> final_figures(Service& service, Family* family) {
  Snapshot figures = Snapshot::of(service.platform(), service.counters());
  if (family == nullptr) return figures;
  family->stop_watching();
  const auto others = family->ask("POST", "/stop", {});
  if (!others) return tl::unexpected(others.error());
  for (const ApiAnswer& other : *others) {
    if (const auto theirs = Snapshot::from_wire(other.body)) figures.merge(*theirs);
  }
  return figures;
}

// The only process, or the one that speaks for the others.
int run_speaker(const CommandLine& options, Opened& opened, const ServiceOptions& service_options,
                std::unique_ptr<Family> family, const Clock& clock) {
  loop::AsioLoop loop(clock);
  Service service(loop, clock, service_options, opened.tls.get());
  int status = 0;
  if (family) {
    service.api().speak_for(*family, *opened.shared);
    family->watch(
        loop,
        [&service](Channel::Adopted adopted) { service.adopt(std::move(adopted.socket), adopted.bytes); },
        [&] {
          status = complain(kFailed, "a process of the platform has ended: its figures are lost");
          loop.stop();
        });
  } else {
    serve_all(service, opened, 0);
  }
  std::string zmq;
  if (!options.zmq.empty()) {
    auto endpoint = service.serve_zmq(options.zmq);
    if (!endpoint) return complain(kFailed, endpoint.error().detail);
    zmq = std::move(*endpoint);
  }
  if (!options.port_file.empty() &&
      !write_file(options.port_file,
                  std::to_string(stream::split_host_port(opened.addresses[0])->port) + "\n")) {
    return complain(kFailed, "cannot write " + options.port_file);
  }
  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  end_on_signals(signals, loop, service);
  if (family) warn_of_sessions(opened);
  // Who has read it may end this process.
  print_first_line(opened, zmq);
  loop.run();
  // What is left of the figures would pass for all of them.
  if (status != 0) return status;

  const auto figures = final_figures(service, family.get());
  if (!figures) return complain(kFailed, figures.error().detail);
  if (options.json) {
    fmt::print("{}\n", figures->to_json(service.platform()));
  } else if (!options.quiet) {
    fmt::print("{}\n", figures->to_line(service.platform()));
  }
  std::fflush(stdout);
  return 0;
}

int run(const CommandLine& options) {
  const RealClock clock;
  // Before anything is opened: a wrong option is told whether or not a port is free.
  auto settings = service_options(options);
  if (!settings) return complain_of(settings.error());
  auto opened = open_all(options, clock);
  if (!opened) return complain_of(opened.error());
  settings->platform.shared = opened->shared.get();
  std::unique_ptr<Family> family;
  if (options.processes > 1) {
    std::vector<Family::Member> members;
    for (std::size_t i = 0; i < options.processes; ++i) {
      auto ends = Channel::open();
      if (!ends) return complain_of(ends.error());
      const pid_t pid = ::fork();
      if (pid < 0) return complain(kFailed, fmt::format("cannot fork: {}", std::strerror(errno)));
      if (pid == 0) {
        members.clear();
        ends->parent = Channel();
        return run_member(i, std::move(ends->child), *opened, *settings);
      }
      members.push_back({pid, std::move(ends->parent)});
    }
    for (stream::Listening& listening : opened->listening) listening.sockets.clear();
    family = std::make_unique<Family>(clock, std::move(members));
  }
  return run_speaker(options, *opened, *settings, std::move(family), clock);
}

}  // namespace
}  // namespace vfleet::platform

int main(int argc, char** argv) {
  int status = 0;
  const auto options = vfleet::platform::parse_command_line(argc, argv, status);
  if (!options) return status;
  std::signal(SIGPIPE, SIG_IGN);
  return vfleet::platform::run(*options);
}
