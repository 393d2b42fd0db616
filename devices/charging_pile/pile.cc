#include "devices/charging_pile/pile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "devices/charging_pile/description.h"
#include "devices/charging_pile/pile_call.h"

namespace vfleet::pile {

using device::DeviceContext;

namespace {

/// What is read next of a conversation and of the first connector, all at once: after a second with thousands
/// of piles each line is a way to the main memory.
void fetch(const Conversation& talk, const Connector& connector) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kTalkBytes = 480;  // the larger one's
  for (std::size_t at = 0; at < kTalkBytes; at += kLine)
    __builtin_prefetch(reinterpret_cast<const char*>(&talk) + at);
  __builtin_prefetch(&connector);
}

}  // namespace

Pile::Pile(std::uint64_t seed, std::uint64_t identity, const PileConfig& config)
    : station_(seed, identity, config.settings), seed_(seed), identity_(identity) {
  take_dialect(config);
}

Pile::~Pile() = default;

void Pile::take_dialect(const PileConfig& config) {
  if (dialect_ == config.dialect) return;
  dialect_ = config.dialect;
  talk_ = dialect_->converse(seed_, identity_, config);
}

void Pile::boot(DeviceContext& context) {
  const Change change(*this);
  off_ = false;
  take_dialect(of(context.config()));
  PileCall call(*this, context);
  if (talk_ != nullptr) talk_->booted(call);
  station_.boot(call.turn());
}

void Pile::power_off(DeviceContext& context) {
  const Change change(*this);
  PileCall call(*this, context, off_);
  station_.end_sessions(call.turn(), StopReason::reboot);
  off_ = true;
}

void Pile::reconfigure(DeviceContext& context, const device::DeviceConfig& before) {
  const Change change(*this);
  PileCall call(*this, context, off_);
  station_.reconfigure(call.turn(), of(before).settings);
  if (talk_ != nullptr) {
    if (!off_) talk_->reconfigured(call, of(before));
    return;
  }
  call.emit(ReportKind::config_changed, 0, 0);
}

void Pile::link_up(DeviceContext& context) {
  PileCall call(*this, context, off_);
  if (talk_ != nullptr) {
    const Change change(*this);
    if (!off_) talk_->link_up(call);
    return;
  }
  call.emit(ReportKind::login, 0, 0);
  for (ConnectorNumber n = 1; n <= station_.connector_count(); ++n) call.emit(ReportKind::status, n, 0);
}

void Pile::link_down(DeviceContext& context) {  // the model lives on
  if (talk_ == nullptr) return;
  const Change change(*this);
  PileCall call(*this, context, off_);
  talk_->link_down(call);
}

void Pile::link_failed(DeviceContext& context, std::string_view reason) {
  if (talk_ == nullptr || off_) return;
  PileCall call(*this, context);
  if (talk_->link_failed(call, reason)) dirty_ = true;
}

TimePoint Pile::next_event() const {
  if (off_) return kNever;
  const TimePoint station = station_.next_event();
  return talk_ != nullptr ? std::min(station, talk_->next_event()) : station;
}

void Pile::advance(DeviceContext& context) {
  if (off_) return;
  if (talk_ != nullptr) fetch(*talk_, station_.connector(1));
  const bool talks = talk_ != nullptr && talk_->next_event() <= context.now();
  if (!talks && !station_.due(context.now())) return;
  const Change change(*this);
  PileCall call(*this, context);
  station_.advance(call.turn());
  if (talk_ != nullptr && talk_->next_event() <= context.now()) talk_->advance(call);
}

void Pile::due(DeviceContext& context, std::size_t i, TimePoint due) {
  // What a conversation changes here of what it saves, it changes before it tells: what was saved for the
  // report holds, and is not saved again behind it.
  dirty_ = true;
  PileCall call(*this, context);
  talk_->due(call, kind_of(i), i == 0 ? 0 : connector_of(i), due);
}

void Pile::fetched(DeviceContext& context, const device::Transferred& transferred) {
  if (talk_ == nullptr || off_) return;
  const Change change(*this);
  PileCall call(*this, context);
  talk_->fetched(call, transferred);
}

void Pile::credentials(TlsCredentials& out) const {
  if (const auto* holder = dynamic_cast<const CredentialsHolder*>(talk_.get())) holder->credentials(out);
}

Status Pile::trigger(DeviceContext& context, const device::TriggerCall& trigger) {
  if (talk_ == nullptr) return Device::trigger(context, trigger);
  const Change change(*this);
  PileCall call(*this, context);
  return talk_->trigger(call, trigger);
}

std::size_t Pile::line_count(const device::DeviceConfig&) const {
  // The connectors that it booted with: a new number of them waits for the next boot.
  return 1 + 2 * static_cast<std::size_t>(station_.connector_count());
}

device::ReportLine Pile::line(std::size_t i) const {
  return {index_of(kind_of(i)), static_cast<device::Channel>(i == 0 ? 0 : connector_of(i))};
}

std::optional<TimePoint> Pile::origin(std::size_t i) const {
  // A protocol's meter values and pictures follow the session; JSON's are spread over the fleet at any time.
  if (talk_ == nullptr || i == 0 || connector_of(i) > station_.connector_count()) return std::nullopt;
  const Connector& connector = station_.connector(connector_of(i));
  return connector.active() ? std::optional(connector.visit->started) : std::nullopt;
}

const schedule::Pacing& Pile::pacing(std::size_t i, const device::DeviceConfig& config) const {
  static constexpr schedule::Pacing kNotScheduled;
  const Front& front = of(config).front;
  if (talk_ != nullptr) {
    const bool there = i == 0 || connector_of(i) <= station_.connector_count();
    const bool session = i != 0 && there && in_session(station_.connector(connector_of(i)).status);
    const schedule::Pacing* own = there ? talk_->pacing(kind_of(i), session, of(config)) : nullptr;
    return own != nullptr ? *own : kNotScheduled;
  }
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
  if (report.kind >= kReportKinds && talk_ == nullptr) {
    return fail(Errc::invalid_argument,
                "the pile speaks json: it has no " + pile_description().reports[report.kind].name);
  }
  if (report.channel > station_.connector_count()) {
    return fail(Errc::invalid_argument, fmt::format("there is no connector {}: the pile has {}",
                                                    report.channel, station_.connector_count()));
  }
  boot_ = static_cast<std::uint32_t>(report.head.boot);
  const PileConfig& config = of(context.config());
  const PileView view{station_, config, context.now(), context.wall_now(), answer_};
  if (talk_ != nullptr) return talk_->encode(view, report, overrides, out);
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
  if (talk_ != nullptr) talk_->visit_state(visitor);
}

}  // namespace vfleet::pile
