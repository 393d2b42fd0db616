#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/results/arrivals.h"
#include "simulator/core/result.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/latency.h"

namespace vfleet::control::results {

using Counts = std::map<std::string, std::uint64_t>;

/// Since the start of the fleet.
using metrics::Latency;

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
  std::uint64_t handed_over = 0;  ///< of the acked: nobody acknowledges them
  Counts failed;                  ///< by reason
  Counts refused_by;  ///< of the refused, what the platform said: "HTTP 503", "MQTT not_authorized"
  Counts not_sent;    ///< by reason
  Counts link_downs;
  Counts sent_by_report;  ///< TYPE.REPORT
  Counts acked_by_report;
  Counts failed_by_report;
  Counts refused_by_report;  ///< of the failed
  Counts dropped_by_report;  ///< of the failed: evicted from a queue
  metrics::Histogram lateness;
  metrics::Histogram ack;  ///< due to acknowledged, all reports
  Latencies latencies;     ///< of workers whose boards control cannot read: dead ones, other hosts
};

[[nodiscard]] std::uint64_t sum_of(const Counts& counts);

/// Reads "Statistics" of docs/control-protocol.md, merged. Errors: malformed.
[[nodiscard]] Result<Figures> parse_figures(std::string_view json);

/// By "UPLINK/TYPE.REPORT": due to arrival.
using Arrivals = std::map<std::string, metrics::Histogram>;

/// Of the stand-in platform, or of one that serves the same.
struct PlatformFigures {
  std::int64_t at_us = 0;  ///< wall clock, when it said so
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
  std::shared_ptr<const Arrivals> by_report;  ///< null: it does not tell
};

/// Errors: malformed.
[[nodiscard]] Result<PlatformFigures> parse_platform(std::string_view json, const ArrivalNames& names = {});

/// What was recorded after `before`, which an earlier moment of the same histogram is.
[[nodiscard]] metrics::Histogram since(const metrics::Histogram& now, const metrics::Histogram& before);

}  // namespace vfleet::control::results
