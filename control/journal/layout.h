#pragma once

#include "control/journal/journal.h"
#include "control/journal/sqlite.h"
#include "control/journal/sqlite_journal.h"

namespace vfleet::control::journal {

/// Makes the tables in an empty file, and writes what it belongs to; inside a transaction of the caller.
[[nodiscard]] Status make_layout(Database& database, const Meta& meta,
                                 const std::vector<std::uint64_t>& boots);

/// Whether this build can read it. Errors: not_found (nothing was begun), malformed.
[[nodiscard]] Status check_layout(Database& database, const std::string& path);

/// Makes an older layout this build's; one that check_layout() takes.
[[nodiscard]] Status bring_up(Database& database);

[[nodiscard]] Result<Meta> read_meta(Database& database);
[[nodiscard]] Status write_meta(Database& database, const Meta& meta);

}  // namespace vfleet::control::journal
