#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/journal/journal.h"

namespace vfleet::control::server {

/// What to do with what an earlier control left in the run directory.
enum class Start {
  ask,     ///< refuse when there is something
  resume,  ///< go on with it; begin when there is nothing
  fresh,   ///< begin anew; boots go on
};

struct JournalOptions {
  std::string directory;
  Start start = Start::ask;
  bool power_loss = false;
  std::function<void(std::function<void()>)> post;  ///< runs a task on the loop
};

struct OpenedJournal {
  std::unique_ptr<journal::Journal> journal;
  std::shared_ptr<const journal::Restored> restored;  ///< null: it begins
  std::vector<std::uint64_t>
      boots{};              ///< the last ones given, by shard; of the journal that was replaced, too
  std::uint64_t epoch = 0;  ///< `meta.epoch`, or above every earlier one
};

/// Opens DIRECTORY/journal.db. `meta`: of the fleet that is to run; a journal of another one is refused.
/// Errors, each with what to do: rejected (used before, another fleet, another shard count), malformed
/// (damaged, a newer layout), unavailable (read-only, disk full).
[[nodiscard]] Result<OpenedJournal> open_journal(JournalOptions options, const journal::Meta& meta);

}  // namespace vfleet::control::server
