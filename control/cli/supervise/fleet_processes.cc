#include "control/cli/supervise/fleet_processes.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>

#include "control/cli/run_dir.h"

namespace vfleet::cli {
namespace {

constexpr Duration kAnnounceWithin = std::chrono::seconds(10);
constexpr Duration kLookEvery = std::chrono::milliseconds(20);
constexpr Duration kGrace = std::chrono::seconds(1);
constexpr std::size_t kLogLines = 8;

// Waits until one of `fds` is readable.
void wait_on(const std::vector<int>& fds, Duration longest) {
  std::vector<pollfd> items;
  for (const int fd : fds) items.push_back({fd, POLLIN, 0});
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(longest, Duration::zero()));
  ::poll(items.data(), items.size(), static_cast<int>(ms.count()));
}

bool asked_to_end(Signals& signals) {
  while (const auto number = signals.take()) {
    if (*number == SIGINT || *number == SIGTERM) return true;
  }
  return false;
}

}  // namespace

FleetProcesses::FleetProcesses(const Environment& env, Output& out, Plan plan)
    : env_(env), out_(out), plan_(std::move(plan)) {}

std::filesystem::path FleetProcesses::log_of(const std::string& name) const {
  return plan_.run_dir / (name + ".log");
}

Outcome<Child> FleetProcesses::spawn(const std::string& program, const std::string& name,
                                     std::vector<std::string> args) const {
  return Child::spawn(env_.bin_dir / "vfleet", env_.bin_dir / program, args, log_of(name));
}

Outcome<void> FleetProcesses::start_control() {
  auto child =
      spawn("vfleet-control", "control",
            {"--fleet", plan_.fleet_file.string(), "--run-dir", plan_.run_dir.string(), "--workers",
             std::to_string(plan_.workers), "--worker-program", (env_.bin_dir / "vfleet-worker").string()});
  if (!child) return tl::unexpected<Failure>(child.error());
  control_.emplace(std::move(*child));

  const TimePoint deadline = env_.clock.now() + kAnnounceWithin;
  for (;;) {
    if (const auto ended = control_->poll()) {
      const auto status = ended->signal == 0 && ended->code == 2 ? ExitStatus::usage : ExitStatus::failed;
      return give_up(status, "control_failed",
                     fmt::format("control {} before it was ready; the end of {}:\n{}", ended->text(),
                                 log_of("control").string(), tail(log_of("control"), kLogLines)));
    }
    if (live_pid(plan_.run_dir, "control") == control_->pid()) return {};
    if (asked_to_end(env_.signals)) return give_up(ExitStatus::interrupted, "interrupted", "interrupted");
    if (env_.clock.now() >= deadline) {
      return give_up(
          ExitStatus::failed, "control_failed",
          fmt::format("control is not ready after {} s; the end of {}:\n{}", to_seconds(kAnnounceWithin),
                      log_of("control").string(), tail(log_of("control"), kLogLines)));
    }
    wait_on({env_.signals.fd(), control_->fd()}, kLookEvery);
  }
}

Outcome<void> FleetProcesses::start_workers() {
  for (std::size_t shard = 0; shard < plan_.workers; ++shard) {
    workers_.push_back({.name = fmt::format("worker-{}", shard), .child = {}, .policy = {}});
    if (auto started = start(shard); !started) return started;
  }
  return {};
}

Outcome<void> FleetProcesses::start(std::size_t index) {
  Worker& worker = workers_[index];
  auto child = spawn("vfleet-worker", worker.name,
                     {"--run-dir", plan_.run_dir.string(), "--shard", std::to_string(index)});
  if (!child) return tl::unexpected<Failure>(child.error());
  worker.child.emplace(std::move(*child));
  worker.start_at = kNever;
  return {};
}

Outcome<void> FleetProcesses::tick() {
  if (control_) {
    if (const auto ended = control_->poll()) {
      return give_up(ExitStatus::failed, "control_died",
                     fmt::format("control {}: the run is over; the end of {}:\n{}", ended->text(),
                                 log_of("control").string(), tail(log_of("control"), kLogLines)));
    }
  }
  const TimePoint now = env_.clock.now();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    if (worker.child) {
      const auto ended = worker.child->poll();
      if (!ended) continue;
      const auto delay = worker.policy.died(now);
      if (!delay) {
        return give_up(ExitStatus::failed, "worker_died",
                       fmt::format("{} {}, {} times within a minute; the end of {}:\n{}", worker.name,
                                   ended->text(), RestartPolicy::kDeathsMax + 1, log_of(worker.name).string(),
                                   tail(log_of(worker.name), kLogLines)));
      }
      // A worker ends well only when control stops, which will be seen in a moment.
      if (!ended->clean()) {
        out_.note(fmt::format("{} {}; it starts again in {} s (log: {})", worker.name, ended->text(),
                              to_seconds(*delay), log_of(worker.name).string()));
      }
      worker.child.reset();
      worker.start_at = now + *delay;
    } else if (now >= worker.start_at) {
      if (auto started = start(i); !started) return started;
      ++restarts_;
    }
  }
  return {};
}

TimePoint FleetProcesses::next_due() const {
  TimePoint due = kNever;
  for (const Worker& worker : workers_) due = std::min(due, worker.start_at);
  return due;
}

std::vector<int> FleetProcesses::fds() const {
  std::vector<int> fds;
  if (control_) fds.push_back(control_->fd());
  for (const Worker& worker : workers_) {
    if (worker.child) fds.push_back(worker.child->fd());
  }
  return fds;
}

bool FleetProcesses::control_stopped() const {
  return control_ && control_->ended() && control_->ended()->clean();
}

void FleetProcesses::hang_up_control() const {
  if (control_) control_->send(SIGHUP);
}

std::vector<Child*> FleetProcesses::running() {
  std::vector<Child*> out;
  if (control_ && !control_->poll()) out.push_back(&*control_);
  for (Worker& worker : workers_) {
    if (worker.child && !worker.child->poll()) out.push_back(&*worker.child);
  }
  return out;
}

FleetProcesses::Wait FleetProcesses::wait_for_all(Duration limit) {
  const TimePoint deadline = env_.clock.now() + limit;
  for (;;) {
    const std::vector<Child*> left = running();
    if (left.empty()) return Wait::all_ended;
    if (asked_to_end(env_.signals)) return Wait::interrupted;
    if (env_.clock.now() >= deadline) return Wait::time_over;
    wait_on({env_.signals.fd(), left.front()->fd()}, deadline - env_.clock.now());
  }
}

std::size_t FleetProcesses::end(bool at_once) {
  Wait waited = at_once ? Wait::interrupted : wait_for_all(kGrace);
  if (waited == Wait::time_over) {
    for (const Child* child : running()) child->send(SIGTERM);
    waited = wait_for_all(kGrace);
  }
  const std::size_t killed = waited == Wait::all_ended ? 0 : running().size();
  workers_.clear();  // kills what is left
  control_.reset();
  return killed;
}

}  // namespace vfleet::cli
