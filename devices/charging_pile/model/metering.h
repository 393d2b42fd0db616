#pragma once

#include <cstdint>

#include "simulator/core/time.h"

namespace vfleet::pile {

/// Energy as it is reported and billed: tenths of a watt-hour, 0.0001 kWh.
using EnergyTenths = std::int64_t;

/// A connector's meter. Voltage and current are kept in the digits that are reported, so that
/// power = voltage x current x phases holds exactly in every message; the energy register is the integral
/// of that power and never goes back. Power is constant between two calls of set().
class Meter {
 public:
  /// Draws at most `power_w` at `voltage_v` on `phases`, and at most `current_max_a` on each.
  void set(double voltage_v, double power_w, int phases, double current_max_a);
  /// No current; the voltage stays measurable (0 on a DC connector that is at rest).
  void rest(double voltage_v, int phases);

  /// The register goes on at what another life had told; no current.
  void resume(std::int64_t register_uwh) { register_uwh_ = register_uwh; }
  /// Adds the energy of `elapsed` at the present power to the register.
  void commit(Duration elapsed) { register_uwh_ = register_uwh(elapsed); }

  [[nodiscard]] std::int32_t voltage_dv() const { return voltage_dv_; }  ///< 0.1 V
  [[nodiscard]] std::int32_t current_ca() const { return current_ca_; }  ///< 0.01 A
  [[nodiscard]] int phases() const { return phases_; }
  [[nodiscard]] std::int64_t power_mw() const {
    return static_cast<std::int64_t>(voltage_dv_) * current_ca_ * phases_;
  }
  [[nodiscard]] double power_w() const { return static_cast<double>(power_mw()) / 1000.0; }

  /// The register `elapsed` after the last commit, in millionths of a watt-hour.
  [[nodiscard]] std::int64_t register_uwh(Duration elapsed) const {
    if (current_ca_ == 0) return register_uwh_;
    return register_uwh_ + power_mw() * to_us(elapsed) / 3'600'000;
  }
  [[nodiscard]] EnergyTenths register_tenths(Duration elapsed) const {
    return register_uwh(elapsed) / 100'000;
  }

 private:
  std::int64_t register_uwh_ = 0;
  std::int32_t current_ca_ = 0;
  std::uint16_t voltage_dv_ = 0;
  std::uint8_t phases_ = 1;
};

}  // namespace vfleet::pile
