#pragma once

#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/station.h"
#include "simulator/device/device.h"

namespace vfleet::pile {

[[nodiscard]] inline const PileConfig& of(const device::DeviceConfig& config) {
  return static_cast<const PileConfig&>(config);
}

[[nodiscard]] constexpr device::ReportIndex index_of(ReportKind kind) {
  return static_cast<device::ReportIndex>(kind);
}

// The timetable: heartbeat, then status and meter of connector 1, of connector 2, ...
[[nodiscard]] constexpr std::size_t meter_line(ConnectorNumber connector) {
  return 2 * static_cast<std::size_t>(connector);
}
[[nodiscard]] constexpr ConnectorNumber connector_of(std::size_t line) {
  return static_cast<ConnectorNumber>((line + 1) / 2);
}

/// Turns what happens in the model into reports. Lives for one call.
class Reporter final : public Observer {
 public:
  /// `silent`: the power is off, nothing is said.
  explicit Reporter(device::DeviceContext& context, bool silent = false)
      : context_(context), silent_(silent) {}

  [[nodiscard]] Turn turn() {
    return {{context_.now(), context_.wall_now()}, of(context_.config()).settings, *this};
  }

  void status_changed(ConnectorNumber connector) override {
    emit(ReportKind::status, connector, 0);
    // A session has its own meter period.
    if (!silent_ && connector <= of(context_.config()).settings.supply.connectors) {
      context_.repace(meter_line(connector));
    }
  }
  void session_started(ConnectorNumber connector) override { emit(ReportKind::session_start, connector, 0); }
  void session_ended(ConnectorNumber connector, StopReason reason) override {
    emit(ReportKind::session_end, connector, static_cast<std::uint32_t>(reason));
  }
  void fault_changed(ConnectorNumber connector, FaultCode code, bool raised) override {
    emit(ReportKind::fault, connector, FaultDetail{code, raised}.packed());
  }

  void emit(ReportKind kind, ConnectorNumber connector, std::uint32_t detail, std::string_view id = {}) {
    if (!silent_) context_.emit(index_of(kind), static_cast<device::Channel>(connector), detail, id);
  }

 private:
  device::DeviceContext& context_;
  bool silent_;
};

}  // namespace vfleet::pile
