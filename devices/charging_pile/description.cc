#include "devices/charging_pile/description.h"

#include "devices/charging_pile/answer_rules.h"
#include "devices/charging_pile/config.h"
#include "devices/charging_pile/dialects/ocpp16/reports.h"
#include "devices/charging_pile/dialects/ykc/ykc_dialect.h"
#include "devices/charging_pile/model/faults.h"
#include "devices/charging_pile/model/status.h"

namespace vfleet::pile {
namespace {

using config::Key;
using config::Kind;
using config::Value;
using device::ActionDescription;
using device::FieldDescription;
using device::ReportDescription;
using device::StateDescription;

std::vector<std::string> status_words() {
  std::vector<std::string> words;
  for (int i = 0; i < kConnectorStatuses; ++i) {
    words.emplace_back(to_string(static_cast<ConnectorStatus>(i)));
  }
  return words;
}

const FieldDescription kStatus{"status", "text", "",
                               "Status of the connector, or the most significant of all."};
const FieldDescription kFault{"fault", "text", "", "Code of a fault that is raised, or none."};
const FieldDescription kSession{"session", "text", "", "Id of the running session; empty without one."};
const FieldDescription kSoc{"soc", "number", "%", "State of charge of the vehicle; 0 without one."};
const FieldDescription kTemperature{"temperature_c", "number", "degC", "Temperature inside the pile."};
const FieldDescription kUptime{"uptime_s", "number", "s", "Since power on."};
const FieldDescription kCard{"card", "text", "", "Card that the session belongs to; empty for none."};
const FieldDescription kStarted{"started_us", "number", "us", "When the session began, since 1970 UTC."};
const FieldDescription kMeterStart{"meter_start_wh", "number", "Wh",
                                   "Energy register when the session began."};
const FieldDescription kDuration{"duration_s", "number", "s", "Since the session began."};

std::vector<ReportDescription> json_reports() {
  return {
      {"login",
       "Sent when the connection stands, before anything else.",
       false,
       false,
       {{"vendor", "text", "", "Who made it."},
        {"model", "text", "", "Which product it is."},
        {"firmware", "text", "", "Version of its software."},
        {"kind", "text", "", "ac or dc."},
        {"connectors", "number", "", "How many it has."},
        {"rated_power_w", "number", "W", "What the whole pile can give."},
        kUptime}},
      {"heartbeat",
       "Sent on schedule: the pile is alive.",
       true,
       false,
       {kUptime, kStatus, {"power_w", "number", "W", "Of all connectors."}, kTemperature}},
      {"status",
       "A connector's status: on change, on schedule and after login.",
       true,
       true,
       {kStatus,
        kFault,
        {"plugged", "boolean", "", "Whether a cable is in."},
        {"authorized", "boolean", "", "Whether a session runs or may start as soon as the cable is in."},
        kSession,
        kTemperature}},
      {"meter",
       "A connector's meter, on schedule; power_w is voltage_v x current_a x phases exactly.",
       true,
       true,
       {kStatus,
        {"voltage_v", "number", "V", "DC: of the battery; AC: phase to neutral."},
        {"current_a", "number", "A", "On each conductor."},
        {"phases", "number", "", "1 for DC."},
        {"power_w", "number", "W", ""},
        {"energy_wh", "number", "Wh", "The register; it never goes back."},
        kSession,
        {"session_energy_wh", "number", "Wh", "Of the running session."},
        kDuration,
        kSoc,
        kTemperature}},
      {"session_start",
       "A session began.",
       false,
       true,
       {kSession,
        kCard,
        {"started_by", "text", "", "card, local, remote or cable."},
        kStarted,
        kMeterStart,
        kSoc,
        {"vehicle", "text", "", "Name of the vehicle in the pool."},
        {"battery_wh", "number", "Wh", "Its capacity."}}},
      {"session_end",
       "A session ended: the bill. Totals are the sums of the periods.",
       false,
       true,
       {kSession,
        {"reason", "text", "",
         "local, card, remote, ev_disconnected, battery_full, target_reached, fault, emergency_stop, reboot, "
         "power_loss, de_authorized, unlock, hard_reset or soft_reset."},
        kCard,
        kStarted,
        {"ended_us", "number", "us", "When it ended, since 1970 UTC."},
        kDuration,
        kMeterStart,
        {"meter_stop_wh", "number", "Wh", "Energy register when the session ended."},
        {"energy_wh", "number", "Wh", "meter_stop_wh - meter_start_wh."},
        kSoc,
        {"periods", "object", "",
         "For sharp, peak, flat and valley each: price of 1 kWh, energy_wh, amount."},
        {"amount", "number", "", "What the session costs."}}},
      {"fault",
       "A fault was raised or cleared; channel 0 is the whole pile.",
       false,
       false,
       {{"code", "text", "", "Which."}, {"state", "text", "", "raised or cleared."}, kStatus, kTemperature}},
      {"config_changed",
       "The configuration changed while the pile ran; what platforms care for.",
       false,
       false,
       {{"rated_power_w", "number", "W", ""},
        {"power_limit", "number", "", "The part of it that may be used."},
        {"connectors", "number", "", "After the next boot."},
        {"heartbeat_s", "number", "s", "Period."},
        {"status_s", "number", "s", "Period."},
        {"meter_s", "number", "s", "Period while charging."},
        {"meter_idle_s", "number", "s", "Period otherwise."},
        {"prices", "object", "", "Of 1 kWh, by period."}}},
      {"answer",
       "Answers a message of the platform: the envelope's id is the request's.",
       false,
       false,
       {{"type", "text", "", "Of the request."},
        {"code", "number", "",
         "200 done, 202 waits for the cable, 400 malformed, 404 unknown type, 409 refused."},
        {"msg", "text", "", "The reason."}}},
  };
}

std::vector<ReportDescription> reports() {
  std::vector<ReportDescription> all = json_reports();
  for (ReportDescription& each : ocpp16::report_descriptions()) all.push_back(std::move(each));
  for (auto& each : ykc::ykc_reports()) all.push_back(std::move(each));
  return all;
}

Key connector(bool station_too) {
  Key key;
  key.path = "connector";
  key.kind = Kind::integer;
  key.minimum = station_too ? 0 : 1;
  key.maximum = kConnectorsMax;
  key.initial = Value{std::int64_t{station_too ? 0 : 1}};
  key.doc = station_too ? "Which connector; 0: the whole pile." : "Which connector, from 1.";
  return key;
}

Key text(std::string path, std::string initial, std::string doc) {
  Key key;
  key.path = std::move(path);
  key.initial = Value{std::move(initial)};
  key.doc = std::move(doc);
  return key;
}

Key number(std::string path, Unit unit, double maximum, std::string doc) {
  Key key;
  key.path = std::move(path);
  key.kind = Kind::number;
  key.unit = unit;
  key.minimum = 0;
  key.maximum = maximum;
  key.initial = Value{0.0};
  key.doc = std::move(doc);
  return key;
}

Key code(std::vector<std::string> words, std::string initial, std::string doc) {
  Key key;
  key.path = "code";
  key.kind = Kind::choice;
  key.choices = std::move(words);
  key.initial = Value{std::move(initial)};
  key.doc = std::move(doc);
  return key;
}

std::vector<ActionDescription> actions() {
  std::vector<std::string> words_and_all = fault_words();
  words_and_all.emplace_back("all");
  return {
      {"plug",
       "A vehicle plugs in. Needs a connector without one.",
       false,
       {connector(false), text("vehicle", "", "Name from the pool `vehicles`; empty: drawn by weight."),
        number("soc", Unit::ratio, 1, "State of charge on arrival; 0: drawn from the vehicle's range.")}},
      {"unplug", "The cable is pulled; a running session ends.", false, {connector(false)}},
      {"swipe",
       "A card: starts a session, or authorises one that waits for the cable; the same card again stops it.",
       false,
       {connector(false), text("card", "00000001", "At most 20 characters.")}},
      {"start",
       "Start at the pile. Needs a vehicle.",
       false,
       {connector(false),
        number("soc", Unit::ratio, 1, "State of charge at which the session ends; 0: full."),
        number("energy", Unit::energy, 1e7, "Energy after which the session ends; 0: no limit.")}},
      {"stop", "Stop at the pile; the cable stays in.", false, {connector(false)}},
      {"estop",
       "Somebody hits the emergency stop: every session ends, until `clear code=emergency_stop`.",
       false,
       {}},
      {"fault",
       "Raises a fault; sessions that it touches end, the status is faulted until it is cleared.",
       true,
       {code(fault_words(), "over_temperature", "Which fault."), connector(true)},
       "clear",
       "fault"},
      {"clear",
       "Clears faults. With connector 0 those of the pile and of every connector.",
       true,
       {code(std::move(words_and_all), "all", "Which fault; all: every one."), connector(true)}},
      {"disable",
       "Takes a connector out of service. Needs one without a session.",
       false,
       {connector(false)}},
      {"enable", "Puts a connector into service again.", false, {connector(false)}},
      {"tamper",
       "Somebody tampers with the housing: of ocpp16 the security event TamperDetectionActivated.",
       false,
       {text("info", "", "techInfo of the event; at most 255 characters.")}},
      {"answer",
       "What the pile answers the platform next, in place of its own answer: other fields, late, or nothing. "
       "An "
       "answer that is made to refuse also keeps the pile from doing what was asked.",
       false, answer_rule_args()},
  };
}

std::vector<StateDescription> states() {
  std::vector<std::string> faults = fault_words();
  faults.insert(faults.begin(), "none");
  std::vector<StateDescription> all = {
      {"status", "The most significant status of the connectors.", status_words()},
      {"connectorN.status", "Status of connector N: connector1.status, ...", status_words()},
      {"session", "Whether a session runs on any connector.", {"true", "false"}},
      {"soc", "State of charge in % of the first session's vehicle, or else of the first vehicle.", {}},
      {"power_w", "What the pile gives now, all connectors.", {}},
      {"energy_wh", "Sum of the energy registers.", {}},
      {"temperature_c", "Temperature inside.", {}},
      {"fault", "A fault that is raised, or none.", std::move(faults)},
      {"not_understood", "Messages of the platform that were malformed or of unknown type.", {}},
      {"registration",
       "Of ocpp16: what the CSMS said of BootNotification.",
       {"none", "pending", "rejected", "accepted"}},
      {"connectorN.transaction",
       "Of ocpp16: the CSMS's number of the transaction on connector N; 0: none, -1: not known yet.",
       {}},
      {"queued_messages", "Of ocpp16: transaction messages that wait for their answer.", {}},
      {"dropped_messages",
       "Of ocpp16: transaction messages that were given up, or gave way in a full queue.",
       {}},
      {"refused_cards", "Of ocpp16: cards that were not accepted.", {}},
      {"malformed_messages", "Of ocpp16: messages of the CSMS that were malformed or of unknown action.", {}},
      {"charging_profiles", "Of ocpp16: charging profiles that are installed.", {}},
      {"local_list_version", "Of ocpp16: version of the local list; 0: it is empty.", {}},
      {"firmware_update", "Of ocpp16: what was last told of an update that goes on, or Idle.", {}},
      {"log_upload", "Of ocpp16: Uploading while diagnostics or a log go out, or Idle.", {}},
      {"answer_rules", "Of ocpp16: how many `answer` actions hold.", {}},
  };
  for (auto& each : ykc::ykc_states()) all.push_back(std::move(each));
  return all;
}

}  // namespace

const device::TypeDescription& pile_description() {
  static const device::TypeDescription description{
      .name = "charging_pile",
      .doc =
          "A charging pile for electric vehicles, AC or DC, with one or more connectors that share its "
          "power.",
      .reports = reports(),
      .actions = actions(),
      .states = states(),
      .schema = pile_schema(),
  };
  return description;
}

}  // namespace vfleet::pile
