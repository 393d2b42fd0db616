#pragma once

#include <cstddef>

namespace vfleet::platform::stream {

/// Raises the soft limit of descriptors to the hard one; returns how many connections that leaves.
std::size_t raise_descriptor_limit();

}  // namespace vfleet::platform::stream
