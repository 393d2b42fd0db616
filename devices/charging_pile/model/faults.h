#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet::pile {

/// What can be wrong with a pile or one of its connectors. Any of them stops the sessions it touches.
enum class FaultCode : std::uint8_t {
  over_temperature,
  ground_fault,
  over_current,
  over_voltage,
  under_voltage,
  connector_lock_failure,
  ev_communication_error,
  meter_failure,
  reader_failure,
  emergency_stop,
  internal_error,
  power_switch_failure,
  insulation_fault,
  fan_failure,
  door_open,
  other_error,
};
inline constexpr int kFaultCodes = 16;

[[nodiscard]] std::string_view to_string(FaultCode code);
[[nodiscard]] std::optional<FaultCode> fault_from(std::string_view word);
/// Every word, in the order of the codes.
[[nodiscard]] std::vector<std::string> fault_words();

/// The faults that are raised at one place: two bytes.
class FaultSet {
 public:
  [[nodiscard]] bool any() const { return bits_ != 0; }
  [[nodiscard]] bool has(FaultCode code) const { return (bits_ & bit(code)) != 0; }
  /// Whether this changed anything.
  bool raise(FaultCode code) { return put(static_cast<std::uint16_t>(bits_ | bit(code))); }
  bool clear(FaultCode code) { return put(static_cast<std::uint16_t>(bits_ & ~bit(code))); }
  [[nodiscard]] std::uint16_t bits() const { return bits_; }
  [[nodiscard]] static FaultSet of(std::uint16_t bits) {
    FaultSet out;
    out.bits_ = bits;
    return out;
  }
  /// The raised fault with the lowest code.
  [[nodiscard]] std::optional<FaultCode> first() const;

 private:
  static constexpr std::uint16_t bit(FaultCode code) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(code));
  }
  bool put(std::uint16_t bits) {
    const bool changed = bits != bits_;
    bits_ = bits;
    return changed;
  }
  std::uint16_t bits_ = 0;
};

}  // namespace vfleet::pile
