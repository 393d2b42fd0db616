#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "control/cli/failure.h"

/// Small JSON files that `up` and `stop` leave for each other in the run directory.
namespace vfleet::cli {

/// {"pid","fleet","file"}: the process that supervises the fleet; there while it runs.
inline constexpr const char* kUpFile = "up.json";
/// {"pid"}: `vfleet stop` asked for the end.
inline constexpr const char* kStopFile = "stop.json";
/// {"shard"}: `vfleet recycle` asked for it; removed once `up` has read it.
inline constexpr const char* kRecycleFile = "recycle.json";
/// What render/summary.h makes; there once the run is over.
inline constexpr const char* kSummaryFile = "summary.json";

/// Writes it aside and renames it: whoever waits for the file never sees half of it.
[[nodiscard]] Outcome<void> write_json_file(const std::filesystem::path& path,
                                            const nlohmann::json& document);
/// nullopt when there is no such file or it holds no JSON object.
[[nodiscard]] std::optional<nlohmann::json> read_json_file(const std::filesystem::path& path);

}  // namespace vfleet::cli
