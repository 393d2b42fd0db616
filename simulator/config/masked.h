#pragma once

namespace vfleet::config {

/// What stands for a secret wherever people or logs see it.
inline constexpr const char* kMasked = "***";

}  // namespace vfleet::config
