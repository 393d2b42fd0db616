#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/core/result.h"

namespace vfleet::cli {

/// GETs a JSON object (at most 4 MiB) over plain HTTP, waiting at most `limit` for all of it. Errors:
/// invalid_argument (no http URL), timed_out, unavailable, rejected (a status other than 200), malformed.
[[nodiscard]] Result<nlohmann::json> get_figures(const Clock& clock, const std::string& url, Duration limit);

/// The body of a whole HTTP/1.1 answer, whose end is the end of the connection.
/// Errors: rejected (a status other than 200), malformed.
[[nodiscard]] Result<std::string> body_of_answer(std::string_view answer);

}  // namespace vfleet::cli
