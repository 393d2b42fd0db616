#pragma once

#include <string>
#include <string_view>

#include "simulator/config/schema.h"

/// Values to and from text, for readers that name the place of a mistake themselves: errors here do not name
/// the key.
namespace vfleet::config {

/// Reads and checks one scalar (any kind but list). Errors: invalid_argument.
[[nodiscard]] Result<Value> read_scalar(const Key& key, std::string_view text);

/// Whether `value` is of the key's kind, in its range, one of its choices. Errors: invalid_argument.
[[nodiscard]] Status check_value(const Key& key, const Value& value);

/// "a duration, 100ms to 1d", "one of ac, dc", "a list of records": for error texts and descriptions.
[[nodiscard]] std::string expectation(const Key& key);

/// "100ms to 1d", "at least 0W"; empty when there is no limit.
[[nodiscard]] std::string range_text(const Key& key);

}  // namespace vfleet::config
