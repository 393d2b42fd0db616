#pragma once

#include <cstdint>

namespace vfleet::test {

/// A TCP port of 127.0.0.1 that nobody has now, for a program that cannot be told to choose one itself, or for
/// a server that ends and comes back. It is below the ports that the system gives to connections and to those
/// who ask for any, so that no other test gets it meanwhile.
[[nodiscard]] std::uint16_t free_port();

}  // namespace vfleet::test
