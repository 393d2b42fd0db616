#include "control/server/pending_commands.h"

#include <fmt/format.h>

#include <algorithm>

namespace vfleet::control::server {

void PendingCommands::start(Start start, const std::string& operator_identity, TimePoint now) {
  Pending pending;
  pending.counts.shards = start.shards;
  pending.waiting.insert(start.answering.begin(), start.answering.end());
  for (std::uint32_t shard = 0; shard < start.shards; ++shard) {
    if (pending.waiting.contains(shard)) continue;
    if (start.wait_for_all) {
      pending.missing.insert(shard);
    } else {
      pending.counts.silent.push_back(shard);
    }
  }
  pending.deadline = now + start.timeout;
  pending.progress_due = now + kProgressEvery;
  if (!operator_identity.empty()) pending.operators.push_back(operator_identity);
  const std::uint64_t seq = start.seq;
  by_id_[start.id] = seq;
  if (start.wait_for_all) patient_.insert(seq);
  pending.start = std::move(start);
  Pending& placed = pending_.insert_or_assign(seq, std::move(pending)).first->second;
  tell(placed, api::accepted(placed.start.id, placed.start.seq, placed.start.revision));
  if (complete(placed)) finish(seq);
}

bool PendingCommands::repeat(const std::string& id, const std::string& operator_identity) {
  if (const auto at = by_id_.find(id); at != by_id_.end()) {
    Pending& pending = pending_.at(at->second);
    auto& operators = pending.operators;
    if (std::find(operators.begin(), operators.end(), operator_identity) == operators.end()) {
      operators.push_back(operator_identity);
    }
    send_(operator_identity, api::accepted(id, pending.start.seq, pending.start.revision));
    return true;
  }
  const auto at = answers_.find(id);
  if (at == answers_.end()) return false;
  send_(operator_identity, at->second.accepted);
  send_(operator_identity, at->second.final);
  return true;
}

void PendingCommands::answered(const bus::CommandResult& result, TimePoint now) {
  const auto at = pending_.find(result.seq);
  if (at == pending_.end()) return;
  Pending& pending = at->second;
  if (pending.start.id != result.id || pending.waiting.erase(result.shard) == 0) return;
  pending.counts.add(result);
  if (complete(pending)) {
    finish(result.seq);
  } else if (!pending.late && now >= pending.progress_due && pending.counts.answered != pending.told) {
    pending.told = pending.counts.answered;
    pending.progress_due = now + kProgressEvery;
    tell(pending, api::progress(pending.start.id, pending.counts));
  }
}

void PendingCommands::restarted(std::uint32_t shard) {
  std::vector<std::uint64_t> done;
  for (auto& [seq, pending] : pending_) {
    if (pending.waiting.erase(shard) == 0) continue;
    if (pending.start.wait_for_all) {
      pending.missing.insert(shard);
    } else {
      pending.counts.silent.push_back(shard);
    }
    if (complete(pending)) done.push_back(seq);
  }
  for (const std::uint64_t seq : done) finish(seq);
}

void PendingCommands::applied(std::uint32_t shard, std::uint64_t seq) {
  std::vector<std::uint64_t> done;
  for (const std::uint64_t each : patient_) {
    if (each > seq) break;
    Pending& pending = pending_.at(each);
    if (pending.missing.erase(shard) == 0) continue;
    ++pending.counts.answered;
    if (complete(pending)) done.push_back(each);
  }
  for (const std::uint64_t each : done) finish(each);
}

void PendingCommands::tick(TimePoint now) {
  std::vector<std::uint64_t> late;
  for (auto& [seq, pending] : pending_) {
    if (now >= pending.deadline) {
      late.push_back(seq);
    } else if (!pending.late && now >= pending.progress_due && pending.counts.answered != pending.told) {
      pending.told = pending.counts.answered;
      pending.progress_due = now + kProgressEvery;
      tell(pending, api::progress(pending.start.id, pending.counts));
    }
  }
  for (const std::uint64_t seq : late) time_out(seq);
}

journal::Outcome PendingCommands::outcome_of(const Pending& pending) const {
  api::Counts counts = pending.counts;
  counts.silent.insert(counts.silent.end(), pending.waiting.begin(), pending.waiting.end());
  counts.silent.insert(counts.silent.end(), pending.missing.begin(), pending.missing.end());
  std::sort(counts.silent.begin(), counts.silent.end());
  api::ReplyMembers members = pending.start.members;
  members.counts(counts).number("seq", pending.start.seq).number("revision", pending.start.revision);
  if (complete(pending)) {
    if (counts.matched > 0 && counts.applied == 0 && counts.silent.empty() &&
        !pending.start.drop_by.empty()) {
      members.text("hint",
                   fmt::format("revision {} is kept as a rule, for devices that come or change later; {}",
                               pending.start.revision, pending.start.drop_by));
    }
    api::ExitStatus status = counts.status();
    if (status == api::ExitStatus::nothing && pending.start.unmatched_is_fine) status = api::ExitStatus::done;
    return {static_cast<int>(status), api::result(pending.start.id, status, members)};
  }
  std::set<std::uint32_t> unheard = pending.waiting;
  unheard.insert(pending.missing.begin(), pending.missing.end());
  std::string shards;
  for (const std::uint32_t shard : unheard) shards += (shards.empty() ? "" : ", ") + std::to_string(shard);
  const std::string& id = pending.start.id;
  return {
      static_cast<int>(api::ExitStatus::failed),
      api::error(id,
                 {api::ExitStatus::failed, "outcome_unknown",
                  "outcome unknown: no answer from shard " + shards + "; see `vfleet history " + id + "`",
                  pending.start.revision > 0 ? "the change is recorded; a worker that comes back applies it"
                                             : "repeating the request with the same id is safe"},
                 members)};
}

void PendingCommands::conclude(Pending& pending, journal::Outcome outcome) {
  const std::string& id = pending.start.id;
  if (!pending.late) tell(pending, outcome.reply);
  const auto [at, fresh] = answers_.insert_or_assign(
      id, Answer{api::accepted(id, pending.start.seq, pending.start.revision), outcome.reply});
  if (fresh) answer_order_.push_back(id);
  if (answer_order_.size() > answers_kept_) {
    answers_.erase(answer_order_.front());
    answer_order_.pop_front();
  }
  by_id_.erase(id);
  settled_(pending.start.seq, std::move(outcome));
}

void PendingCommands::finish(std::uint64_t seq) {
  const auto at = pending_.find(seq);
  conclude(at->second, outcome_of(at->second));
  patient_.erase(seq);
  late_.erase(seq);
  pending_.erase(at);
}

void PendingCommands::time_out(std::uint64_t seq) {
  Pending& pending = pending_.at(seq);
  conclude(pending, outcome_of(pending));
  pending.late = true;
  pending.deadline = kNever;
  late_.insert(seq);
  if (late_.size() <= kLateMax) return;
  const std::uint64_t oldest = *late_.begin();
  late_.erase(oldest);
  patient_.erase(oldest);
  pending_.erase(oldest);
}

void PendingCommands::close() {
  while (!pending_.empty()) finish(pending_.begin()->first);
}

void PendingCommands::tell(const Pending& pending, const std::string& frame) {
  for (const std::string& identity : pending.operators) send_(identity, frame);
}

}  // namespace vfleet::control::server
