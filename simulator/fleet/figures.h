#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/metrics/histogram.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::fleet {

/// Why a report became due, or was asked for, and never got a sequence number.
enum class NotSent : std::uint8_t { offline, paused, queue_full, late, encode_failed };
inline constexpr std::size_t kNotSentReasons = 5;

[[nodiscard]] constexpr std::string_view to_string(NotSent reason) {
  switch (reason) {
    case NotSent::offline:
      return "offline";
    case NotSent::paused:
      return "paused";
    case NotSent::queue_full:
      return "queue_full";
    case NotSent::late:
      return "late";
    case NotSent::encode_failed:
      return "encode_failed";
  }
  return "unknown";
}

/// What a shard counts. `sent` are reports that got a sequence number and were accepted by the uplink; each
/// of them ends as acked, as failed, or is in flight.
struct Figures {
  std::uint64_t sent = 0;
  std::array<std::uint64_t, 5> settled{};  // by uplink::Fate
  std::array<std::uint64_t, kNotSentReasons> not_sent{};
  std::map<std::string, std::uint64_t, std::less<>> link_downs;  // by reason
  std::uint64_t online = 0;
  std::uint64_t paused = 0;
  std::uint64_t commands_applied = 0;
  metrics::Histogram lateness;     // from due to the send, scheduled reports
  metrics::Histogram ack_latency;  // from due to the acknowledgement, scheduled reports and others alike

  struct ReportCount {
    std::uint64_t sent = 0;
    std::uint64_t acked = 0;
  };
  std::map<std::string, std::vector<ReportCount>, std::less<>> reports;  // by type, then report index
  /// Names of reports that an open type does not describe, by type: their counts follow those of the described ones.
  /// At most kOpenNamesMax; further ones are counted as the last, "other".
  static constexpr std::size_t kOpenNamesMax = 64;
  std::map<std::string, std::vector<std::string>, std::less<>> open_names;

  [[nodiscard]] std::uint64_t acked() const { return settled[static_cast<std::size_t>(uplink::Fate::acked)]; }
  [[nodiscard]] std::uint64_t in_flight() const {
    std::uint64_t done = 0;
    for (const std::uint64_t n : settled) done += n;
    return sent - done;
  }
};

}  // namespace vfleet::fleet
