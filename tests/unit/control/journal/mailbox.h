#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "control/journal/journal.h"

namespace vfleet::control::journal {

/// Stands for the loop: takes what the journal's threads post, and runs it when the test looks.
class Mailbox {
 public:
  [[nodiscard]] std::function<void(std::function<void()>)> post();
  /// Runs what comes until `done` holds.
  void run_until(const std::function<bool()>& done);

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> tasks_;
};

/// A durable `set` (revision above 0) or a trigger.
[[nodiscard]] Change change(std::uint64_t seq, std::uint64_t revision, const std::string& id);

/// Commits it and waits for the answer.
[[nodiscard]] Status commit(Journal& journal, Mailbox& mailbox, Change change);
[[nodiscard]] Result<std::vector<Entry>> history(Journal& journal, Mailbox& mailbox, Filter filter = {});
[[nodiscard]] Result<Entry> entry(Journal& journal, Mailbox& mailbox, const std::string& id);
[[nodiscard]] Result<Past> desired_at(Journal& journal, Mailbox& mailbox, std::uint64_t revision);

}  // namespace vfleet::control::journal
