#include "devices/charging_pile/model/session.h"

#include <algorithm>

namespace vfleet::pile {

std::string_view to_string(StartedBy by) {
  switch (by) {
    case StartedBy::nobody:
      return "nobody";
    case StartedBy::card:
      return "card";
    case StartedBy::local:
      return "local";
    case StartedBy::remote:
      return "remote";
    case StartedBy::cable:
      return "cable";
  }
  return "unknown";
}

std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::none:
      return "none";
    case StopReason::local:
      return "local";
    case StopReason::card:
      return "card";
    case StopReason::remote:
      return "remote";
    case StopReason::ev_disconnected:
      return "ev_disconnected";
    case StopReason::battery_full:
      return "battery_full";
    case StopReason::target_reached:
      return "target_reached";
    case StopReason::fault:
      return "fault";
    case StopReason::emergency_stop:
      return "emergency_stop";
    case StopReason::reboot:
      return "reboot";
    case StopReason::power_loss:
      return "power_loss";
    case StopReason::de_authorized:
      return "de_authorized";
    case StopReason::unlock:
      return "unlock";
    case StopReason::hard_reset:
      return "hard_reset";
    case StopReason::soft_reset:
      return "soft_reset";
  }
  return "unknown";
}

CardNumber::CardNumber(std::string_view text) {
  std::size_t length = std::min(text.size(), kMax);
  // Not in the middle of a character: what is told of it has to be UTF-8.
  if (length < text.size()) {
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U) --length;
  }
  std::copy_n(text.data(), length, text_.data());
}

std::string_view CardNumber::view() const {
  const auto end = std::find(text_.begin(), text_.end(), '\0');
  return {text_.data(), static_cast<std::size_t>(end - text_.begin())};
}

Visit::Remaining Visit::remaining(std::int64_t register_uwh, double efficiency) const {
  const double in_battery = battery_wh(register_uwh, efficiency);
  const double capacity = vehicle.battery_wh;
  Remaining out{(capacity - in_battery) / efficiency, StopReason::battery_full};
  if (target_permille > 0 && target_permille < 1000) {
    const double wh = (capacity * target_permille / 1000 - in_battery) / efficiency;
    if (wh < out.wh) out = {wh, StopReason::target_reached};
  }
  if (energy_limit_wh > 0) {
    const double wh =
        static_cast<double>(energy_limit_wh) - static_cast<double>(register_uwh - start_register_uwh) * 1e-6;
    if (wh < out.wh) out = {wh, StopReason::target_reached};
  }
  return out;
}

}  // namespace vfleet::pile
