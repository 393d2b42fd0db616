#pragma once

#include <cstdint>

namespace vfleet::worker {

/// Raises the soft limit of open descriptors to the hard one; returns the limit that holds.
std::uint64_t raise_descriptor_limit();

}  // namespace vfleet::worker
