#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "simulator/bus/selector_term.h"
#include "simulator/core/result.h"

namespace vfleet::bus {

/// What a selector's text says.
struct ParsedSelector {
  std::vector<SelectorTerm> terms;
  std::optional<std::uint64_t> limit;  ///< of limit(): the caller counts
};

/// Reads the grammar of selector.h. Errors: invalid_argument, with the column and what was expected.
[[nodiscard]] Result<ParsedSelector> parse_selector(std::string_view text);

}  // namespace vfleet::bus
