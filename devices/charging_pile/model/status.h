#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vfleet::pile {

/// A connector's status; names and meaning follow OCPP 1.6 ChargePointStatus.
enum class ConnectorStatus : std::uint8_t {
  available,
  preparing,  ///< a cable or an authorisation, not both
  charging,
  suspended_ev,    ///< the session goes on; the vehicle takes nothing
  suspended_evse,  ///< the session goes on; the pile has no power to give
  finishing,       ///< the session is over, the cable still in
  faulted,
  unavailable,  ///< taken out of service by the platform
  reserved,     ///< kept for a card; a cable may be in already
};
inline constexpr int kConnectorStatuses = 9;

/// What can befall a connector.
enum class ConnectorEvent : std::uint8_t {
  plug,
  unplug,
  authorize,  ///< a card or the platform allows a session before the cable is in
  timeout,    ///< the cable never came
  lapse,      ///< the cable is in, but nobody authorises a session
  start,      ///< cable and authorisation are both there
  suspend_ev,
  suspend_evse,
  resume,
  stop,  ///< the session ends with the cable in
  fault,
  disable,
  restore_free,            ///< fault cleared or enabled again, no cable
  restore_plugged,         ///< the same with the cable in
  restore_disabled,        ///< fault cleared on a connector that is out of service
  restore_waiting,         ///< fault cleared, the cable in, and no session was there yet
  restore_reserved,        ///< fault cleared on a connector that is kept for a card
  restore_charging,        ///< a session that outlived the outage is taken up again
  restore_suspended_ev,    ///< the same, and the vehicle takes nothing
  restore_suspended_evse,  ///< the same, and the pile gives nothing
  reserve,
  release_free,     ///< a reservation is over, no cable
  release_plugged,  ///< the same with the cable in
};

struct StatusRow {
  ConnectorStatus state;
  ConnectorEvent event;
  ConnectorStatus next;
};

/// Every legal step, each once. Those that change the status are the moves that OCPP 1.6 allows between
/// statuses of a connector, and two more that a pile takes unless SupplyConfig::strict_status is set:
/// preparing to unavailable, and finishing to charging.
[[nodiscard]] std::span<const StatusRow> status_table();

/// Where `event` leads from `state`; nullopt when it is not legal there.
[[nodiscard]] std::optional<ConnectorStatus> step(ConnectorStatus state, ConnectorEvent event);

[[nodiscard]] std::string_view to_string(ConnectorStatus status);
[[nodiscard]] std::string_view to_string(ConnectorEvent event);

/// charging or suspended: a session runs.
[[nodiscard]] constexpr bool in_session(ConnectorStatus status) {
  return status == ConnectorStatus::charging || status == ConnectorStatus::suspended_ev ||
         status == ConnectorStatus::suspended_evse;
}

/// What stands for the whole pile when connectors differ: the highest wins.
[[nodiscard]] int significance(ConnectorStatus status);

}  // namespace vfleet::pile
