#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "simulator/config/threshold.h"

namespace vfleet::control::results {

/// How run `b` differs from run `a`, both results documents:
/// {"a":HEAD,"b":HEAD,"rows":[{"name","unit","a","b","change"}],"checks":[{"text","a","b","change","failed",
/// "why"}]}. Percentiles are computed from the histograms of both. `change` is relative (0.1: a tenth more),
/// of parts the difference; null where one of them has no value. HEAD is {"fleet","started","seconds",
/// "devices","workers","valid"}. A check holds ("failed") when the change is as its text says; when a value
/// is missing `failed` is null.
[[nodiscard]] nlohmann::json compare(const nlohmann::json& a, const nlohmann::json& b,
                                     const std::vector<config::Change>& checks = {});

}  // namespace vfleet::control::results
