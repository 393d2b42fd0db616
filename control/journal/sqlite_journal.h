#pragma once

#include <memory>

#include "control/journal/journal.h"

namespace vfleet::control::journal {

/// Layout of the file; kept in its user_version. A newer one is refused, an older one brought up.
inline constexpr int kLayout = 2;

struct SqliteOptions {
  std::string path;
  /// Runs a task on the loop; called from the journal's threads.
  std::function<void(std::function<void()>)> post;
  /// false: what was committed survives the death of the process. true: a power cut as well; each commit
  /// then waits for the disk.
  bool power_loss = false;
  /// At least so many of the latest revisions are kept one by one, at most about twice as many.
  std::uint64_t durable_kept = kDurableKept;
};

/// What a journal file says of itself, without changing it.
struct Summary {
  Meta meta;
  std::uint64_t revision = 0;
  std::int64_t last_us = 0;  ///< when the last command was given; of the start when there is none
  std::vector<std::uint64_t> boots;
};

/// Errors: not_found (no journal there, or one that was never begun), malformed (damaged, or of a newer
/// layout), unavailable.
[[nodiscard]] Result<Summary> look(const std::string& path);

/// The boots that a journal still tells, damaged or not; none when it tells nothing.
[[nodiscard]] std::vector<std::uint64_t> rescue_boots(const std::string& path);

/// The journal in a SQLite file, mode 0600. One thread writes: what waits goes into one transaction. Another
/// reads, so that long questions hold no command up.
class SqliteJournal final : public Journal {
 public:
  /// Begins anew; a file that is there is replaced, once begin() went well. `boots`: the last ones given, by
  /// shard: they go on. Errors: unavailable.
  [[nodiscard]] static Result<std::unique_ptr<SqliteJournal>> create(SqliteOptions options, Meta meta,
                                                                     const std::vector<std::uint64_t>& boots);
  struct Resumed {
    std::unique_ptr<SqliteJournal> journal;
    Restored restored;
    std::uint64_t epoch = 0;  ///< of this life
  };
  /// Goes on with the file; another life is counted, and `fleet_file` is noted. `epoch` is raised when an
  /// earlier life had a higher one (the wall clock went back). Errors: not_found, malformed (damaged, or of
  /// a newer layout), unavailable.
  [[nodiscard]] static Result<Resumed> resume(SqliteOptions options, const std::string& fleet_file,
                                              std::uint64_t epoch);

  ~SqliteJournal() override;

  [[nodiscard]] Status begin(FleetText fleet, std::vector<OrdinalPiece> ordinals) override;
  void commit(Change change, Done done) override;
  void recover() override;
  void commit_boot(std::uint32_t shard, std::uint64_t boot, Done done) override;
  void settle(std::uint64_t epoch, std::uint64_t seq, Outcome outcome) override;
  void history(Filter filter, std::function<void(Result<std::vector<Entry>>)> done) override;
  void entry(std::string id, std::function<void(Result<Entry>)> done) override;
  void entry_at(std::uint64_t revision, std::function<void(Result<Entry>)> done) override;
  void desired_at(std::uint64_t revision, std::function<void(Result<Past>)> done) override;
  void close() override;

 private:
  struct Impl;
  explicit SqliteJournal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::control::journal
