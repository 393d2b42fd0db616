#include "control/journal/layout.h"

namespace vfleet::control::journal {

namespace {

constexpr const char* kTables = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
-- Every published command in its order; revision is NULL when it is transient. status and reply come later.
CREATE TABLE command(n INTEGER PRIMARY KEY, revision INTEGER, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
  id TEXT NOT NULL, verb TEXT NOT NULL, selector TEXT NOT NULL, args TEXT NOT NULL,
  issued_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, status INTEGER, reply TEXT);
CREATE UNIQUE INDEX command_place ON command(epoch, seq);
CREATE UNIQUE INDEX command_revision ON command(revision) WHERE revision IS NOT NULL;
CREATE INDEX command_transient ON command(n) WHERE revision IS NULL;
CREATE INDEX command_id ON command(id);
-- The fleet as of the revisions that changed its groups; equal groups share their text.
CREATE TABLE text(n INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE fleet(revision INTEGER PRIMARY KEY, head TEXT NOT NULL);
CREATE TABLE fleet_group(revision INTEGER, place INTEGER, text INTEGER NOT NULL, PRIMARY KEY(revision, place))
  WITHOUT ROWID;
CREATE TABLE ordinal(ordinal INTEGER PRIMARY KEY, pattern TEXT NOT NULL, first INTEGER NOT NULL,
  count INTEGER NOT NULL, listed INTEGER NOT NULL);
CREATE TABLE boot(shard INTEGER PRIMARY KEY, boot INTEGER NOT NULL);
)";

// The rules that were in force at the revision up to which durable commands are forgotten; at most one row.
constexpr const char* kBase = "CREATE TABLE base(revision INTEGER PRIMARY KEY, rules TEXT NOT NULL);";

Result<std::string> text_of(Database& database, std::string_view key) {
  auto statement = database.prepare("SELECT value FROM meta WHERE key = ?");
  if (!statement) return tl::unexpected(statement.error());
  const int code = statement->bind(1, key).step();
  if (code == SQLITE_ROW) return statement->text(0);
  if (code != SQLITE_DONE) return tl::unexpected(database.error());
  return fail(Errc::malformed, "the journal does not say its " + std::string(key));
}

Status set_version(Database& database) {
  return database.run(("PRAGMA user_version = " + std::to_string(kLayout)).c_str());
}

}  // namespace

Status make_layout(Database& database, const Meta& meta, const std::vector<std::uint64_t>& boots) {
  if (auto made = database.run(kTables); !made) return made;
  if (auto made = database.run(kBase); !made) return made;
  if (auto set = set_version(database); !set) return set;
  if (auto written = write_meta(database, meta); !written) return written;
  auto boot = database.prepare("INSERT INTO boot VALUES(?, ?)");
  if (!boot) return tl::unexpected(boot.error());
  for (std::size_t shard = 0; shard < boots.size(); ++shard) {
    if (!boot->bind(1, std::uint64_t{shard}).bind(2, boots[shard]).run())
      return tl::unexpected(database.error());
  }
  return {};
}

Status check_layout(Database& database, const std::string& path) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (*version == 0) return fail(Errc::not_found, "the journal " + path + " was never begun");
  if (*version > kLayout) {
    return fail(Errc::malformed, "the journal " + path + " has layout " + std::to_string(*version) +
                                     ": a newer version wrote it, this one reads up to " +
                                     std::to_string(kLayout));
  }
  return {};
}

Status bring_up(Database& database) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (*version >= kLayout) return {};
  // Layout 1 knew no base.
  Status done = database.run("BEGIN IMMEDIATE");
  if (done) done = database.run(kBase);
  if (done) done = set_version(database);
  if (done) done = database.run("COMMIT");
  if (!done && sqlite3_get_autocommit(database.handle()) == 0) static_cast<void>(database.run("ROLLBACK"));
  return done;
}

Result<Meta> read_meta(Database& database) {
  Meta meta;
  const auto fleet = text_of(database, "fleet");
  const auto file = text_of(database, "file");
  if (!fleet) return tl::unexpected(fleet.error());
  if (!file) return tl::unexpected(file.error());
  meta.fleet = *fleet;
  meta.file = *file;
  const auto number = [&](const char* key) -> Result<std::int64_t> {
    return database.number("SELECT value FROM meta WHERE key = '" + std::string(key) + "'");
  };
  const auto seed = number("seed");
  const auto start = number("start_us");
  const auto shards = number("shards");
  const auto lives = number("lives");
  const auto epoch = number("epoch");
  for (const auto* each : {&seed, &start, &shards, &lives, &epoch}) {
    if (!*each) return tl::unexpected(each->error());
  }
  meta.seed = static_cast<std::uint64_t>(*seed);
  meta.start_us = *start;
  meta.shards = static_cast<std::uint32_t>(*shards);
  meta.lives = static_cast<std::uint64_t>(*lives);
  meta.epoch = static_cast<std::uint64_t>(*epoch);
  return meta;
}

Status write_meta(Database& database, const Meta& meta) {
  auto put = database.prepare("INSERT OR REPLACE INTO meta VALUES(?, ?)");
  if (!put) return tl::unexpected(put.error());
  const bool good =
      put->bind(1, "fleet").bind(2, meta.fleet).run() && put->bind(1, "file").bind(2, meta.file).run() &&
      put->bind(1, "seed").bind(2, meta.seed).run() &&
      put->bind(1, "start_us").bind(2, meta.start_us).run() &&
      put->bind(1, "shards").bind(2, std::uint64_t{meta.shards}).run() &&
      put->bind(1, "lives").bind(2, meta.lives).run() && put->bind(1, "epoch").bind(2, meta.epoch).run();
  if (!good) return tl::unexpected(database.error());
  return {};
}

}  // namespace vfleet::control::journal
