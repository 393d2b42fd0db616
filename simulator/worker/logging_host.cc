#include "simulator/worker/logging_host.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

namespace vfleet::worker {

void LoggingHost::snapshot_begin(const bus::Assignment& assignment) {
  log_.control_is_there(true);
  spdlog::info("shard {} of {} of fleet '{}', boot {}, seed {}", assignment.shard, assignment.shards,
               assignment.fleet, assignment.boot, assignment.seed);
  host_.snapshot_begin(assignment);
  if (const Status opened = state_.begin(assignment, host_.shard()); !opened) unable_(opened.error());
}

void LoggingHost::snapshot_end(std::function<void()> done) {
  if (const Status reserved = state_.reserve(host_.shard()); !reserved) return unable_(reserved.error());
  host_.snapshot_end([this, done = std::move(done)] {
    for (const std::string& problem : host_.problems()) spdlog::error("{}", problem);
    spdlog::info("{} devices", host_.shard().size());
    state_.joined(host_.shard());
    // Descriptions and the snapshot's texts are done with: what they took goes back to the system.
    ::malloc_trim(0);
    done();
  });
}

void LoggingHost::execute(const bus::Command& command, bus::ResultReply reply, std::function<void()> done) {
  spdlog::debug("cmd={} seq={} {} {}", command.id, command.seq, bus::to_string(command.verb),
                command.selector);
  host_.execute(command, std::move(reply), std::move(done));
}

std::string LoggingHost::statistics() {
  state_.watch(host_.shard());
  log_.devices().tick();
  return host_.statistics();
}

void LoggingHost::stop(std::function<void()> done) {
  spdlog::info("stopping");
  host_.stop(std::move(done));
}

}  // namespace vfleet::worker
