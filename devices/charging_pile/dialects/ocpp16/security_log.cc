#include "devices/charging_pile/dialects/ocpp16/security_log.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vfleet::pile::ocpp16 {

bool is_critical(std::string_view type) {
  constexpr std::array<std::string_view, 7> kCritical{
      "FirmwareUpdated",       "SettingSystemTime", "StartupOfTheDevice",      "ResetOrReboot",
      "SecurityLogWasCleared", "MemoryExhaustion",  "TamperDetectionActivated"};
  return std::find(kCritical.begin(), kCritical.end(), type) != kCritical.end();
}

void SecurityLog::add(SecurityEvent event) {
  event.type.resize(std::min<std::size_t>(event.type.size(), 50));
  event.info.resize(std::min<std::size_t>(event.info.size(), 255));
  const bool again = !events_.empty() && !event.untold && events_.back().type == event.type &&
                     events_.back().info == event.info;
  if (again) return;
  events_.push_back(std::move(event));
  if (events_.size() <= kMost) return;
  const auto told =
      std::find_if(events_.begin(), events_.end(), [](const SecurityEvent& each) { return !each.untold; });
  events_.erase(told == events_.end() ? events_.begin() : told);
}

const SecurityEvent* SecurityLog::untold() const {
  const auto at =
      std::find_if(events_.begin(), events_.end(), [](const SecurityEvent& each) { return each.untold; });
  return at == events_.end() ? nullptr : &*at;
}

void SecurityLog::told() {
  const auto at =
      std::find_if(events_.begin(), events_.end(), [](const SecurityEvent& each) { return each.untold; });
  if (at != events_.end()) at->untold = false;
}

}  // namespace vfleet::pile::ocpp16
