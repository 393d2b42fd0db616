#include "control/cli/doctor/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/cli/doctor/memory.h"
#include "control/cli/render/figures.h"
#include "control/cli/supervise/descriptors.h"

namespace vfleet::cli::doctor {
namespace {

constexpr std::uint64_t kKernelBytes = 4 * kKiB;  // of a connection's buffers while something is in them
constexpr std::uint64_t kBoardBytes = 2 * kMiB;   // of a worker's figures in /dev/shm
constexpr std::uint64_t kDiskMin = 4 * kMiB;
constexpr std::uint64_t kDiskGood = 512 * kMiB;  // logs, journal and state
constexpr std::uint64_t kManyConnections = 1000;
constexpr std::uint64_t kBacklogGood = 1024;

class Diagnosis {
 public:
  Diagnosis(const Machine& machine, const Needs& needs) : machine_(machine), needs_(needs) {}

  std::vector<Finding> make() {
    descriptors();
    ports();
    cores();
    memory();
    clock();
    shared_memory();
    disk();
    kernel();
    return std::move(findings_);
  }

 private:
  void add(std::string name, Level level, std::string text, std::string remedy) {
    findings_.push_back(
        {std::move(name), level, std::move(text), level == Level::ok ? "" : std::move(remedy)});
  }

  void descriptors() {
    const std::uint64_t each = (needs_.connections + needs_.workers - 1) / needs_.workers + kOtherDescriptors;
    const std::uint64_t needed = workers_needed(needs_.connections, machine_.descriptors);
    add("descriptors", each <= machine_.descriptors ? Level::ok : Level::fail,
        fmt::format("a worker needs {} and may open {}", each, machine_.descriptors),
        needed == 0 ? "raise `ulimit -Hn`" : fmt::format("--workers {}, or raise `ulimit -Hn`", needed));
    if (machine_.descriptors_of_all == 0) return;
    const std::uint64_t all = needs_.connections + needs_.workers * kOtherDescriptors;
    add("files of all", all <= machine_.descriptors_of_all ? Level::ok : Level::fail,
        fmt::format("all processes need {} and may open {}", all, machine_.descriptors_of_all),
        fmt::format("sysctl -w fs.file-max={}", all * 2));
  }

  void ports() {
    if (machine_.last_port < machine_.first_port || machine_.last_port == 0) return;
    const std::uint64_t ports = machine_.last_port - machine_.first_port + 1;
    if (needs_.targets.empty())
      add("ports", Level::ok, fmt::format("{} to each platform from each address", ports), "");
    for (const auto& [name, target] : needs_.targets) {
      const std::uint64_t room = ports * target.addresses;
      const std::uint64_t addresses = (target.connections + ports - 1) / ports;
      const Level level = target.connections > room            ? Level::fail
                          : target.connections > room / 10 * 9 ? Level::warn
                                                               : Level::ok;
      add("ports", level,
          fmt::format("{} connections to {} from {} address{}, {} ports each", target.connections, name,
                      target.addresses, target.addresses == 1 ? "" : "es", ports),
          fmt::format("the uplink's `source` with {} addresses, or sysctl -w "
                      "net.ipv4.ip_local_port_range=\"1024 65535\"",
                      std::max(addresses, target.addresses + 1)));
    }
  }

  void cores() {
    if (machine_.cores == 0) return;
    add("cores", needs_.workers <= machine_.cores ? Level::ok : Level::warn,
        fmt::format("{} worker{} on {}; control, and the stand-in if it runs here, share them",
                    needs_.workers, needs_.workers == 1 ? "" : "s", machine_.cores),
        fmt::format("--workers {}: more only take time from each other", machine_.cores));
  }

  void memory() {
    const std::uint64_t needed = memory_of(needs_);
    if (machine_.memory_available == 0) return;
    const Level level = needed > machine_.memory_available            ? Level::fail
                        : needed > machine_.memory_available / 10 * 7 ? Level::warn
                                                                      : Level::ok;
    add("memory", level,
        fmt::format("about {} needed, {} available", bytes_text(needed),
                    bytes_text(machine_.memory_available)),
        memory_remedy());
  }

  [[nodiscard]] std::string memory_remedy() const {
    std::string remedy = "fewer devices, or workers on more hosts (--listen)";
    Needs calmer = needs_;
    calmer.handshakes = 0;
    if (memory_of(calmer) <= machine_.memory_available / 10 * 7)
      remedy += fmt::format("; or a smaller pacing.in_flight: {} TLS handshakes at once take most of it",
                            needs_.handshakes);
    return remedy;
  }

  void clock() {
    const std::string& source = machine_.clock_source;
    if (!source.empty()) {
      const bool fast = source == "tsc" || source == "kvm-clock" || source.starts_with("hyperv") ||
                        source == "arch_sys_counter" || source == "xen";
      add("clock", fast ? Level::ok : Level::warn, fmt::format("source {}", source),
          "reading the time costs a microsecond or more with it: see `dmesg | grep -i clocksource`");
    }
    if (!machine_.clock_synchronised) return;
    add("clock set", *machine_.clock_synchronised ? Level::ok : Level::warn,
        *machine_.clock_synchronised ? "kept by the network's time" : "nobody keeps it: it may step",
        "start an NTP client; times of a platform on another host cannot be compared without");
  }

  void shared_memory() {
    const std::uint64_t needed = needs_.workers * kBoardBytes;
    if (!machine_.shm_free) {
      return add("/dev/shm", Level::warn, "there is none: workers' figures are not kept when they die",
                 "mount a tmpfs at /dev/shm");
    }
    add("/dev/shm", *machine_.shm_free >= needed ? Level::ok : Level::fail,
        fmt::format("{} needed, {} free", bytes_text(needed), bytes_text(*machine_.shm_free)),
        "a larger tmpfs (docker: --shm-size)");
  }

  void disk() {
    const Level level = machine_.disk_free < kDiskMin    ? Level::fail
                        : machine_.disk_free < kDiskGood ? Level::warn
                                                         : Level::ok;
    add("disk", level, fmt::format("{} free in {}", bytes_text(machine_.disk_free), machine_.disk),
        "make room, or --run-dir on another disk");
  }

  void kernel() {
    if (machine_.somaxconn != 0) {
      const bool few = machine_.somaxconn < kBacklogGood && needs_.connections >= kManyConnections;
      add("backlog", few ? Level::warn : Level::ok, fmt::format("somaxconn {}", machine_.somaxconn),
          "sysctl -w net.core.somaxconn=4096: a stand-in here refuses connections that come together");
    }
    if (machine_.tcp_memory != 0) {
      const std::uint64_t needed = needs_.connections * kKernelBytes;
      add("tcp memory", needed <= machine_.tcp_memory ? Level::ok : Level::warn,
          fmt::format("up to {} of buffers, {} allowed", bytes_text(needed), bytes_text(machine_.tcp_memory)),
          fmt::format("sysctl -w net.ipv4.tcp_mem with {} pages as the last number", needed / (4 * kKiB)));
    }
    if (!machine_.conntrack_max) return;
    const std::uint64_t room =
        *machine_.conntrack_max - std::min(machine_.conntrack_used, *machine_.conntrack_max);
    const Level level = needs_.connections > room       ? Level::fail
                        : needs_.connections > room / 2 ? Level::warn
                                                        : Level::ok;
    add("conntrack", level, fmt::format("{} connections, room for {}", needs_.connections, room),
        fmt::format("sysctl -w net.netfilter.nf_conntrack_max={}",
                    needs_.connections * 2 + machine_.conntrack_used));
  }

  const Machine& machine_;
  const Needs& needs_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warn:
      return "warn";
    case Level::fail:
      return "fail";
  }
  return "unknown";
}

std::vector<Finding> diagnose(const Machine& machine, const Needs& needs) {
  return Diagnosis(machine, needs).make();
}

}  // namespace vfleet::cli::doctor
