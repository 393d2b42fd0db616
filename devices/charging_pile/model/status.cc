#include "devices/charging_pile/model/status.h"

#include <array>

namespace vfleet::pile {
namespace {

using enum ConnectorStatus;
using E = ConnectorEvent;

constexpr std::array kTable{
    StatusRow{available, E::plug, preparing},
    StatusRow{available, E::authorize, preparing},
    StatusRow{available, E::restore_charging, charging},
    StatusRow{available, E::restore_suspended_ev, suspended_ev},
    StatusRow{available, E::restore_suspended_evse, suspended_evse},
    StatusRow{available, E::reserve, reserved},
    StatusRow{available, E::disable, unavailable},
    StatusRow{available, E::fault, faulted},

    StatusRow{preparing, E::plug, preparing},
    StatusRow{preparing, E::unplug, available},
    StatusRow{preparing, E::timeout, available},
    StatusRow{preparing, E::start, charging},
    StatusRow{preparing, E::suspend_ev, suspended_ev},
    StatusRow{preparing, E::suspend_evse, suspended_evse},
    StatusRow{preparing, E::lapse, finishing},
    StatusRow{preparing, E::disable, unavailable},
    StatusRow{preparing, E::fault, faulted},

    StatusRow{charging, E::suspend_ev, suspended_ev},
    StatusRow{charging, E::suspend_evse, suspended_evse},
    StatusRow{charging, E::stop, finishing},
    StatusRow{charging, E::unplug, available},
    StatusRow{charging, E::disable, unavailable},
    StatusRow{charging, E::fault, faulted},

    StatusRow{suspended_ev, E::plug, suspended_ev},
    StatusRow{suspended_ev, E::suspend_evse, suspended_evse},
    StatusRow{suspended_ev, E::resume, charging},
    StatusRow{suspended_ev, E::stop, finishing},
    StatusRow{suspended_ev, E::unplug, available},
    StatusRow{suspended_ev, E::disable, unavailable},
    StatusRow{suspended_ev, E::fault, faulted},

    StatusRow{suspended_evse, E::plug, suspended_evse},
    StatusRow{suspended_evse, E::suspend_ev, suspended_ev},
    StatusRow{suspended_evse, E::resume, charging},
    StatusRow{suspended_evse, E::stop, finishing},
    StatusRow{suspended_evse, E::unplug, available},
    StatusRow{suspended_evse, E::disable, unavailable},
    StatusRow{suspended_evse, E::fault, faulted},

    StatusRow{finishing, E::authorize, preparing},
    StatusRow{finishing, E::start, charging},
    StatusRow{finishing, E::unplug, available},
    StatusRow{finishing, E::disable, unavailable},
    StatusRow{finishing, E::fault, faulted},

    StatusRow{reserved, E::plug, reserved},
    StatusRow{reserved, E::unplug, reserved},
    StatusRow{reserved, E::authorize, preparing},
    StatusRow{reserved, E::release_free, available},
    StatusRow{reserved, E::release_plugged, preparing},
    StatusRow{reserved, E::disable, unavailable},
    StatusRow{reserved, E::fault, faulted},

    StatusRow{faulted, E::plug, faulted},
    StatusRow{faulted, E::unplug, faulted},
    StatusRow{faulted, E::stop, faulted},
    StatusRow{faulted, E::fault, faulted},
    StatusRow{faulted, E::restore_free, available},
    StatusRow{faulted, E::restore_plugged, finishing},
    StatusRow{faulted, E::restore_disabled, unavailable},
    StatusRow{faulted, E::restore_waiting, preparing},
    StatusRow{faulted, E::restore_reserved, reserved},
    StatusRow{faulted, E::restore_charging, charging},
    StatusRow{faulted, E::restore_suspended_ev, suspended_ev},
    StatusRow{faulted, E::restore_suspended_evse, suspended_evse},

    StatusRow{unavailable, E::plug, unavailable},
    StatusRow{unavailable, E::unplug, unavailable},
    StatusRow{unavailable, E::fault, faulted},
    StatusRow{unavailable, E::restore_free, available},
    StatusRow{unavailable, E::restore_plugged, preparing},
    StatusRow{unavailable, E::restore_charging, charging},
    StatusRow{unavailable, E::restore_suspended_ev, suspended_ev},
    StatusRow{unavailable, E::restore_suspended_evse, suspended_evse},
};

}  // namespace

std::span<const StatusRow> status_table() {
  return kTable;
}

std::optional<ConnectorStatus> step(ConnectorStatus state, ConnectorEvent event) {
  for (const StatusRow& row : kTable) {
    if (row.state == state && row.event == event) return row.next;
  }
  return std::nullopt;
}

std::string_view to_string(ConnectorStatus status) {
  switch (status) {
    case available:
      return "available";
    case preparing:
      return "preparing";
    case charging:
      return "charging";
    case suspended_ev:
      return "suspended_ev";
    case suspended_evse:
      return "suspended_evse";
    case finishing:
      return "finishing";
    case faulted:
      return "faulted";
    case unavailable:
      return "unavailable";
    case reserved:
      return "reserved";
  }
  return "unknown";
}

std::string_view to_string(ConnectorEvent event) {
  switch (event) {
    case E::plug:
      return "plug";
    case E::unplug:
      return "unplug";
    case E::authorize:
      return "authorize";
    case E::timeout:
      return "timeout";
    case E::lapse:
      return "lapse";
    case E::start:
      return "start";
    case E::suspend_ev:
      return "suspend_ev";
    case E::suspend_evse:
      return "suspend_evse";
    case E::resume:
      return "resume";
    case E::stop:
      return "stop";
    case E::fault:
      return "fault";
    case E::disable:
      return "disable";
    case E::restore_free:
      return "restore_free";
    case E::restore_plugged:
      return "restore_plugged";
    case E::restore_disabled:
      return "restore_disabled";
    case E::restore_waiting:
      return "restore_waiting";
    case E::restore_reserved:
      return "restore_reserved";
    case E::restore_charging:
      return "restore_charging";
    case E::restore_suspended_ev:
      return "restore_suspended_ev";
    case E::restore_suspended_evse:
      return "restore_suspended_evse";
    case E::reserve:
      return "reserve";
    case E::release_free:
      return "release_free";
    case E::release_plugged:
      return "release_plugged";
  }
  return "unknown";
}

int significance(ConnectorStatus status) {
  switch (status) {
    case available:
      return 0;
    case unavailable:
      return 1;
    case reserved:
      return 2;
    case finishing:
      return 3;
    case preparing:
      return 4;
    case suspended_evse:
      return 5;
    case suspended_ev:
      return 6;
    case charging:
      return 7;
    case faulted:
      return 8;
  }
  return 0;
}

}  // namespace vfleet::pile
