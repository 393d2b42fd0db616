#include "simulator/log/device_log.h"

#include <algorithm>
#include <utility>

namespace vfleet::log {

DeviceLog::DeviceLog(const Clock& clock, Level least, Write write)
    : clock_(clock), least_(least), write_(std::move(write)), filled_(clock.now()) {}

bool DeviceLog::take() {
  const TimePoint now = clock_.now();
  allowance_ = std::min(kBurst, allowance_ + kLinesPerSecond * to_seconds(now - filled_));
  filled_ = now;
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

void DeviceLog::write(Level level, std::string_view device, std::string_view text) {
  if (take()) return write_(level, device, text);
  ++suppressed_;
  ++untold_;
}

void DeviceLog::line(Level level, std::string_view device, std::string_view text) {
  if (wants(level)) write(level, device, text);
}

void DeviceLog::link_failed(std::string_view device, std::string_view reason) {
  if (!wants(Level::warn)) return;
  auto at = reasons_.find(reason);
  if (at == reasons_.end() && reasons_.size() >= kReasonsMax) {
    reason = "other reasons";
    at = reasons_.find(reason);
  }
  if (at != reasons_.end()) {
    ++at->second.since;
    return tick();
  }
  reasons_.emplace(reason, Reason{clock_.now(), 0});
  write(Level::warn, device, "link failed: " + std::string(reason));
}

void DeviceLog::tick() {
  const TimePoint now = clock_.now();
  for (auto& [reason, state] : reasons_) {
    if (state.since == 0 || now - state.told < kRepeat || !take()) continue;
    write_(Level::warn, {}, "link failed, " + std::to_string(state.since) + " times more: " + reason);
    state = {now, 0};
  }
  if (untold_ == 0 || !take()) return;
  write_(Level::warn, {}, std::to_string(std::exchange(untold_, 0)) + " lines of devices were left out");
}

}  // namespace vfleet::log
