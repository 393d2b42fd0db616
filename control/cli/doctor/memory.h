#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "control/cli/doctor/needs.h"

namespace vfleet::cli::doctor {

/// What one of something takes of a worker's memory, rounded up from what `measured_by` has shown.
/// docs/operations.md, "Memory", has the same table for operators.
struct Weight {
  std::string_view name;
  std::uint64_t bytes;
  std::string_view measured;     ///< bytes or what else was seen
  std::string_view measured_by;  ///< the command that tells it again
  std::uint64_t Needs::*count;   ///< how many of it a fleet has
};

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;

inline constexpr std::array<Weight, 7> kWeights = {{
    {"a device", 1 * kKiB, "415 to 1,010: a camera, an idle pile, a pile that charges two cars",
     "null_bench --state no", &Needs::devices},
    {"its state file", 1 * kKiB, "170 to 930: a camera, a pile that charges two cars",
     "null_bench --state no,yes", &Needs::devices},
    {"a protocol of its own", 2 * kKiB,
     "1,200 to 1,900 more than JSON: an idle pile of YKC, an OCPP station in a session, state and all",
     "pile_fleet --state --dialect ocpp|ykc|json", &Needs::conversing},
    {"its connection", kKiB / 2, "340 to 400 more than without: http, mqtt, websocket, tcp, udp",
     "growth --memory --protocol http|mqtt", &Needs::connections},
    {"TLS on it", 16 * kKiB, "13.6 to 15 KB: full handshake, own certificate, resumed",
     "tls_memory_bench, tls_worker", &Needs::tls},
    {"a TLS handshake under way", 90 * kKiB,
     "77 to 87 KB at its peak; pacing.in_flight says how many at once", "tls_memory_bench",
     &Needs::handshakes},
    {"a worker", 16 * kMiB, "11.6 to 15 MB with one device", "one_device_bench", &Needs::workers},
}};

/// Of all workers together, in bytes.
[[nodiscard]] constexpr std::uint64_t memory_of(const Needs& needs) {
  std::uint64_t sum = 0;
  for (const Weight& each : kWeights) sum += each.bytes * needs.*each.count;
  return sum;
}

}  // namespace vfleet::cli::doctor
