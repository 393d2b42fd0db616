#include "devices/external/programs.h"

#include <algorithm>
#include <utility>

namespace vfleet::devices::external {

Program* Programs::join(ProgramUser& user, const std::string& group, const ProgramConfig& config) {
  if (environment_.loop == nullptr || environment_.launcher == nullptr) return nullptr;
  const bool shared = config.per == Per::group;
  const std::string& name = shared ? group : user.id();
  const std::string key = (shared ? "group " : "device ") + name;
  auto& program = programs_[key];
  if (program == nullptr) {
    program = std::make_unique<Program>(environment_, name, shared, config, [this, key] { forget(key); });
  } else if (program->unused()) {
    program->change(config);
  }
  const TimePoint start = std::max(environment_.loop->now(), next_start_);
  if (program->state() == Program::State::stopped) next_start_ = start + kBetweenStarts;
  program->join(user, start);
  return program.get();
}

void Programs::forget(const std::string& key) {
  // In a later turn: it is one of its own timers that says so.
  environment_.loop->post([this, key] {
    const auto at = programs_.find(key);
    if (at != programs_.end() && at->second->unused() && at->second->state() == Program::State::stopped)
      programs_.erase(at);
    if (!stopped_) return;
    for (const auto& [name, program] : programs_) {
      if (program->state() != Program::State::stopped) return;
    }
    std::exchange(stopped_, nullptr)();
  });
}

void Programs::stop(std::function<void()> done) {
  bool idle = true;
  for (const auto& [key, program] : programs_) {
    program->stop();
    idle = idle && program->state() == Program::State::stopped;
  }
  if (idle) return done();
  stopped_ = std::move(done);
}

}  // namespace vfleet::devices::external
