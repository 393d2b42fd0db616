#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "control/cli/failure.h"
#include "control/cli/session.h"
#include "control/cli/spec.h"

namespace vfleet::cli {

/// Options of every verb that changes devices for good: --dry-run, --if-revision, --wait, --future.
[[nodiscard]] std::vector<OptionSpec> durable_options();

/// The same of verbs that are about the whole fleet, and the request's members for them.
[[nodiscard]] std::vector<OptionSpec> fleet_options();
[[nodiscard]] nlohmann::json fleet_args(const Invocation& invocation);

/// The request's members for SELECTOR and those options; the selector is checked.
[[nodiscard]] Outcome<nlohmann::json> target_args(const Invocation& invocation);

/// The request's members of a query: SELECTOR (`without` when it is not given), checked, and --limit.
[[nodiscard]] Outcome<nlohmann::json> query_args(const Invocation& invocation, const std::string& without);

/// What a query told: the document of --json, or `rendered` and how much is missing of it; then the exit
/// status.
ExitStatus show_query(Session& session, const nlohmann::json& result, const std::string& rendered);

/// Runs a verb that takes a selector and nothing else.
[[nodiscard]] Outcome<ExitStatus> run_on_target(Session& session, const Invocation& invocation);

}  // namespace vfleet::cli
