#include "simulator/bus/sync_machine.h"

#include <algorithm>
#include <utility>

#include "simulator/core/hash.h"

namespace vfleet::bus {
namespace {

constexpr std::uint64_t kReportEvery = 1000;

std::size_t bytes_of(const Command& command) {
  return sizeof(Command) + command.id.size() + command.selector.size() + command.args.size();
}

}  // namespace

bool RecentIds::add(std::string_view id) {
  const std::uint64_t key = hash(id);
  if (!known_.insert(key).second) return false;
  order_.push_back(key);
  if (order_.size() > bound_) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

SyncMachine::SyncMachine(TimePoint now, std::uint64_t salt, Limits limits)
    : limits_(limits), salt_(salt), ids_(limits.ids), heard_at_(now) {}

WorkerState SyncMachine::state() const {
  if (stopping_) return WorkerState::stopping;
  if (!synced_) return WorkerState::joining;
  return head_ > run_ ? WorkerState::catching : WorkerState::live;
}

TimePoint SyncMachine::next_deadline() const {
  TimePoint next = std::min(join_deadline_, ask_deadline_);
  if (!lost_) next = std::min(next, heard_at_ + limits_.control_silence);
  return next;
}

// ---- what happened ----

SyncMachine::Actions SyncMachine::published_welcome(std::uint64_t epoch, TimePoint now) {
  Actions out;
  hear(now, out);
  const bool first = !std::exchange(heard_, true);
  // The welcome is said on each new connection, so it is right where an older epoch's last words are not.
  if (epoch != epoch_) {
    adopt(epoch);
    resynchronise(now, out);
  } else if (first) {
    resynchronise(now, out);
  }
  return out;
}

SyncMachine::Actions SyncMachine::published(Command command, TimePoint now) {
  Actions out;
  hear(now, out);
  if (!follows(command.epoch, now, out)) return out;
  head_ = std::max(head_, command.seq);
  keep(std::move(command));
  advance(now, out);
  return out;
}

SyncMachine::Actions SyncMachine::beat(const Beat& beat, TimePoint now) {
  Actions out;
  hear(now, out);
  if (!follows(beat.epoch, now, out)) return out;
  head_ = std::max(head_, beat.seq);
  advance(now, out);
  return out;
}

SyncMachine::Actions SyncMachine::told(ToWorker message, TimePoint now) {
  Actions out;
  hear(now, out);
  std::visit([&](auto&& each) { on(std::move(each), now, out); }, std::move(message));
  return out;
}

SyncMachine::Actions SyncMachine::snapshot_done(TimePoint now) {
  Actions out;
  if (busy_ != Busy::with_snapshot) return out;
  busy_ = Busy::no;
  if (want_join_) {
    join(now, out);
    return out;
  }
  synced_ = true;
  joined_ = true;
  applied_ = snapshot_seq_;
  run_ = applied_;
  head_ = std::max(head_, applied_);
  while (!waiting_.empty() && waiting_.begin()->first <= applied_) {
    waiting_bytes_ -= bytes_of(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
  while (waiting_.count(run_ + 1) > 0) ++run_;
  report(out);
  advance(now, out);
  run_queries(out);
  return out;
}

SyncMachine::Actions SyncMachine::command_done(TimePoint now) {
  Actions out;
  if (busy_ != Busy::with_command) return out;
  busy_ = Busy::no;
  ++applied_;
  if (want_join_) {
    join(now, out);
    return out;
  }
  advance(now, out);
  return out;
}

SyncMachine::Actions SyncMachine::tick(TimePoint now) {
  Actions out;
  if (!lost_ && now >= heard_at_ + limits_.control_silence) {
    lost_ = true;
    out.emplace_back(ControlLost{});
  }
  if (now >= join_deadline_) join(now, out);
  if (now >= ask_deadline_) {
    asked_ = false;
    ask_deadline_ = kNever;
    fill_hole(now, out);
  }
  return out;
}

SyncMachine::Actions SyncMachine::stop() {
  Actions out;
  if (stopping_) return out;
  stopping_ = true;
  join_deadline_ = kNever;
  ask_deadline_ = kNever;
  waiting_.clear();
  waiting_bytes_ = 0;
  out.emplace_back(StopHost{});
  return out;
}

// ---- epochs and joins ----

void SyncMachine::hear(TimePoint now, Actions& out) {
  heard_at_ = std::max(heard_at_, now);
  if (std::exchange(lost_, false)) out.emplace_back(ControlBack{});
}

/// Whether something published in `epoch` is for us now. A newer epoch begins a new join; an older one is the
/// rest of a connection to a control that is gone.
bool SyncMachine::follows(std::uint64_t epoch, TimePoint now, Actions& out) {
  const bool first = !std::exchange(heard_, true);
  if (epoch > epoch_) {
    adopt(epoch);
    resynchronise(now, out);
  } else if (first) {
    resynchronise(now, out);
  }
  return epoch == epoch_ && !stopping_ && !denied_;
}

void SyncMachine::adopt(std::uint64_t epoch) {
  epoch_ = epoch;
  head_ = 0;
  waiting_.clear();
  waiting_bytes_ = 0;
  queries_.clear();
}

/// Back to a snapshot. A host that is busy finishes first.
void SyncMachine::resynchronise(TimePoint now, Actions& out) {
  if (stopping_ || denied_) return;
  synced_ = false;
  asked_ = false;
  ask_deadline_ = kNever;
  tries_ = 0;
  if (busy_ == Busy::no) {
    join(now, out);
  } else {
    want_join_ = true;
    welcomed_ = false;
    join_deadline_ = kNever;
  }
}

void SyncMachine::join(TimePoint now, Actions& out) {
  want_join_ = false;
  welcomed_ = false;
  synced_ = false;
  join_deadline_ = kNever;
  if (stopping_ || denied_) return;
  ++attempt_;
  const Duration wait = std::min(limits_.join_max, limits_.answer * (1 << std::min(tries_, 8)));
  ++tries_;
  const auto jitter = static_cast<std::int64_t>(mix(salt_, attempt_) % 256);
  join_deadline_ = now + wait + wait * jitter / 1024;
  out.emplace_back(Send{Join{.attempt = attempt_, .boot = boot_}});
}

void SyncMachine::on(Welcome&& message, TimePoint now, Actions& out) {
  if (message.attempt != attempt_ || synced_ || welcomed_ || busy_ != Busy::no || stopping_ || denied_)
    return;
  if (message.epoch != epoch_) adopt(message.epoch);
  welcomed_ = true;
  tries_ = 0;
  next_part_ = 0;
  boot_ = message.assignment.boot;
  join_deadline_ = now + limits_.part;
  out.emplace_back(BeginSnapshot{std::move(message.assignment)});
}

void SyncMachine::on(SnapshotPart&& message, TimePoint now, Actions& out) {
  if (message.attempt != attempt_ || !welcomed_ || busy_ != Busy::no || stopping_) return;
  if (message.part != next_part_) {  // parts were lost with a connection
    join(now, out);
    return;
  }
  ++next_part_;
  snapshot_seq_ = message.seq;
  join_deadline_ = now + limits_.part;
  if (!message.groups.empty()) out.emplace_back(ApplyGroups{std::move(message.groups)});
  if (!message.rules.empty()) out.emplace_back(ApplyRules{std::move(message.rules)});
  if (!message.last) {
    out.emplace_back(Send{Grant{.attempt = attempt_, .credit = 1}});
    return;
  }
  welcomed_ = false;
  join_deadline_ = kNever;
  busy_ = Busy::with_snapshot;
  out.emplace_back(EndSnapshot{});
}

void SyncMachine::on(Denied&& message, TimePoint, Actions& out) {
  denied_ = true;
  join_deadline_ = kNever;
  ask_deadline_ = kNever;
  out.emplace_back(Refused{std::move(message.reason)});
}

void SyncMachine::on(Stop&&, TimePoint, Actions& out) {
  for (Action& each : stop()) out.push_back(std::move(each));
}

// ---- commands ----

/// Keeps a command that is not applied yet until its turn. Over the bounds the highest ones are dropped, and
/// asked for when there is room: what fills a hole always finds a place.
void SyncMachine::keep(Command command) {
  const std::uint64_t running = busy_ == Busy::with_command ? 1 : 0;
  if (synced_ && command.seq <= applied_ + running) return;
  const std::uint64_t seq = command.seq;
  const std::size_t bytes = bytes_of(command);
  if (waiting_.count(seq) > 0) return;
  while (!waiting_.empty() &&
         (waiting_.size() >= limits_.waiting_commands || waiting_bytes_ + bytes > limits_.waiting_bytes)) {
    const auto highest = std::prev(waiting_.end());
    if (highest->first < seq) return;
    waiting_bytes_ -= bytes_of(highest->second);
    waiting_.erase(highest);
  }
  waiting_.emplace(seq, std::move(command));
  waiting_bytes_ += bytes;
  if (!synced_) return;
  while (waiting_.count(run_ + 1) > 0) ++run_;
}

/// Starts the next command, when it is there and the host is free; looks for holes.
void SyncMachine::advance(TimePoint now, Actions& out) {
  if (!synced_ || stopping_) return;
  while (busy_ == Busy::no && !waiting_.empty() && waiting_.begin()->first == applied_ + 1) {
    Command command = std::move(waiting_.extract(waiting_.begin()).mapped());
    waiting_bytes_ -= bytes_of(command);
    if (ids_.add(command.id)) {
      busy_ = Busy::with_command;
      out.emplace_back(Execute{std::move(command)});
    } else {
      ++applied_;
      out.emplace_back(RefuseRepeat{std::move(command)});
    }
  }
  if (applied_ >= reported_ + kReportEvery || applied_ < reported_) report(out);
  run_queries(out);
  fill_hole(now, out);
}

void SyncMachine::fill_hole(TimePoint now, Actions& out) {
  if (!synced_ || stopping_ || head_ <= run_ || asked_) return;
  // While there is enough to do, what is asked for would not fit and come in vain.
  const std::uint64_t ready = run_ - applied_;
  if (ready > limits_.waiting_commands / 2 || (ready > 1 && waiting_bytes_ > limits_.waiting_bytes / 2))
    return;
  asked_ = true;
  asked_from_ = run_ + 1;
  ask_deadline_ = now + limits_.answer;
  out.emplace_back(Send{TailRequest{.epoch = epoch_, .from = asked_from_}});
}

void SyncMachine::on(TailPart&& message, TimePoint now, Actions& out) {
  if (message.epoch != epoch_ || !synced_ || stopping_ || denied_) return;
  if (message.too_old) {
    // An answer to a question that other messages answered meanwhile changes nothing.
    if (asked_) resynchronise(now, out);
    return;
  }
  for (Command& each : message.commands) {
    if (each.epoch != epoch_) continue;
    head_ = std::max(head_, each.seq);
    keep(std::move(each));
  }
  if (asked_ && message.last && run_ >= asked_from_) {
    asked_ = false;  // and the next stretch is asked for at once; an answer that brought nothing waits
    ask_deadline_ = kNever;
  } else if (asked_) {
    ask_deadline_ = now + limits_.answer;
  }
  advance(now, out);
}

void SyncMachine::report(Actions& out) {
  reported_ = applied_;
  out.emplace_back(Send{Alive{.epoch = epoch_, .applied_seq = applied_, .state = state()}});
}

// ---- queries ----

void SyncMachine::on(QueryRequest&& message, TimePoint, Actions& out) {
  if (stopping_ || denied_ || queries_.size() >= limits_.waiting_queries) {
    out.emplace_back(Send{QueryRows{.query = message.query, .last = true}});
    return;
  }
  queries_.push_back(std::move(message));
  run_queries(out);
}

void SyncMachine::on(CancelQuery&& message, TimePoint, Actions& out) {
  const auto at = std::find_if(queries_.begin(), queries_.end(),
                               [&](const QueryRequest& each) { return each.query == message.query; });
  if (at == queries_.end()) {
    out.emplace_back(CancelHost{message.query});
  } else {
    queries_.erase(at);
    out.emplace_back(Send{QueryRows{.query = message.query, .last = true}});
  }
}

void SyncMachine::run_queries(Actions& out) {
  if (!synced_ || queries_.empty()) return;
  std::deque<QueryRequest> later;
  for (QueryRequest& each : queries_) {
    if (each.after_seq <= applied_) {
      out.emplace_back(AskHost{std::move(each)});
    } else {
      later.push_back(std::move(each));
    }
  }
  queries_.swap(later);
}

}  // namespace vfleet::bus
