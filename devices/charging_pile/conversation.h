#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/station.h"
#include "simulator/device/device.h"

namespace vfleet::pile {

/// What a conversation works with during one call: its pile and the world. Valid during that call.
class Host {
 public:
  [[nodiscard]] virtual device::DeviceContext& context() = 0;
  /// To look at and, outside of happened_*(), to act on.
  [[nodiscard]] virtual Station& station() = 0;
  [[nodiscard]] virtual const PileConfig& config() const = 0;
  /// What each call into the station needs; what happens in it is told to the conversation.
  [[nodiscard]] virtual Turn turn() = 0;
  /// Ends sessions for `reason`, goes off, and is on again after PileConfig::front.reboot_time.
  virtual void restart(StopReason reason) = 0;

 protected:
  ~Host() = default;
};

/// What a pile keeps of a protocol that has a state of its own: who may speak, what waits for its answer,
/// what has to be said again. Events in, messages out: DeviceContext::tell() for reports, say() for answers
/// to the platform, settle() when a report's answer has come. It owns no socket, no clock and no timer.
///
/// The happened_*() functions come from within the station: they note what is to be said, and leave the
/// station as it is.
class Conversation {
 public:
  virtual ~Conversation() = default;

  /// Power on: what is volatile starts anew.
  virtual void booted(Host& host) = 0;
  virtual void reconfigured(Host& host, const PileConfig& before) = 0;
  virtual void link_up(Host& host) = 0;
  virtual void link_down(Host& host) = 0;
  /// As Device::link_failed(). Whether anything is other than before.
  virtual bool link_failed(Host& /*host*/, std::string_view /*reason*/) { return false; }
  /// A whole message of the platform; any bytes.
  virtual void received(Host& host, std::string_view message) = 0;

  virtual void happened_status(Host& host, ConnectorNumber connector) = 0;
  virtual void happened_start(Host& host, ConnectorNumber connector) = 0;
  /// The bill can still be read.
  virtual void happened_end(Host& host, ConnectorNumber connector, StopReason reason) = 0;
  virtual void happened_fault(Host& host, ConnectorNumber connector, FaultCode code, bool raised) = 0;

  /// A driver that the model made holds its card to the reader. From within the station, as happened_*().
  virtual void driver_card(Host& host, ConnectorNumber connector, std::string_view card) = 0;

  /// An operator holds a card to the reader: asks the platform, or knows already. Errors: rejected, with the
  /// reason.
  [[nodiscard]] virtual Status card(Host& host, ConnectorNumber connector, std::string_view card) = 0;
  /// A start or stop at the pile itself. Errors: as the station's.
  [[nodiscard]] virtual Status start(Host& host, ConnectorNumber connector, SessionLimits limits) = 0;
  [[nodiscard]] virtual Status stop(Host& host, ConnectorNumber connector) = 0;
  /// Somebody opens or moves the housing. Errors: rejected.
  [[nodiscard]] virtual Status tamper(Host& host, std::string_view info);
  /// How the next answers to the platform shall be: answer_rules.h. Errors: invalid_argument.
  [[nodiscard]] virtual Status answer(Host& host, const config::Values& args) = 0;

  /// Its next deed without anybody asking, in model time.
  [[nodiscard]] virtual TimePoint next_event() const = 0;
  virtual void advance(Host& host) = 0;

  /// How the lines of the timetable (heartbeat, status, meter of each connector) are paced; null: not at all.
  [[nodiscard]] virtual const schedule::Pacing* pacing(ReportKind kind, bool in_session,
                                                       const PileConfig& config) const = 0;
  /// One is due: tell it, now or later, or forgo it. What save() keeps changes before it tells, not after.
  virtual void due(Host& host, ReportKind kind, ConnectorNumber connector, TimePoint due) = 0;
  /// An operator wants a message of this protocol now, with fields as he gives them.
  [[nodiscard]] virtual Status trigger(Host& host, const device::TriggerCall& call) = 0;

  /// A transfer that it began with DeviceContext::fetch(), or that of an earlier life, has ended.
  virtual void fetched(Host& /*host*/, const device::Transferred& /*transferred*/) {}

  /// A message that tell() asked for: Telling::detail says which.
  [[nodiscard]] virtual Status encode(const PileView& view, const device::Report& report,
                                      std::span<const codec::envelope::Override> overrides,
                                      codec::Buffer& out) const = 0;

  /// For `vfleet get`: what of the conversation an operator wants to see.
  virtual void visit_state(device::StateVisitor& visitor) const = 0;

  // What must not go back when the worker dies: as device::Device's. `out` and `saved` are this part's alone.
  [[nodiscard]] virtual std::size_t save(std::span<std::byte> out) const = 0;
  virtual bool restore(Host& host, std::span<const std::byte> saved) = 0;
};

}  // namespace vfleet::pile
