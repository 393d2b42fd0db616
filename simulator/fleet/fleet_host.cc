#include "simulator/fleet/fleet_host.h"

#include <algorithm>
#include <utility>

#include "simulator/fleet/statistics.h"

namespace vfleet::fleet {

void FleetHost::snapshot_begin(const bus::Assignment& assignment) {
  const Status begun = shard_.begin(assignment);
  shard_.figures().board().set_life(assignment.fleet, assignment.boot, assignment.shard, assignment.shards);
  shard_.figures().board().set_state(board::State::running);
  // When a snapshot breaks off and comes again, what held before the first one still counts.
  if (!std::exchange(taking_, true)) before_ = std::move(rules_);
  rules_ = {};
  seen_groups_.clear();
  problems_.clear();
  if (!begun) problems_.push_back(begun.error().detail);
}

void FleetHost::snapshot_groups(const std::vector<std::string>& groups) {
  for (const std::string& text : groups) {
    auto put = shard_.put_group(text);
    if (put) {
      seen_groups_.push_back((*put)->name());
    } else {
      problems_.push_back(put.error().detail);
    }
  }
}

void FleetHost::snapshot_rules(std::vector<bus::Command> rules) {
  for (const bus::Command& command : rules) {
    revision_ = std::max(revision_, command.revision);
    if (auto good = rules_.restore(command); !good) problems_.push_back(good.error().detail);
  }
}

void FleetHost::snapshot_end(std::function<void()> done) {
  std::vector<std::string> gone;
  for (const auto& group : shard_.groups()) {
    if (std::find(seen_groups_.begin(), seen_groups_.end(), group->name()) == seen_groups_.end())
      gone.push_back(group->name());
  }
  for (const std::string& name : gone) shard_.remove_group(name);
  taking_ = false;
  auto result = std::make_shared<bus::CommandResult>();
  std::shared_ptr<const RuleChange> change;  // of no concern to devices that are yet to come
  if (shard_.size() != 0) change = std::make_shared<RuleChange>(RuleChange::between(before_, rules_));
  before_ = {};
  commands_.converge(std::move(change), result, [this, result, done = std::move(done)] {
    for (const bus::Reason& reason : result->reasons) problems_.push_back(reason.device + ": " + reason.text);
    done();
  });
}

void FleetHost::execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) {
  commands_.execute(command, std::move(reply), [this, revision = command.revision, done = std::move(done)] {
    revision_ = std::max(revision_, revision);
    done();
  });
}

void FleetHost::query(std::uint64_t id, std::string_view name, std::string_view selector,
                      std::string_view args, bus::QueryReply reply) {
  queries_.query(id, name, selector, args, std::move(reply));
}

void FleetHost::cancel_query(std::uint64_t id) {
  queries_.cancel(id);
}

std::string FleetHost::statistics() {
  gauges_.refresh();
  return fleet::statistics(shard_);
}

void FleetHost::stop(std::function<void()> done) {
  triggers_.stop();
  shard_.stop(kDrainLimit, [this, done = std::move(done)] {
    // Nothing counts any more: control may take the board away once it has the last figures.
    gauges_.refresh();
    shard_.figures().board().set_state(board::State::ended);
    done();
  });
}

}  // namespace vfleet::fleet
