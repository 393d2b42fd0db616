#include "control/server/stop_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"

namespace vfleet::control::server {

void StopDesk::handle(const CommandDesk::Asker& asker, Duration timeout) {
  const bool signal = asker.identity.empty();
  if (!signal) askers_.push_back(asker);
  if (phase_ != Phase::running) {
    if (signal && phase_ != Phase::over) finish(fail(Errc::unavailable, "not asked"));
    return;
  }
  phase_ = Phase::workers;
  deadline_ = core_.now() + timeout;
  spdlog::info("stopping the fleet timeout_s={}", to_seconds(timeout));
  for (const Worker& worker : core_.registry.all()) {
    const bool there = worker.state == ShardState::joining || worker.state == ShardState::live ||
                       worker.state == ShardState::lagging;
    if (there) told_.push_back(worker.shard);
  }
  for (const std::uint32_t shard : told_) core_.ports.to_worker(shard, bus::Stop{});
  ended();
}

void StopDesk::ended() {
  if (phase_ != Phase::workers) return;
  const bool all = std::all_of(told_.begin(), told_.end(), [&](std::uint32_t shard) {
    const ShardState state = core_.registry.at(shard).state;
    return state == ShardState::stopped || state == ShardState::lost;
  });
  if (all) ask_platform();
}

void StopDesk::tick() {
  if (phase_ != Phase::workers) return;
  ended();
  if (phase_ == Phase::workers && core_.now() >= deadline_) ask_platform();
}

void StopDesk::ask_platform() {
  phase_ = Phase::platform;
  if (core_.figures_url().empty()) return finish(fail(Errc::not_found, "none"));
  core_.ports.fetch(core_.figures_url(),
                    [this](const Result<std::string>& figures) { finish(figures); });
}

void StopDesk::finish(const Result<std::string>& platform) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  std::vector<api::JsonText> silent;
  for (const std::uint32_t shard : told_) {
    if (core_.registry.at(shard).state != ShardState::stopped) silent.push_back(std::to_string(shard));
  }
  if (!silent.empty()) spdlog::warn("workers did not stop in time count={}", silent.size());
  core_.statistics.take_in_the_dead();
  api::ReplyMembers members;
  members.add("figures", core_.statistics.merged()).array("silent", silent);
  if (platform) {
    const auto tree =
        nests_at_most(*platform) ? nlohmann::json::parse(*platform, nullptr, false) : nlohmann::json();
    if (tree.is_object()) {
      members.add("platform", tree.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
  } else if (!core_.figures_url().empty()) {
    spdlog::warn("the platform's figures are missing url={} reason=\"{}\"", core_.figures_url(),
                 platform.error().detail);
  }
  if (results_) members.add("results", results_(platform ? std::optional(*platform) : std::nullopt));
  const auto status = silent.empty() ? api::ExitStatus::done : api::ExitStatus::some;
  for (const auto& asker : askers_)
    core_.ports.to_operator(asker.identity, api::result(asker.id, status, members));
  if (stopped_) stopped_();
}

}  // namespace vfleet::control::server
