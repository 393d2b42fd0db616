// The floor: what sending costs at least. A bare epoll program, to be run next to vfleet against the same
// sink.
//   floor --port PORT [--protocol mqtt|http|calls] [--connections 1000] [--rate 0] [--seconds 10] [--warm-up
//   2]
//         [--body 300] [--processes 1] [--json yes]
// --rate: reports a second and connection; 0: flat out. Several processes share the connections, each with a
// source address of its own. calls: CALLs of OCPP-J over WebSocket, each answered by a CALLRESULT.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/bench/floor/sender.h"
#include "tests/bench/options.h"

namespace {

using namespace vfleet;

// What a child process tells.
struct Told {
  floor::Outcome outcome;
  std::uint64_t p50 = 0, p99 = 0, max = 0;
  bool good = false;
};

void child(const floor::Work& work, Told& told) {
  try {
    const RealClock clock;
    floor::Sender sender(clock, work);
    told.outcome = sender.run();
    told.p50 = sender.lateness().value_at_quantile(0.5);
    told.p99 = sender.lateness().value_at_quantile(0.99);
    told.max = sender.lateness().max();
    told.good = true;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "floor: %s\n", e.what());
  }
}

Told add_up(const Told* all, std::size_t processes) {
  Told sum = all[0];
  for (std::size_t i = 1; i < processes; ++i) {
    const Told& each = all[i];
    sum.good = sum.good && each.good;
    sum.outcome.sent += each.outcome.sent;
    sum.outcome.skipped += each.outcome.skipped;
    sum.outcome.cpu_seconds += each.outcome.cpu_seconds;
    sum.outcome.seconds = std::max(sum.outcome.seconds, each.outcome.seconds);
    sum.outcome.connect_seconds = std::max(sum.outcome.connect_seconds, each.outcome.connect_seconds);
    // Of the worst process: each has as many reports.
    sum.p50 = std::max(sum.p50, each.p50);
    sum.p99 = std::max(sum.p99, each.p99);
    sum.max = std::max(sum.max, each.max);
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const auto option = [&](const char* name, const char* fallback) {
    return bench::option(argc, argv, name, fallback);
  };
  floor::Work work;
  const std::string protocol = option("--protocol", "mqtt");
  work.protocol = protocol == "http"    ? floor::Protocol::http
                  : protocol == "calls" ? floor::Protocol::calls
                                        : floor::Protocol::mqtt;
  work.port = static_cast<std::uint16_t>(std::stoul(option("--port", "0")));
  work.rate = std::stod(option("--rate", "0"));
  work.body_bytes = std::stoul(option("--body", "300"));
  const auto duration = [&](const char* name, const char* fallback) {
    return Duration(static_cast<std::int64_t>(std::stod(option(name, fallback)) * 1e9));
  };
  work.length = duration("--seconds", "10");
  work.warm_up = duration("--warm-up", "2");
  const auto connections = static_cast<std::uint32_t>(std::stoul(option("--connections", "1000")));
  const auto processes = static_cast<std::uint32_t>(std::stoul(option("--processes", "1")));
  const bool known = protocol == "mqtt" || protocol == "http" || protocol == "calls";
  if (!known || work.port == 0 || connections < processes || processes == 0 || processes > 250) {
    std::fprintf(stderr,
                 "floor: needs --port, a --protocol of mqtt, http or calls, and at least a connection a "
                 "process; see the top of floor.cc\n");
    return 2;
  }

  const std::size_t bytes = sizeof(Told) * processes;
  void* shared = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  auto* told = new (shared) Told[processes];
  std::vector<pid_t> children;
  for (std::uint32_t i = 0; i < processes; ++i) {
    work.first_device = connections / processes * i + 1;
    work.connections = i + 1 < processes ? connections / processes : connections - work.first_device + 1;
    work.source = i + 1;
    const pid_t pid = ::fork();
    if (pid == 0) {
      child(work, told[i]);
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);

  const Told sum = add_up(told, processes);
  if (!sum.good) return 1;
  const double each =
      sum.outcome.sent == 0 ? 0 : sum.outcome.cpu_seconds * 1e6 / static_cast<double>(sum.outcome.sent);
  const double rate = static_cast<double>(sum.outcome.sent) / sum.outcome.seconds;
  if (option("--json", "no") == std::string("yes")) {
    fmt::print(
        R"({{"sent":{},"skipped":{},"per_second":{:.0f},"cpu_s_per_million":{:.3f},"lateness_us":{{"p50":{},"p99":{},"max":{}}},"connect_s":{:.3f}}})"
        "\n",
        sum.outcome.sent, sum.outcome.skipped, rate, each, sum.p50, sum.p99, sum.max,
        sum.outcome.connect_seconds);
  } else {
    fmt::print(
        "{} {} connections: {:.0f}/s, {:.2f} CPU s per 1M, lateness p50 {} us, p99 {} us, max {} us; {} "
        "skipped; connected in {:.2f} s\n",
        protocol, connections, rate, each, sum.p50, sum.p99, sum.max, sum.outcome.skipped,
        sum.outcome.connect_seconds);
  }
  return 0;
}
