#include "control/cli/supervise/fleet_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "control/cli/render/read.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr Duration kAskEvery = std::chrono::seconds(1);
constexpr Duration kAskEveryAtStart = std::chrono::milliseconds(200);
constexpr Duration kStopWithin = std::chrono::seconds(4);  // for the workers; control's answer comes then
constexpr Duration kStopAnswer = std::chrono::seconds(5);

}  // namespace

FleetRun::FleetRun(const Environment& env, Output& out, FleetProcesses& processes, Client& client, Plan plan)
    : env_(env),
      out_(out),
      processes_(processes),
      client_(client),
      plan_(std::move(plan)),
      began_(env.clock.now()),
      progress_at_(began_) {
  record_.devices = plan_.devices;
}

void FleetRun::show_start(const json& status, std::uint64_t online) {
  const std::string line = fmt::format("online {}/{}", online, plan_.devices);
  out_.progress(line);
  if (env_.err_is_terminal) return;
  // In a pipe: at most a line a second, and only when a tenth of the fleet has come or gone.
  const TimePoint now = env_.clock.now();
  const std::uint64_t change = online > shown_ ? online - shown_ : shown_ - online;
  if (shown_at_ != kNever && (now - shown_at_ < kAskEvery || change * 10 < plan_.devices)) return;
  if (!status.is_object() || change == 0) return;
  shown_ = online;
  shown_at_ = now;
  out_.note(line);
}

void FleetRun::on_status(const json& status) {
  const TimePoint now = env_.clock.now();
  const json& figures = object_at(status, "figures");
  record_.figures = figures;
  const std::uint64_t online = count_at(figures, "online");
  if (online > online_) progress_at_ = now;
  online_ = online;
  if (online_at_ != kNever) {
    busiest_.add(number_at(figures, "utilisation"));
    const double since = last_status_ == kNever ? 0 : to_seconds(now - last_status_);
    out_.progress(rate_.next(status, since));
    last_status_ = now;
    return;
  }
  show_start(status, online);
  if (online < plan_.devices) return;
  online_at_ = now;
  out_.end_progress();
  if (plan_.on_online) plan_.on_online(now - began_);
}

FleetRun::Ending FleetRun::watch() {
  const auto failed = [this](Failure failure) {
    failure_ = std::move(failure);
    return Ending::failed;
  };
  TimePoint next_ask = began_;
  for (;;) {
    while (const auto answer = client_.receive()) {
      if (text_at(*answer, "kind") == "result" && answer->contains("figures")) on_status(*answer);
    }
    while (const auto number = env_.signals.take()) {
      if (*number != SIGHUP) return Ending::interrupted;
      out_.note("SIGHUP: control reads the fleet file again (its log says what changed)");
      processes_.hang_up_control();
    }
    if (auto ticked = processes_.tick(); !ticked) {
      if (processes_.control_stopped()) return Ending::control_stopped;
      return failed(ticked.error());
    }

    const TimePoint now = env_.clock.now();
    const bool online = online_at_ != kNever;
    const TimePoint end = online && plan_.run_for ? online_at_ + *plan_.run_for : kNever;
    if (now >= end) return Ending::time_over;
    if (!online && plan_.patience != Duration::max() && now - progress_at_ >= plan_.patience) {
      return failed({ExitStatus::failed, "not_online",
                     fmt::format("{} of {} devices are online, and no further one came in {} s", online_,
                                 plan_.devices, to_seconds(plan_.patience)),
                     "is the platform there? The workers' logs are in the run directory"});
    }
    if (now >= next_ask) {
      client_.send("status", json::object());
      next_ask = now + (online ? kAskEvery : kAskEveryAtStart);
    }

    std::vector<int> fds = processes_.fds();
    fds.push_back(env_.signals.fd());
    client_.wait(fds, std::min({next_ask, end, processes_.next_due()}) - now);
  }
}

void FleetRun::stop(Ending ending) {
  const TimePoint now = env_.clock.now();
  record_.online = online_at_ != kNever;
  record_.start = (record_.online ? online_at_ : now) - began_;
  record_.run = record_.online ? now - online_at_ : Duration::zero();
  record_.utilisation = busiest_.highest();

  bool at_once = false;
  if (ending != Ending::control_stopped && failure_.code != "control_died") {
    out_.progress("stopping; again to kill at once");
    const auto result = client_.call({.verb = "stop", .timeout = kStopAnswer, .first_answer = kStopAnswer},
                                     {{"timeout", fmt::format("{}s", to_seconds(kStopWithin))}});
    if (result) {
      record_.figures = object_at(*result, "figures");
      platform_ = object_at(*result, "platform");
      if (platform_.empty()) platform_ = nullptr;
    } else {
      at_once = result.error().status == ExitStatus::interrupted;
      out_.note("control did not stop in order: " + result.error().message);
    }
  }
  record_.restarts = processes_.restarts();
  record_.killed = processes_.end(at_once);
  out_.end_progress();
}

}  // namespace vfleet::cli
