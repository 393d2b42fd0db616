#pragma once

#include <deque>
#include <map>
#include <optional>
#include <variant>

#include "control/journal/journal.h"
#include "control/journal/sqlite.h"

namespace vfleet::control::journal {

/// What is to be written.
struct ToCommit {
  Change change;
  Journal::Done done;
};
struct ToRecover {};
struct ToBoot {
  std::uint32_t shard = 0;
  std::uint64_t boot = 0;
  Journal::Done done;
};
struct ToSettle {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  Outcome outcome;
};
/// To be run when everything before it is written.
using ToRun = std::function<void()>;
using ToWrite = std::variant<ToCommit, ToRecover, ToBoot, ToSettle, ToRun>;

/// Writes changes in their order, many in one transaction. Used by one thread.
class Writer {
 public:
  static constexpr std::size_t kSettlesKept = 10'000;

  /// `post` brings callbacks to the loop.
  Writer(Database database, std::function<void(std::function<void()>)> post, std::uint64_t durable_kept);
  /// Statements, and what the file already holds. Errors: unavailable, malformed.
  [[nodiscard]] Status prepare();

  /// All of it; callbacks are posted in its order.
  void write(std::vector<ToWrite> batch);
  /// For when nothing waits: forgets what lies far back, and moves the log into the file when that has grown.
  void tidy();
  /// For the end: leaves one file.
  void close();

  /// The fleet as of a revision, inside a transaction of the caller.
  [[nodiscard]] Status put_fleet(std::uint64_t revision, const FleetText& fleet);
  [[nodiscard]] Status put_ordinals(const std::vector<OrdinalPiece>& pieces);
  [[nodiscard]] Database& database() { return database_; }

 private:
  struct Run;  // what stands between two recovers

  void write(Run& run);
  [[nodiscard]] Status transaction(const Run& run, bool with_changes);
  [[nodiscard]] Status put(const Change& change);
  [[nodiscard]] Status put(const ToBoot& boot);
  [[nodiscard]] Status put(const ToSettle& settle);
  [[nodiscard]] Status forget_oldest();
  [[nodiscard]] Status load_texts();
  void forget_durable();

  Database database_;
  std::function<void(std::function<void()>)> post_;
  Statement begin_, commit_, rollback_;
  Statement put_command_, put_head_, put_group_, put_text_, put_ordinal_, put_boot_, put_outcome_, forget_;
  std::map<std::string, std::uint64_t> texts_;  // of the latest fleet: text -> its row
  bool texts_loaded_ = false;
  std::uint64_t transient_ = 0;  // rows of transient commands
  std::uint64_t durable_ = 0;    // of durable ones
  const std::uint64_t durable_kept_;
  std::optional<Error> failed_;   // until a recover
  std::deque<ToSettle> settles_;  // that could not be written yet
  int log_pages_ = 0;             // of the write-ahead log
};

}  // namespace vfleet::control::journal
