#include "devices/ip_camera/description.h"

#include "devices/ip_camera/action_names.h"
#include "devices/ip_camera/config.h"
#include "devices/ip_camera/dialect.h"
#include "devices/ip_camera/reports.h"

namespace vfleet::devices::ip_camera {
namespace {

using config::Key;
using config::Kind;
using config::Value;
using device::ActionDescription;
using device::FieldDescription;
using device::ReportDescription;
using namespace std::chrono_literals;

std::vector<ReportDescription> reports() {
  std::vector<ReportDescription> out(kReports);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].name = kReportNames[i];
  const auto put = [&](device::ReportIndex i, std::string doc, std::vector<FieldDescription> fields) {
    out[i].doc = std::move(doc);
    out[i].fields = std::move(fields);
  };
  put(kLogin, "Who the camera is; sent when it connects, answered by the platform.",
      {{"sn", "text", "", "serial number"},
       {"model", "text", "", ""},
       {"fw", "text", "", "firmware version"},
       {"hw", "text", "", "hardware version"},
       {"mac", "text", "", ""},
       {"ip", "text", "", ""},
       {"proto", "number", "", "version of this dialect"},
       {"capabilities", "list", "", "what the camera can do"},
       {"ts", "number", "ms", "the camera's own clock"},
       {"nonce", "text", "", "with a secret only"},
       {"sign", "text", "", "hex HMAC-SHA256(secret, dev + ts + nonce), with a secret only"}});
  put(kHeartbeat, "A sign of life.",
      {{"uptimeSec", "number", "s", "since the last boot"},
       {"cpu", "number", "%", ""},
       {"mem", "number", "%", ""},
       {"tempC", "number", "C", "inside the housing"},
       {"rssi", "number", "dBm", "of its radio link"}});
  put(kStatus, "All that lasts: storage, streams, recording, guard, position, faults.",
      {{"status", "text", "", "normal, alarm, fault or upgrading"},
       {"storage", "list", "", "id, state, totalMB, freeMB, recordDays"},
       {"streams", "list", "", "id, codec, width, height, fps, bitrateKbps, gop, clients"},
       {"channels", "object", "", "total, online"},
       {"recording", "boolean", "", "whether anything is recorded now"},
       {"recordMode", "text", "", "continuous, event or off"},
       {"guard", "boolean", "", "whether the guard is on"},
       {"alarmActive", "boolean", "", "whether an event goes on"},
       {"dayNight", "text", "", "day or night"},
       {"tempC", "number", "C", ""},
       {"fw", "text", "", "firmware version"},
       {"faults", "list", "", "codes of the faults that are there"},
       {"ptz", "object", "", "pan, tilt (degrees), zoom (factor), moving; of cameras that turn"},
       {"clockSkewMs", "number", "ms", "how far the camera's clock is ahead"}});
  put(kEvent, "Something is seen or undergone: its start, how it goes on, its end.",
      {{"eventId", "text", "", "the same from start to end, else unique"},
       {"phase", "text", "", "start, update or end"},
       {"kind", "text", "",
        "motion, person, vehicle, face, plate, intrusion, tripwire, loitering, audio, tamper, covered, "
        "videoLost, storageFull, storageError"},
       {"level", "number", "", "1 (information) .. 4 (act now)"},
       {"score", "number", "", "0..1"},
       {"ts", "number", "ms", "the camera's own clock"},
       {"durationMs", "number", "ms", "since the start"},
       {"region", "number", "", "of motion.regions, 1 when there are none"},
       {"objects", "list", "", "label, score, box [x, y, w, h] in 0..1, attrs"}});
  put(kSnapshot, "A picture: a small JPEG that shows what goes on.",
      {{"snapId", "text", "", "of the request"},
       {"index", "number", "", "from 1"},
       {"count", "number", "", "pictures of the request"},
       {"ts", "number", "ms", "the camera's own clock"},
       {"files", "list", "", "name, size, sha256 (hex), w, h, image (base64 of the JPEG)"}});
  put(kConfig, "A section of the configuration, or all of it; asked for by config_get.",
      {{"section", "text", "", "all, video, osd, image, motion, masks, record, heartbeat, network or ntp"},
       {"version", "number", "", "rises with each change"}});
  put(kOta, "How a firmware upgrade goes on.",
      {{"jobId", "text", "", ""},
       {"version", "text", "", "the new one"},
       {"state", "text", "", "queued, downloading, verifying, installing, rebooting, done or failed"},
       {"progress", "number", "%", "of the download"},
       {"size", "number", "B", ""},
       {"url", "text", "", ""},
       {"reason", "text", "", "of a failure"},
       {"fw", "text", "", "the version that runs now"}});
  put(kLog, "A line of the camera's own log (reports.log.enabled).",
      {{"ts", "number", "ms", "the camera's own clock"},
       {"level", "text", "", "info or warn"},
       {"text", "text", "", ""}});
  put(kAnswer, "The answer to a message of the platform; repeats its id.",
      {{"code", "number", "", "200 done, 400 malformed, 404 unknown type, 409 refused"},
       {"msg", "text", "", "the reason"},
       {"applied", "list", "", "keys that a config_set changed"},
       {"rejected", "list", "", "key and reason of those it did not"}});
  put(kConfigChanged, "The configuration changed, by an operator or the platform.",
      {{"version", "number", "", "rises with each change"}, {"changed", "object", "", "new values by key"}});
  for (const auto i : {kHeartbeat, kStatus, kSnapshot}) out[i].scheduled = true;
  for (const auto i : {kEvent, kSnapshot}) out[i].per_channel = true;
  return out;
}

Key key(std::string path, Kind kind, Value initial, std::string doc) {
  Key out;
  out.path = std::move(path);
  out.kind = kind;
  out.initial = std::move(initial);
  out.doc = std::move(doc);
  return out;
}

Key within(Key key, double low, double high) {
  key.minimum = low;
  key.maximum = high;
  return key;
}

Key choice(std::string path, std::vector<std::string> words, std::string initial, std::string doc) {
  Key out = key(std::move(path), Kind::choice, Value{std::move(initial)}, std::move(doc));
  out.choices = std::move(words);
  return out;
}

Key integer(std::string path, std::int64_t initial, double low, double high, std::string doc) {
  return within(key(std::move(path), Kind::integer, Value{initial}, std::move(doc)), low, high);
}

Key duration(std::string path, Duration initial, Duration low, Duration high, std::string doc) {
  Key out = within(key(std::move(path), Kind::duration, Value{initial}, std::move(doc)), to_seconds(low),
                   to_seconds(high));
  out.unit = Unit::duration;
  return out;
}

ActionDescription action(std::string_view name, std::string doc, std::vector<Key> args = {}) {
  return {.name = std::string(name), .doc = std::move(doc), .durable = false, .args = std::move(args)};
}

template <std::size_t N>
std::vector<std::string> words(const std::array<std::string_view, N>& list) {
  return {list.begin(), list.end()};
}

ActionDescription event_action(const model::KindTraits& kind) {
  const bool lasting = !kind.needs_picture && kind.name != "audio";
  Key score = within(key("score", Kind::number, Value{0.9}, "How sure the detector is."), 0, 1);
  score.unit = Unit::ratio;
  std::string name(kind.name);
  std::string doc = "'" + name + "' begins on a channel, or goes on with new figures.";
  if (kind.analytic) doc += " Refused when disarmed and guard.ai_only_when_armed.";
  return action(kind.name, std::move(doc),
                {integer("channel", 1, 1, 256, "Channel."),
                 duration("duration", lasting ? 30s : 10s, 0s, 24h, "How long it lasts; 0: until end_event."),
                 std::move(score), integer("level", 0, 0, 4, "1 .. 4; 0: usual for the kind.")});
}

std::vector<ActionDescription> actions() {
  std::vector<ActionDescription> out;
  for (std::size_t i = 0; i < model::kArrivingKinds; ++i) out.push_back(event_action(model::kKinds[i]));

  std::vector<std::string> kinds{std::string(action::kAll)};
  for (std::size_t i = 0; i < model::kArrivingKinds; ++i) kinds.emplace_back(model::kKinds[i].name);
  out.push_back(action(action::kEndEvent, "Ends events that are active.",
                       {choice("kind", std::move(kinds), "all", "Which."),
                        integer("channel", 0, 0, 256, "Channel; 0: all.")}));
  const auto axis = [](std::string name, std::string doc) {
    return key(std::move(name), Kind::text, Value{std::string(action::kKeep)}, std::move(doc));
  };
  out.push_back(
      action(action::kPtz, "Turns the camera.",
             {choice("mode", {"go", "move", "stop", "preset", "set_preset", "delete_preset"}, "go",
                     "go: to a place; move: at a speed; preset: to a stored place."),
              axis("pan", "go: degrees; move: speed -1..1."), axis("tilt", "go: degrees; move: speed -1..1."),
              axis("zoom", "go: factor from 1; move: speed -1..1."),
              duration("duration", 0s, 0s, 1h, "Of a move; 0: until stopped or at the limit."),
              integer("preset", 1, 1, 255, "Number of the preset.")}));
  out.push_back(action(action::kRecord, "Changes what is recorded.",
                       {choice("mode", words(model::kRecordModes), "continuous", "The new mode.")}));
  out.push_back(
      action(action::kGuard, "Arms or disarms.", {key("on", Kind::boolean, Value{true}, "Armed or not.")}));
  out.push_back(
      action(action::kStorageFull, "The storage is full and refuses to overwrite until it is formatted."));
  out.push_back(action(action::kStorageError, "The storage cannot be used until it is formatted."));
  out.push_back(action(action::kFormatStorage, "Empties and mends the storage."));
  out.push_back(action(action::kSnapshot, "Takes pictures.",
                       {integer("channel", 1, 1, 256, "Channel."),
                        integer("count", 1, 1, model::Camera::kSnapshotsMax, "How many."),
                        duration("interval", 1s, 50ms, 1h, "Time between two.")}));
  out.push_back(
      action(action::kOta, "Upgrades the firmware.",
             {key("version", Kind::text, Value{std::string()}, "The new version; empty: the next one."),
              key("url", Kind::text, Value{std::string()}, "Where from; told, not fetched."),
              choice("fail", {"no", "download", "verify", "install"}, "no",
                     "Where to fail; no: as ota.failure has it.")}));
  out.push_back(
      action(action::kClockSkew, "Puts the camera's clock wrong.",
             {within(key("seconds", Kind::number, Value{0.0}, "Ahead; below 0 behind."), -1e9, 1e9)}));
  out.push_back(action(action::kFault, "Something breaks, until it is cleared.",
                       {choice("code", words(model::kFaults), "over_temperature", "What.")}));
  std::vector<std::string> codes = words(model::kFaults);
  codes.emplace(codes.begin(), action::kAll);
  out.push_back(action(action::kClear, "Mends faults.", {choice("code", std::move(codes), "all", "Which.")}));
  out[out.size() - 2].durable = out.back().durable = true;
  out[out.size() - 2].undone_by = action::kClear;
  return out;
}

std::vector<device::StateDescription> states() {
  return {{"status", "The worst that holds: upgrading, fault, alarm, normal.", words(model::kConditions)},
          {"recording", "on: bytes are written; standby: waits for an event.", {"on", "standby", "off"}},
          {"record_mode", "What is recorded.", words(model::kRecordModes)},
          {"guard", "Whether the guard is on.", {"armed", "disarmed"}},
          {"storage", "State of the card or disk.", words(model::kStorageStates)},
          {"storage_used", "Its used part, 0..1.", {}},
          {"firmware", "The version that runs.", {}},
          {"day_night", "Whether the picture is by day or infrared.", {"day", "night"}},
          {"temperature_c", "Inside the housing, degrees Celsius.", {}},
          {"events", "How many are active.", {}},
          {"pan", "Degrees.", {}},
          {"tilt", "Degrees.", {}},
          {"zoom", "Factor, 1 is wide.", {}},
          {"channels_online", "Channels with a picture.", {}},
          {"clock_skew_s", "How far the camera's clock is ahead, seconds.", {}},
          {"faults", "Codes of the faults that are there, spaces between.", {}}};
}

}  // namespace

device::TypeDescription describe_ip_camera() {
  return {.name = "ip_camera",
          .doc = "A network camera or recorder: channels, streams, storage, events, PTZ, firmware.",
          .reports = reports(),
          .actions = actions(),
          .states = states(),
          .schema = camera_schema()};
}

}  // namespace vfleet::devices::ip_camera
