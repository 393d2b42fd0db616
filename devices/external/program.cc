#include "devices/external/program.h"

#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "simulator/core/units.h"

namespace vfleet::devices::external {

using device::LogLevel;
using nlohmann::json;
using namespace std::chrono_literals;

bool LineLimit::pass(TimePoint now, std::uint64_t& left_out) {
  if (now - begin_ >= 1s) {
    begin_ = now;
    used_ = 0;
  }
  if (used_ >= per_second_) {
    ++left_out_;
    return false;
  }
  ++used_;
  left_out = std::exchange(left_out_, 0);
  return true;
}

std::string_view to_string(Program::State state) {
  switch (state) {
    case Program::State::stopped:
      return "stopped";
    case Program::State::running:
      return "running";
    case Program::State::ending:
      return "ending";
    case Program::State::waiting:
      return "waiting";
  }
  return "unknown";
}

Program::Program(const device::TypeEnvironment& environment, std::string name, bool shared,
                 ProgramConfig config, std::function<void()> idle)
    : environment_(environment),
      name_(std::move(name)),
      shared_(shared),
      config_(std::move(config)),
      idle_(std::move(idle)),
      random_(0, hash(name_), "restart"),
      launch_timer_(*environment.loop, [this] { launch(); }),
      kill_timer_(*environment.loop,
                  [this] {
                    log(LogLevel::warn, {}, "the program does not end: killed");
                    if (child_ != nullptr) child_->signal(SIGKILL);
                  }),
      pump_timer_(*environment.loop, [this] { pump(); }),
      ping_timer_(*environment.loop, [this] { look_alive(); }),
      memory_timer_(*environment.loop, [this] { look_at_memory(); }),
      bury_timer_(*environment.loop, [this] {
        dead_.reset();
        if (state_ == State::stopped && (unused() || stopping_)) idle_();
      }) {}

void Program::log(LogLevel level, std::string_view device, std::string_view text) {
  if (!environment_.log) return;
  std::uint64_t left_out = 0;
  if (!log_limit_.pass(now(), left_out)) return;
  const auto tell = [&](LogLevel how, const std::string& what) {
    if (device.empty() && shared_) {
      environment_.log(how, {}, "group=" + name_ + " " + what);
    } else {
      environment_.log(how, device.empty() ? std::string_view(name_) : device, what);
    }
  };
  if (left_out > 0) tell(LogLevel::warn, std::to_string(left_out) + " lines of the program were left out");
  tell(level, std::string(text));
}

// --- its life

void Program::join(ProgramUser& user, TimePoint start) {
  const bool first = users_.empty();
  users_.insert_or_assign(user.id(), &user);
  if (stopping_) return;
  if (state_ == State::running) return user.program_up();
  // It was ending because nobody used it any more.
  if (state_ == State::ending && first) again_at_once_ = true;
  if (state_ == State::stopped) {
    state_ = State::waiting;
    launch_timer_.arm_at(start);
  }
}

void Program::leave(ProgramUser& user) {
  const auto at = users_.find(user.id());
  if (at == users_.end() || at->second != &user) return;
  users_.erase(at);
  if (!users_.empty()) {
    (void)send(json{{"type", "remove"}, {"device", user.id()}}.dump());
    return;
  }
  quit();
}

void Program::change(const ProgramConfig& config) {
  if (config == config_) return;
  const bool anew = config.command != config_.command || config.directory != config_.directory;
  config_ = config;
  if (state_ == State::running && ping_timer_.armed() == (config_.hang_timeout == 0ns)) {
    ping_open_ = false;
    ping_timer_.cancel();
    if (config_.hang_timeout > 0ns) ping_timer_.arm_in(config_.hang_timeout / 2);
  }
  if (!anew) return;
  failures_ = 0;
  if (state_ == State::waiting) return launch_timer_.arm_in(0ns);
  if (state_ != State::running) return;
  log(LogLevel::info, {}, "another command: the program is started anew");
  again_at_once_ = true;
  quit();
}

void Program::stop() {
  stopping_ = true;
  quit();
}

void Program::launch() {
  if (!wanted()) return stopped();
  if (config_.command.empty()) {
    log(LogLevel::error, {}, "there is no program: set external.command");
    return back_off();
  }
  child::Command command{config_.command, config_.directory, {{"VFLEET_GROUP", name_}}};
  if (!shared_) command.environment = {{"VFLEET_DEVICE", name_}};
  lines_.clear();
  errors_.clear();
  auto child = environment_.launcher->launch(command, *this);
  if (!child) {
    log(LogLevel::error, {}, child.error().detail);
    return back_off();
  }
  child_ = std::move(*child);
  state_ = State::running;
  started_at_ = now();
  ping_open_ = held_ = held_since_ping_ = false;
  log(LogLevel::info, {}, "program started, pid " + std::to_string(child_->pid()));
  if (config_.hang_timeout > 0ns) ping_timer_.arm_in(config_.hang_timeout / 2);
  memory_timer_.arm_in(kMemoryEvery);
  for (const auto& [id, user] : users_) user->program_up();
}

void Program::back_off() {
  state_ = State::waiting;
  ++failures_;
  Duration wait = config_.restart_first;
  for (unsigned i = 1; i < failures_ && wait < config_.restart_max; ++i) wait *= 2;
  wait = std::min(wait, config_.restart_max);
  // Half of it by chance: programs that died together do not start together.
  wait =
      wait / 2 +
      Duration(static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(wait.count() / 2) + 1)));
  ++restarts_;
  log(LogLevel::info, {},
      "the program is started again in " +
          format_duration(std::chrono::ceil<std::chrono::milliseconds>(wait)));
  launch_timer_.arm_in(wait);
}

void Program::quit() {
  if (state_ == State::waiting) {
    launch_timer_.cancel();
    return stopped();
  }
  if (state_ != State::running) return;
  (void)child_->write("{\"type\":\"quit\"}\n");
  child_->close_input();
  state_ = State::ending;
  ping_timer_.cancel();
  kill_timer_.arm_in(config_.quit_timeout);
  tell_down();
}

void Program::terminate(std::string_view why) {
  if (state_ != State::running) return;
  log(LogLevel::warn, {}, why);
  state_ = State::ending;
  ping_timer_.cancel();
  child_->signal(SIGTERM);
  kill_timer_.arm_in(kKillAfter);
  tell_down();
}

void Program::tell_down() {
  for (const auto& [id, user] : users_) user->program_down();
}

void Program::stopped() {
  state_ = State::stopped;
  bury_timer_.arm_in(0ns);  // in a later turn
}

void Program::child_exited(const child::Exit& exit) {
  for (unsigned left = kLastLines; left > 0; --left) {
    const auto line = lines_.next();
    if (!line) break;
    if (!line->empty()) handle(*line);
  }
  if (!errors_.rest().empty()) log(LogLevel::info, {}, errors_.rest());
  const bool meant = state_ == State::ending;
  for (loop::CallbackTimer* timer : {&kill_timer_, &pump_timer_, &ping_timer_, &memory_timer_})
    timer->cancel();
  dead_ = std::move(child_);
  bury_timer_.arm_in(0ns);
  log(meant ? LogLevel::info : LogLevel::warn, {}, "the program " + exit.text());
  if (!meant) tell_down();
  if (!wanted()) return stopped();
  if (std::exchange(again_at_once_, false)) {
    state_ = State::waiting;
    ++restarts_;
    return launch_timer_.arm_in(0ns);
  }
  if (now() - started_at_ >= config_.restart_max) failures_ = 0;
  back_off();
}

// --- what it says

Status Program::send(std::string_view line) {
  if (state_ != State::running) return fail(Errc::rejected, "program not running");
  const Status written = child_->write(std::string(line) + "\n");
  if (!written && written.error().code == Errc::too_large) {
    terminate("the program does not read its input: it hangs");
    return fail(Errc::rejected, "program not running");
  }
  if (!written) return fail(Errc::rejected, "the program has closed its input");
  return {};
}

void Program::child_output(std::string_view bytes) {
  lines_.feed(bytes);
  if (child_ == nullptr || !pump_timer_.armed()) pump();
}

void Program::pump() {
  const TimePoint at = now();
  if (at - second_ >= 1s) {
    second_ = at;
    malformed_this_second_ = 0;
  }
  for (unsigned budget = kLinesPerTurn; budget > 0; --budget) {
    if (unread_ >= kUnreadMax) return hold(true);  // consumed() goes on
    if (malformed_this_second_ >= kMalformedPerSecond) {
      hold(true);
      return pump_timer_.arm_at(second_ + 1s);
    }
    const auto line = lines_.next();
    if (lines_.too_long() != too_long_seen_) {
      too_long_seen_ = lines_.too_long();
      malformed("a line is longer than 1 MiB");
    }
    if (!line) return hold(false);
    if (!line->empty()) handle(*line);
  }
  // There may be more: other devices have their turn first.
  hold(true);
  pump_timer_.arm_in(0ns);
}

void Program::hold(bool held) {
  if (held_ == held) return;
  held_ = held;
  held_since_ping_ = held_since_ping_ || held;
  if (child_ != nullptr) child_->pause_output(held);
}

void Program::consumed(std::size_t messages) {
  const bool full = unread_ >= kUnreadMax;
  unread_ -= std::min(unread_, messages);
  if (full && unread_ < kUnreadMax && !pump_timer_.armed()) pump_timer_.arm_in(0ns);
}

void Program::handle(std::string_view line) {
  auto message = read_message(line);
  if (!message) return malformed(message.error().detail);
  dispatch(std::move(*message));
}

void Program::dispatch(Message message) {
  if (ping_open_ && message.id == "ping-" + std::to_string(ping_)) {
    ping_open_ = false;
    if (state_ == State::running && config_.hang_timeout > 0ns) ping_timer_.arm_in(config_.hang_timeout / 2);
    return;
  }
  if (message.kind == Message::Kind::pong) return;
  if (message.kind == Message::Kind::hello) {
    if (message.version > 1)
      log(LogLevel::warn, {},
          "the program speaks version " + std::to_string(message.version) + ", vfleet version 1");
    return;
  }
  // What it says of itself, not of a device, is for the log.
  if (message.device.empty() && shared_) {
    if (message.kind == Message::Kind::log || (message.kind == Message::Kind::error && message.id.empty())) {
      return log(LogLevel::info, {}, message.text);
    }
    return malformed("\"device\" is missing: the program speaks for a group");
  }
  const auto user = message.device.empty() ? users_.begin() : users_.find(message.device);
  if (user == users_.end())
    return malformed("there is no device '" + message.device.substr(0, 64) + "' here");
  ++unread_;
  user->second->program_said(std::move(message));
}

void Program::malformed(std::string_view why) {
  ++malformed_;
  ++malformed_this_second_;
  std::uint64_t left_out = 0;
  if (!complaint_limit_.pass(now(), left_out)) return;
  std::string text = "a line of the program cannot be used: " + std::string(why);
  if (left_out > 0) text += " (and " + std::to_string(left_out) + " more)";
  log(LogLevel::warn, {}, text);
  // It is told: errors are answered by silence, so two sides cannot go round in circles.
  (void)send(json{{"type", "error"}, {"text", std::string(why)}}.dump(-1, ' ', false,
                                                                      json::error_handler_t::replace));
}

void Program::child_errors(std::string_view bytes) {
  errors_.feed(bytes);
  while (const auto line = errors_.next()) {
    if (!line->empty()) log(LogLevel::info, {}, *line);
  }
}

// --- is it well?

void Program::look_alive() {
  if (state_ != State::running || config_.hang_timeout == 0ns) return;
  // While we did not read it, its answer may have been waiting.
  if (ping_open_ && !std::exchange(held_since_ping_, held_)) {
    return terminate("the program has not answered for " + format_duration(config_.hang_timeout) +
                     ": it hangs");
  }
  if (!ping_open_) {
    ping_open_ = true;
    held_since_ping_ = held_;
    (void)send(json{{"type", "ping"}, {"id", "ping-" + std::to_string(++ping_)}}.dump());
  }
  if (state_ == State::running) ping_timer_.arm_in(config_.hang_timeout);
}

void Program::look_at_memory() {
  if (state_ != State::running) return;
  const auto bytes = static_cast<double>(child_->memory_bytes());
  if (config_.memory_max_bytes > 0 && bytes > config_.memory_max_bytes) {
    return terminate("the program has grown to " + format_quantity(bytes, Unit::size) +
                     ", more than external.memory_max " +
                     format_quantity(config_.memory_max_bytes, Unit::size) + ": it is started again");
  }
  memory_timer_.arm_in(kMemoryEvery);
}

}  // namespace vfleet::devices::external
