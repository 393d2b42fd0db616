#include "control/cli/supervise/fleet_processes.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "control/cli/render/figures.h"
#include "control/cli/run_dir.h"
#include "control/cli/supervise/disk.h"
#include "control/cli/supervise/listening.h"

namespace vfleet::cli {
namespace {

constexpr Duration kAnnounceWithin = std::chrono::seconds(10);
/// A control that reads a long journal may take longer than the first one.
constexpr Duration kResumeWithin = std::chrono::minutes(1);
constexpr Duration kLookEvery = std::chrono::milliseconds(20);
constexpr Duration kGrace = std::chrono::seconds(1);
/// After SIGTERM: a worker waits 3 s for acknowledgements.
constexpr Duration kTermGrace = std::chrono::seconds(4);
/// A worker that is recycled waits for the acknowledgements of what it sent.
constexpr Duration kDrainWithin = std::chrono::seconds(15);
constexpr Duration kComplainEvery = std::chrono::minutes(1);
/// Between two recycles, so that the devices of one are back before those of the next go.
constexpr Duration kRecyclePause = std::chrono::seconds(5);

// Waits until one of `fds` is readable.
void wait_on(const std::vector<int>& fds, Duration longest) {
  std::vector<pollfd> items;
  for (const int fd : fds) items.push_back({fd, POLLIN, 0});
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(
      std::clamp<Duration>(longest, Duration::zero(), std::chrono::hours(1)));
  ::poll(items.data(), items.size(), static_cast<int>(ms.count()));
}

bool asked_to_end(Signals& signals) {
  while (const auto number = signals.take()) {
    if (*number == SIGINT || *number == SIGTERM) return true;
  }
  return false;
}

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

FleetProcesses::FleetProcesses(const Environment& env, Output& out, Plan plan)
    : env_(env), out_(out), plan_(std::move(plan)) {}

std::unique_ptr<KeptProcess> FleetProcesses::make_process(const std::string& name) {
  return std::make_unique<KeptProcess>(name, plan_.run_dir / (name + ".log"),
                                       [this, name](const std::string& line) {
                                         if (plan_.on_line) plan_.on_line(name, line);
                                       });
}

void FleetProcesses::note(const std::string& text) {
  out_.note(text);
  if (plan_.on_line) plan_.on_line("up", text);
}

Failure FleetProcesses::failure(const KeptProcess& process, const std::string& what, ExitStatus status,
                                const std::string& hint) const {
  const std::string full = full_disk_hint(plan_.run_dir);
  return {status, process.name.substr(0, process.name.find('-')) + "_died",
          fmt::format("{} {}; {}", process.name, what, process.last_words()), full.empty() ? hint : full};
}

std::string FleetProcesses::cause(const KeptProcess& process, const Exit& ended) const {
  std::error_code ignored;
  const std::filesystem::path& file = process.output.file().path();
  std::string out = std::filesystem::exists(file, ignored)
                        ? fmt::format(" (log: {})", file.string())
                        : std::string(" (it printed nothing; `vfleet logs` has what it logged)");
  // What a signal ended from outside had nothing to say about it, nor has a line of the ordinary.
  const std::string last = process.output.last_line();
  const auto logged = parse_logged_line(last);
  const bool ordinary = logged && logged->level != "warn" && logged->level != "error";
  if (ended.signal != SIGKILL && !last.empty() && !ordinary) {
    out += "; it said: " + (logged ? logged->text : last);
  }
  if (const std::string full = full_disk_hint(plan_.run_dir); !full.empty()) out += "; " + full;
  return out;
}

// ---- the first start

Outcome<void> FleetProcesses::wait_until_ready(KeptProcess& process, const Ready& ready) {
  const TimePoint deadline = env_.clock.now() + kAnnounceWithin;
  for (;;) {
    process.output.drain();
    if (const auto ended = process.take_end()) {
      const auto status = ended->signal == 0 && ended->code == 2 ? ExitStatus::usage : ExitStatus::failed;
      Failure why = failure(process, ended->text() + " before it was ready", status);
      why.code = process.name + "_failed";
      return tl::unexpected(std::move(why));
    }
    if (ready()) return {};
    if (asked_to_end(env_.signals)) return give_up(ExitStatus::interrupted, "interrupted", "interrupted");
    if (env_.clock.now() >= deadline) {
      Failure why = failure(process, fmt::format("is not ready after {} s", to_seconds(kAnnounceWithin)),
                            ExitStatus::failed);
      why.code = process.name + "_failed";
      return tl::unexpected(std::move(why));
    }
    wait_on({env_.signals.fd(), process.child->fd(), process.output.fd()}, kLookEvery);
  }
}

Outcome<void> FleetProcesses::start_platform() {
  if (!plan_.platform) return {};
  auto& args = plan_.platform->args;
  if (plan_.platform->tls && std::find(args.begin(), args.end(), "--cert") == args.end()) {
    // The same one after it has been started again.
    const std::string certificate = (plan_.run_dir / "platform-cert.pem").string();
    args.insert(args.end(), {"--make-cert", "--cert", certificate, "--key",
                             (plan_.run_dir / "platform-key.pem").string()});
  }
  std::string& port_file = plan_.platform->port_file;
  if (port_file.empty()) {
    port_file = (plan_.run_dir / "platform.port").string();
    args.insert(args.end(), {"--port-file", port_file});
  }
  std::error_code ignored;
  std::filesystem::remove(port_file, ignored);  // of an earlier run
  platform_ = make_process("platform");
  if (auto started = spawn_platform(); !started) return started;
  auto ready = wait_until_ready(*platform_, [this] { return platform_is_ready(); });
  if (ready && plan_.platform->tls) trust_platform();
  return ready;
}

bool FleetProcesses::platform_is_ready() {
  // It writes the file once all its ports listen.
  std::string port;
  if (!std::getline(std::ifstream(plan_.platform->port_file), port) || port.empty()) return false;
  const std::string& host = plan_.platform->http_host;
  platform_figures_ = fmt::format("http://{}:{}/figures",
                                  host.find(':') == std::string::npos ? host : "[" + host + "]", port);
  // When it is started again it is where it was.
  for (std::string& word : plan_.platform->args) {
    const bool is_http =
        word.starts_with("--http=") || (&word != plan_.platform->args.data() && *(&word - 1) == "--http");
    if (is_http && word.ends_with(":0")) word.replace(word.size() - 1, 1, port);
  }
  return plan_.platform->port == 0 || takes_connections(plan_.platform->host, plan_.platform->port);
}

void FleetProcesses::trust_platform() {
  // Workers inherit where to find whom they trust: those that this process was told of, and the stand-in.
  const std::filesystem::path trusted = plan_.run_dir / "platform-trusted.pem";
  std::ifstream own(plan_.run_dir / "platform-cert.pem");
  if (!own) return;
  std::ofstream out(trusted);
  const char* others = std::getenv("SSL_CERT_FILE");
  if (others != nullptr && others != trusted) {
    out << std::ifstream(others).rdbuf();
    out.clear();  // a file that is empty, or not there, is no reason
    out << '\n';
  }
  out << own.rdbuf();
  if (out.flush()) ::setenv("SSL_CERT_FILE", trusted.c_str(), 1);
}

Outcome<void> FleetProcesses::spawn_platform() {
  platform_->started_at = env_.clock.now();
  return platform_->spawn(env_.bin_dir / "vfleet", env_.bin_dir / "vfleet-platform", plan_.platform->args);
}

Outcome<void> FleetProcesses::start_control() {
  control_ = make_process("control");
  if (auto started = spawn_control(plan_.first_life); !started) return started;
  if (auto ready = wait_until_ready(*control_, [this] { return control_is_ready(); }); !ready) return ready;
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
  if (!platform_figures_.empty()) append(args, {"--platform-figures", platform_figures_});
  append(args, life);
  control_->started_at = env_.clock.now();
  control_state_ = ControlState::starting;
  return control_->spawn(env_.bin_dir / "vfleet", env_.bin_dir / "vfleet-control", args);
}

bool FleetProcesses::control_is_ready() const {
  return control_->runs() && live_pid(plan_.run_dir, "control") == control_->child->pid();
}

Outcome<void> FleetProcesses::start_workers() {
  for (std::size_t shard = 0; shard + plan_.external_workers < plan_.workers; ++shard) {
    workers_.emplace_back(make_process(fmt::format("worker-{}", shard)));
    if (auto started = spawn_worker(shard); !started) return started;
  }
  return {};
}

Outcome<void> FleetProcesses::spawn_worker(std::size_t shard) {
  std::vector<std::string> args = {"--run-dir", plan_.run_dir.string(), "--shard", std::to_string(shard)};
  append(args, plan_.worker_args);
  workers_[shard].process->started_at = env_.clock.now();
  return workers_[shard].process->spawn(env_.bin_dir / "vfleet", env_.bin_dir / "vfleet-worker", args);
}

// ---- while it runs

Outcome<void> FleetProcesses::tick() {
  drain();
  const TimePoint now = env_.clock.now();
  if (auto good = keep_platform(now); !good) return good;
  if (auto good = keep_control(now); !good) return good;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (auto good = keep_worker(i, now); !good) return good;
  }
  watch_memory(now);
  recycle_next(now);
  return {};
}

void FleetProcesses::drain() {
  for (KeptProcess* process : fleet()) process->output.drain();
  if (platform_) platform_->output.drain();
  for (KeptProcess* process : fleet()) {
    const auto complaint = process->output.file().take_complaint();
    if (!complaint || env_.clock.now() < next_complaint_) continue;  // one disk, many files: said once
    next_complaint_ = env_.clock.now() + kComplainEvery;
    const std::string full = full_disk_hint(plan_.run_dir);
    note(*complaint + (full.empty() ? "" : "; " + full));
  }
}

void FleetProcesses::pump() {
  drain();
  for (KeptProcess* process : fleet()) (void)process->take_end();
  if (platform_) (void)platform_->take_end();
}

Outcome<void> FleetProcesses::keep_platform(TimePoint now) {
  if (!platform_) return {};
  if (const auto ended = platform_->take_end()) {
    const auto delay = platform_->policy.died(now);
    if (!delay) {
      return tl::unexpected(failure(
          *platform_,
          fmt::format("{}, {} times within a minute", ended->text(), RestartPolicy::kDeathsMax + 1),
          ExitStatus::failed, "`vfleet up` without --platform, and a platform that is started elsewhere"));
    }
    note(fmt::format("platform {}; it starts again in {} s and counts from 0{}", ended->text(),
                     to_seconds(*delay), cause(*platform_, *ended)));
    platform_->start_at = now + *delay;
  } else if (!platform_->runs() && now >= platform_->start_at) {
    if (auto started = spawn_platform(); !started) return started;
    ++platform_restarts_;
  }
  return {};
}

Outcome<void> FleetProcesses::control_died(const Exit& ended, TimePoint now) {
  if (ended.clean()) {
    control_stopped_ = true;
    control_state_ = ControlState::away;
    return tl::unexpected(failure(*control_, "stopped", ExitStatus::failed));
  }
  if (control_state_ == ControlState::up) away_since_ = now;
  control_state_ = ControlState::away;
  const auto delay = control_->policy.died(now);
  if (!delay) {
    return tl::unexpected(failure(
        *control_, fmt::format("{}, {} times within a minute", ended.text(), RestartPolicy::kDeathsMax + 1),
        ExitStatus::failed, "once the cause is gone: `vfleet up` with --resume goes on where it was"));
  }
  note(fmt::format("control is gone: it {}; it starts again in {} s and the devices go on{}", ended.text(),
                   to_seconds(*delay), cause(*control_, ended)));
  control_->start_at = now + *delay;
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
      note(fmt::format("control is back after {:.1f} s (pid {})", to_seconds(now - away_since_),
                       control_->child->pid()));
    }
    away_since_ = kNever;
  } else if (now - control_->started_at >= kResumeWithin) {
    note(fmt::format("control is not ready after {} s: it is killed", to_seconds(kResumeWithin)));
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
      note(fmt::format("{} is recycled: it {} and starts again", process.name,
                       ended->clean() ? "ended in order" : ended->text()));
      return spawn_worker(shard);
    }
    const auto delay = process.policy.died(now);
    if (!delay) {
      return tl::unexpected(failure(
          process, fmt::format("{}, {} times within a minute", ended->text(), RestartPolicy::kDeathsMax + 1),
          ExitStatus::failed, fmt::format("{} says why", process.output.file().path().string())));
    }
    // A worker ends well only when control stops, which will be seen in a moment.
    if (!ended->clean()) {
      note(fmt::format("{} {}; it starts again in {} s{}", process.name, ended->text(), to_seconds(*delay),
                       cause(process, *ended)));
    }
    process.start_at = now + *delay;
  } else if (!process.runs() && now >= process.start_at) {
    if (auto started = spawn_worker(shard); !started) return started;
    ++restarts_;
  } else if (recycling && now >= worker.recycle_until) {
    note(fmt::format("{} did not end in order within {} s: it is killed", process.name,
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
        note(fmt::format(
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
  note(fmt::format("{} {}: it is recycled", workers_[shard].process->name, why));
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
  if (platform_) due = std::min(due, platform_->start_at);
  if (control_) due = std::min(due, control_->start_at);
  if (control_ && control_->runs() && control_state_ == ControlState::starting) {
    due = std::min(due, now + kLookEvery);
  }
  for (const Worker& worker : workers_) {
    due = std::min({due, worker.process->start_at, worker.recycle_until});
  }
  if (plan_.worker_memory_bytes) due = std::min(due, look_at_memory_);
  if (!to_recycle_.empty()) due = std::min(due, std::max(recycle_pause_until_, now + kLookEvery));
  return due;
}

std::vector<KeptProcess*> FleetProcesses::fleet() const {
  std::vector<KeptProcess*> all;
  if (control_) all.push_back(control_.get());
  for (const Worker& worker : workers_) all.push_back(worker.process.get());
  return all;
}

std::vector<int> FleetProcesses::fds() const {
  std::vector<int> fds;
  const auto add = [&fds](const KeptProcess& process) {
    if (process.child) fds.push_back(process.child->fd());
    if (process.output.fd() >= 0) fds.push_back(process.output.fd());
  };
  if (platform_) add(*platform_);
  for (const KeptProcess* process : fleet()) add(*process);
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

std::vector<KeptProcess*> FleetProcesses::running(const std::vector<KeptProcess*>& all) {
  std::vector<KeptProcess*> out;
  for (KeptProcess* process : all) {
    process->output.drain();
    (void)process->take_end();
    if (process->runs()) out.push_back(process);
  }
  return out;
}

FleetProcesses::Wait FleetProcesses::wait_for(const std::vector<KeptProcess*>& all, Duration limit) {
  const TimePoint deadline = env_.clock.now() + limit;
  for (;;) {
    const std::vector<KeptProcess*> left = running(all);
    if (left.empty()) return Wait::all_ended;
    if (asked_to_end(env_.signals)) return Wait::interrupted;
    if (env_.clock.now() >= deadline) return Wait::time_over;
    std::vector<int> fds = {env_.signals.fd()};
    for (const KeptProcess* process : left) {
      fds.push_back(process->child->fd());
      if (process->output.fd() >= 0) fds.push_back(process->output.fd());
    }
    wait_on(fds, deadline - env_.clock.now());
  }
}

std::size_t FleetProcesses::end_all(const std::vector<KeptProcess*>& all, bool at_once) {
  Wait waited = at_once ? Wait::interrupted : wait_for(all, kGrace);
  if (waited == Wait::time_over) {
    for (const KeptProcess* process : running(all)) process->child->send(SIGTERM);
    waited = wait_for(all, kTermGrace);
  }
  return waited == Wait::all_ended ? 0 : running(all).size();
}

std::size_t FleetProcesses::end(bool at_once) {
  const std::size_t killed = end_all(fleet(), at_once);
  for (KeptProcess* process : fleet()) {
    process->child.reset();  // kills what is left
    process->output.close();
  }
  workers_.clear();
  control_.reset();
  return killed + std::exchange(killed_, 0);
}

std::size_t FleetProcesses::end_platform(bool at_once) {
  if (!platform_) return 0;
  if (platform_->runs()) platform_->child->send(SIGTERM);
  const std::size_t killed = end_all({platform_.get()}, at_once);
  platform_->child.reset();
  platform_->output.close();
  platform_.reset();
  return killed;
}

}  // namespace vfleet::cli
