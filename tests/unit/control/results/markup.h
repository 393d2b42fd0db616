#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfleet::control::report {

/// What is wrong with the markup of a page: elements that are not closed, or not in order, attributes without
/// quotes, bare '<' and '&', a script or link from elsewhere. Empty: nothing.
[[nodiscard]] std::string wrong_in_markup(std::string_view text);

/// The records of a CSV text (RFC 4180).
[[nodiscard]] std::vector<std::vector<std::string>> csv_records(std::string_view text);

}  // namespace vfleet::control::report
