#include "control/server/worker_desk.h"

#include <spdlog/spdlog.h>

#include <bit>

namespace vfleet::control::server {

void WorkerDesk::receive(std::string_view identity, std::string_view letter, std::string_view body) {
  const auto shard = bus::shard_of_identity(identity);
  if (!shard) return note_malformed(identity, "a stranger");
  auto message = bus::unpack_from_worker(letter, body);
  if (!message) return note_malformed(identity, message.error().detail);
  if (!core_.registry.knows(*shard)) {
    return deny(*shard, "shard " + std::to_string(*shard) + " of a fleet with " +
                            std::to_string(core_.registry.shards()) + " shards");
  }
  if (!std::holds_alternative<bus::Join>(*message)) {
    if (!is_member(*shard)) return;
    core_.registry.heard(*shard, core_.now());
  }
  std::visit([&](const auto& each) { take(*shard, each); }, *message);
}

bool WorkerDesk::is_member(std::uint32_t shard) const {
  const ShardState state = core_.registry.at(shard).state;
  return state != ShardState::absent && state != ShardState::stopped;
}

void WorkerDesk::deny(std::uint32_t shard, const std::string& reason) {
  spdlog::error("worker refused shard={} reason=\"{}\"", shard, reason);
  core_.ports.to_worker(shard, bus::Denied{reason});
}

void WorkerDesk::take(std::uint32_t shard, const bus::Join& join) {
  if (closed_) return deny(shard, "the fleet is stopping");
  if (join.shard != shard) return deny(shard, "identity and shard differ");
  if (!core_.catalogue.same_types(join.describe)) {
    return deny(shard, "this worker (version " + join.version +
                           ") describes its device types otherwise than the fleet's (version " +
                           core_.catalogue.version() + "): use workers of one version");
  }
  const bool fresh = core_.registry.joined(shard, join.pid, join.boot, core_.now());
  const Worker& worker = core_.registry.at(shard);
  if (fresh) {
    core_.statistics.life_ended(shard);
    spdlog::info("worker joins shard={} pid={} boot={}", shard, worker.pid, worker.boot);
  } else {
    spdlog::info("worker takes another snapshot shard={} pid={} boot={}", shard, worker.pid, worker.boot);
  }
  left(shard);
  joins_[shard].attempt = join.attempt;
  if (joins_[shard].boot_kept == worker.boot) return welcome(shard, join.attempt);
  // A boot that was once told must never be given again, so it is kept first. When that fails the worker
  // asks again.
  core_.journal.commit_boot(
      shard, worker.boot, [this, shard, boot = worker.boot, attempt = join.attempt](const Status& kept) {
        if (!kept) {
          spdlog::error("worker must wait shard={} reason=\"{}\"", shard, kept.error().detail);
          return;
        }
        joins_[shard].boot_kept = boot;
        if (core_.registry.at(shard).boot == boot && joins_[shard].attempt == attempt && !closed_)
          welcome(shard, attempt);
      });
}

void WorkerDesk::welcome(std::uint32_t shard, std::uint64_t attempt) {
  bus::Welcome welcome;
  welcome.attempt = attempt;
  welcome.epoch = core_.options.epoch;
  welcome.assignment = {core_.fleet.name,
                        core_.fleet.seed,
                        core_.fleet.time_scale,
                        core_.start_us,
                        shard,
                        core_.registry.shards(),
                        core_.registry.at(shard).boot,
                        core_.fleet.time_zone};
  core_.ports.to_worker(shard, welcome);
  core_.feed.start(shard, attempt, snapshot());
}

const Snapshot& WorkerDesk::snapshot() {
  if (!snapshot_ || snapshot_seq_ != core_.seq() || snapshot_revision_ != core_.desired.revision()) {
    snapshot_seq_ = core_.seq();
    snapshot_revision_ = core_.desired.revision();
    snapshot_ = take_snapshot(core_.desired, snapshot_seq_);
  }
  return snapshot_;
}

/// What `shard` was asked before it will not answer.
void WorkerDesk::left(std::uint32_t shard) {
  core_.pending.restarted(shard);
  core_.fan_out.restarted(shard);
  core_.feed.forget(shard);
}

void WorkerDesk::take(std::uint32_t shard, const bus::Grant& grant) {
  core_.feed.granted(shard, grant.attempt, grant.credit);
}

void WorkerDesk::take(std::uint32_t shard, const bus::TailRequest& request) {
  bus::TailPart part;
  part.epoch = core_.options.epoch;
  std::uint64_t from = request.from;
  while (true) {
    std::optional<std::vector<bus::Command>> commands;
    if (request.epoch == core_.options.epoch) commands = core_.log.tail(from, bus::kPartBytes);
    part.too_old = !commands.has_value();
    part.commands = commands ? std::move(*commands) : std::vector<bus::Command>();
    if (!part.commands.empty()) from = part.commands.back().seq + 1;
    part.last = part.too_old || part.commands.empty() || from > core_.log.last();
    core_.ports.to_worker(shard, part);
    if (part.last) break;
  }
  spdlog::warn("worker asked for the tail shard={} from={} to={} too_old={}", shard, request.from,
               core_.log.last(), part.too_old);
}

void WorkerDesk::take(std::uint32_t shard, const bus::CommandResult& result) {
  if (result.epoch != core_.options.epoch) return;  // of an earlier control
  if (result.shard != shard || result.seq > core_.seq()) {
    return note_malformed(bus::worker_identity(shard), "a result of another shard, or of no command");
  }
  core_.registry.progressed(shard, result.seq, core_.now());
  core_.pending.answered(result, core_.now());
  core_.pending.applied(shard, result.seq);
  core_.flow.slowest_is_at(core_.registry.slowest_live());
}

void WorkerDesk::take(std::uint32_t shard, const bus::Alive& alive) {
  if (alive.epoch != core_.options.epoch || alive.applied_seq > core_.seq()) return;
  const bool ready = alive.state == bus::WorkerState::live || alive.state == bus::WorkerState::catching;
  if (core_.registry.alive(shard, alive.applied_seq, ready, core_.now())) {
    spdlog::info("worker is live shard={} applied={}", shard, alive.applied_seq);
    core_.fan_out.joined(shard);
  }
  if (ready) core_.pending.applied(shard, alive.applied_seq);
  core_.flow.slowest_is_at(core_.registry.slowest_live());
}

void WorkerDesk::take(std::uint32_t shard, const bus::Statistics& statistics) {
  if (auto good = core_.statistics.update(shard, statistics.figures); !good) {
    note_malformed(bus::worker_identity(shard), good.error().detail);
  }
}

void WorkerDesk::take(std::uint32_t shard, const bus::QueryRows& rows) {
  core_.fan_out.answered(shard, rows, core_.now());
}

void WorkerDesk::take(std::uint32_t shard, const bus::LogLines& logs) {
  if (logs_) logs_(shard, logs);
}

void WorkerDesk::take(std::uint32_t shard, const bus::End& end) {
  if (auto good = core_.statistics.update(shard, end.figures); !good) {
    note_malformed(bus::worker_identity(shard), good.error().detail);
  }
  core_.registry.stopped(shard);
  spdlog::info("worker has stopped shard={}", shard);
  left(shard);
  core_.flow.slowest_is_at(core_.registry.slowest_live());
  if (ended_) ended_();
}

void WorkerDesk::tick() {
  for (const WorkerRegistry::Change& change : core_.registry.look(core_.flow.published(), core_.now())) {
    const bool bad = change.state == ShardState::lagging || change.state == ShardState::lost;
    spdlog::log(bad ? spdlog::level::warn : spdlog::level::info, "worker is {} shard={}",
                to_string(change.state), change.shard);
  }
  core_.flow.slowest_is_at(core_.registry.slowest_live());
}

void WorkerDesk::note_malformed(std::string_view identity, const std::string& why) {
  ++malformed_;
  // A peer that sends nonsense all day must not fill the log.
  if (std::has_single_bit(malformed_)) {
    spdlog::warn(
        "message dropped from={} reason=\"{}\" dropped_total={}",
        identity.substr(0, 32).find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == std::string_view::npos
            ? identity.substr(0, 32)
            : std::string_view("unprintable"),
        why, malformed_);
  }
}

}  // namespace vfleet::control::server
