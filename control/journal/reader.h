#pragma once

#include "control/journal/journal.h"
#include "control/journal/sqlite.h"

namespace vfleet::control::journal {

/// The questions that a journal answers, on any connection to its file. Errors: unavailable, malformed.
[[nodiscard]] Result<std::vector<Entry>> read_history(Database& database, const Filter& filter);
/// Errors: not_found too.
[[nodiscard]] Result<Entry> read_entry(Database& database, const std::string& id);
[[nodiscard]] Result<Entry> read_entry_at(Database& database, std::uint64_t revision);
[[nodiscard]] Result<Past> read_past(Database& database, std::uint64_t revision);
/// The last one; 0 when there is none.
[[nodiscard]] Result<std::uint64_t> last_revision(Database& database);
[[nodiscard]] Result<std::vector<std::uint64_t>> read_boots(Database& database);
[[nodiscard]] Result<Restored> read_all(Database& database);

}  // namespace vfleet::control::journal
