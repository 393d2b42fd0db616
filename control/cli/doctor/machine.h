#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace vfleet::cli::doctor {

/// What this machine offers to a fleet. What the system does not tell is 0 or absent.
struct Machine {
  unsigned cores = 0;
  std::uint64_t memory_available = 0;    ///< bytes
  std::uint64_t descriptors = 0;         ///< that a process may open: the hard limit
  std::uint64_t descriptors_of_all = 0;  ///< fs.file-max
  std::uint32_t first_port = 0;          ///< of those that connections get
  std::uint32_t last_port = 0;
  std::uint64_t somaxconn = 0;
  std::uint64_t tcp_memory = 0;  ///< bytes of all sockets' buffers, at most
  std::optional<std::uint64_t> conntrack_max;
  std::uint64_t conntrack_used = 0;
  std::string clock_source;  ///< "tsc", "kvm-clock", "hpet", ...
  std::optional<bool> clock_synchronised;
  std::optional<std::uint64_t> shm_free;  ///< bytes of /dev/shm; absent: there is none
  std::uint64_t disk_free = 0;            ///< bytes for us where the run directory is or will be
  std::string disk;                       ///< that place
};

/// Reads it. `run_dir` need not be there yet. Never fails; `root` stands for "/" where /proc and /sys are
/// read.
[[nodiscard]] Machine read_machine(const std::filesystem::path& run_dir,
                                   const std::filesystem::path& root = "/");

}  // namespace vfleet::cli::doctor
