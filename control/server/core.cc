#include "control/server/core.h"

namespace vfleet::control::server {

Core::Core(ControllerOptions given, const Clock& time, Ports& world, const TypeCatalogue& types,
           const config::Catalogue& all_keys, journal::Journal& keeper)
    : options(std::move(given)),
      clock(time),
      ports(world),
      catalogue(types),
      keys(all_keys),
      journal(keeper),
      line(keeper, options.epoch, options.revision),
      start_us(options.start_us.value_or(to_us(time.wall_now()))),
      flow(options.window, [this](const std::string& text) { ports.publish(bus::kTopicCommand, text); }),
      registry(options.shards),
      pending([this](const std::string& to, const std::string& frame) { ports.to_operator(to, frame); },
              [this](std::uint64_t seq, journal::Outcome outcome) {
                journal.settle(options.epoch, seq, std::move(outcome));
              }),
      fan_out([this](std::uint32_t shard, const bus::ToWorker& message) { ports.to_worker(shard, message); },
              options.epoch),
      feed([this](std::uint32_t shard, const bus::ToWorker& message) { ports.to_worker(shard, message); }) {
  for (std::uint32_t shard = 0; shard < registry.shards() && shard < options.boots.size(); ++shard)
    registry.had_lives(shard, options.boots[shard]);
}

void Core::take(PreparedFleet next) {
  view.reset();
  fleet = std::move(next.spec);
  fleet_head = std::move(next.text.head);
  view.emplace(fleet, catalogue);
  desired.set_groups(std::move(next.text.groups));
}

void Core::submit(Submission submission) {
  CommitLine::Submission entry;
  entry.durable = submission.durable;
  entry.change.command = std::move(submission.command);
  entry.change.command.issued_us = to_us(clock.wall_now());
  if (submission.fleet) {
    entry.change.fleet = submission.fleet->text;
    entry.change.ordinals = ordinals.take_unsaved();
    newest_ = submission.fleet;
  }
  entry.committed = [this, fleet = submission.fleet,
                     committed = std::move(submission.committed)](const journal::Change& change) {
    const bus::Command& command = change.command;
    known_ids.add(command.id, command.revision > 0);
    if (command.revision > 0) desired.record(command);
    if (fleet) {
      if (newest_ == fleet) newest_.reset();
      take(std::move(*fleet));
    }
    log.add(command);
    flow.submit(command.seq, bus::encode(command));
    if (heard) heard(command);
    if (committed) committed(command);
  };
  entry.refused = [this, fleet = submission.fleet, refused = std::move(submission.refused)](
                      const journal::Change& change, const Error& error) {
    ordinals.give_back(change.ordinals);
    if (newest_ == fleet) newest_.reset();
    if (refused) refused(error);
  };
  line.submit(std::move(entry));
}

FanOut::Ask Core::ask(std::string name, std::string selector, api::JsonText args) const {
  FanOut::Ask out;
  out.name = std::move(name);
  out.selector = std::move(selector);
  out.args = std::move(args);
  out.after_seq = seq();
  out.shards = registry.answering();
  return out;
}

}  // namespace vfleet::control::server
