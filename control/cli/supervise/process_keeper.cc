#include "control/cli/supervise/process_keeper.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>

#include "control/cli/run_dir.h"
#include "control/cli/supervise/disk.h"

namespace vfleet::cli {
namespace {

constexpr Duration kReadyWithin = std::chrono::seconds(10);
constexpr Duration kGrace = std::chrono::seconds(1);
/// After SIGTERM: a worker waits 3 s for acknowledgements.
constexpr Duration kTermGrace = std::chrono::seconds(4);

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

ProcessKeeper::Processes running(const ProcessKeeper::Processes& all) {
  ProcessKeeper::Processes out;
  for (KeptProcess* process : all) {
    process->output.drain();
    (void)process->take_end();
    if (process->runs()) out.push_back(process);
  }
  return out;
}

}  // namespace

ProcessKeeper::ProcessKeeper(const Environment& env, Output& out, std::filesystem::path run_dir,
                             OnLine on_line)
    : env_(env), out_(out), run_dir_(std::move(run_dir)), on_line_(std::move(on_line)) {}

std::unique_ptr<KeptProcess> ProcessKeeper::make(const std::string& name) const {
  const auto tell = [this, name](const std::string& line) {
    if (on_line_) on_line_(name, line);
  };
  return std::make_unique<KeptProcess>(name, run_dir_ / (name + ".log"), tell);
}

Outcome<void> ProcessKeeper::start(KeptProcess& process, std::string_view program,
                                   const std::vector<std::string>& args) const {
  process.started_at = now();
  return process.spawn(env_.bin_dir / "vfleet", env_.bin_dir / program, args);
}

Outcome<void> ProcessKeeper::wait_until_ready(KeptProcess& process,
                                              const std::function<bool()>& ready) const {
  const auto failed = [&](const std::string& what, ExitStatus status) {
    Failure why = failure(process, what, status);
    why.code = process.name + "_failed";
    if (why.hint.empty() && why.message.find("Address already in use") != std::string::npos)
      why.hint = "somebody has that port (`ss -ltnp` says who): end that, or use another port";
    return tl::unexpected(std::move(why));
  };
  const TimePoint deadline = now() + kReadyWithin;
  for (;;) {
    process.output.drain();
    if (const auto ended = process.take_end()) {
      return failed(ended->text() + " before it was ready",
                    ended->signal == 0 && ended->code == 2 ? ExitStatus::usage : ExitStatus::failed);
    }
    if (ready()) return {};
    if (asked_to_end(env_.signals)) return give_up(ExitStatus::interrupted, "interrupted", "interrupted");
    if (now() >= deadline) {
      return failed(fmt::format("is not ready after {} s", to_seconds(kReadyWithin)), ExitStatus::failed);
    }
    wait_on({env_.signals.fd(), process.child->fd(), process.output.fd()}, kLookEvery);
  }
}

Outcome<Duration> ProcessKeeper::start_again(KeptProcess& process, const Exit& ended, TimePoint now,
                                             const std::string& hint) const {
  const auto delay = process.policy.died(now);
  if (!delay) {
    return tl::unexpected(failure(
        process, fmt::format("{}, {} times within a minute", ended.text(), RestartPolicy::kDeathsMax + 1),
        ExitStatus::failed, hint));
  }
  process.start_at = now + *delay;
  return *delay;
}

void ProcessKeeper::note(const std::string& text) const {
  out_.note(text);
  if (on_line_) on_line_("up", text);
}

Failure ProcessKeeper::failure(const KeptProcess& process, const std::string& what, ExitStatus status,
                               const std::string& hint) const {
  const std::string full = full_disk_hint(run_dir_);
  return {status, process.name.substr(0, process.name.find('-')) + "_died",
          fmt::format("{} {}; {}", process.name, what, process.last_words()), full.empty() ? hint : full};
}

std::string ProcessKeeper::cause(const KeptProcess& process, const Exit& ended) const {
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
  if (const std::string full = full_disk_hint(run_dir_); !full.empty()) out += "; " + full;
  return out;
}

ProcessKeeper::Wait ProcessKeeper::wait_for(const Processes& all, Duration limit) const {
  const TimePoint deadline = now() + limit;
  for (;;) {
    const Processes left = running(all);
    if (left.empty()) return Wait::all_ended;
    if (asked_to_end(env_.signals)) return Wait::interrupted;
    if (now() >= deadline) return Wait::time_over;
    std::vector<int> fds = {env_.signals.fd()};
    for (const KeptProcess* process : left) {
      fds.push_back(process->child->fd());
      if (process->output.fd() >= 0) fds.push_back(process->output.fd());
    }
    wait_on(fds, deadline - now());
  }
}

std::size_t ProcessKeeper::end(const Processes& all, bool at_once) const {
  Wait waited = at_once ? Wait::interrupted : wait_for(all, kGrace);
  if (waited == Wait::time_over) {
    for (const KeptProcess* process : running(all)) process->child->send(SIGTERM);
    waited = wait_for(all, kTermGrace);
  }
  return waited == Wait::all_ended ? 0 : running(all).size();
}

}  // namespace vfleet::cli
