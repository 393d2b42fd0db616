#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

namespace vfleet::cli {

/// The document of top_document() as a page: the fleet, its groups, its workers. At most `lines` lines of at
/// most `columns` characters (0: no limit); what does not fit is counted in the last line of its table.
[[nodiscard]] std::string render_top(const nlohmann::json& document, const Style& style, int columns,
                                     int lines);

}  // namespace vfleet::cli
