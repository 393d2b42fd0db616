#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

namespace vfleet::cli {

/// One line a device type: name and what it is.
[[nodiscard]] std::string render_type_list(const nlohmann::json& types, const Style& style);
/// One type in full: reports, actions with their arguments, states, configuration keys. `verbose` adds the
/// docs of keys. `uplinks`: their descriptions, for what their links can be made to do.
[[nodiscard]] std::string render_type(const nlohmann::json& type, const nlohmann::json& uplinks, bool verbose,
                                      const Style& style);

}  // namespace vfleet::cli
