#include "devices/charging_pile/config.h"

#include "devices/charging_pile/dialects/json/json_dialect.h"
#include "devices/charging_pile/dialects/ocpp16/ocpp16_dialect.h"
#include "devices/charging_pile/dialects/ocpp16/settings_keys.h"
#include "devices/charging_pile/dialects/ykc/ykc_dialect.h"
#include "simulator/device/report_keys.h"

namespace vfleet::pile {
namespace {

config::Struct<Front> front_keys() {
  config::Struct<Front> keys;
  keys.text(
          "vendor", [](auto& c) -> auto& { return c.vendor; })
      .doc("Who made it, as login says.");
  keys.text(
          "model", [](auto& c) -> auto& { return c.model; })
      .doc("Which product it is, as login says.");
  keys.text(
          "firmware", [](auto& c) -> auto& { return c.firmware; })
      .doc("Version of its software, as login says.");
  keys.choice("dialect", [](auto& c) -> auto& { return c.dialect; },
              {{"json", Front::DialectName::json},
               {"ocpp16", Front::DialectName::ocpp16},
               {"ykc", Front::DialectName::ykc}})
      .effect(config::Effect::connection)
      .doc("The protocol that the pile speaks with its platform; ocpp16 needs uplink.ocpp, ykc uplink.ykc.");
  keys.duration(
          "reboot_time", [](auto& c) -> auto& { return c.reboot_time; })
      .range(std::chrono::milliseconds(1), std::chrono::hours(1))
      .doc("How long the pile is off when the platform reboots it.");
  device::add_report_keys(
      keys, "heartbeat", [](auto& c) -> auto& { return c.heartbeat; });
  device::add_report_keys(
      keys, "status", [](auto& c) -> auto& { return c.status; });
  device::add_report_keys(
      keys, "meter", [](auto& c) -> auto& { return c.meter; });
  device::add_period_key(
      keys, "meter", "idle_every", [](auto& c) -> auto& { return c.meter; },
      [](auto& c) -> auto& { return c.meter_idle; },
      "Time between two meter reports of a connector without a session; 0 switches them off.");
  ocpp16::add_keys(keys);
  return keys;
}

// Both are made once: they are the same for every pile.
const config::Struct<Settings>& model_part() {
  static const config::Struct<Settings> keys = settings_keys();
  return keys;
}
const config::Struct<Front>& front_part() {
  static const config::Struct<Front> keys = front_keys();
  return keys;
}

const config::Struct<ykc::YkcConfig>& ykc_part() {
  static const config::Struct<ykc::YkcConfig> keys = ykc::ykc_keys();
  return keys;
}

}  // namespace

config::Schema pile_schema() {
  std::vector<config::Key> keys = model_part().schema().keys();
  for (const config::Schema& part : {front_part().schema(), ykc_part().schema()}) {
    keys.insert(keys.end(), part.keys().begin(), part.keys().end());
  }
  return config::Schema(std::move(keys));
}

Result<std::unique_ptr<const device::DeviceConfig>> build_config(const config::Values& values) {
  auto settings = model_part().build(values);
  auto front = front_part().build(values);
  auto ykc = ykc_part().build(values);
  std::string mistakes;
  const auto judge = [&mistakes](const auto& part) {
    if (!part) mistakes += (mistakes.empty() ? "" : "; ") + part.error().detail;
  };
  judge(settings);
  judge(front);
  judge(ykc);
  if (!mistakes.empty()) return fail(Errc::invalid_argument, std::move(mistakes));
  auto config = std::make_unique<PileConfig>();
  config->settings = std::move(*settings);
  config->front = std::move(*front);
  config->ykc = std::move(*ykc);
  switch (config->front.dialect) {
    case Front::DialectName::json:
      config->dialect = &json_dialect();
      break;
    case Front::DialectName::ocpp16:
      config->dialect = &ocpp16_dialect();
      config->settings.supply.lock_cable = !config->front.ocpp.unlock_connector_on_ev_side_disconnect;
      // Unless somebody says otherwise: a station that breaks the rules is for testing a CSMS.
      if (!values.contains("strict_status")) config->settings.supply.strict_status = true;
      break;
    case Front::DialectName::ykc:
      config->dialect = &ykc_dialect();
      break;
  }
  return config;
}

Status suits(const PileConfig& config, std::string_view uplink) {
  const std::string needed(config.dialect->uplink());
  const bool conversing = uplink == "ocpp" || uplink == "ykc";
  if (!needed.empty() && uplink != needed) {
    return fail(Errc::invalid_argument,
                "dialect: this one needs uplink." + needed + ", not uplink." + std::string(uplink));
  }
  if (needed.empty() && conversing) {
    return fail(Errc::invalid_argument, "dialect: uplink." + std::string(uplink) + " carries " +
                                            (uplink == "ocpp" ? "ocpp16" : "ykc") + " only");
  }
  return {};
}

}  // namespace vfleet::pile
