#include "control/journal/sqlite_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "control/journal/layout.h"
#include "control/journal/reader.h"
#include "control/journal/task_thread.h"
#include "control/journal/writer.h"

namespace vfleet::control::journal {

namespace {

Status system_error(const std::string& what) {
  const int error = errno;
  return fail(Errc::unavailable,
              what + ": " + std::strerror(error) + (error == ENOSPC ? "; free space there" : ""));
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

void remove_all(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
}

/// So that SQLite never makes it with a mode that others can read.
Status make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return system_error("cannot create " + path);
  ::close(file);
  return {};
}

/// So that a power cut does not bring the file before it back.
void sync_directory(const std::string& path) {
  const int directory =
      ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  static_cast<void>(::fsync(directory));
  ::close(directory);
}

Status settings(Database& database, bool power_loss) {
  const std::string sql = std::string("PRAGMA journal_mode = WAL; PRAGMA synchronous = ") +
                          (power_loss ? "FULL" : "NORMAL") + "; PRAGMA temp_store = MEMORY;";
  return database.run(sql.c_str());
}

}  // namespace

Result<Summary> look(const std::string& path) {
  if (!exists(path)) return fail(Errc::not_found, "there is no " + path);
  auto database = Database::open(path, Database::Open::read_only);
  if (!database) return tl::unexpected(database.error());
  if (auto good = check_layout(*database, path); !good) return tl::unexpected(good.error());
  Summary out;
  auto meta = read_meta(*database);
  if (!meta) return tl::unexpected(meta.error());
  out.meta = std::move(*meta);
  const auto revision = last_revision(*database);
  if (!revision) return tl::unexpected(revision.error());
  out.revision = *revision;
  const auto last = database->number("SELECT max(issued_us) FROM command");
  if (!last) return tl::unexpected(last.error());
  out.last_us = *last > 0 ? *last : out.meta.start_us;
  auto boots = read_boots(*database);
  if (!boots) return tl::unexpected(boots.error());
  out.boots = std::move(*boots);
  return out;
}

std::vector<std::uint64_t> rescue_boots(const std::string& path) {
  auto database = Database::open(path, Database::Open::read_only);
  if (!database) return {};
  return read_boots(*database).value_or(std::vector<std::uint64_t>());
}

struct SqliteJournal::Impl {
  explicit Impl(SqliteOptions given) : options(std::move(given)) {}

  Status start() {
    auto writing = Database::open(options.path, Database::Open::existing);
    if (!writing) return tl::unexpected(writing.error());
    if (auto set = settings(*writing, options.power_loss); !set) return set;
    writer.emplace(std::move(*writing), options.post, options.durable_kept);
    if (auto prepared = writer->prepare(); !prepared) return prepared;
    auto reading = Database::open(options.path, Database::Open::read_only);
    if (!reading) return tl::unexpected(reading.error());
    reader = std::move(*reading);
    read_thread.emplace(
        [](const std::vector<ToRun>& tasks) {
          for (const ToRun& task : tasks) task();
        },
        [] {});
    write_thread.emplace([this](std::vector<ToWrite> batch) { writer->write(std::move(batch)); },
                         [this] { writer->tidy(); });
    return {};
  }

  void write(ToWrite item) {
    if (write_thread) write_thread->add(std::move(item));
  }

  /// `question` runs on the reading thread when everything before it is written; `done` on the loop.
  template <class Answer, class Question>
  void read(Question question, std::function<void(Answer)> done) {
    ToRun task = [this, question = std::move(question), done = std::move(done)] {
      // Shared: functions are copied, answers may be large.
      auto answer = std::make_shared<Answer>(question(reader));
      options.post([done, answer] { done(std::move(*answer)); });
    };
    write(ToRun([this, task = std::move(task)] { read_thread->add(task); }));
  }

  void close() {
    if (!write_thread) return;
    write_thread.reset();
    read_thread.reset();
    reader.close();
    writer->close();
    writer.reset();
  }

  SqliteOptions options;
  std::string fresh_path;  // where a new journal is until it has begun
  std::optional<Database> fresh;
  std::optional<Writer> writer;  // of the writing thread, while that runs
  Database reader;               // of the reading thread
  std::optional<TaskThread<ToRun>> read_thread;
  std::optional<TaskThread<ToWrite>> write_thread;
};

SqliteJournal::SqliteJournal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SqliteJournal::~SqliteJournal() {
  close();
}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::create(SqliteOptions options, Meta meta,
                                                             const std::vector<std::uint64_t>& boots) {
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->fresh_path = impl->options.path + ".new";
  remove_all(impl->fresh_path);
  if (auto made = make_private(impl->fresh_path); !made) return tl::unexpected(made.error());
  auto database = Database::open(impl->fresh_path, Database::Open::existing);
  if (!database) return tl::unexpected(database.error());
  meta.lives = 1;
  Status good = settings(*database, true);
  if (good) good = database->run("BEGIN IMMEDIATE");
  if (good) good = make_layout(*database, meta, boots);
  if (!good) {
    database->close();
    remove_all(impl->fresh_path);
    return tl::unexpected(good.error());
  }
  impl->fresh = std::move(*database);
  return std::unique_ptr<SqliteJournal>(new SqliteJournal(std::move(impl)));
}

Status SqliteJournal::begin(FleetText fleet, std::vector<OrdinalPiece> ordinals) {
  Status good;
  {
    Writer writer(std::move(*impl_->fresh), impl_->options.post, impl_->options.durable_kept);
    impl_->fresh.reset();
    good = writer.prepare();
    if (good) good = writer.put_fleet(0, fleet);
    if (good) good = writer.put_ordinals(ordinals);
    if (good) good = writer.database().run("COMMIT");
    // Closing moves the log into the file.
    writer.close();
  }
  if (good && exists(impl_->fresh_path + "-wal"))
    good = fail(Errc::unavailable, "cannot write " + impl_->fresh_path);
  if (!good) {
    remove_all(impl_->fresh_path);
    return good;
  }
  // The log of the journal that is replaced must not be taken for this one's.
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((impl_->options.path + suffix).c_str());
  if (std::rename(impl_->fresh_path.c_str(), impl_->options.path.c_str()) != 0)
    return system_error("cannot write " + impl_->options.path);
  sync_directory(impl_->options.path);
  return impl_->start();
}

Result<SqliteJournal::Resumed> SqliteJournal::resume(SqliteOptions options, const std::string& fleet_file,
                                                     std::uint64_t epoch) {
  const std::string path = options.path;
  if (!exists(path)) return fail(Errc::not_found, "there is no " + path);
  Resumed out;
  {
    auto database = Database::open(path, Database::Open::existing);
    if (!database) return tl::unexpected(database.error());
    if (auto good = check_layout(*database, path); !good) return tl::unexpected(good.error());
    auto check = database->prepare("PRAGMA quick_check(1)");
    if (!check) return tl::unexpected(check.error());
    if (check->step() != SQLITE_ROW) return tl::unexpected(database->error());
    if (const std::string verdict = check->text(0); verdict != "ok")
      return fail(Errc::malformed, "the journal " + path + " is damaged (" + verdict + ")");
    static_cast<void>(check->reset());
    if (auto good = bring_up(*database); !good) return tl::unexpected(good.error());
    auto restored = read_all(*database);
    if (!restored) return tl::unexpected(restored.error());
    Meta meta = restored->meta;
    ++meta.lives;
    meta.file = fleet_file;
    meta.epoch = out.epoch = std::max(epoch, meta.epoch + 1);
    if (auto written = write_meta(*database, meta); !written) return tl::unexpected(written.error());
    out.restored = std::move(*restored);
  }
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto started = impl->start(); !started) return tl::unexpected(started.error());
  out.journal.reset(new SqliteJournal(std::move(impl)));
  return out;
}

void SqliteJournal::commit(Change change, Done done) {
  impl_->write(ToCommit{std::move(change), std::move(done)});
}

void SqliteJournal::recover() {
  impl_->write(ToRecover{});
}

void SqliteJournal::commit_boot(std::uint32_t shard, std::uint64_t boot, Done done) {
  impl_->write(ToBoot{shard, boot, std::move(done)});
}

void SqliteJournal::settle(std::uint64_t epoch, std::uint64_t seq, Outcome outcome) {
  impl_->write(ToSettle{epoch, seq, std::move(outcome)});
}

void SqliteJournal::history(Filter filter, std::function<void(Result<std::vector<Entry>>)> done) {
  impl_->read<Result<std::vector<Entry>>>([filter](Database& file) { return read_history(file, filter); },
                                          std::move(done));
}

void SqliteJournal::entry(std::string id, std::function<void(Result<Entry>)> done) {
  impl_->read<Result<Entry>>([id = std::move(id)](Database& file) { return read_entry(file, id); },
                             std::move(done));
}

void SqliteJournal::entry_at(std::uint64_t revision, std::function<void(Result<Entry>)> done) {
  impl_->read<Result<Entry>>([revision](Database& file) { return read_entry_at(file, revision); },
                             std::move(done));
}

void SqliteJournal::desired_at(std::uint64_t revision, std::function<void(Result<Past>)> done) {
  impl_->read<Result<Past>>([revision](Database& file) { return read_past(file, revision); },
                            std::move(done));
}

void SqliteJournal::close() {
  impl_->close();
}

}  // namespace vfleet::control::journal
