#include "devices/charging_pile/model/faults.h"

#include <array>

namespace vfleet::pile {
namespace {

constexpr std::array<std::string_view, kFaultCodes> kWords{
    "over_temperature",
    "ground_fault",
    "over_current",
    "over_voltage",
    "under_voltage",
    "connector_lock_failure",
    "ev_communication_error",
    "meter_failure",
    "reader_failure",
    "emergency_stop",
    "internal_error",
    "power_switch_failure",
    "insulation_fault",
    "fan_failure",
    "door_open",
    "other_error",
};

}  // namespace

std::string_view to_string(FaultCode code) {
  return kWords[static_cast<std::size_t>(code)];
}

std::optional<FaultCode> fault_from(std::string_view word) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == word) return static_cast<FaultCode>(i);
  }
  return std::nullopt;
}

std::vector<std::string> fault_words() {
  return {kWords.begin(), kWords.end()};
}

std::optional<FaultCode> FaultSet::first() const {
  for (int i = 0; i < kFaultCodes; ++i) {
    if (has(static_cast<FaultCode>(i))) return static_cast<FaultCode>(i);
  }
  return std::nullopt;
}

}  // namespace vfleet::pile
