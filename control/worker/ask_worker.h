#pragma once

#include <string>

#include "simulator/config/catalogue.h"
#include "simulator/config/group_check.h"
#include "simulator/core/result.h"

/// What control's programs ask the worker's. Everything here runs PROGRAM, a vfleet-worker, and blocks.
namespace vfleet::control::worker {

/// What `PROGRAM --describe` prints. Errors: as of run_program.
[[nodiscard]] Result<std::string> describe(const std::string& program);

/// The program of that name next to the running one.
[[nodiscard]] std::string sister_program(const std::string& name);

/// Asks `PROGRAM --check`, one process for all groups; of rows that set the same values, the first.
/// `catalogue` is of that program, and outlives the function. Errors: as of run_program, and malformed.
[[nodiscard]] config::GroupCheck check_by(std::string program, const config::Catalogue& catalogue);

}  // namespace vfleet::control::worker
