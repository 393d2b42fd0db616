#include "control/cli/supervise/fleet_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "control/cli/render/read.h"
#include "control/cli/render/table.h"
#include "simulator/log/line.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr Duration kAskEvery = std::chrono::seconds(1);
constexpr Duration kAskEveryAtStart = std::chrono::milliseconds(200);
constexpr Duration kStopWithin = std::chrono::seconds(4);  // for the workers; control's answer comes then
constexpr Duration kStopAnswer = std::chrono::seconds(5);
constexpr Duration kLastWords = std::chrono::milliseconds(300);
constexpr Duration kControlBackWithin = std::chrono::seconds(6);  // to stop in order
constexpr Duration kExplainAfter = std::chrono::seconds(3);       // without a further device
constexpr Duration kExplainEvery = std::chrono::seconds(30);

bool all_live(const json& status) {
  const json& shards = list_at(status, "shards");
  return !shards.empty() && std::all_of(shards.begin(), shards.end(), [](const json& shard) {
    const std::string state = text_at(shard, "state");
    return state == "live" || state == "lagging";
  });
}

/// Whether one of the reasons is something that a platform said: the log then has more of it.
bool somebody_answers(const json& reasons) {
  constexpr std::array<std::string_view, 5> kNobody = {
      "connection_refused", "connect_timed_out", "unreachable", "name_not_resolved", "handshake_timed_out"};
  for (const auto& [reason, n] : reasons.items()) {
    if (std::find(kNobody.begin(), kNobody.end(), reason) == kNobody.end()) return true;
  }
  return false;
}

}  // namespace

FleetRun::FleetRun(const Environment& env, Output& out, FleetProcesses& processes, Client& client,
                   NoteForwarder& notes, Plan plan)
    : env_(env),
      out_(out),
      processes_(processes),
      client_(client),
      notes_(notes),
      plan_(std::move(plan)),
      began_(env.clock.now()),
      next_ask_(began_),
      expected_(plan_.devices),
      progress_at_(began_) {
  record_.devices = plan_.devices;
}

void FleetRun::show_start(const json& status, std::uint64_t online) {
  const std::string line = fmt::format("online {}/{}", online, expected_);
  out_.progress(line);
  if (env_.err_is_terminal) return;
  // In a pipe: at most a line a second, and only when a tenth of the fleet has come or gone.
  const TimePoint now = env_.clock.now();
  const std::uint64_t change = online > shown_ ? online - shown_ : shown_ - online;
  if (shown_at_ != kNever && (now - shown_at_ < kAskEvery || change * 10 < expected_)) return;
  if (!status.is_object() || change == 0) return;
  shown_ = online;
  shown_at_ = now;
  out_.note(line);
}

void FleetRun::say_why_offline(const json& figures) {
  const TimePoint now = env_.clock.now();
  const json& reasons = object_at(figures, "link_downs");
  if (now - progress_at_ < kExplainAfter || total(reasons) == 0) return;
  if (told_offline_at_ != kNever && now - told_offline_at_ < kExplainEvery) return;
  told_offline_at_ = now;
  out_.note(fmt::format("{} of {} devices cannot connect, and go on trying: {} attempts; {}",
                        expected_ - std::min(online_, expected_), expected_, by_reason(reasons),
                        somebody_answers(reasons)
                            ? "`vfleet logs --level warn` says more"
                            : "is the platform there? (--platform starts the stand-in)"));
}

void FleetRun::on_platform(const json& figures) {
  const std::uint64_t started = count_at(figures, "started_us");
  if (started == 0) return;
  if (platform_started_us_ != 0 && started != platform_started_us_) record_.platform_restarted = true;
  platform_started_us_ = started;
}

void FleetRun::show_notice(const json& notice) {
  // Answers may cross: each is shown once.
  const std::uint64_t number = count_at(notice, "n");
  if (number <= last_notice_) return;
  last_notice_ = number;
  const std::string level = text_at(notice, "level");
  out_.note(fmt::format("{}: {}{}", log::clean(text_at(notice, "source")),
                        level == "info" ? "" : level + ": ", log::clean(text_at(notice, "text"))));
}

void FleetRun::on_status(const json& status) {
  const TimePoint now = env_.clock.now();
  const json& figures = object_at(status, "figures");
  record_.figures = figures;
  on_platform(object_at(status, "platform"));
  if (const auto devices = count_at(status, "devices_configured"); devices > 0) {
    expected_ = record_.devices = devices;
  }
  all_live_ = all_live(status);
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
  say_why_offline(figures);
  if (online < expected_) return;
  online_at_ = now;
  out_.end_progress();
  if (plan_.on_online) plan_.on_online(now - began_);
}

void FleetRun::on_control_life() {
  control_life_ = processes_.control_lives();
  life_began_ = env_.clock.now();
  all_live_ = false;
  next_ask_ = env_.clock.now();
}

void FleetRun::serve() {
  const bool up = processes_.control_state() == FleetProcesses::ControlState::up;
  if (up && (!connected_ || processes_.control_lives() != control_life_)) {
    on_control_life();
    notes_.connected();
  } else if (!up && connected_) {
    notes_.disconnected();
  }
  connected_ = up;
  while (const auto answer = client_.receive()) {
    if (notes_.take(*answer)) continue;
    const std::string kind = text_at(*answer, "kind");
    const bool last = kind == "result" || kind == "error";
    if (last && !stop_id_.empty() && text_at(*answer, "id") == stop_id_) {
      stopped_ = *answer;
    } else if (kind == "result" && answer->contains("figures")) {
      on_status(*answer);
      for (const auto& notice : list_at(*answer, "notices")) show_notice(notice);
    }
  }
  const TimePoint now = env_.clock.now();
  notes_.tick(now);
  if (up && stop_id_.empty() && now >= next_ask_) {
    client_.send("status", {{"notices_after", last_notice_}});
    next_ask_ = now + (online_at_ != kNever ? kAskEvery : kAskEveryAtStart);
  }
}

FleetRun::Ending FleetRun::watch() {
  const auto failed = [this](Failure failure) {
    failure_ = std::move(failure);
    return Ending::failed;
  };
  for (;;) {
    while (const auto number = env_.signals.take()) {
      if (*number == SIGUSR1) {
        if (plan_.on_recycle) plan_.on_recycle();
        continue;
      }
      if (*number != SIGHUP) return Ending::interrupted;
      out_.note("SIGHUP: control reads the fleet file again (its log says what changed)");
      processes_.hang_up_control();
    }
    if (auto ticked = processes_.tick(); !ticked) {
      if (processes_.control_stopped()) return Ending::control_stopped;
      return failed(ticked.error());
    }
    serve();

    const TimePoint now = env_.clock.now();
    const bool online = online_at_ != kNever;
    const TimePoint end = online && plan_.run_for ? online_at_ + *plan_.run_for : kNever;
    if (now >= end) return Ending::time_over;
    if (!online && plan_.patience != Duration::max() && now - progress_at_ >= plan_.patience) {
      return failed(
          {ExitStatus::failed, "not_online",
           fmt::format("{} of {} devices are online, and no further one came in {} s: {}", online_, expected_,
                       to_seconds(plan_.patience), by_reason(object_at(record_.figures, "link_downs"))),
           "is the platform there? `vfleet logs` and the logs in the run directory may say more"});
    }
    std::vector<int> fds = processes_.fds();
    fds.push_back(env_.signals.fd());
    const TimePoint ask = connected_ ? next_ask_ : kNever;
    client_.wait(fds, std::min({ask, end, processes_.next_due(), notes_.next_due()}) - now);
  }
}

bool FleetRun::told_to_hurry() {
  while (const auto number = env_.signals.take()) {
    if (*number == SIGINT || *number == SIGTERM) return true;
  }
  return false;
}

bool FleetRun::wait_for_control() {
  const TimePoint deadline = env_.clock.now() + kControlBackWithin;
  const auto good = [this] {
    return processes_.control_state() == FleetProcesses::ControlState::up && all_live_;
  };
  const bool settled = control_life_ <= 1 || env_.clock.now() - life_began_ >= kControlBackWithin;
  if (processes_.control_state() == FleetProcesses::ControlState::up && settled) return true;
  processes_.hurry_control();
  for (;;) {
    if (auto ticked = processes_.tick(); !ticked) {
      out_.note(ticked.error().message);
      return true;  // it will not come back
    }
    serve();
    if (good()) return true;
    if (told_to_hurry()) return false;
    const TimePoint now = env_.clock.now();
    if (now >= deadline) return true;
    std::vector<int> fds = processes_.fds();
    fds.push_back(env_.signals.fd());
    const TimePoint ask = connected_ ? next_ask_ : kNever;
    client_.wait(fds, std::min({deadline, ask, processes_.next_due()}) - now);
  }
}

bool FleetRun::ask_to_stop() {
  if (!wait_for_control()) return false;
  if (processes_.control_state() != FleetProcesses::ControlState::up) {
    out_.note("control is not there: the workers are stopped without it, and the figures are older");
    return true;
  }
  out_.progress("stopping; again to kill at once");
  stop_id_ = client_.send("stop", {{"timeout", fmt::format("{}s", to_seconds(kStopWithin))}});
  TimePoint deadline = env_.clock.now() + kStopAnswer;
  for (;;) {
    processes_.pump();
    serve();  // after pump(): what a control that has ended had said is there
    if (stopped_) break;
    if (told_to_hurry()) return false;
    const TimePoint now = env_.clock.now();
    if (now >= deadline) break;
    // Its last words may still be on their way to us.
    if (!processes_.control_runs()) deadline = std::min(deadline, now + kLastWords);
    std::vector<int> fds = processes_.fds();
    fds.push_back(env_.signals.fd());
    client_.wait(fds, std::min(deadline, notes_.next_due()) - now);
  }
  if (stopped_ && text_at(*stopped_, "kind") == "result") {
    record_.figures = object_at(*stopped_, "figures");
    record_.results = stopped_->value("results", json());
    record_.last_figures_missing = false;
    platform_ = object_at(*stopped_, "platform");
    if (platform_.empty()) platform_ = nullptr;
    on_platform(object_at(*stopped_, "platform"));
  } else {
    out_.note(stopped_ ? "control did not stop in order: " + printable(text_at(*stopped_, "message"))
                       : "control did not stop in order");
  }
  return true;
}

bool FleetRun::stop(Ending ending) {
  const TimePoint now = env_.clock.now();
  record_.online = online_at_ != kNever;
  record_.start = (record_.online ? online_at_ : now) - began_;
  record_.run = record_.online ? now - online_at_ : Duration::zero();
  record_.utilisation = busiest_.highest();
  record_.control_away = processes_.control_away(now);
  record_.control_restarts = processes_.control_lives() > 0 ? processes_.control_lives() - 1 : 0;
  record_.last_figures_missing = true;

  bool at_once = false;
  if (ending == Ending::control_stopped) {
    serve();
  } else if (failure_.code != "control_died") {
    at_once = !ask_to_stop();
  }
  record_.restarts = processes_.restarts();
  record_.recycled = processes_.recycled();
  record_.platform_restarts = processes_.platform_restarts();
  if (record_.platform_restarts > 0) record_.platform_restarted = true;
  record_.killed = processes_.end(at_once);
  out_.end_progress();
  return at_once;
}

}  // namespace vfleet::cli
