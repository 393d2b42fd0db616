#include "control/cli/doctor/machine.h"

#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "control/cli/supervise/descriptors.h"

namespace vfleet::cli::doctor {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;
}

std::optional<std::uint64_t> free_bytes(const fs::path& place) {
  struct statvfs info = {};
  if (::statvfs(place.c_str(), &info) != 0) return std::nullopt;
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

std::uint64_t memory_available(const fs::path& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view kName = "MemAvailable:";
    if (line.starts_with(kName)) return std::strtoull(line.c_str() + kName.size(), nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace

Machine read_machine(const fs::path& run_dir, const fs::path& root) {
  const fs::path kernel = root / "proc/sys";
  Machine machine;
  machine.cores = std::thread::hardware_concurrency();
  machine.memory_available = memory_available(root / "proc/meminfo");
  machine.descriptors = descriptor_limit();
  machine.descriptors_of_all = number_in(kernel / "fs/file-max").value_or(0);
  if (std::ifstream ports(kernel / "net/ipv4/ip_local_port_range"); ports)
    ports >> machine.first_port >> machine.last_port;
  machine.somaxconn = number_in(kernel / "net/core/somaxconn").value_or(0);
  if (std::ifstream pages(kernel / "net/ipv4/tcp_mem"); pages) {
    std::uint64_t low = 0;
    std::uint64_t pressure = 0;
    std::uint64_t high = 0;
    if (pages >> low >> pressure >> high)
      machine.tcp_memory = high * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  machine.conntrack_max = number_in(kernel / "net/netfilter/nf_conntrack_max");
  machine.conntrack_used = number_in(kernel / "net/netfilter/nf_conntrack_count").value_or(0);
  if (std::ifstream in(root / "sys/devices/system/clocksource/clocksource0/current_clocksource"); in)
    in >> machine.clock_source;
  timex state = {};
  if (::adjtimex(&state) >= 0) machine.clock_synchronised = (state.status & STA_UNSYNC) == 0;
  machine.shm_free = free_bytes("/dev/shm");
  // The nearest place that is there.
  fs::path place = fs::absolute(run_dir);
  std::error_code ignored;
  while (!fs::exists(place, ignored) && place.has_relative_path()) place = place.parent_path();
  machine.disk = place.string();
  machine.disk_free = free_bytes(place).value_or(0);
  return machine;
}

}  // namespace vfleet::cli::doctor
