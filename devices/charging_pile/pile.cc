#include "devices/charging_pile/pile.h"

#include <fmt/format.h>

#include <array>

#include "devices/charging_pile/reporter.h"

namespace vfleet::pile {

using device::DeviceContext;

void Pile::boot(DeviceContext& context) {
  const Change change(*this);
  off_ = false;
  Reporter reporter(context);
  station_.boot(reporter.turn());
}

void Pile::power_off(DeviceContext& context) {
  const Change change(*this);
  Reporter reporter(context, off_);
  station_.end_sessions(reporter.turn(), StopReason::reboot);
  off_ = true;
}

void Pile::reconfigure(DeviceContext& context, const device::DeviceConfig& before) {
  const Change change(*this);
  Reporter reporter(context, off_);
  station_.reconfigure(reporter.turn(), of(before).settings);
  reporter.emit(ReportKind::config_changed, 0, 0);
}

void Pile::link_up(DeviceContext& context) {
  Reporter reporter(context, off_);
  reporter.emit(ReportKind::login, 0, 0);
  for (ConnectorNumber n = 1; n <= station_.connector_count(); ++n) reporter.emit(ReportKind::status, n, 0);
}

void Pile::link_down(DeviceContext&) {}  // the model lives on

void Pile::advance(DeviceContext& context) {
  if (off_ || !station_.due(context.now())) return;
  const Change change(*this);
  Reporter reporter(context);
  station_.advance(reporter.turn());
}

std::size_t Pile::line_count(const device::DeviceConfig&) const {
  // The connectors that it booted with: a new number of them waits for the next boot.
  return 1 + 2 * static_cast<std::size_t>(station_.connector_count());
}

device::ReportLine Pile::line(std::size_t i) const {
  if (i == 0) return {index_of(ReportKind::heartbeat), 0};
  const ReportKind kind = i % 2 == 1 ? ReportKind::status : ReportKind::meter;
  return {index_of(kind), static_cast<device::Channel>(connector_of(i))};
}

const schedule::Pacing& Pile::pacing(std::size_t i, const device::DeviceConfig& config) const {
  static constexpr schedule::Pacing kNotScheduled;
  const Front& front = of(config).front;
  if (i == 0) return front.heartbeat;
  // More connectors are configured than the pile booted with: they come with the next boot.
  if (connector_of(i) > station_.connector_count()) return kNotScheduled;
  if (i % 2 == 1) return front.status;
  return in_session(station_.connector(connector_of(i)).status) ? front.meter : front.meter_idle;
}

device::Channel Pile::channels(const device::DeviceConfig&) const {
  return static_cast<device::Channel>(station_.connector_count());
}

Status Pile::encode(const DeviceContext& context, const device::Report& report,
                    std::span<const codec::envelope::Override> overrides, codec::Buffer& out) const {
  if (report.kind >= kReportKinds) return fail(Errc::invalid_argument, "no such report");
  if (report.channel > station_.connector_count()) {
    return fail(Errc::invalid_argument, fmt::format("there is no connector {}: the pile has {}",
                                                    report.channel, station_.connector_count()));
  }
  boot_ = static_cast<std::uint32_t>(report.head.boot);
  const PileConfig& config = of(context.config());
  const PileView view{station_, config, context.now(), context.wall_now(), answer_};
  if (report.channel == 0 && per_connector(static_cast<ReportKind>(report.kind))) {
    device::Report first = report;
    first.channel = 1;
    first.head.channel = 1;
    return config.dialect->encode(view, first, overrides, out);
  }
  return config.dialect->encode(view, report, overrides, out);
}

void Pile::visit_state(const DeviceContext& context, device::StateVisitor& visitor) const {
  const TimePoint now = context.now();
  const Settings& settings = of(context.config()).settings;
  const auto fault = station_.fault(0);
  double soc = 0;
  EnergyTenths energy = 0;
  bool session = false;
  visitor.text("status", to_string(station_.status()));
  for (ConnectorNumber n = 1; n <= station_.connector_count(); ++n) {
    std::array<char, 32> name;
    const auto end = fmt::format_to_n(name.data(), name.size(), "connector{}.status", n);
    visitor.text({name.data(), end.size}, to_string(station_.connector(n).status));
    // A pile's SoC is that of its first session, or else of its first vehicle.
    if (station_.connector(n).active() && !session) soc = station_.soc(n, now, settings);
    session |= station_.connector(n).active();
    if (!session && soc == 0) soc = station_.soc(n, now, settings);
    energy += station_.energy(n, now);
  }
  visitor.boolean("session", session);
  visitor.number("soc", soc * 100, 1);
  visitor.number("power_w", station_.power_w(), 3);
  visitor.number("energy_wh", static_cast<double>(energy) / 10, 1);
  visitor.number("temperature_c", station_.temperature_c(now, settings), 1);
  visitor.text("fault", fault ? to_string(*fault) : "none");
  visitor.number("not_understood", not_understood_, 0);
}

}  // namespace vfleet::pile
