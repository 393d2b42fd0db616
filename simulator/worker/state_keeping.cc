#include "simulator/worker/state_keeping.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "simulator/core/hash.h"

namespace vfleet::worker {

Status StateKeeping::begin(const bus::Assignment& assignment, fleet::Shard& shard) {
  if (dir_.empty()) return {};
  const state::Owner owner{hash(assignment.fleet), assignment.seed, assignment.start_us, assignment.shard,
                           assignment.shards};
  if (file_ != nullptr) {
    // Control began a new run while these devices lived on: their state is that run's.
    file_->adopt(owner);
    return {};
  }
  std::error_code error;
  std::filesystem::create_directories(dir_, error);
  if (error) {
    return fail(Errc::unavailable, "state directory " + dir_ + ": " + error.message() +
                                       "; choose another with --state-dir, or run with --no-state");
  }
  std::filesystem::permissions(dir_, std::filesystem::perms::owner_all, error);
  auto opened = state::StateFile::open(dir_ + "/shard-" + std::to_string(assignment.shard) + ".state", owner);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  file_ = std::move(*opened);
  const state::StateFile::Opened& how = file_->opened();
  if (!how.moved_because.empty()) {
    spdlog::warn("state file {} was not used: {}; it is now {}", file_->path(), how.moved_because,
                 how.moved_to);
  }
  if (how.damaged > 0) {
    spdlog::warn("state file {}: the state of {} devices is damaged, they start anew", file_->path(),
                 how.damaged);
  }
  shard.keep_state(file_.get());
  return {};
}

Status StateKeeping::reserve(fleet::Shard& shard) {
  if (file_ == nullptr) return {};
  Status reserved = file_->reserve(shard.state_bytes());
  // Who begins can begin elsewhere. Devices that live, or did, go on: with the room that there is.
  if (reserved || (shard.size() == 0 && file_->opened().fresh)) return reserved;
  spdlog::warn("{}; the devices go on, as long as there is no room the state of some may not be kept",
               reserved.error().detail);
  return {};
}

void StateKeeping::joined(const fleet::Shard& shard) const {
  if (file_ == nullptr) return;
  spdlog::info("state in {}, {} KiB: {} devices go on from an earlier life", file_->path(),
               file_->bytes() >> 10, shard.keeper().resumed());
  if (shard.keeper().not_understood() > 0) {
    spdlog::warn("the state of {} devices was written by another version or profile: they start anew",
                 shard.keeper().not_understood());
  }
}

void StateKeeping::watch(const fleet::Shard& shard) {
  if (const std::uint64_t dropped = shard.keeper().changes_dropped(); dropped != told_dropped_) {
    spdlog::warn(
        "{} settings that a platform changed are not kept, with them a device would have more than {} bytes "
        "of "
        "its platform's: they are lost when the worker starts anew",
        dropped, fleet::Keeper::kPlatformBytesMax);
    told_dropped_ = dropped;
  }
  const std::uint64_t failures = shard.keeper().failed_writes();
  if (failures == told_failures_) return;
  spdlog::error(
      "state file {}: no room for the state of some devices ({} writes failed so far): they would start anew "
      "after "
      "a crash; free space there",
      file_->path(), failures);
  told_failures_ = failures;
}

}  // namespace vfleet::worker
