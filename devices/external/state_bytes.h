#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "devices/external/message.h"

namespace vfleet::devices::external {

using StateMap = std::map<std::string, Message::Scalar, std::less<>>;

/// A state as bytes: a version byte (1), then for each member the length of its name (1 byte), the name, a
/// kind byte
/// ('b', 'n', 't') and a boolean (1), a double (8, this machine's order) or a text (its length in 2, its
/// bytes). Members that do not fit are left out. Returns the length; 0 when nothing fits. Allocates nothing.
[[nodiscard]] std::size_t write_state(const StateMap& state, std::span<std::byte> out);
/// Any bytes; nullopt when they are not of write_state().
[[nodiscard]] std::optional<StateMap> read_state(std::span<const std::byte> bytes);

}  // namespace vfleet::devices::external
