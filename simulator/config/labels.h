#pragma once

#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::config {

/// Names: letters, digits, - _ and none of the selector's own words. Values: text that a selector can name
/// unquoted: no blanks, no , ( ) ! = < > " . Errors: invalid_argument.
[[nodiscard]] Status check_label_name(std::string_view name);
[[nodiscard]] Status check_label_value(std::string_view value);

}  // namespace vfleet::config
