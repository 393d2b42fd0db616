#include "control/cli/supervise/fleet_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "control/cli/render/figures.h"
#include "control/cli/run_dir.h"
#include "control/cli/supervise/disk.h"

namespace vfleet::cli {
namespace {

/// A control that reads a long journal may take longer than the first one.
constexpr Duration kResumeWithin = std::chrono::minutes(1);
/// A worker that is recycled waits for the acknowledgements of what it sent.
constexpr Duration kDrainWithin = std::chrono::seconds(15);
constexpr Duration kComplainEvery = std::chrono::minutes(1);
/// Between two recycles, so that the devices of one are back before those of the next go.
constexpr Duration kRecyclePause = std::chrono::seconds(5);

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

FleetProcesses::FleetProcesses(const Environment& env, Output& out, Plan plan)
    : env_(env), plan_(std::move(plan)), keeper_(env, out, plan_.run_dir, plan_.on_line) {
  if (plan_.platform) platform_.emplace(keeper_, *plan_.platform);
}

// ---- the first start

Outcome<void> FleetProcesses::start_platform() {
  return platform_ ? platform_->start() : Outcome<void>();
}

Outcome<void> FleetProcesses::start_control() {
  control_ = keeper_.make("control");
  if (auto started = spawn_control(plan_.first_life); !started) return started;
  auto ready = keeper_.wait_until_ready(*control_, [this] { return control_is_ready(); });
  if (!ready) return ready;
  control_state_ = ControlState::up;
  ++control_lives_;
  return {};
}

Outcome<void> FleetProcesses::spawn_control(const std::vector<std::string>& life) {
  std::vector<std::string> args = {"--fleet",          plan_.fleet_file.string(),
                                   "--run-dir",        plan_.run_dir.string(),
                                   "--workers",        std::to_string(plan_.workers),
                                   "--worker-program", (env_.bin_dir / "vfleet-worker").string()};
  append(args, plan_.control_args);
  if (const std::string at = platform_figures(); !at.empty()) append(args, {"--platform-figures", at});
  append(args, life);
  control_state_ = ControlState::starting;
  return keeper_.start(*control_, "vfleet-control", args);
}

bool FleetProcesses::control_is_ready() const {
  return control_->runs() && live_pid(plan_.run_dir, "control") == control_->child->pid();
}

Outcome<void> FleetProcesses::start_workers() {
  for (std::size_t shard = 0; shard + plan_.external_workers < plan_.workers; ++shard) {
    workers_.emplace_back(keeper_.make(fmt::format("worker-{}", shard)));
    if (auto started = spawn_worker(shard); !started) return started;
  }
  return {};
}

Outcome<void> FleetProcesses::spawn_worker(std::size_t shard) {
  std::vector<std::string> args = {"--run-dir", plan_.run_dir.string(), "--shard", std::to_string(shard)};
  append(args, plan_.worker_args);
  return keeper_.start(*workers_[shard].process, "vfleet-worker", args);
}

// ---- while it runs

Outcome<void> FleetProcesses::tick() {
  drain();
  const TimePoint now = env_.clock.now();
  if (platform_) {
    if (auto good = platform_->keep(now); !good) return good;
  }
  if (auto good = keep_control(now); !good) return good;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (auto good = keep_worker(i, now); !good) return good;
  }
  watch_memory(now);
  recycle_next(now);
  return {};
}

void FleetProcesses::drain() {
  for (KeptProcess* process : all()) process->output.drain();
  for (KeptProcess* process : fleet()) {
    const auto complaint = process->output.file().take_complaint();
    if (!complaint || env_.clock.now() < next_complaint_) continue;  // one disk, many files: said once
    next_complaint_ = env_.clock.now() + kComplainEvery;
    const std::string full = full_disk_hint(plan_.run_dir);
    keeper_.note(*complaint + (full.empty() ? "" : "; " + full));
  }
}

void FleetProcesses::pump() {
  drain();
  for (KeptProcess* process : all()) (void)process->take_end();
}

Outcome<void> FleetProcesses::control_died(const Exit& ended, TimePoint now) {
  if (ended.clean()) {
    control_stopped_ = true;
    control_state_ = ControlState::away;
    return tl::unexpected(keeper_.failure(*control_, "stopped", ExitStatus::failed));
  }
  if (control_state_ == ControlState::up) away_since_ = now;
  control_state_ = ControlState::away;
  const auto delay = keeper_.start_again(
      *control_, ended, now, "once the cause is gone: `vfleet up` with --resume goes on where it was");
  if (!delay) return tl::unexpected<Failure>(delay.error());
  keeper_.note(fmt::format("control is gone: it {}; it starts again in {} s and the devices go on{}",
                           ended.text(), to_seconds(*delay), keeper_.cause(*control_, ended)));
  return {};
}

Outcome<void> FleetProcesses::keep_control(TimePoint now) {
  if (!control_) return {};
  if (const auto ended = control_->take_end()) return control_died(*ended, now);
  if (!control_->runs()) {
    if (now < control_->start_at) return {};
    return spawn_control({"--resume"});
  }
  if (control_state_ != ControlState::starting) return {};
  if (control_is_ready()) {
    control_state_ = ControlState::up;
    ++control_lives_;
    if (away_since_ != kNever) {
      away_ += now - away_since_;
      keeper_.note(fmt::format("control is back after {:.1f} s (pid {})", to_seconds(now - away_since_),
                               control_->child->pid()));
    }
    away_since_ = kNever;
  } else if (now - control_->started_at >= kResumeWithin) {
    keeper_.note(fmt::format("control is not ready after {} s: it is killed", to_seconds(kResumeWithin)));
    control_->child->send(SIGKILL);
    control_->started_at = now;  // once
  }
  return {};
}

Outcome<void> FleetProcesses::keep_worker(std::size_t shard, TimePoint now) {
  Worker& worker = workers_[shard];
  KeptProcess& process = *worker.process;
  const bool recycling = worker.recycle_until != kNever;
  if (const auto ended = process.take_end()) {
    if (recycling) {
      worker.recycle_until = kNever;
      ++recycled_;
      recycle_pause_until_ = now + kRecyclePause;
      keeper_.note(fmt::format("{} is recycled: it {} and starts again", process.name,
                               ended->clean() ? "ended in order" : ended->text()));
      return spawn_worker(shard);
    }
    const auto delay = keeper_.start_again(process, *ended, now,
                                           fmt::format("{} says why", process.output.file().path().string()));
    if (!delay) return tl::unexpected<Failure>(delay.error());
    // A worker ends well only when control stops, which will be seen in a moment.
    if (!ended->clean()) {
      keeper_.note(fmt::format("{} {}; it starts again in {} s{}", process.name, ended->text(),
                               to_seconds(*delay), keeper_.cause(process, *ended)));
    }
  } else if (!process.runs() && now >= process.start_at) {
    if (auto started = spawn_worker(shard); !started) return started;
    ++restarts_;
  } else if (recycling && now >= worker.recycle_until) {
    keeper_.note(fmt::format("{} did not end in order within {} s: it is killed", process.name,
                             to_seconds(kDrainWithin)));
    process.child->send(SIGKILL);
    worker.recycle_until = kNever - Duration(1);  // once
    ++killed_;
  }
  return {};
}

// ---- memory

void FleetProcesses::watch_memory(TimePoint now) {
  if (!plan_.worker_memory_bytes || now < look_at_memory_) return;
  look_at_memory_ = now + MemoryWatch::kLookEvery;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    if (!worker.process->runs() || worker.recycle_until != kNever) continue;
    const auto resident = resident_bytes(worker.process->child->pid());
    if (!resident) continue;
    switch (worker.memory.look(*resident, *plan_.worker_memory_bytes, now)) {
      case MemoryWatch::Advice::fine:
        break;
      case MemoryWatch::Advice::recycle:
        recycle(i, fmt::format("takes {}, more than {}", bytes_text(*resident),
                               bytes_text(*plan_.worker_memory_bytes)));
        break;
      case MemoryWatch::Advice::too_small:
        keeper_.note(fmt::format(
            "{} takes {} again, more than {}: it is recycled {} s after the last time at the earliest; more "
            "--worker-memory, or more --workers, is what its devices need",
            worker.process->name, bytes_text(*resident), bytes_text(*plan_.worker_memory_bytes),
            to_seconds(worker.memory.gap())));
        break;
    }
  }
}

bool FleetProcesses::recycle(std::size_t shard, const std::string& why) {
  if (shard >= workers_.size()) return false;
  if (std::find(to_recycle_.begin(), to_recycle_.end(), shard) != to_recycle_.end()) return true;
  keeper_.note(fmt::format("{} {}: it is recycled", workers_[shard].process->name, why));
  to_recycle_.push_back(shard);
  return true;
}

void FleetProcesses::recycle_next(TimePoint now) {
  if (to_recycle_.empty() || now < recycle_pause_until_) return;
  // One at a time, and only while control is there: it keeps the last figures of the one that ends.
  const bool busy = std::any_of(workers_.begin(), workers_.end(),
                                [](const Worker& worker) { return worker.recycle_until != kNever; });
  if (busy || control_state_ != ControlState::up) return;
  Worker& worker = workers_[to_recycle_.front()];
  to_recycle_.pop_front();
  if (!worker.process->runs()) return;  // it died, which serves as well
  worker.memory.recycled(now);
  worker.recycle_until = now + kDrainWithin;
  worker.process->child->send(SIGTERM);
}

// ---- what the loop waits for

TimePoint FleetProcesses::next_due() const {
  const TimePoint now = env_.clock.now();
  TimePoint due = kNever;
  for (const KeptProcess* process : all()) due = std::min(due, process->start_at);
  if (control_ && control_->runs() && control_state_ == ControlState::starting) {
    due = std::min(due, now + ProcessKeeper::kLookEvery);
  }
  for (const Worker& worker : workers_) due = std::min(due, worker.recycle_until);
  if (plan_.worker_memory_bytes) due = std::min(due, look_at_memory_);
  if (!to_recycle_.empty())
    due = std::min(due, std::max(recycle_pause_until_, now + ProcessKeeper::kLookEvery));
  return due;
}

ProcessKeeper::Processes FleetProcesses::fleet() const {
  ProcessKeeper::Processes out;
  if (control_) out.push_back(control_.get());
  for (const Worker& worker : workers_) out.push_back(worker.process.get());
  return out;
}

ProcessKeeper::Processes FleetProcesses::all() const {
  ProcessKeeper::Processes out = fleet();
  if (platform_ && platform_->process() != nullptr) out.push_back(platform_->process());
  return out;
}

std::vector<int> FleetProcesses::fds() const {
  std::vector<int> fds;
  for (const KeptProcess* process : all()) {
    if (process->child) fds.push_back(process->child->fd());
    if (process->output.fd() >= 0) fds.push_back(process->output.fd());
  }
  return fds;
}

void FleetProcesses::hurry_control() {
  if (control_ && !control_->runs() && control_->start_at != kNever) control_->start_at = env_.clock.now();
}

void FleetProcesses::hang_up_control() const {
  if (control_ && control_->runs()) control_->child->send(SIGHUP);
}

Duration FleetProcesses::control_away(TimePoint now) const {
  return away_ + (away_since_ == kNever ? Duration::zero() : now - away_since_);
}

// ---- the end

std::size_t FleetProcesses::end(bool at_once) {
  const std::size_t killed = keeper_.end(fleet(), at_once);
  for (KeptProcess* process : fleet()) {
    process->child.reset();  // kills what is left
    process->output.close();
  }
  workers_.clear();
  control_.reset();
  return killed + std::exchange(killed_, 0);
}

std::size_t FleetProcesses::end_platform(bool at_once) {
  return platform_ && platform_->end(at_once) ? 1 : 0;
}

}  // namespace vfleet::cli
