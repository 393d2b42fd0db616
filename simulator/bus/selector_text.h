#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/bus/selector_term.h"

/// The canonical text of terms: what the parser reads back as the same terms, quoted only where it must be.
namespace vfleet::bus {

[[nodiscard]] std::string selector_text(const std::vector<SelectorTerm>& terms,
                                        const std::optional<std::uint64_t>& limit);

}  // namespace vfleet::bus
