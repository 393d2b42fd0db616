#include "devices/charging_pile/model/supply.h"

#include "devices/charging_pile/model/settings.h"

namespace vfleet::pile {

void describe_supply(config::Struct<Settings>& keys) {
  keys.choice("kind", [](auto& c) -> auto& { return c.supply.kind; },
              {{"ac", SupplyKind::ac}, {"dc", SupplyKind::dc}})
      .initial(SupplyKind::dc)
      .effect(config::Effect::boot)
      .doc("Alternating current (the vehicle's own charger limits) or direct current (its battery does).");
  keys.integer(
          "connectors", [](auto& c) -> auto& { return c.supply.connectors; })
      .initial(2)
      .range(1, kConnectorsMax)
      .effect(config::Effect::boot)
      .doc("How many vehicles can be plugged in. They share rated_power.");
  keys.number(
          "rated_power", Unit::power, [](auto& c) -> auto& { return c.supply.rated_power_w; })
      .initial(120e3)
      .range(1000, 1.2e6)
      .decimals(0)
      .doc("What the whole pile can give, divided fairly between its connectors.");
  keys.number(
          "power_limit", Unit::ratio, [](auto& c) -> auto& { return c.supply.power_limit; })
      .initial(1)
      .range(0, 1)
      .doc("The part of rated_power that may be used now: load management.");
  keys.number(
          "connector_power", Unit::power, [](auto& c) -> auto& { return c.supply.connector_power_w; })
      .initial(0)
      .range(0, 1.2e6)
      .decimals(0)
      .doc("The most that one connector gives; 0: the whole of rated_power.");
  keys.number(
          "connector_current", Unit::current, [](auto& c) -> auto& { return c.supply.connector_current_a; })
      .initial(250)
      .range(1, 2000)
      .decimals(2)
      .doc("The most that one connector gives on each conductor.");
  keys.integer(
          "phases", [](auto& c) -> auto& { return c.supply.phases; })
      .initial(3)
      .range(1, 3)
      .effect(config::Effect::boot)
      .doc("Phases of an AC pile.");
  keys.number(
          "grid_voltage", Unit::voltage, [](auto& c) -> auto& { return c.supply.grid_voltage_v; })
      .initial(230)
      .range(50, 1000)
      .decimals(1)
      .doc("Phase to neutral, of an AC pile.");
  keys.number(
          "voltage_ripple", Unit::ratio, [](auto& c) -> auto& { return c.supply.voltage_ripple; })
      .initial(0.01)
      .range(0, 0.2)
      .doc("How much voltages fluctuate, from lowest to highest.");
  keys.number(
          "min_power", Unit::power, [](auto& c) -> auto& { return c.supply.min_power_w; })
      .initial(600)
      .range(0, 50e3)
      .decimals(0)
      .doc("A connector whose share falls below this gets nothing and is suspended_evse.");
  keys.number(
          "efficiency", Unit::ratio, [](auto& c) -> auto& { return c.supply.efficiency; })
      .initial(0.94)
      .range(0.1, 1)
      .doc("The part of the delivered energy that reaches the battery.");
  keys.number(
          "taper_floor", Unit::ratio, [](auto& c) -> auto& { return c.supply.taper_floor; })
      .initial(0.03)
      .range(0.005, 1)
      .doc("The part of its maximum power that a vehicle still takes just before it is full.");
  keys.boolean(
          "stop_when_full", [](auto& c) -> auto& { return c.supply.stop_when_full; })
      .initial(true)
      .doc("Whether a full battery ends the session; otherwise it is suspended_ev until somebody ends it.");
  keys.boolean(
          "plug_and_charge", [](auto& c) -> auto& { return c.supply.plug_and_charge; })
      .initial(false)
      .doc("Whether the cable alone starts a session.");
  keys.duration(
          "connect_timeout", [](auto& c) -> auto& { return c.supply.connect_timeout; })
      .initial(std::chrono::seconds(60))
      .range(std::chrono::seconds(1), std::chrono::hours(24))
      .doc("How long an authorisation waits for the cable.");
  keys.duration(
          "preparing_timeout", [](auto& c) -> auto& { return c.supply.preparing_timeout; })
      .initial(std::chrono::seconds(0))
      .range(std::chrono::seconds(0), std::chrono::hours(24))
      .doc(
          "How long a cable waits for an authorisation before its connector is finishing; 0: for ever. "
          "Drivers "
          "that come by themselves have a patience of their own.");
  keys.boolean(
          "end_on_unplug", [](auto& c) -> auto& { return c.supply.end_on_unplug; })
      .initial(true)
      .doc(
          "Whether the cable out ends the session; otherwise it is suspended_ev, and goes on when the cable "
          "is "
          "back.");
  keys.boolean(
          "end_on_fault", [](auto& c) -> auto& { return c.supply.end_on_fault; })
      .initial(true)
      .doc(
          "Whether a fault ends the sessions that it touches; otherwise they go on when it is cleared. "
          "emergency_stop ends them always.");
  keys.boolean(
          "strict_status", [](auto& c) -> auto& { return c.supply.strict_status; })
      .initial(false)
      .doc(
          "Whether a connector keeps to the status moves of OCPP 1.6: a session after another begins with "
          "preparing, a cable out in a session says finishing first, a fault that is cleared leads back to "
          "preparing where no session was, and what is preparing is given up before it is unavailable. With "
          "dialect ocpp16 it does unless this is set to false.");
}

}  // namespace vfleet::pile
