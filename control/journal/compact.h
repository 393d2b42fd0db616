#pragma once

#include "control/journal/journal.h"
#include "control/journal/sqlite.h"

namespace vfleet::control::journal {

/// Once the journal goes back 2 * `keep` revisions, forgets all but 0 and the latest `keep` (at least 1) of
/// them one by one: what those before came to, the rules that were in force, stands in their place. In one
/// transaction, so that whoever is killed finds either. Reads what it forgets, so it takes a moment. Errors:
/// unavailable, malformed; then nothing has changed.
[[nodiscard]] Status compact(Database& database, std::uint64_t keep);

/// Before that there are no revisions; 0 when nothing was forgotten.
[[nodiscard]] Result<std::uint64_t> base_revision(Database& database);

/// The command that puts the rules of the base in force; only when there is a base.
[[nodiscard]] Result<bus::Command> read_base(Database& database);

}  // namespace vfleet::control::journal
