#include "control/journal/reader.h"

#include <algorithm>

#include "control/journal/compact.h"
#include "control/journal/layout.h"

namespace vfleet::control::journal {

namespace {

constexpr std::string_view kEntry =
    "SELECT revision, epoch, seq, id, verb, selector, args, issued_us, expires_us, status, reply FROM "
    "command ";

Result<Entry> entry_of(const Statement& row) {
  const auto verb = bus::verb_from(row.text(4));
  if (!verb)
    return fail(Errc::malformed, "the journal holds a command of another version: " + verb.error().detail);
  Entry out;
  bus::Command& command = out.command;
  command.revision = row.whole(0);
  command.epoch = row.whole(1);
  command.seq = row.whole(2);
  command.id = row.text(3);
  command.verb = *verb;
  command.selector = row.text(5);
  command.args = row.text(6);
  command.issued_us = row.number(7);
  command.expires_us = row.number(8);
  if (!row.is_null(9)) out.outcome = Outcome{static_cast<int>(row.number(9)), row.text(10)};
  return out;
}

/// Calls `visit` for each row; an error of its ends it.
template <class Visit>
Status each_row(Database& database, Statement& statement, Visit&& visit) {
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) {
    if (Status good = visit(statement); !good) return good;
  }
  if (code != SQLITE_DONE) return tl::unexpected(database.error());
  return {};
}

Result<Entry> one_entry(Database& database, Statement& statement) {
  const int code = statement.step();
  if (code == SQLITE_ROW) return entry_of(statement);
  if (code != SQLITE_DONE) return tl::unexpected(database.error());
  return fail(Errc::not_found, "no such command in the journal");
}

tl::unexpected<Error> missing(std::uint64_t revision, std::uint64_t last) {
  return fail(Errc::malformed, "the journal is damaged: revision " + std::to_string(revision) + " of " +
                                   std::to_string(last) + " is missing");
}

Result<Statement> prepare_entry(Database& database, std::string_view rest) {
  return database.prepare(std::string(kEntry) + std::string(rest));
}

}  // namespace

Result<std::vector<Entry>> read_history(Database& database, const Filter& filter) {
  const bool durable = filter.durable_only || filter.below.has_value();
  auto statement = filter.below ? prepare_entry(database, "WHERE revision < ? ORDER BY revision DESC LIMIT ?")
                   : durable    ? prepare_entry(database, "WHERE revision > ? ORDER BY revision DESC LIMIT ?")
                                : prepare_entry(database, "WHERE n > ? ORDER BY n DESC LIMIT ?");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, filter.below.value_or(0)).bind(2, std::uint64_t{std::min(filter.limit, kHistoryMax)});
  std::vector<Entry> out;
  const Status read = each_row(database, *statement, [&](const Statement& row) -> Status {
    auto entry = entry_of(row);
    if (!entry) return tl::unexpected(entry.error());
    out.push_back(std::move(*entry));
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return out;
}

Result<Entry> read_entry(Database& database, const std::string& id) {
  auto statement = prepare_entry(database, "WHERE id = ? ORDER BY n DESC LIMIT 1");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, id);
  return one_entry(database, *statement);
}

Result<Entry> read_entry_at(Database& database, std::uint64_t revision) {
  auto statement = prepare_entry(database, "WHERE revision = ?");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, revision);
  return one_entry(database, *statement);
}

Result<std::uint64_t> last_revision(Database& database) {
  const auto found = database.number("SELECT max(revision) FROM command");
  if (!found) return tl::unexpected(found.error());
  return static_cast<std::uint64_t>(*found);
}

Result<Past> read_past(Database& database, std::uint64_t revision) {
  const auto last = last_revision(database);
  if (!last) return tl::unexpected(last.error());
  if (revision > *last) {
    return fail(Errc::not_found, "there is no revision " + std::to_string(revision) + ": the last one is " +
                                     std::to_string(*last));
  }
  const auto base = base_revision(database);
  if (!base) return tl::unexpected(base.error());
  if (revision > 0 && revision < *base) {
    return fail(Errc::not_found, "revision " + std::to_string(revision) +
                                     " is forgotten: the journal goes back to " + std::to_string(*base));
  }
  Past out;
  out.revision = revision;
  auto head =
      database.prepare("SELECT revision, head FROM fleet WHERE revision <= ? ORDER BY revision DESC LIMIT 1");
  if (!head) return tl::unexpected(head.error());
  const int code = head->bind(1, revision).step();
  if (code == SQLITE_DONE) return fail(Errc::malformed, "the journal holds no fleet");
  if (code != SQLITE_ROW) return tl::unexpected(database.error());
  const std::uint64_t as_of = head->whole(0);
  out.fleet.head = head->text(1);

  auto groups = database.prepare(
      "SELECT text.text FROM fleet_group JOIN text ON text.n = fleet_group.text WHERE revision = ? ORDER BY "
      "place");
  if (!groups) return tl::unexpected(groups.error());
  groups->bind(1, as_of);
  Status read = each_row(database, *groups, [&](const Statement& row) -> Status {
    out.fleet.groups.push_back(row.text(0));
    return {};
  });
  if (!read) return tl::unexpected(read.error());

  if (revision > 0 && *base > 0) {
    auto rules = read_base(database);
    if (!rules) return tl::unexpected(rules.error());
    out.changes.push_back(std::move(*rules));
  }
  std::uint64_t next = revision > 0 ? *base + 1 : 1;
  auto changes = prepare_entry(database, "WHERE revision BETWEEN ? AND ? ORDER BY revision");
  if (!changes) return tl::unexpected(changes.error());
  changes->bind(1, next).bind(2, revision);
  read = each_row(database, *changes, [&](const Statement& row) -> Status {
    auto entry = entry_of(row);
    if (!entry) return tl::unexpected(entry.error());
    if (entry->command.revision != next) return missing(next, revision);
    ++next;
    out.changes.push_back(std::move(entry->command));
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  if (next != revision + 1) return missing(next, revision);
  return out;
}

Result<std::vector<std::uint64_t>> read_boots(Database& database) {
  constexpr std::uint64_t kShardsMax = 1'000'000;
  std::vector<std::uint64_t> out;
  auto statement = database.prepare("SELECT shard, boot FROM boot");
  if (!statement) return tl::unexpected(statement.error());
  const Status read = each_row(database, *statement, [&](const Statement& row) -> Status {
    const std::uint64_t shard = row.whole(0);
    if (shard >= kShardsMax) return fail(Errc::malformed, "the journal is damaged: a shard beyond all");
    out.resize(std::max<std::size_t>(out.size(), shard + 1));
    out[shard] = row.whole(1);
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return out;
}

Result<Restored> read_all(Database& database) {
  Restored out;
  auto meta = read_meta(database);
  if (!meta) return tl::unexpected(meta.error());
  out.meta = std::move(*meta);
  const auto last = last_revision(database);
  if (!last) return tl::unexpected(last.error());
  auto past = read_past(database, *last);
  if (!past) return tl::unexpected(past.error());
  out.latest = std::move(*past);
  auto boots = read_boots(database);
  if (!boots) return tl::unexpected(boots.error());
  out.boots = std::move(*boots);
  auto ordinals =
      database.prepare("SELECT pattern, first, count, ordinal, listed FROM ordinal ORDER BY ordinal");
  if (!ordinals) return tl::unexpected(ordinals.error());
  Status read = each_row(database, *ordinals, [&](const Statement& row) -> Status {
    out.ordinals.push_back({row.text(0), row.whole(1), row.whole(2), row.whole(3), row.whole(4) != 0});
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  // Of the rows themselves: an index that lost some would let their commands be published again.
  auto ids = database.prepare("SELECT id FROM command NOT INDEXED");
  if (!ids) return tl::unexpected(ids.error());
  read = each_row(database, *ids, [&](const Statement& row) -> Status {
    out.id_hashes.push_back(hash_id(row.text(0)));
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return out;
}

}  // namespace vfleet::control::journal
