#include "control/server/fan_out.h"

#include <algorithm>

namespace vfleet::control::server {

std::uint64_t FanOut::ask(Ask ask, TimePoint now) {
  const std::uint64_t query = ++last_;
  Open open;
  open.waiting.insert(ask.shards.begin(), ask.shards.end());
  open.deadline = ask.timeout ? now + *ask.timeout : kNever;
  open.ask = std::move(ask);
  const Open& placed = asks_.emplace(query, std::move(open)).first->second;
  const bus::QueryRequest request{query, placed.ask.name, placed.ask.selector, placed.ask.args,
                                  placed.ask.after_seq};
  for (const std::uint32_t shard : placed.waiting) send_(shard, request);
  if (placed.waiting.empty() && placed.ask.timeout) finish(query);
  return query;
}

void FanOut::answered(std::uint32_t shard, bus::QueryRows rows, TimePoint now) {
  const auto at = asks_.find(rows.query);
  if (at == asks_.end() || !at->second.waiting.contains(shard)) return;
  Open& open = at->second;
  if (open.ask.timeout) open.deadline = now + *open.ask.timeout;
  if (rows.last) open.waiting.erase(shard);
  const bool complete = open.waiting.empty() && open.ask.timeout;
  if (!rows.rows.empty()) open.ask.rows(std::move(rows.rows));
  if (complete) finish(rows.query);
}

void FanOut::cancel(std::uint64_t query) {
  const auto at = asks_.find(query);
  if (at == asks_.end()) return;
  const Open open = std::move(at->second);
  asks_.erase(at);
  for (const std::uint32_t shard : open.waiting) send_(shard, bus::CancelQuery{query});
}

void FanOut::restarted(std::uint32_t shard) {
  std::vector<std::uint64_t> complete;
  for (auto& [query, open] : asks_) {
    if (open.waiting.erase(shard) == 0) continue;
    open.silent.push_back(shard);
    if (open.waiting.empty() && open.ask.timeout) complete.push_back(query);
  }
  for (const std::uint64_t query : complete) finish(query);
}

void FanOut::joined(std::uint32_t shard) {
  for (auto& [query, open] : asks_) {
    if (open.ask.timeout || !open.waiting.insert(shard).second) continue;
    send_(shard,
          bus::QueryRequest{query, open.ask.name, open.ask.selector, open.ask.args, open.ask.after_seq});
  }
}

void FanOut::tick(TimePoint now) {
  std::vector<std::uint64_t> late;
  for (const auto& [query, open] : asks_) {
    if (now >= open.deadline) late.push_back(query);
  }
  for (const std::uint64_t query : late) finish(query);
}

void FanOut::finish(std::uint64_t query) {
  const auto at = asks_.find(query);
  if (at == asks_.end()) return;
  Open open = std::move(at->second);
  asks_.erase(at);  // first: `done` may ask again
  for (const std::uint32_t shard : open.waiting) {
    send_(shard, bus::CancelQuery{query});
    open.silent.push_back(shard);
  }
  std::sort(open.silent.begin(), open.silent.end());
  open.ask.done(std::move(open.silent));
}

}  // namespace vfleet::control::server
