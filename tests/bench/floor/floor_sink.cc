// What the floor, vfleet and others send to when they are compared: takes MQTT, HTTP and OCPP-J on one port,
// counts.
//   floor_sink [--port 0] [--processes 1]
// Prints its port; then, for each line on its standard input, one line of JSON with what it has counted since
// it started. Ends with its input.
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/floor/sink.h"
#include "tests/bench/options.h"

namespace {

using vfleet::floor::Counts;
using vfleet::floor::Sink;

struct alignas(128) Shared {
  Counts counts;
};

void child(int listener, Counts& counts) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    Sink sink(listener, counts);
    sink.run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "floor_sink: %s\n", e.what());
  }
  ::_exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  auto port = static_cast<std::uint16_t>(std::stoul(vfleet::bench::option(argc, argv, "--port", "0")));
  const std::size_t processes = std::stoul(vfleet::bench::option(argc, argv, "--processes", "1"));
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  const std::size_t bytes = sizeof(Shared) * processes;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || processes == 0) return 1;
  auto* shared = new (memory) Shared[processes];
  std::vector<int> listeners;
  try {
    for (std::size_t i = 0; i < processes; ++i) listeners.push_back(Sink::listen(port));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "floor_sink: %s\n", e.what());
    return 1;
  }
  std::vector<pid_t> children;
  for (std::size_t i = 0; i < processes; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (const int other : listeners) {
        if (other != listeners[i]) ::close(other);
      }
      child(listeners[i], shared[i].counts);
    }
    children.push_back(pid);
  }
  for (const int listener : listeners) ::close(listener);
  fmt::print("{}\n", port);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    Counts sum;
    for (std::size_t i = 0; i < processes; ++i) {
      const volatile Counts& each = shared[i].counts;
      sum.connections += each.connections;
      sum.received += each.received;
      sum.bytes += each.bytes;
    }
    fmt::print(R"({{"connections":{},"received":{},"bytes":{}}})"
               "\n",
               sum.connections, sum.received, sum.bytes);
    std::fflush(stdout);
  }
  for (const pid_t pid : children) ::kill(pid, SIGKILL);
  for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);
  return 0;
}
