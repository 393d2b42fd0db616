#include "control/server/snapshot.h"

namespace vfleet::control::server {

namespace {

std::size_t size_of(const bus::Command& command) {
  constexpr std::size_t kMembers = 200;  // names and numbers around the texts
  return kMembers + command.id.size() + command.selector.size() + command.args.size();
}

}  // namespace

Snapshot take_snapshot(const DesiredState& state, std::uint64_t seq) {
  auto parts = std::make_shared<std::vector<bus::SnapshotPart>>();
  std::size_t size = 0;
  const auto part_for = [&](std::size_t bytes) -> bus::SnapshotPart& {
    if (parts->empty() || (size > 0 && size + bytes > bus::kPartBytes)) {
      bus::SnapshotPart& fresh = parts->emplace_back();
      fresh.part = parts->size() - 1;
      fresh.seq = seq;
      size = 0;
    }
    size += bytes;
    return parts->back();
  };
  for (const std::string& group : state.groups()) part_for(group.size()).groups.push_back(group);
  for (const auto& [revision, rule] : state.rules())
    part_for(size_of(rule.command)).rules.push_back(rule.command);
  part_for(0);  // a state with nothing in it is one empty part
  parts->back().last = true;
  return parts;
}

void SnapshotFeed::start(std::uint32_t shard, std::uint64_t attempt, Snapshot snapshot) {
  Sending sending;
  sending.snapshot = std::move(snapshot);
  sending.attempt = attempt;
  sending_.insert_or_assign(shard, std::move(sending));
  send_more(shard);
}

void SnapshotFeed::granted(std::uint32_t shard, std::uint64_t attempt, std::uint32_t credit) {
  const auto at = sending_.find(shard);
  if (at == sending_.end() || at->second.attempt != attempt) return;
  at->second.credit += credit;
  send_more(shard);
}

void SnapshotFeed::send_more(std::uint32_t shard) {
  Sending& sending = sending_.at(shard);
  while (sending.credit > 0 && sending.next < sending.snapshot->size()) {
    bus::SnapshotPart part = (*sending.snapshot)[sending.next++];
    part.attempt = sending.attempt;
    --sending.credit;
    send_(shard, part);
  }
  if (sending.next == sending.snapshot->size()) sending_.erase(shard);
}

}  // namespace vfleet::control::server
