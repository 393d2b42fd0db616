#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

/// What was changed, and what is not as it should be, for people.
namespace vfleet::cli {

/// Rows of `history`: a line each, newest first.
[[nodiscard]] std::string render_history(const nlohmann::json& rows, const Style& style);
/// One row in full, with its arguments and what became of it.
[[nodiscard]] std::string render_history_entry(const nlohmann::json& row, const Style& style);
/// Rows and result of `diff`.
[[nodiscard]] std::string render_diff(const nlohmann::json& result, const Style& style);
/// The "changes" and "note" of scale and rollback, above the counts.
[[nodiscard]] std::string render_changes(const nlohmann::json& result, bool dry_run, const Style& style);

}  // namespace vfleet::cli
