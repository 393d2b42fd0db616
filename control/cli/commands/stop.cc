#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/figures.h"
#include "control/cli/render/results.h"
#include "control/cli/render/summary.h"
#include "control/cli/render/table.h"
#include "control/cli/session.h"
#include "control/cli/supervise/run_files.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr Duration kSupervisorWithin = std::chrono::seconds(25);
constexpr Duration kControlWithin = std::chrono::seconds(10);

// Waits until the process behind `pidfd` has ended. Fails with interrupted, or when it takes too long.
Outcome<void> wait_for_end(const Environment& env, int pidfd, int pid) {
  const TimePoint deadline = env.clock.now() + kSupervisorWithin;
  for (;;) {
    const Duration left = deadline - env.clock.now();
    std::array<pollfd, 2> items = {pollfd{pidfd, POLLIN, 0}, pollfd{env.signals.fd(), POLLIN, 0}};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Duration::zero()));
    ::poll(items.data(), items.size(), static_cast<int>(ms.count()));
    if ((items[0].revents & POLLIN) != 0) return {};
    if (env.signals.take()) {
      return give_up(ExitStatus::interrupted, "interrupted", "interrupted; the fleet stops all the same");
    }
    if (left <= Duration::zero()) {
      return give_up(
          ExitStatus::failed, "timed_out",
          fmt::format("`vfleet up` (pid {}) did not end within {} s", pid, to_seconds(kSupervisorWithin)),
          fmt::format("kill -9 {} ends it and its processes", pid));
    }
  }
}

Outcome<ExitStatus> stop_supervisor(Session& session, const std::filesystem::path& run_dir, int pid) {
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd >= 0) {
    if (auto asked = write_json_file(run_dir / kStopFile, {{"pid", ::getpid()}}); !asked) {
      ::close(pidfd);
      return tl::unexpected<Failure>(asked.error());
    }
    ::kill(pid, SIGTERM);
    const auto ended = wait_for_end(session.env(), pidfd, pid);
    ::close(pidfd);
    if (!ended) return tl::unexpected<Failure>(ended.error());
  }
  const auto summary = read_json_file(run_dir / kSummaryFile);
  if (!summary) {
    return give_up(ExitStatus::failed, "no_summary",
                   fmt::format("`vfleet up` (pid {}) ended without a summary", pid),
                   fmt::format("look into the logs in {}", run_dir.string()));
  }
  session.out().document(*summary);
  session.out().text(render_summary(*summary, session.out().style()));
  // Its verdicts; latencies are in the report.
  session.out().text(render_results(*summary, session.out().style()));
  if (const auto report = summary->find("report"); report != summary->end() && report->is_string())
    session.out().text("\n  report       " + printable(report->get<std::string>()));
  return ExitStatus::done;
}

// A fleet that was started by hand: control stops it.
Outcome<ExitStatus> stop_control(Session& session, const RunDir& dir) {
  Client client(session.env(), dir);
  auto result = client.call({.verb = "stop",
                             .timeout = session.timeout(kControlWithin),
                             .changes = true,
                             .first_answer = kControlWithin},
                            json::object());
  if (!result) return tl::unexpected<Failure>(result.error());
  for (const char* frame_only : {"kind", "id"}) result->erase(frame_only);
  session.out().document(*result);
  session.out().text("stopped\n" + render_figures(*result, session.out().style()));
  return result_status(*result);
}

Outcome<ExitStatus> run(Session& session, const Invocation&) {
  // With --run-dir, an `up` whose control has died can still be ended.
  if (const auto& option = session.run_dir_option()) {
    if (const auto pid = live_pid(*option, "up")) return stop_supervisor(session, *option, *pid);
  }
  const auto dir = session.run_dir();
  if (!dir) return tl::unexpected<Failure>(dir.error());
  if (dir->remote) return stop_control(session, *dir);
  if (const auto pid = live_pid(dir->path, "up")) return stop_supervisor(session, dir->path, *pid);
  return stop_control(session, *dir);
}

}  // namespace

CommandSpec stop_command() {
  return {
      .name = "stop",
      .group = "Fleet",
      .summary = "Stop a fleet in order and print what it came to",
      .details =
          "Devices disconnect, workers and control end; takes five seconds at most, usually less than one.",
      .positionals = {},
      .options = {},
      .examples = {{"vfleet stop", "the only fleet that runs"},
                   {"vfleet stop --json | jq .sent", "figures for another program"}},
      .run = run};
}

}  // namespace vfleet::cli
