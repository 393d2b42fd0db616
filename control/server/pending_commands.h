#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/api/reply.h"
#include "control/journal/journal.h"
#include "simulator/bus/command.h"
#include "simulator/core/time.h"

namespace vfleet::control::server {

/// Commands that were published and whose workers have not all answered; and, for a while, the answers of
/// those that are done, so that repeating a request gives the same answer. A command whose time was over is
/// still followed: what workers say later is the truth that the journal gets.
class PendingCommands {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(5);
  static constexpr Duration kProgressEvery = std::chrono::milliseconds(200);
  static constexpr std::size_t kAnswersKept = 10'000;
  /// Commands past their time that are followed; the oldest go first.
  static constexpr std::size_t kLateMax = 1000;

  /// Sends a frame to an operator; the identity is the one of his socket.
  using Send = std::function<void(const std::string& operator_identity, const std::string& frame)>;

  /// What became of a command; again, when more is known.
  using Settled = std::function<void(std::uint64_t seq, journal::Outcome outcome)>;

  explicit PendingCommands(
      Send send, Settled settled = [](std::uint64_t, const journal::Outcome&) {},
      std::size_t answers_kept = kAnswersKept)
      : send_(std::move(send)), settled_(std::move(settled)), answers_kept_(answers_kept) {}

  struct Start {
    std::string id;
    std::uint64_t seq = 0;
    std::uint64_t revision = 0;
    std::uint32_t shards = 0;
    std::vector<std::uint32_t> answering;  ///< who will answer; the other shards are silent from the start
    bool wait_for_all = false;             ///< until every shard has applied it, restarting ones too
    Duration timeout = kTimeout;
    api::ReplyMembers members;       ///< what the result holds beside the counts
    bool unmatched_is_fine = false;  ///< a reload may match nothing
    std::string drop_by;             ///< how an operator drops the rule that this made; empty: it made none
  };

  /// Answers `accepted` to `operator_identity` (empty: nobody asked) and waits for the workers.
  void start(Start start, const std::string& operator_identity, TimePoint now);

  /// The same request again: joins the ones who wait, or repeats the answer. False when the id is not known.
  bool repeat(const std::string& id, const std::string& operator_identity);

  /// A worker's answer; strangers and repeats are ignored.
  void answered(const bus::CommandResult& result, TimePoint now);
  /// `shard` is another process, or took a snapshot: what it was asked before it will not answer.
  void restarted(std::uint32_t shard);
  /// `shard` has applied everything up to `seq`: who waits for all needs no more of it.
  void applied(std::uint32_t shard, std::uint64_t seq);
  /// Progress and time-outs; call every 50 ms or so.
  void tick(TimePoint now);

  /// Whether workers that have not answered are still waited for, also when its time is over.
  [[nodiscard]] bool waits_for(const std::string& id) const { return by_id_.contains(id); }

  /// Control ends: everything that waits is answered and settled as it is now.
  void close();

  /// Those whose time is not over.
  [[nodiscard]] std::size_t size() const { return pending_.size() - late_.size(); }

 private:
  struct Pending {
    Start start;
    api::Counts counts;
    std::set<std::uint32_t> waiting;  // shards whose answer is to come
    std::set<std::uint32_t> missing;  // wait_for_all: shards that will only say that they applied it
    std::vector<std::string> operators;
    TimePoint deadline;
    TimePoint progress_due;
    std::uint32_t told = 0;  // answers at the last progress
    bool late = false;       // the operators have their answer
  };
  struct Answer {
    std::string accepted;
    std::string final;
  };

  [[nodiscard]] static bool complete(const Pending& pending) {
    return pending.waiting.empty() && pending.missing.empty();
  }
  void finish(std::uint64_t seq);
  void time_out(std::uint64_t seq);
  [[nodiscard]] journal::Outcome outcome_of(const Pending& pending) const;
  void conclude(Pending& pending, journal::Outcome outcome);
  void tell(const Pending& pending, const std::string& frame);

  Send send_;
  Settled settled_;
  std::size_t answers_kept_;
  std::map<std::uint64_t, Pending> pending_;              // by seq
  std::set<std::uint64_t> patient_;                       // pending ones that wait for all
  std::set<std::uint64_t> late_;                          // pending ones whose time was over
  std::unordered_map<std::string, std::uint64_t> by_id_;  // pending ones
  std::unordered_map<std::string, Answer> answers_;
  std::deque<std::string> answer_order_;
};

}  // namespace vfleet::control::server
