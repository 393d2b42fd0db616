#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/metrics/histogram.h"

/// HIST of docs/control-protocol.md: {"unit":"us","count":3,"sum":12,"max":5,"buckets":[[3,1],[4,1],[5,1]]};
/// only buckets that counted something are there, in ascending order.
namespace vfleet::metrics {

[[nodiscard]] std::string encode(const Histogram& histogram);
[[nodiscard]] nlohmann::json to_tree(const Histogram& histogram);

/// Errors: malformed, for all that encode() cannot have written (unknown buckets, an order or a total that
/// does not hold). Never throws.
[[nodiscard]] Result<Histogram> decode_histogram(std::string_view text);
[[nodiscard]] Result<Histogram> histogram_from_tree(const nlohmann::json& tree);

}  // namespace vfleet::metrics
