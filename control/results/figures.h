#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/metrics/histogram.h"

namespace vfleet::control::results {

using Counts = std::map<std::string, std::uint64_t>;

/// The times of one kind of report over one uplink, since the start of the fleet.
struct Latency {
  metrics::Histogram send;    ///< due to handed to the kernel
  metrics::Histogram ack;     ///< due to acknowledged

  void merge(const Latency& other);
};

/// By "UPLINK/TYPE.REPORT".
using Latencies = std::map<std::string, Latency>;

/// The whole fleet's figures at one moment: counters since the start, and gauges.
struct Figures {
  std::uint64_t devices = 0;
  std::uint64_t online = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t queued = 0;
  std::uint64_t rss_bytes = 0;
  double utilisation = 0;  ///< of the busiest worker, in the last second
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;
  Counts failed;    ///< by reason
  Counts not_sent;  ///< by reason
  Counts link_downs;
  Counts sent_by_report;  ///< TYPE.REPORT
  Counts acked_by_report;
  metrics::Histogram lateness;
  metrics::Histogram ack;  ///< due to acknowledged, all reports
  Latencies latencies;     ///< of workers whose boards control cannot read: dead ones, other hosts
};

[[nodiscard]] std::uint64_t sum_of(const Counts& counts);

/// Reads "Statistics" of docs/control-protocol.md, merged. Errors: malformed.
[[nodiscard]] Result<Figures> parse_figures(std::string_view json);

/// Of the stand-in platform, or of one that serves the same.
struct PlatformFigures {
  std::uint64_t started_us = 0;
  std::uint64_t received = 0;
  std::uint64_t missing = 0;
  std::uint64_t duplicates = 0;
  /// Due to arrival, in microseconds; by the clocks of both ends.
  std::uint64_t arrivals = 0;
  double mean_us = 0;
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  double max_us = 0;
};

/// Errors: malformed.
[[nodiscard]] Result<PlatformFigures> parse_platform(std::string_view json);

/// What was recorded after `before`, which an earlier moment of the same histogram is.
[[nodiscard]] metrics::Histogram since(const metrics::Histogram& now, const metrics::Histogram& before);

}  // namespace vfleet::control::results
