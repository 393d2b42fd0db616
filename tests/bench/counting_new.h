#pragma once

#include <cstdint>

namespace vfleet::bench {

/// How often this program has allocated: operator new of all kinds, and not malloc. One thread.
[[nodiscard]] std::uint64_t allocations();

}  // namespace vfleet::bench
