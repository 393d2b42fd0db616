#include "control/journal/compact.h"

#include "control/journal/reader.h"
#include "simulator/bus/rule_set.h"

namespace vfleet::control::journal {

namespace {

/// What is forgotten with the commands up to revision ?1. Revision 0, the fleet as it was started, stays.
constexpr const char* kForget[] = {
    "DELETE FROM command WHERE revision <= ?1",
    "DELETE FROM fleet_group WHERE revision > 0 AND revision < (SELECT max(revision) FROM fleet WHERE "
    "revision <= ?1)",
    "DELETE FROM fleet WHERE revision > 0 AND revision < (SELECT max(revision) FROM fleet WHERE revision <= "
    "?1)",
    "DELETE FROM base WHERE revision < ?1",
};

/// A rollback to where nothing was: it restores each rule as it is.
std::string rules_at(const Past& past) {
  bus::RuleSet rules;
  for (const bus::Command& change : past.changes) rules.record(change);
  bus::Rollback all{.to = past.revision};
  for (const auto& [revision, rule] : rules.rules()) all.delta.added.push_back(rule.command);
  return bus::encode(all);
}

Status replace(Database& database, std::uint64_t base, const std::string& rules) {
  auto put = database.prepare("INSERT INTO base VALUES(?, ?)");
  if (!put) return tl::unexpected(put.error());
  if (!put->bind(1, base).bind(2, rules).run()) return tl::unexpected(database.error());
  for (const char* sql : kForget) {
    auto forget = database.prepare(sql);
    if (!forget) return tl::unexpected(forget.error());
    if (!forget->bind(1, base).run()) return tl::unexpected(database.error());
  }
  if (auto texts = database.run("DELETE FROM text WHERE n NOT IN (SELECT text FROM fleet_group)"); !texts)
    return texts;
  return database.run("COMMIT");
}

}  // namespace

Status compact(Database& database, std::uint64_t keep) {
  const auto before = base_revision(database);
  if (!before) return tl::unexpected(before.error());
  const auto last = last_revision(database);
  if (!last) return tl::unexpected(last.error());
  if (*last < *before + 2 * keep) return {};
  const auto past = read_past(database, *last - keep);
  if (!past) return tl::unexpected(past.error());
  const std::string rules = rules_at(*past);
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
  Status done = replace(database, past->revision, rules);
  // Some errors end the transaction by themselves.
  if (!done && sqlite3_get_autocommit(database.handle()) == 0) static_cast<void>(database.run("ROLLBACK"));
  return done;
}

Result<std::uint64_t> base_revision(Database& database) {
  const auto found = database.number("SELECT max(revision) FROM base");
  if (!found) return tl::unexpected(found.error());
  return static_cast<std::uint64_t>(*found);
}

Result<bus::Command> read_base(Database& database) {
  auto statement = database.prepare("SELECT revision, rules FROM base ORDER BY revision DESC LIMIT 1");
  if (!statement) return tl::unexpected(statement.error());
  const int code = statement->step();
  if (code == SQLITE_DONE) return fail(Errc::malformed, "the journal is damaged: its base is missing");
  if (code != SQLITE_ROW) return tl::unexpected(database.error());
  bus::Command out;
  out.verb = bus::Verb::rollback;
  out.selector = "all";
  out.revision = statement->whole(0);
  out.args = statement->text(1);
  if (auto good = bus::decode_rollback(out.args); !good)
    return fail(Errc::malformed, "the journal is damaged: its base cannot be read: " + good.error().detail);
  return out;
}

}  // namespace vfleet::control::journal
