#pragma once

#include <cstdint>

namespace vfleet::test {

/// A TCP port of 127.0.0.1 that nobody has now, for a program that cannot be told to choose one itself.
[[nodiscard]] std::uint16_t free_port();

}  // namespace vfleet::test
