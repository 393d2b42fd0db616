#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/output.h"

/// Rows of queries as tables for people. Form of the rows: docs/control-protocol.md.
namespace vfleet::cli {

/// Rows of `ls`; with `verbose` also boot, seq and every state.
[[nodiscard]] std::string render_devices(const nlohmann::json& rows, bool verbose, const Style& style);
/// Rows of `get`, with and without --explain. The same few keys of many devices are a table with a line a
/// device.
[[nodiscard]] std::string render_values(const nlohmann::json& rows, const Style& style);
[[nodiscard]] std::string render_jobs(const nlohmann::json& jobs, const Style& style);
/// One row of `watch`: `12:00:01.234 pile-00042 meter ch=1 seq=17 {...}`, the time in UTC.
[[nodiscard]] std::string render_watched(const nlohmann::json& row, const Style& style);

}  // namespace vfleet::cli
