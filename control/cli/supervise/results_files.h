#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/render/summary.h"

namespace vfleet::cli {

/// In the run directory; where control keeps what it records, and where the report goes.
inline constexpr const char* kResultsDir = "results";

/// Removes what an earlier run recorded and reported.
void remove_results(const std::filesystem::path& run_dir);

/// Removes what control has recorded, once it is reported.
void forget_recorder(const std::filesystem::path& run_dir);

/// The results document from the file that a dead control has left, with the figures of `record`; no object
/// when there is none.
[[nodiscard]] nlohmann::json results_left_behind(const std::string& run_dir, const RunRecord& record);

}  // namespace vfleet::cli
