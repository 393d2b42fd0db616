#include "control/journal/writer.h"

#include <memory>
#include <utility>

#include "control/journal/compact.h"

namespace vfleet::control::journal {

namespace {

/// 4 MiB of log are moved into the file when there is time; 64 MiB are moved at once.
constexpr int kTidyPages = 1000;
constexpr int kTidyNowPages = 16'000;
/// Transient commands are forgotten so many at a time.
constexpr std::uint64_t kForgetStep = 1000;

}  // namespace

struct Writer::Run {
  std::vector<ToCommit> changes;
  std::vector<ToBoot> boots;
  std::vector<ToRun> then;
};

Writer::Writer(Database database, std::function<void(std::function<void()>)> post, std::uint64_t durable_kept)
    : database_(std::move(database)), post_(std::move(post)), durable_kept_(durable_kept) {}

Status Writer::prepare() {
  const std::pair<Statement*, const char*> all[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&put_command_,
       "INSERT INTO command(revision, epoch, seq, id, verb, selector, args, issued_us, expires_us) "
       "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&put_head_, "INSERT INTO fleet VALUES(?, ?)"},
      {&put_group_, "INSERT INTO fleet_group VALUES(?, ?, ?)"},
      {&put_text_, "INSERT INTO text(text) VALUES(?)"},
      {&put_ordinal_, "INSERT INTO ordinal(ordinal, pattern, first, count, listed) VALUES(?, ?, ?, ?, ?)"},
      {&put_boot_, "INSERT OR REPLACE INTO boot VALUES(?, ?)"},
      {&put_outcome_, "UPDATE command SET status = ?, reply = ? WHERE epoch = ? AND seq = ?"},
      {&forget_,
       "DELETE FROM command WHERE n IN (SELECT n FROM command WHERE revision IS NULL ORDER BY n LIMIT ?)"},
  };
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return tl::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  const auto transient = database_.number("SELECT count(*) FROM command WHERE revision IS NULL");
  if (!transient) return tl::unexpected(transient.error());
  transient_ = static_cast<std::uint64_t>(*transient);
  const auto durable = database_.number("SELECT count(revision) FROM command");
  if (!durable) return tl::unexpected(durable.error());
  durable_ = static_cast<std::uint64_t>(*durable);
  // Also turns SQLite's own checkpoints off: they would hold a commit up.
  sqlite3_wal_hook(
      database_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Writer*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return {};
}

void Writer::write(std::vector<ToWrite> batch) {
  Run run;
  for (ToWrite& each : batch) {
    if (auto* change = std::get_if<ToCommit>(&each)) {
      run.changes.push_back(std::move(*change));
    } else if (auto* boot = std::get_if<ToBoot>(&each)) {
      run.boots.push_back(std::move(*boot));
    } else if (auto* settle = std::get_if<ToSettle>(&each)) {
      settles_.push_back(std::move(*settle));
    } else if (auto* then = std::get_if<ToRun>(&each)) {
      run.then.push_back(std::move(*then));
    } else {
      write(run);
      run = Run();
      failed_.reset();
    }
  }
  write(run);
  if (log_pages_ >= kTidyNowPages || durable_ >= 4 * durable_kept_) tidy();
}

void Writer::write(Run& run) {
  const bool wanted = !run.changes.empty() && !failed_;
  Status rest;
  if (wanted || !run.boots.empty() || !settles_.empty()) {
    Status all = transaction(run, wanted);
    if (!all && wanted) failed_ = all.error();
    rest = !all && wanted ? transaction(run, false) : all;
    if (rest) settles_.clear();
    while (settles_.size() > kSettlesKept) settles_.pop_front();
  }
  const Status changed = failed_ ? Status(tl::unexpected(*failed_)) : Status();
  const std::vector<ToRun> then = std::move(run.then);
  if (!run.changes.empty() || !run.boots.empty()) {
    post_([run = std::make_shared<Run>(std::move(run)), changed, rest] {  // shared: functions are copied
      for (const ToCommit& each : run->changes) each.done(changed);
      for (const ToBoot& each : run->boots) each.done(rest);
    });
  }
  for (const ToRun& each : then) each();
}

Status Writer::transaction(const Run& run, bool with_changes) {
  if (!begin_.run()) return tl::unexpected(database_.error());
  const std::uint64_t transient = transient_;
  const std::uint64_t durable = durable_;
  const Status done = [&]() -> Status {
    if (with_changes) {
      for (const ToCommit& each : run.changes) {
        if (auto good = put(each.change); !good) return good;
      }
      if (auto good = forget_oldest(); !good) return good;
    }
    for (const ToBoot& each : run.boots) {
      if (auto good = put(each); !good) return good;
    }
    for (const ToSettle& each : settles_) {
      if (auto good = put(each); !good) return good;
    }
    if (!commit_.run()) return tl::unexpected(database_.error());
    return {};
  }();
  if (done) return done;
  // Some errors end the transaction by themselves; then there is nothing to roll back.
  if (sqlite3_get_autocommit(database_.handle()) == 0) static_cast<void>(rollback_.run());
  transient_ = transient;
  durable_ = durable;
  texts_loaded_ = false;
  return done;
}

Status Writer::put(const Change& change) {
  const bus::Command& command = change.command;
  if (command.revision > 0) {
    put_command_.bind(1, command.revision);
    ++durable_;
  } else {
    put_command_.bind_null(1);
    ++transient_;
  }
  const bool good = put_command_.bind(2, command.epoch)
                        .bind(3, command.seq)
                        .bind(4, command.id)
                        .bind(5, bus::to_string(command.verb))
                        .bind(6, command.selector)
                        .bind(7, command.args)
                        .bind(8, command.issued_us)
                        .bind(9, command.expires_us)
                        .run();
  if (!good) return tl::unexpected(database_.error());
  if (change.fleet) {
    if (auto put = put_fleet(command.revision, *change.fleet); !put) return put;
  }
  return put_ordinals(change.ordinals);
}

Status Writer::put(const ToBoot& boot) {
  if (put_boot_.bind(1, std::uint64_t{boot.shard}).bind(2, boot.boot).run()) return {};
  return tl::unexpected(database_.error());
}

Status Writer::put(const ToSettle& settle) {
  const bool good = put_outcome_.bind(1, std::int64_t{settle.outcome.status})
                        .bind(2, settle.outcome.reply)
                        .bind(3, settle.epoch)
                        .bind(4, settle.seq)
                        .run();
  if (good) return {};
  return tl::unexpected(database_.error());
}

Status Writer::put_fleet(std::uint64_t revision, const FleetText& fleet) {
  if (auto loaded = load_texts(); !loaded) return loaded;
  if (!put_head_.bind(1, revision).bind(2, fleet.head).run()) return tl::unexpected(database_.error());
  std::map<std::string, std::uint64_t> texts;
  for (std::size_t place = 0; place < fleet.groups.size(); ++place) {
    const std::string& text = fleet.groups[place];
    const auto known = texts_.find(text);
    std::uint64_t row = known == texts_.end() ? 0 : known->second;
    if (known == texts_.end()) {
      if (!put_text_.bind(1, text).run()) return tl::unexpected(database_.error());
      row = static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database_.handle()));
    }
    texts.emplace(text, row);
    if (!put_group_.bind(1, revision).bind(2, std::uint64_t{place}).bind(3, row).run())
      return tl::unexpected(database_.error());
  }
  texts_ = std::move(texts);
  return {};
}

Status Writer::put_ordinals(const std::vector<OrdinalPiece>& pieces) {
  for (const OrdinalPiece& piece : pieces) {
    const bool good = put_ordinal_.bind(1, piece.ordinal)
                          .bind(2, piece.pattern)
                          .bind(3, piece.first)
                          .bind(4, piece.count)
                          .bind(5, std::uint64_t{piece.listed})
                          .run();
    if (!good) return tl::unexpected(database_.error());
  }
  return {};
}

Status Writer::forget_oldest() {
  if (transient_ < kTransientKept + kForgetStep) return {};
  const std::uint64_t many = transient_ - kTransientKept;
  if (!forget_.bind(1, many).run()) return tl::unexpected(database_.error());
  transient_ = kTransientKept;
  return {};
}

Status Writer::load_texts() {
  if (texts_loaded_) return {};
  texts_.clear();
  auto statement = database_.prepare(
      "SELECT text.text, text.n FROM fleet_group JOIN text ON text.n = fleet_group.text "
      "WHERE revision = (SELECT max(revision) FROM fleet)");
  if (!statement) return tl::unexpected(statement.error());
  int code = statement->step();
  for (; code == SQLITE_ROW; code = statement->step())
    texts_.emplace(statement->text(0), statement->whole(1));
  if (code != SQLITE_DONE) return tl::unexpected(database_.error());
  texts_loaded_ = true;
  return {};
}

void Writer::forget_durable() {
  if (durable_ < 2 * durable_kept_) return;
  // What cannot be done now (a full disk) is tried again after as many more: commands go on meanwhile.
  static_cast<void>(compact(database_, durable_kept_));
  durable_ = durable_kept_;
}

void Writer::tidy() {
  forget_durable();
  if (log_pages_ < kTidyPages) return;
  int left = 0;
  int moved = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
  // A reader may keep some of it: then it is tried again after as much more.
  log_pages_ = code == SQLITE_OK ? left - moved : 0;
}

void Writer::close() {
  write({});  // outcomes that could not be written before
  for (Statement* each : {&begin_, &commit_, &rollback_, &put_command_, &put_head_, &put_group_, &put_text_,
                          &put_ordinal_, &put_boot_, &put_outcome_, &forget_}) {
    *each = Statement();
  }
  database_.close();
}

}  // namespace vfleet::control::journal
