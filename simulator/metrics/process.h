#pragma once

#include <cstdint>

/// What this process uses of the machine. System calls of a microsecond or two: once a second, not per
/// report.
namespace vfleet::metrics {

/// Resident memory in bytes, now; 0 when the system does not tell.
[[nodiscard]] std::uint64_t own_rss_bytes();

/// CPU time of all threads since the process started, user and system, in microseconds.
[[nodiscard]] std::uint64_t own_cpu_us();

/// Open descriptors; on a kernel before 6.2 an estimate from below: the lowest number that is free.
[[nodiscard]] std::uint64_t own_open_descriptors();

}  // namespace vfleet::metrics
