#include "devices/charging_pile/dialects/ocpp16/security_log.h"

#include <algorithm>
#include <utility>

namespace vfleet::pile::ocpp16 {

void SecurityLog::add(SecurityEvent event) {
  event.type.resize(std::min<std::size_t>(event.type.size(), 50));
  event.info.resize(std::min<std::size_t>(event.info.size(), 255));
  events_.push_back(std::move(event));
  ++untold_;
  if (events_.size() > kMost) events_.pop_front();
  untold_ = std::min(untold_, events_.size());
}

}  // namespace vfleet::pile::ocpp16
