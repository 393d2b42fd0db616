#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vfleet::control::report {

/// A judged results document as one page that needs nothing else: verdicts, figures, charts over time with
/// every command as a mark, tables. Light and dark, as the reader's system is.
[[nodiscard]] std::string report_html(const nlohmann::json& results);

}  // namespace vfleet::control::report
