#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "devices/charging_pile/model/arrivals.h"
#include "devices/charging_pile/model/battery.h"
#include "devices/charging_pile/model/connector.h"
#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/moment.h"
#include "devices/charging_pile/model/orders.h"
#include "devices/charging_pile/model/settings.h"
#include "devices/charging_pile/model/tariff.h"
#include "devices/charging_pile/model/thermal.h"
#include "simulator/core/random.h"
#include "simulator/core/result.h"

namespace vfleet::pile {

/// From 1; 0 is the station where that is allowed.
using ConnectorNumber = int;

/// Learns what happened, at once, with the model in the state in which it happened. Must not call back.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void status_changed(ConnectorNumber connector) = 0;
  virtual void session_started(ConnectorNumber connector) = 0;
  /// The bill can still be read.
  virtual void session_ended(ConnectorNumber connector, StopReason reason) = 0;
  /// `connector` 0: the whole station.
  virtual void fault_changed(ConnectorNumber connector, FaultCode code, bool raised) = 0;
  /// A driver that came by itself holds its card to the reader, or, with an empty `card`, starts at the pile.
  /// True: somebody else decides whether it may charge, and calls start() or turn_away() then; false: it may.
  virtual bool card_presented(ConnectorNumber /*connector*/, std::string_view /*card*/) { return false; }
};

/// What every call brings: the time, the configuration, who listens. All outlive the call.
struct Turn {
  Moment at;
  const Settings& settings;
  Observer& observer;
};

/// A charging pile: connects the parts. Between two steps (at most 10 s of model time while it charges) all
/// power is constant, so what is asked between them is computed and never changes the run.
class Station {
 public:
  /// Has its connectors at once; nothing happens before boot().
  Station(std::uint64_t seed, std::uint64_t identity, const Settings& settings);

  /// Power on. Sessions that still ran end with power_loss; faults, cables and registers stay.
  void boot(const Turn& turn);
  void reconfigure(const Turn& turn, const Settings& before);
  /// Everything up to turn.at.now. Called before any other call at that time.
  void advance(const Turn& turn) {
    while (due_ <= turn.at.now) happen(turn, due_);
  }
  /// When something happens that others can see, at the latest; between, advance() catches up by itself.
  [[nodiscard]] TimePoint next_event() const { return wake_; }

  // What people, vehicles and the platform do. Errors: rejected, with the reason; then nothing changed.
  // The may_... tell the same without doing it.
  /// Without a `kind`, the vehicle whose session waits for its cable comes back.
  [[nodiscard]] Status plug(const Turn& turn, ConnectorNumber connector, std::string_view kind, double soc);
  [[nodiscard]] Status unplug(const Turn& turn, ConnectorNumber connector);
  /// Whether the vehicle is gone and the pile keeps the cable (SupplyConfig::lock_cable).
  [[nodiscard]] bool holds_cable(ConnectorNumber connector) const;
  [[nodiscard]] Status release_cable(const Turn& turn, ConnectorNumber connector);
  /// Authorises and starts, or stops when the card's own session runs.
  [[nodiscard]] Status swipe(const Turn& turn, ConnectorNumber connector, std::string_view card);
  /// `card` and its `parent` matter where a connector is reserved.
  [[nodiscard]] Status may_start(ConnectorNumber connector, bool cable_may_follow, std::string_view card = {},
                                 std::string_view parent = {}) const;
  /// Without a cable, and when that may follow: an authorisation that waits for it.
  [[nodiscard]] Status start(const Turn& turn, ConnectorNumber connector, StartedBy by, std::string_view card,
                             SessionLimits limits, bool cable_may_follow, std::string_view parent = {});
  /// A card was not accepted: an authorisation that waits for its cable is withdrawn, a driver that came by
  /// itself leaves after a while.
  [[nodiscard]] Status turn_away(const Turn& turn, ConnectorNumber connector);
  [[nodiscard]] Status may_stop(ConnectorNumber connector) const;
  [[nodiscard]] Status stop(const Turn& turn, ConnectorNumber connector, StopReason reason);
  /// The session goes on, but the pile gives nothing (suspended_evse) until it is told otherwise.
  [[nodiscard]] Status suspend(const Turn& turn, ConnectorNumber connector, bool suspended);
  /// Idempotent. `connector` 0: the whole station.
  [[nodiscard]] Status may_raise(ConnectorNumber connector) const;
  [[nodiscard]] Status raise(const Turn& turn, ConnectorNumber connector, FaultCode code);
  /// nullopt: every fault; connector 0: everywhere. Nothing to clear is fine.
  [[nodiscard]] Status may_clear(const Turn& turn, ConnectorNumber connector,
                                 std::optional<FaultCode> code) const;
  [[nodiscard]] Status clear(const Turn& turn, ConnectorNumber connector, std::optional<FaultCode> code);
  enum class When : std::uint8_t { now, after_session };
  /// Out of service `now` needs a connector without a session; `after_session` waits for its end.
  [[nodiscard]] Status may_set_available(ConnectorNumber connector, bool available,
                                         When when = When::now) const;
  [[nodiscard]] Status set_available(const Turn& turn, ConnectorNumber connector, bool available,
                                     When when = When::now);

  // What the platform orders: station_orders.cc. It outlives sessions and reboots.
  /// Keeps a connector, or with 0 any of those that are free, for a card until `until`. One with the same id
  /// is replaced.
  [[nodiscard]] Reserved may_reserve(const Reservation& wish, TimePoint now) const;
  [[nodiscard]] Reserved reserve(const Turn& turn, const Reservation& wish);
  /// Errors: rejected: there is none with that id.
  [[nodiscard]] Status may_cancel(std::int32_t reservation) const;
  [[nodiscard]] Status cancel(const Turn& turn, std::int32_t reservation);
  /// What a connector draws at most from now on; 0: all of them together. Unit::none: no limit.
  [[nodiscard]] Status limit(const Turn& turn, ConnectorNumber connector, PowerLimit limit);
  /// The platform's rates in place of the configured ones; nullopt: the configured ones again. A bill is
  /// priced with what holds when it is made.
  void set_rates(const Turn& turn, const std::optional<RateTable>& rates);

  /// Before the power goes off in order.
  void end_sessions(const Turn& turn, StopReason reason);

  // What survives the process: station_state.cc.
  /// Room for `connectors` that are all in use.
  [[nodiscard]] static std::size_t state_bytes(int connectors);
  /// What restore() needs, as of `at`; `boot` is this life's number. Returns its length; 0: `out` is too
  /// short. While an end of session is told, the session counts as over.
  [[nodiscard]] std::size_t save(const Moment& at, const Settings& settings, std::uint32_t boot,
                                 std::span<std::byte> out) const;
  /// In place of the first boot(). The time since save() is a standstill: registers and batteries are as they
  /// were, sessions go on from here, drivers have waited no longer. Tells nobody. False, and nothing changed,
  /// when the bytes are not from save().
  [[nodiscard]] bool restore(const Turn& turn, std::span<const std::byte> saved);
  /// Whether advance() will change something.
  [[nodiscard]] bool due(TimePoint now) const { return due_ <= now; }
  [[nodiscard]] bool drawing() const {
    return std::any_of(all().begin(), all().end(),
                       [](const auto& each) { return each.meter.current_ca() != 0; });
  }

  // What can be seen. `now` is at or after the last advance.
  [[nodiscard]] int connector_count() const { return count_; }
  [[nodiscard]] const Connector& connector(ConnectorNumber number) const { return connectors_[number - 1]; }
  [[nodiscard]] ConnectorStatus status() const;  ///< the most significant
  /// What is wrong with this connector (its own, else the station's); with 0: anything anywhere.
  [[nodiscard]] std::optional<FaultCode> fault(ConnectorNumber number) const;
  [[nodiscard]] EnergyTenths energy(ConnectorNumber number, TimePoint now) const;
  [[nodiscard]] EnergyTenths session_energy(ConnectorNumber number, TimePoint now) const;
  /// 0..1; 0 without a vehicle.
  [[nodiscard]] double soc(ConnectorNumber number, TimePoint now, const Settings& settings) const;
  [[nodiscard]] double power_w() const;
  [[nodiscard]] double temperature_c(TimePoint now, const Settings& settings) const {
    return thermal_.temperature_c(now, settings.thermal);
  }
  [[nodiscard]] PowerLimit power_limit(ConnectorNumber number) const { return orders().limit(number); }
  /// The most that a connector could give now, were it the only one: limits, ratings, one vehicle's phases.
  [[nodiscard]] double offered_w(ConnectorNumber number, const Settings& settings) const;
  [[nodiscard]] std::span<const Reservation> reservations() const { return orders().reservations; }
  [[nodiscard]] const RateTable& rates(const TariffConfig& tariff) const {
    return orders().tariff ? *orders().tariff : tariff.table;
  }
  /// Of the vehicle at a connector; nullopt without one.
  [[nodiscard]] std::optional<Battery> battery(ConnectorNumber number, TimePoint now,
                                               const Settings& settings) const;
  /// Of the running session; zeros without one.
  [[nodiscard]] Bill bill(ConnectorNumber number, TimePoint now, const TariffConfig& tariff) const;
  [[nodiscard]] Duration uptime(TimePoint now) const { return booted() ? now - booted_ : Duration(0); }

 private:
  [[nodiscard]] std::span<Connector> all() { return {connectors_.get(), count_}; }
  [[nodiscard]] std::span<const Connector> all() const { return {connectors_.get(), count_}; }
  [[nodiscard]] Connector& at(ConnectorNumber number) { return connectors_[number - 1]; }
  [[nodiscard]] Status known(ConnectorNumber number) const;
  [[nodiscard]] bool booted() const { return booted_ != TimePoint::min(); }
  /// While happen() is at work for an earlier time than now, due_ is that time.
  [[nodiscard]] Duration since_step(TimePoint now) const { return std::min(now, due_) - step_at_; }

  // The run of time.
  void happen(const Turn& turn, TimePoint t);  // everything that is due at t
  void integrate(TimePoint t);                 // energy and bookings up to t
  void settle(const Turn& turn, TimePoint t);  // ends what is done, then plans
  void plan(const Turn& turn, TimePoint t);    // power from t on, and when to look again
  double voltage_v(const Settings& settings, TimePoint t, const Connector& connector) const;
  double demand_w(const Settings& settings, const Connector& connector, double voltage) const;
  /// A session that wants power, and how much it may have by itself.
  struct Draw {
    ConnectorNumber who = 0;
    int phases = 1;
    double voltage = 0;
    double wanted_w = 0;
    double current_max_a = 0;
    double rest_wh = 0;
  };
  /// False: it rests, for whatever reason, and wants nothing.
  bool wants(const Turn& turn, TimePoint t, ConnectorNumber number, Draw& draw);
  void share(const Turn& turn, TimePoint t, std::span<Draw> draws, std::span<double> granted_w) const;
  void deliver(const Turn& turn, TimePoint t, const Draw& draw, double granted_w);
  void rest(const Settings& settings, Connector& connector) const;
  void drive(const Turn& turn, TimePoint t, ConnectorNumber number);  // a driver's deed or a time-out
  void arrive(const Turn& turn, TimePoint t);
  void mishap(const Turn& turn, TimePoint t, ConnectorNumber number);
  void keep_orders(const Turn& turn, TimePoint t);  // what expires and what is repaired
  void judge_temperature(const Turn& turn, TimePoint t);

  // What the public verbs and the run of time have in common; energy is committed up to t.
  bool apply(const Turn& turn, TimePoint t, ConnectorNumber number, ConnectorEvent event);
  void attach(const Turn& turn, TimePoint t, ConnectorNumber number, std::size_t kind, double soc,
              bool driver);
  void reattach(const Turn& turn, TimePoint t, ConnectorNumber number);
  void detach(const Turn& turn, TimePoint t, ConnectorNumber number);
  void begin_session(const Turn& turn, TimePoint t, ConnectorNumber number);
  void end_session(const Turn& turn, TimePoint t, ConnectorNumber number, StopReason reason,
                   ConnectorEvent event);
  void set_fault(const Turn& turn, TimePoint t, ConnectorNumber number, FaultCode code);
  void fail_connector(const Turn& turn, TimePoint t, ConnectorNumber number, FaultCode code);
  void clear_fault(const Turn& turn, TimePoint t, ConnectorNumber number, std::optional<FaultCode> code);
  void restore(const Turn& turn, TimePoint t, ConnectorNumber number);
  void resize(int connectors);
  [[nodiscard]] const Orders& orders() const;
  Orders& make_orders();
  void drop_empty_orders();
  /// What a card may use at a connector; null where it needs none, or may not charge there.
  [[nodiscard]] const Reservation* reservation_for(ConnectorNumber number, std::string_view card,
                                                   std::string_view parent) const;
  /// Connectors that nobody uses, but for `except`.
  [[nodiscard]] int free_connectors(ConnectorNumber except) const;
  void end_reservation(const Turn& turn, TimePoint t, std::size_t i);
  /// A connector that is free again, and kept for somebody, is reserved.
  void reclaim(const Turn& turn, TimePoint t, ConnectorNumber number);

  Random drivers_;
  Arrivals arrivals_;
  Thermal thermal_;
  TimePoint booted_ = TimePoint::min();  // min: not yet
  TimePoint step_at_;                    // up to here energy is committed
  TimePoint due_ = kNever;               // the model's own next look
  TimePoint wake_ = kNever;              // the next that others may see; never before due_
  std::uint64_t noise_;                  // key of the voltage's fluctuation
  std::unique_ptr<Connector[]> connectors_;
  std::unique_ptr<Orders> orders_;    // null: none
  std::uint32_t arrived_ = 0;         // vehicles so far
  FaultSet faults_;                   // of the whole station
  std::uint8_t count_ = 0;            // of connectors, at least 1
  SupplyKind kind_ = SupplyKind::dc;  // as booted
  std::uint8_t phases_ = 1;           // as booted
  std::uint8_t ending_ = 0;           // the connector whose end of session is being told
  ConnectorEvent ending_by_ = ConnectorEvent::stop;
  bool overheated_ = false;       // over_temperature was raised by the model itself
  Period period_ = Period::flat;  // that energy from step_at_ on is booked to
};

}  // namespace vfleet::pile
