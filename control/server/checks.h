#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/request.h"
#include "control/server/type_catalogue.h"
#include "simulator/core/result.h"

/// What is checked before a command is published, against the descriptions of the types it may reach.
/// Something is refused when none of them knows it; a device of a type that does not know it rejects it for
/// itself.
namespace vfleet::control::server {

using Types = std::vector<const TypeInfo*>;

/// Errors of all: invalid_argument, with what was meant.
[[nodiscard]] Status check_patch(const Types& types, const std::map<std::string, api::JsonText>& patch);
[[nodiscard]] Status check_paths(const Types& types, const std::vector<std::string>& paths);
/// Also a section ("reports.heartbeat") or nothing.
[[nodiscard]] Status check_shown_path(const Types& types, std::string_view path);
[[nodiscard]] Status check_report(const Types& types, std::string_view report);
/// The first part of a field's path must be a field of the report, or `$` (the envelope).
[[nodiscard]] Status check_fields(const Types& types, std::string_view report,
                                  const std::map<std::string, api::JsonText>& fields);
/// Returns whether the action is durable.
[[nodiscard]] Result<bool> check_action(const Types& types, std::string_view action,
                                        const std::map<std::string, api::JsonText>& args);

}  // namespace vfleet::control::server
