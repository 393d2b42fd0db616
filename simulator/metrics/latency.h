#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/metrics/histogram.h"

namespace vfleet::metrics {

/// The times of one kind of report over one uplink.
struct Latency {
  Histogram send;     ///< due until its bytes went to the kernel
  Histogram ack;      ///< due until the platform accepted it; those that are acknowledged
  Histogram answer;   ///< with the kernel until the platform accepted it: the platform's part of `ack`
  Histogram arrival;  ///< due until it had arrived: the stand-in says so, or its echo came back

  void merge(const Latency& other);
};

/// Latency's histograms by their names.
struct LatencyWay {
  std::string_view name;
  Histogram Latency::*histogram;
};
inline constexpr std::array kLatencyWays = {
    LatencyWay{"send", &Latency::send}, LatencyWay{"ack", &Latency::ack},
    LatencyWay{"answer", &Latency::answer}, LatencyWay{"arrival", &Latency::arrival}};

/// {"send":HIST,"ack":HIST,"answer":HIST,"arrival":HIST}: those that counted something, and always the first
/// two.
[[nodiscard]] nlohmann::json to_tree(const Latency& latency);

/// The same members of an object that may have others, too. Errors: malformed. Never throws.
[[nodiscard]] Result<Latency> latency_from_tree(const nlohmann::json& tree);

}  // namespace vfleet::metrics
