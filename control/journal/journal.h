#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/core/result.h"

/// What control must not forget: which commands were given, what became of them, and what the fleet should be
/// after each. What it holds and where: docs/control-protocol.md, "The journal".
namespace vfleet::control::journal {

/// What a journal belongs to.
struct Meta {
  std::string fleet;  ///< its name
  std::string file;   ///< the fleet file of the latest life, absolute
  std::uint64_t seed = 0;
  std::int64_t start_us = 0;  ///< of the fleet's grid; the same in every life
  std::uint32_t shards = 0;
  std::uint64_t lives = 0;  ///< how many controls have used it, the one that runs included
  std::uint64_t epoch = 0;  ///< of the latest life; a later one's is higher
  friend bool operator==(const Meta&, const Meta&) = default;
};

/// The fleet as of a revision, as text.
struct FleetText {
  std::string head = "{}";          ///< a JSON object: the fleet without its groups
  std::vector<std::string> groups;  ///< JSON objects, in the file's order
  friend bool operator==(const FleetText&, const FleetText&) = default;
};

/// Ordinals that were given: number (or index) `first` and up of `pattern` have `ordinal` and up. A device
/// that is listed by itself has its id as `pattern`, 0 as `first`, and `listed` set.
struct OrdinalPiece {
  std::string pattern;
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  std::uint64_t ordinal = 0;
  bool listed = false;
  friend bool operator==(const OrdinalPiece&, const OrdinalPiece&) = default;
};

/// A command, and what changes with it. Durable when `command.revision` is above 0.
struct Change {
  bus::Command command;
  std::optional<FleetText> fleet;        ///< as it is afterwards; durable commands only
  std::vector<OrdinalPiece> ordinals{};  ///< given for it
};

/// What became of a command.
struct Outcome {
  int status = 0;     ///< exit status of the operator's command
  std::string reply;  ///< the last frame that the operator got, a JSON object
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct Entry {
  bus::Command command;
  std::optional<Outcome> outcome;  ///< nullopt: unknown; nobody was there when it was settled
};

/// Which entries; newest first.
struct Filter {
  std::size_t limit = 20;  ///< at most kHistoryMax
  bool durable_only = false;
  std::optional<std::uint64_t> below{};  ///< only revisions below this one (durable entries only)
};
inline constexpr std::size_t kHistoryMax = 10'000;

/// Enough to build what the fleet should be at a revision.
struct Past {
  std::uint64_t revision = 0;
  FleetText fleet;
  /// Every durable command from 1 up to `revision`, in order. Where the first ones are forgotten, a rollback that
  /// restores the rules that were left of them stands for them.
  std::vector<bus::Command> changes;
};

/// What earlier lives left.
struct Restored {
  Meta meta;  ///< as it was before the life that asks
  Past latest;
  std::vector<OrdinalPiece> ordinals;
  std::vector<std::uint64_t> boots;      ///< the last one given, by shard
  std::vector<std::uint64_t> id_hashes;  ///< hash_id() of every command that it knows
};

/// Of a command's id. The same in every build and life.
[[nodiscard]] std::uint64_t hash_id(std::string_view id);

/// How many transient commands are kept; older ones are forgotten.
inline constexpr std::size_t kTransientKept = 100'000;

/// How many revisions may be gone back to, at least. Of durable commands before those only the rules that were in
/// force are kept, in one piece.
inline constexpr std::uint64_t kDurableKept = 10'000;

/// Keeps changes in the order in which they come. Used from the loop's thread; nothing here waits, and every
/// callback is posted to the loop, in the order of the calls for what is written.
class Journal {
 public:
  using Done = std::function<void(const Status&)>;

  virtual ~Journal() = default;

  /// The fleet as of revision 0, and the ordinals given for it; once, before anything else, by the first
  /// life. Blocks. Errors: unavailable.
  [[nodiscard]] virtual Status begin(FleetText fleet, std::vector<OrdinalPiece> ordinals) = 0;

  /// Commits `change`; seq and revision must follow those of the change before. After an error (unavailable,
  /// with what to do) every later change fails too, untried, until recover(): none is ever committed behind
  /// one that was not.
  virtual void commit(Change change, Done done) = 0;
  /// Changes that are committed from now on are tried again.
  virtual void recover() = 0;
  /// Commits that life `boot` of `shard` begins. Does not stop, and is not stopped by, changes that fail.
  virtual void commit_boot(std::uint32_t shard, std::uint64_t boot, Done done) = 0;
  /// Writes it when there is time. Kept and tried again when it cannot be written now; the oldest of more
  /// than 10,000 are then lost. Replaces what was said before.
  virtual void settle(std::uint64_t epoch, std::uint64_t seq, Outcome outcome) = 0;

  /// What was read sees everything that was committed before the call. Errors: unavailable, malformed.
  virtual void history(Filter filter, std::function<void(Result<std::vector<Entry>>)> done) = 0;
  /// Errors: not_found; and as history().
  virtual void entry(std::string id, std::function<void(Result<Entry>)> done) = 0;
  virtual void entry_at(std::uint64_t revision, std::function<void(Result<Entry>)> done) = 0;
  /// The fleet and the durable commands up to `revision`. Errors: not_found (no such revision yet, or it is
  /// forgotten); and as history().
  virtual void desired_at(std::uint64_t revision, std::function<void(Result<Past>)> done) = 0;

  /// Writes everything that is waiting; blocks. Callbacks are posted all the same. Afterwards nothing may be
  /// asked of it.
  virtual void close() = 0;
};

}  // namespace vfleet::control::journal
