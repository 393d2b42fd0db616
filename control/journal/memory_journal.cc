#include "control/journal/memory_journal.h"

#include <algorithm>

namespace vfleet::control::journal {

MemoryJournal::MemoryJournal(Post post, Meta meta) : post_(std::move(post)), meta_(std::move(meta)) {}

Status MemoryJournal::begin(FleetText fleet, std::vector<OrdinalPiece> ordinals) {
  if (error_) return tl::unexpected(*error_);
  fleets_.insert_or_assign(0, std::move(fleet));
  ordinals_ = std::move(ordinals);
  return {};
}

Restored MemoryJournal::restored() const {
  Restored out;
  out.meta = meta_;
  if (!fleets_.empty()) out.latest.fleet = fleets_.rbegin()->second;
  for (const Entry& each : entries_) {
    out.id_hashes.push_back(hash_id(each.command.id));
    if (each.command.revision == 0) continue;
    out.latest.revision = each.command.revision;
    out.latest.changes.push_back(each.command);
  }
  out.ordinals = ordinals_;
  out.boots = boots_;
  return out;
}

void MemoryJournal::hold(bool held) {
  held_ = held;
  if (held) return;
  std::vector<std::function<void()>> tasks;
  tasks.swap(waiting_);
  for (auto& task : tasks) task();
}

void MemoryJournal::write(std::function<void()> task) {
  if (held_) {
    waiting_.push_back(std::move(task));
  } else {
    task();
  }
}

void MemoryJournal::commit(Change change, Done done) {
  write([this, change = std::move(change), done = std::move(done)]() mutable {
    if (error_) failed_ = true;
    if (failed_) {
      const Error error = error_.value_or(Error{Errc::unavailable, "a change before it failed"});
      return post_([done = std::move(done), error] { done(tl::unexpected(error)); });
    }
    if (change.fleet) fleets_[change.command.revision] = std::move(*change.fleet);
    ordinals_.insert(ordinals_.end(), change.ordinals.begin(), change.ordinals.end());
    entries_.push_back({std::move(change.command), std::nullopt});
    post_([done = std::move(done)] { done({}); });
  });
}

void MemoryJournal::recover() {
  write([this] { failed_ = false; });
}

void MemoryJournal::commit_boot(std::uint32_t shard, std::uint64_t boot, Done done) {
  write([this, shard, boot, done = std::move(done)]() mutable {
    Status status;
    if (error_) {
      status = tl::unexpected(*error_);
    } else {
      boots_.resize(std::max<std::size_t>(boots_.size(), shard + 1));
      boots_[shard] = boot;
    }
    post_([done = std::move(done), status = std::move(status)] { done(status); });
  });
}

void MemoryJournal::settle(std::uint64_t epoch, std::uint64_t seq, Outcome outcome) {
  write([this, epoch, seq, outcome = std::move(outcome)]() mutable {
    const auto at = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& each) {
      return each.command.epoch == epoch && each.command.seq == seq;
    });
    if (at != entries_.rend()) at->outcome = std::move(outcome);
  });
}

void MemoryJournal::history(Filter filter, std::function<void(Result<std::vector<Entry>>)> done) {
  std::vector<Entry> out;
  const std::size_t limit = std::min(filter.limit, kHistoryMax);
  for (auto at = entries_.rbegin(); at != entries_.rend() && out.size() < limit; ++at) {
    const std::uint64_t revision = at->command.revision;
    if ((filter.durable_only || filter.below) && revision == 0) continue;
    if (filter.below && revision >= *filter.below) continue;
    out.push_back(*at);
  }
  post_([out = std::move(out), done = std::move(done)] { done(out); });
}

Result<Entry> MemoryJournal::find(const std::function<bool(const Entry&)>& is_it) const {
  const auto at = std::find_if(entries_.rbegin(), entries_.rend(), is_it);
  if (at == entries_.rend()) return fail(Errc::not_found, "no such command in the journal");
  return *at;
}

void MemoryJournal::entry(std::string id, std::function<void(Result<Entry>)> done) {
  auto found = find([&](const Entry& each) { return each.command.id == id; });
  post_([found = std::move(found), done = std::move(done)] { done(found); });
}

void MemoryJournal::entry_at(std::uint64_t revision, std::function<void(Result<Entry>)> done) {
  auto found = find([&](const Entry& each) { return revision > 0 && each.command.revision == revision; });
  post_([found = std::move(found), done = std::move(done)] { done(found); });
}

void MemoryJournal::desired_at(std::uint64_t revision, std::function<void(Result<Past>)> done) {
  Past past;
  if (!fleets_.empty()) past.fleet = std::prev(fleets_.upper_bound(revision))->second;
  for (const Entry& each : entries_) {
    if (each.command.revision == 0 || each.command.revision > revision) continue;
    past.revision = each.command.revision;
    past.changes.push_back(each.command);
  }
  const bool there = past.revision == revision;
  post_([past = std::move(past), done = std::move(done), there, revision] {
    if (!there) return done(fail(Errc::not_found, "there is no revision " + std::to_string(revision)));
    done(past);
  });
}

}  // namespace vfleet::control::journal
