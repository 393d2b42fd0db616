#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/journal/journal.h"

namespace vfleet::control::server {

/// Commands on their way through the journal: numbers are given when they enter, effects come when they are
/// committed, in the same order. When one cannot be committed, it and all behind it are refused and their
/// numbers are given again, so that neither seqs nor revisions ever have holes.
class CommitLine {
 public:
  struct Submission {
    journal::Change change;  ///< epoch, seq and (durable) revision of its command are filled in
    bool durable = false;
    std::function<void(const journal::Change&)> committed;
    std::function<void(const journal::Change&, const Error&)> refused;
  };

  /// `journal` must outlive this. `revision`: the last one that is committed.
  CommitLine(journal::Journal& journal, std::uint64_t epoch, std::uint64_t revision)
      : journal_(journal), epoch_(epoch), revision_(revision), next_revision_(revision) {}

  void submit(Submission submission);

  /// Runs `then` when everything submitted so far is committed or refused; at once when it is.
  void when_decided(std::function<void()> then);

  /// Of the last committed command.
  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  /// Of the last one that waits, or as above.
  [[nodiscard]] std::uint64_t pending_revision() const { return next_revision_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  /// Why the latest attempt to commit failed; nullopt when it did not.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  void decided(std::uint64_t round, const Status& status);
  void refuse_all(const Error& error);
  void run_ready();

  journal::Journal& journal_;
  std::uint64_t epoch_;
  std::uint64_t seq_ = 0;
  std::uint64_t revision_;
  std::uint64_t next_revision_;
  std::uint64_t round_ = 0;  // rises with each failure: what was asked before it is over
  std::deque<Submission> waiting_;
  std::uint64_t entered_ = 0;  // submissions ever
  std::uint64_t left_ = 0;     // of them committed or refused
  std::multimap<std::uint64_t, std::function<void()>> ready_at_;  // by how many must have left
  std::optional<Error> failure_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // the journal's callbacks may outlive this
};

}  // namespace vfleet::control::server
