#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "simulator/bus/messages.h"
#include "simulator/core/time.h"

namespace vfleet::bus {

/// The last `bound` command ids that were executed, by their hashes.
class RecentIds {
 public:
  explicit RecentIds(std::size_t bound) : bound_(bound) {}
  /// False when the id was there already.
  bool add(std::string_view id);

 private:
  std::size_t bound_;
  std::deque<std::uint64_t> order_;
  std::unordered_set<std::uint64_t> known_;
};

/// Keeps one worker in step with control: joins, takes the snapshot, applies what is published in order and
/// each command once, and finds and fills holes. No socket, no clock: it is told what happened and answers
/// with what to do, in order.
///
/// The owner reports the end of a SnapshotEnd and of an Execute with snapshot_done() and command_done();
/// until then no other one of them comes. It calls tick() at next_deadline() or before.
class SyncMachine {
 public:
  struct Limits {
    std::size_t waiting_commands = 10000;  ///< behind the one that runs; what comes beyond is asked for later
    std::size_t waiting_bytes = std::size_t{16} << 20U;
    std::size_t waiting_queries = 1000;
    std::size_t ids = 100000;
    Duration control_silence = std::chrono::seconds(3);  ///< without a beat: control is lost
    Duration answer = std::chrono::seconds(1);           ///< for a tail request, and the first join
    Duration join_max = std::chrono::seconds(5);         ///< of the back-off between joins
    Duration part = std::chrono::seconds(10);  ///< for the next part of a snapshot, the host's work included
  };

  // What to do.
  struct BeginSnapshot {
    Assignment assignment;
  };
  struct ApplyGroups {
    std::vector<std::string> groups;
  };
  struct ApplyRules {
    std::vector<Command> rules;
  };
  struct EndSnapshot {};
  struct Execute {
    Command command;
  };
  struct RefuseRepeat {
    Command command;
  };  ///< its id was executed before: answer it so, do not execute it
  struct AskHost {
    QueryRequest query;
  };
  struct CancelHost {
    std::uint64_t query;
  };
  struct Send {
    FromWorker message;
  };                      ///< Join (with no describe: the owner fills in who it is), Grant,
                          ///< TailRequest, Alive, QueryRows
  struct ControlLost {};  ///< once, until ControlBack
  struct ControlBack {};
  struct Refused {
    std::string reason;
  };  ///< control denied the worker
  struct StopHost {};
  using Action = std::variant<BeginSnapshot, ApplyGroups, ApplyRules, EndSnapshot, Execute, RefuseRepeat,
                              AskHost, CancelHost, Send, ControlLost, ControlBack, Refused, StopHost>;
  using Actions = std::vector<Action>;

  /// `salt` spreads the join retries of many workers.
  SyncMachine(TimePoint now, std::uint64_t salt) : SyncMachine(now, salt, Limits()) {}
  SyncMachine(TimePoint now, std::uint64_t salt, Limits limits);

  // What happened.
  [[nodiscard]] Actions published_welcome(std::uint64_t epoch, TimePoint now);
  [[nodiscard]] Actions published(Command command, TimePoint now);
  [[nodiscard]] Actions beat(const Beat& beat, TimePoint now);
  [[nodiscard]] Actions told(ToWorker message, TimePoint now);
  [[nodiscard]] Actions snapshot_done(TimePoint now);
  [[nodiscard]] Actions command_done(TimePoint now);
  [[nodiscard]] Actions tick(TimePoint now);
  /// A stop that did not come from control. Again: nothing.
  [[nodiscard]] Actions stop();

  [[nodiscard]] TimePoint next_deadline() const;
  [[nodiscard]] WorkerState state() const;
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t applied_seq() const { return applied_; }
  [[nodiscard]] std::uint64_t boot() const { return boot_; }
  /// Whether a snapshot was applied at least once in this life.
  [[nodiscard]] bool joined() const { return joined_; }
  [[nodiscard]] bool control_lost() const { return lost_; }

 private:
  enum class Busy : std::uint8_t { no, with_command, with_snapshot };

  void hear(TimePoint now, Actions& out);
  bool follows(std::uint64_t epoch, TimePoint now, Actions& out);
  void adopt(std::uint64_t epoch);
  void resynchronise(TimePoint now, Actions& out);
  void join(TimePoint now, Actions& out);
  void keep(Command command);
  void advance(TimePoint now, Actions& out);
  void fill_hole(TimePoint now, Actions& out);
  void run_queries(Actions& out);
  void report(Actions& out);

  void on(Welcome&& message, TimePoint now, Actions& out);
  void on(SnapshotPart&& message, TimePoint now, Actions& out);
  void on(TailPart&& message, TimePoint now, Actions& out);
  void on(QueryRequest&& message, TimePoint now, Actions& out);
  void on(CancelQuery&& message, TimePoint now, Actions& out);
  void on(Stop&& message, TimePoint now, Actions& out);
  void on(Denied&& message, TimePoint now, Actions& out);
  void on(LogAck&&, TimePoint, Actions&) {}  // the log's sender reads it

  Limits limits_;
  std::uint64_t salt_;

  std::uint64_t epoch_ = 0;     // 0: none heard of
  std::uint64_t applied_ = 0;   // executed, or held by the snapshot
  std::uint64_t run_ = 0;       // every seq up to it is applied, running or waiting: no hole before it
  std::uint64_t head_ = 0;      // the highest seq that control was seen to publish
  std::uint64_t reported_ = 0;  // applied_ when the last Alive went
  Busy busy_ = Busy::no;
  std::map<std::uint64_t, Command> waiting_;  // by seq, all above applied_
  std::size_t waiting_bytes_ = 0;
  std::deque<QueryRequest> queries_;  // wait for their after_seq
  RecentIds ids_;

  bool synced_ = false;  // the snapshot of this epoch is applied
  bool joined_ = false;
  bool stopping_ = false;
  bool denied_ = false;
  bool lost_ = false;
  bool heard_ = false;      // a published frame came: the subscription is there
  bool want_join_ = false;  // join as soon as the host is done with what it does
  TimePoint heard_at_;

  std::uint64_t boot_ = 0;
  std::uint64_t attempt_ = 0;
  std::uint64_t next_part_ = 0;
  std::uint64_t snapshot_seq_ = 0;
  bool welcomed_ = false;  // by the answer to `attempt_`
  int tries_ = 0;          // joins since the last that was answered
  TimePoint join_deadline_ = kNever;

  bool asked_ = false;  // for a tail
  std::uint64_t asked_from_ = 0;
  TimePoint ask_deadline_ = kNever;
};

}  // namespace vfleet::bus
