#include "simulator/fleet/fleet_host.h"

#include <algorithm>

#include "simulator/fleet/statistics.h"

namespace vfleet::fleet {

void FleetHost::snapshot_begin(const bus::Assignment& assignment) {
  shard_.begin(assignment);
  shard_.figures().board().set_life(assignment.fleet, assignment.boot, assignment.shard, assignment.shards);
  shard_.figures().board().set_state(board::State::running);
  rules_.clear();
  seen_groups_.clear();
  problems_.clear();
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
  for (bus::Command& command : rules) {
    auto rule = Rule::make(std::move(command));
    if (rule) {
      rules_.add(std::move(*rule));
    } else {
      problems_.push_back(rule.error().detail);
    }
  }
}

void FleetHost::snapshot_end(std::function<void()> done) {
  std::vector<std::string> gone;
  for (const auto& group : shard_.groups()) {
    if (std::find(seen_groups_.begin(), seen_groups_.end(), group->name()) == seen_groups_.end())
      gone.push_back(group->name());
  }
  for (const std::string& name : gone) shard_.remove_group(name);
  auto result = std::make_shared<bus::CommandResult>();
  commands_.converge(result, [this, result, done = std::move(done)] {
    for (const bus::Reason& reason : result->reasons) problems_.push_back(reason.device + ": " + reason.text);
    done();
  });
}

void FleetHost::execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) {
  commands_.execute(command, std::move(reply), std::move(done));
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
  shard_.stop(kDrainLimit, std::move(done));
}

}  // namespace vfleet::fleet
