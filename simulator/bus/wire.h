#pragma once

#include "simulator/bus/command.h"
#include "simulator/bus/json.h"

/// Commands as trees, for the messages that carry several of them. For this folder's .cc files only.
namespace vfleet::bus::detail {

inline constexpr std::size_t kIdBytesMax = 128;

[[nodiscard]] nlohmann::json to_json(const Command& command);
[[nodiscard]] Result<Command> command_from(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const CommandResult& result);
[[nodiscard]] Result<CommandResult> result_from(const nlohmann::json& json);

}  // namespace vfleet::bus::detail
