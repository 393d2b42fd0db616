#pragma once

#include "devices/charging_pile/conversation.h"
#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/station.h"
#include "devices/charging_pile/pile.h"
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
[[nodiscard]] constexpr ReportKind kind_of(std::size_t line) {
  if (line == 0) return ReportKind::heartbeat;
  return line % 2 == 1 ? ReportKind::status : ReportKind::meter;
}

/// One call into a pile: what happens in the model becomes reports, or is told to the conversation.
class PileCall final : public Observer, public Host {
 public:
  /// `silent`: the power is off, nothing is said.
  PileCall(Pile& pile, device::DeviceContext& context, bool silent = false)
      : pile_(pile), context_(context), silent_(silent) {}

  // Host
  [[nodiscard]] device::DeviceContext& context() override { return context_; }
  [[nodiscard]] Station& station() override { return pile_.station_; }
  [[nodiscard]] const PileConfig& config() const override { return of(context_.config()); }
  [[nodiscard]] Turn turn() override {
    return {{context_.now(), context_.wall_now()}, config().settings, *this};
  }
  void restart(StopReason reason) override {
    pile_.station_.end_sessions(turn(), reason);
    pile_.off_ = true;
    context_.reboot(config().front.reboot_time);
  }

  // Observer
  void status_changed(ConnectorNumber connector) override {
    if (silent_) return;
    if (Conversation* talk = pile_.talk_.get()) {
      talk->happened_status(*this, connector);
    } else {
      emit(ReportKind::status, connector, 0);
    }
    // A session has its own meter period.
    if (connector > config().settings.supply.connectors) return;
    context_.repace(meter_line(connector));
    if (pile_.talk_ != nullptr) context_.repace(meter_line(connector) - 1);
  }
  void session_started(ConnectorNumber connector) override {
    if (Conversation* talk = heard()) return talk->happened_start(*this, connector);
    emit(ReportKind::session_start, connector, 0);
  }
  void session_ended(ConnectorNumber connector, StopReason reason) override {
    if (Conversation* talk = heard()) return talk->happened_end(*this, connector, reason);
    emit(ReportKind::session_end, connector, static_cast<std::uint32_t>(reason));
  }
  void fault_changed(ConnectorNumber connector, FaultCode code, bool raised) override {
    if (Conversation* talk = heard()) return talk->happened_fault(*this, connector, code, raised);
    emit(ReportKind::fault, connector, FaultDetail{code, raised}.packed());
  }
  bool card_presented(ConnectorNumber connector, std::string_view card) override {
    Conversation* talk = heard();
    if (talk == nullptr) return false;
    talk->driver_card(*this, connector, card);
    return true;
  }

  void emit(ReportKind kind, ConnectorNumber connector, std::uint32_t detail, std::string_view id = {}) {
    if (!silent_) context_.emit(index_of(kind), static_cast<device::Channel>(connector), detail, id);
  }

 private:
  [[nodiscard]] Conversation* heard() const { return silent_ ? nullptr : pile_.talk_.get(); }

  Pile& pile_;
  device::DeviceContext& context_;
  bool silent_;
};

}  // namespace vfleet::pile
