#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "simulator/metrics/histogram.h"

/// Members of documents that came from another process or a file: what is missing or has another type reads
/// as empty. Nothing here throws.
namespace vfleet::control::results {

[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* name);
[[nodiscard]] const nlohmann::json& object_at(const nlohmann::json& object, const char* name);
[[nodiscard]] const nlohmann::json& list_at(const nlohmann::json& object, const char* name);
[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* name);
[[nodiscard]] std::uint64_t count_at(const nlohmann::json& object, const char* name);
/// nullopt when there is no number (null stands for "not known").
[[nodiscard]] std::optional<double> number_at(const nlohmann::json& object, const char* name);
[[nodiscard]] bool flag_at(const nlohmann::json& object, const char* name);
/// An empty one when it does not hold together.
[[nodiscard]] metrics::Histogram histogram_at(const nlohmann::json& object, const char* name);
/// All whole numbers of an object added up.
[[nodiscard]] std::uint64_t total(const nlohmann::json& counts);

}  // namespace vfleet::control::results
