#include "control/server/open_journal.h"

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>

#include "control/journal/sqlite_journal.h"

namespace vfleet::control::server {

namespace {

std::string date(std::int64_t at_us) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(at_us / 1'000'000)));
}

tl::unexpected<Error> used_before(const std::string& directory, const journal::Summary& found) {
  return fail(Errc::rejected,
              fmt::format("{} was used before: its journal is at revision {} of fleet '{}', last used {}\n"
                          "  --resume  go on with it: revisions, rules and ordinals are kept\n"
                          "  --fresh   begin anew: the journal is replaced",
                          directory, found.revision, found.meta.fleet, date(found.last_us)));
}

tl::unexpected<Error> unreadable(const std::string& path, const Error& error) {
  return fail(
      Errc::malformed,
      fmt::format("{}\n  keep a copy (cp -a {}* ELSEWHERE; `sqlite3 {} .recover` prints what can still be "
                  "read), then start with --fresh:\n  revisions begin at 1 again",
                  error.detail, path, path));
}

Result<OpenedJournal> begin(journal::SqliteOptions options, const journal::Meta& meta,
                            const std::vector<std::uint64_t>& boots) {
  auto made = journal::SqliteJournal::create(std::move(options), meta, boots);
  if (!made) return tl::unexpected(made.error());
  return OpenedJournal{std::move(*made), nullptr, boots, meta.epoch};
}

Result<OpenedJournal> resume(journal::SqliteOptions options, const journal::Meta& meta) {
  const std::string path = options.path;
  auto resumed = journal::SqliteJournal::resume(std::move(options), meta.file, meta.epoch);
  if (!resumed && resumed.error().code == Errc::malformed) return unreadable(path, resumed.error());
  if (!resumed) return tl::unexpected(resumed.error());
  std::vector<std::uint64_t> boots = resumed->restored.boots;
  return OpenedJournal{std::move(resumed->journal),
                       std::make_shared<const journal::Restored>(std::move(resumed->restored)),
                       std::move(boots), resumed->epoch};
}

/// Whether `found` is of the fleet that is to run.
Status check_same(const std::string& path, const journal::Meta& found, const journal::Meta& wanted) {
  if (found.fleet != wanted.fleet) {
    return fail(
        Errc::rejected,
        fmt::format("the journal {} is of fleet '{}', not of '{}': use another --run-dir, or replace it "
                    "with --fresh",
                    path, found.fleet, wanted.fleet));
  }
  if (found.shards != wanted.shards) {
    return fail(
        Errc::rejected,
        fmt::format("the journal {} is of a fleet with {} workers, not {}: start with --workers {}, or "
                    "begin anew with --fresh",
                    path, found.shards, wanted.shards, found.shards));
  }
  return {};
}

}  // namespace

Result<OpenedJournal> open_journal(JournalOptions options, const journal::Meta& meta) {
  const std::string path = options.directory + "/journal.db";
  journal::SqliteOptions sqlite{path, std::move(options.post), options.power_loss};
  const auto found = journal::look(path);
  const bool nothing = !found && found.error().code == Errc::not_found;
  if (options.start == Start::fresh && !nothing) {
    const auto boots = journal::rescue_boots(path);
    if (boots.empty())
      spdlog::warn("the boot numbers of the journal that is replaced cannot be read: they begin at 1 again");
    journal::Meta next = meta;
    if (found) next.epoch = std::max(meta.epoch, found->meta.epoch + 1);
    return begin(std::move(sqlite), next, boots);
  }
  if (nothing) {
    if (options.start == Start::resume)
      spdlog::info("nothing to resume in {}: the fleet begins", options.directory);
    return begin(std::move(sqlite), meta, {});
  }
  if (!found && found.error().code == Errc::malformed) return unreadable(path, found.error());
  if (!found) return tl::unexpected(found.error());
  if (options.start == Start::ask) return used_before(options.directory, *found);
  if (auto same = check_same(path, found->meta, meta); !same) return tl::unexpected(same.error());
  return resume(std::move(sqlite), meta);
}

}  // namespace vfleet::control::server
