#include "devices/ip_camera/config.h"

#include <string_view>

#include "simulator/device/report_keys.h"

namespace vfleet::devices::ip_camera {
namespace {

using config::Effect;
using model::DayNightMode;
using model::RecordMode;
using namespace std::chrono_literals;

using Keys = config::Struct<CameraConfig>;

void identity_keys(Keys& keys) {
  keys.integer(
          "channels", [](auto& c) -> auto& { return c.model.channels; })
      .range(1, 256)
      .effect(Effect::boot)
      .doc("Video channels: 1 for a camera, more for a recorder.");
  keys.text(
          "vendor", [](auto& c) -> auto& { return c.vendor; })
      .doc("Maker, as the login tells it.");
  keys.text(
          "model", [](auto& c) -> auto& { return c.model_name; })
      .doc("Model, as the login tells it.");
  keys.text(
          "hardware", [](auto& c) -> auto& { return c.hardware; })
      .doc("Hardware version.");
  keys.text(
          "firmware", [](auto& c) -> auto& { return c.model.firmware; })
      .doc("Firmware version at first; an upgrade changes the device's own.");
  keys.text(
          "secret", [](auto& c) -> auto& { return c.secret; })
      .secret()
      .doc("Key of the login's HMAC-SHA256 sign; empty: the login carries none.");
  keys.number(
          "timezone", Unit::none, [](auto& c) -> auto& { return c.model.timezone_hours; })
      .range(-12, 14)
      .decimals(2)
      .doc("Hours ahead of UTC where the camera hangs.");
  keys.number(
          "ambient", Unit::temperature, [](auto& c) -> auto& { return c.model.ambient_c; })
      .range(-60, 80)
      .decimals(1)
      .doc("Mean temperature around the camera.");
  keys.duration(
          "reboot_time", [](auto& c) -> auto& { return c.model.reboot_down; })
      .range(100ms, 10min)
      .doc("How long the camera is away when the platform reboots it.");
}

template <std::size_t I>
void stream_keys(Keys& keys, const std::string& name, const std::string& what) {
  const std::string section = "streams." + name + ".";
  const model::StreamSettings usual =
      I == 0 ? model::StreamSettings{}
             : model::StreamSettings{.width = 640, .height = 360, .fps = 15, .gop = 30, .bitrate_bps = 512e3};
  keys.boolean(
          section + "enabled", [](auto& c) -> auto& { return c.model.streams[I].enabled; })
      .initial(usual.enabled)
      .doc("Whether the " + what + " is there.");
  keys.choice(section + "codec", [](auto& c) -> auto& { return c.model.streams[I].codec; },
              {{"h264", model::Codec::h264}, {"h265", model::Codec::h265}})
      .doc("Codec of the " + what + ".");
  keys.integer(
          section + "width", [](auto& c) -> auto& { return c.model.streams[I].width; })
      .initial(usual.width)
      .range(64, 15360)
      .doc("Width of the " + what + " in pixels.");
  keys.integer(
          section + "height", [](auto& c) -> auto& { return c.model.streams[I].height; })
      .initial(usual.height)
      .range(64, 8640)
      .doc("Height of the " + what + " in pixels.");
  keys.integer(
          section + "fps", [](auto& c) -> auto& { return c.model.streams[I].fps; })
      .initial(usual.fps)
      .range(1, 240)
      .doc("Pictures a second of the " + what + ".");
  keys.integer(
          section + "gop", [](auto& c) -> auto& { return c.model.streams[I].gop; })
      .initial(usual.gop)
      .range(1, 1000)
      .doc("Pictures from one key frame to the next of the " + what + ".");
  keys.number(
          section + "bitrate", Unit::bitrate, [](auto& c) -> auto& { return c.model.streams[I].bitrate_bps; })
      .initial(usual.bitrate_bps)
      .range(8e3, 200e6)
      .decimals(0)
      .doc(I == 0 ? "Bit rate of the main stream; it is what fills the storage."
                  : "Bit rate of the sub stream.");
}

void rectangle_keys(config::Struct<model::Region>& keys) {
  const auto part = [&](const char* path, auto get, const char* doc) {
    keys.number(path, Unit::none, get).range(0, 1).decimals(4).required().doc(doc);
  };
  part(
      "x", [](auto& r) -> auto& { return r.x; }, "Left edge, a part of the picture's width.");
  part(
      "y", [](auto& r) -> auto& { return r.y; }, "Upper edge, a part of the picture's height.");
  part(
      "w", [](auto& r) -> auto& { return r.w; }, "Width, a part of the picture's.");
  part(
      "h", [](auto& r) -> auto& { return r.h; }, "Height, a part of the picture's.");
}

void image_keys(Keys& keys) {
  keys.boolean(
          "osd.time", [](auto& c) -> auto& { return c.osd.time; })
      .doc("Whether the time stands in the picture.");
  keys.text(
          "osd.title", [](auto& c) -> auto& { return c.osd.title; })
      .doc("Title in the picture.");
  keys.number(
          "osd.x", Unit::none, [](auto& c) -> auto& { return c.osd.x; })
      .range(0, 1)
      .decimals(4)
      .doc("Where the text begins, a part of the width.");
  keys.number(
          "osd.y", Unit::none, [](auto& c) -> auto& { return c.osd.y; })
      .range(0, 1)
      .decimals(4)
      .doc("Where the text begins, a part of the height.");
  keys.boolean(
          "image.mirror", [](auto& c) -> auto& { return c.mirror; })
      .doc("Whether the picture is mirrored.");
  keys.boolean(
          "image.wdr", [](auto& c) -> auto& { return c.wdr; })
      .doc("Wide dynamic range.");
  config::Struct<model::Region> mask;
  rectangle_keys(mask);
  keys.records<model::Region>(
          "masks", [](auto& c) -> auto& { return c.masks; }, mask)
      .doc("Privacy masks: rectangles that pictures show black.");
  keys.integer(
          "snapshot.quality", [](auto& c) -> auto& { return c.snapshot_quality; })
      .range(10, 95)
      .doc("JPEG quality of snapshots.");

  keys.choice("day_night.mode", [](auto& c) -> auto& { return c.model.day_night.mode; },
              {{"auto", DayNightMode::automatic}, {"day", DayNightMode::day}, {"night", DayNightMode::night}})
      .doc("auto: by the hour, with infrared light at night.");
  keys.duration(
          "day_night.day_from", [](auto& c) -> auto& { return c.model.day_night.day_from; })
      .range(0s, 24h)
      .doc("When the day begins, since local midnight.");
  keys.duration(
          "day_night.day_until", [](auto& c) -> auto& { return c.model.day_night.day_until; })
      .range(0s, 24h)
      .doc("When the day ends, since local midnight.");
  keys.duration(
          "day_night.spread", [](auto& c) -> auto& { return c.model.day_night.spread; })
      .range(0s, 3h)
      .doc("Each camera switches by its own part of this later.");
}

void storage_keys(Keys& keys) {
  keys.boolean(
          "storage.present", [](auto& c) -> auto& { return c.model.storage.present; })
      .doc("Whether there is a card or disk.");
  keys.number(
          "storage.capacity", Unit::size, [](auto& c) -> auto& { return c.model.storage.capacity_bytes; })
      .range(64e6, 1e15)
      .decimals(0)
      .doc("Its size.");
  keys.boolean(
          "storage.recycle", [](auto& c) -> auto& { return c.model.storage.recycle; })
      .doc("true: the oldest recordings make room; false: a full card ends the recording.");
  keys.number(
          "storage.recycle_step", Unit::ratio, [](auto& c) -> auto& { return c.model.storage.recycle_step; })
      .range(0.001, 1)
      .doc("How much of the card is freed at a time.");
  keys.number(
          "storage.used_at_start", Unit::ratio,
          [](auto& c) -> auto& { return c.model.storage.used_at_start; })
      .range(0, 1)
      .effect(Effect::fleet)
      .doc("Each camera starts with a random fill up to this.");
  keys.choice(
          "record.mode", [](auto& c) -> auto& { return c.model.record_mode; },
          {{"continuous", RecordMode::continuous}, {"event", RecordMode::event}, {"off", RecordMode::off}})
      .doc("What is recorded; event: a channel records while something happens on it.");
}

template <std::size_t... I>
void rate_keys(Keys& keys, std::index_sequence<I...>) {
  // Per hour and channel, by day.
  constexpr std::array<double, model::kArrivingKinds> kPerHour{12,  3,   2,   0.5, 0.5, 0.2,
                                                               0.2, 0.1, 0.3, 0,   0,   0};
  (keys.number(
           "events." + std::string(model::kKinds[I].name) + ".rate", Unit::frequency,
           [](auto& c) -> auto& { return c.model.events.rate_per_s[I]; })
       .initial(kPerHour[I] / 3600)
       .range(0, 10)
       .doc("How often '" + std::string(model::kKinds[I].name) + "' begins on a channel by day."),
   ...);
}

void event_keys(Keys& keys) {
  rate_keys(keys, std::make_index_sequence<model::kArrivingKinds>{});
  keys.number(
          "events.night_factor", Unit::ratio, [](auto& c) -> auto& { return c.model.events.night_factor; })
      .range(0, 100)
      .doc("Rates at night, as a part of those by day.");
  keys.duration(
          "events.duration", [](auto& c) -> auto& { return c.model.events.duration; })
      .range(100ms, 24h)
      .doc("Mean duration of an event.");
  keys.duration(
          "events.update_every", [](auto& c) -> auto& { return c.model.events.update_every; })
      .range(0s, 1h)
      .doc("Time between the updates of an event; 0: none.");
  keys.integer(
          "events.max_active", [](auto& c) -> auto& { return c.model.events.max_active; })
      .range(1, 14)
      .doc("How many events a channel has at a time.");
  keys.boolean(
          "motion.enabled", [](auto& c) -> auto& { return c.model.motion_enabled; })
      .doc("Whether motion is detected.");
  keys.integer(
          "motion.sensitivity", [](auto& c) -> auto& { return c.model.motion_sensitivity; })
      .range(0, 100)
      .doc("50 detects motion at its rate, 100 twice as often, 0 never.");
  config::Struct<model::Region> region;
  region
      .integer(
          "id", [](auto& r) -> auto& { return r.id; })
      .range(1, 64)
      .required()
      .doc("Number of the region.");
  rectangle_keys(region);
  keys.records<model::Region>(
          "motion.regions", [](auto& c) -> auto& { return c.motion_regions; }, region)
      .doc("Where is looked for motion; none: everywhere.");
  keys.boolean(
          "guard.armed", [](auto& c) -> auto& { return c.model.armed; })
      .doc("Whether the guard is on at first and after a change of this key.");
  keys.boolean(
          "guard.ai_only_when_armed", [](auto& c) -> auto& { return c.model.ai_only_when_armed; })
      .doc("Whether events of AI analysis need the guard.");
}

void ptz_keys(Keys& keys) {
  keys.boolean(
          "ptz.enabled", [](auto& c) -> auto& { return c.model.ptz.enabled; })
      .doc("Whether the camera turns.");
  const auto angle = [&](const char* path, auto get, double low, double high, const char* doc) {
    keys.number(path, Unit::none, get).range(low, high).decimals(2).doc(doc);
  };
  angle(
      "ptz.pan_min", [](auto& c) -> auto& { return c.model.ptz.pan_min; }, -360, 360, "Left limit, degrees.");
  angle(
      "ptz.pan_max", [](auto& c) -> auto& { return c.model.ptz.pan_max; }, -360, 360,
      "Right limit, degrees.");
  angle(
      "ptz.tilt_min", [](auto& c) -> auto& { return c.model.ptz.tilt_min; }, -90, 90,
      "Lower limit, degrees.");
  angle(
      "ptz.tilt_max", [](auto& c) -> auto& { return c.model.ptz.tilt_max; }, -90, 90,
      "Upper limit, degrees.");
  angle(
      "ptz.zoom_max", [](auto& c) -> auto& { return c.model.ptz.zoom_max; }, 1, 60, "Greatest zoom factor.");
  angle(
      "ptz.pan_speed", [](auto& c) -> auto& { return c.model.ptz.pan_speed; }, 0.1, 720, "Degrees a second.");
  angle(
      "ptz.tilt_speed", [](auto& c) -> auto& { return c.model.ptz.tilt_speed; }, 0.1, 720,
      "Degrees a second.");
  angle(
      "ptz.zoom_speed", [](auto& c) -> auto& { return c.model.ptz.zoom_speed; }, 0.1, 60,
      "Zoom factors a second.");
  config::Struct<model::Preset> preset;
  preset
      .integer(
          "id", [](auto& p) -> auto& { return p.id; })
      .range(1, 255)
      .required()
      .doc("Number of the preset.");
  preset
      .number(
          "pan", Unit::none, [](auto& p) -> auto& { return p.pan; })
      .range(-360, 360)
      .doc("Degrees.");
  preset
      .number(
          "tilt", Unit::none, [](auto& p) -> auto& { return p.tilt; })
      .range(-90, 90)
      .doc("Degrees.");
  preset
      .number(
          "zoom", Unit::none, [](auto& p) -> auto& { return p.zoom; })
      .range(1, 60)
      .doc("Zoom factor.");
  keys.records<model::Preset>(
          "ptz.presets", [](auto& c) -> auto& { return c.model.ptz.presets; }, preset)
      .doc("Places that the camera knows by number.");
}

void ota_keys(Keys& keys) {
  keys.duration(
          "ota.queue", [](auto& c) -> auto& { return c.model.ota.queue; })
      .range(0s, 24h)
      .doc("From the order to the start of the download.");
  keys.number(
          "ota.image_size", Unit::size, [](auto& c) -> auto& { return c.model.ota.image_bytes; })
      .range(1, 100e9)
      .decimals(0)
      .doc("Size of the firmware when the order does not say.");
  keys.number(
          "ota.download_rate", Unit::bitrate, [](auto& c) -> auto& { return c.model.ota.download_bps; })
      .range(1e3, 100e9)
      .decimals(0)
      .doc("Speed of the download.");
  keys.number(
          "ota.report_step", Unit::ratio, [](auto& c) -> auto& { return c.model.ota.report_step; })
      .range(0.01, 1)
      .doc("A progress report each so much of the download.");
  keys.duration(
          "ota.verify_time", [](auto& c) -> auto& { return c.model.ota.verify; })
      .range(0s, 1h)
      .doc("How long the image is verified.");
  keys.duration(
          "ota.install_time", [](auto& c) -> auto& { return c.model.ota.install; })
      .range(0s, 1h)
      .doc("How long the image is installed.");
  keys.duration(
          "ota.reboot_time", [](auto& c) -> auto& { return c.model.ota.reboot; })
      .range(100ms, 1h)
      .doc("How long the camera is away for the new firmware to start.");
  keys.number(
          "ota.failure", Unit::ratio, [](auto& c) -> auto& { return c.model.ota.failure; })
      .range(0, 1)
      .doc("Probability that an upgrade fails.");
}

void network_keys(Keys& keys) {
  keys.text(
          "network.address", [](auto& c) -> auto& { return c.address; })
      .doc("Address that the login tells.");
  keys.boolean(
          "ntp.enabled", [](auto& c) -> auto& { return c.model.ntp; })
      .doc("Whether the clock is right after each boot.");
  keys.text(
          "ntp.server", [](auto& c) -> auto& { return c.ntp_server; })
      .doc("Time server, told and not used.");
  keys.boolean(
          "login.accept_intervals", [](auto& c) -> auto& { return c.accept_intervals; })
      .doc("Whether heartbeatSec and reportSec of the platform's login answer change the schedules.");
}

void report_keys(Keys& keys) {
  device::add_report_keys(
      keys, "heartbeat", [](auto& c) -> auto& { return c.heartbeat; });
  device::add_report_keys(
      keys, "status", [](auto& c) -> auto& { return c.status; });
  device::add_report_keys(
      keys, "snapshot", [](auto& c) -> auto& { return c.snapshot; });
  keys.boolean(
          "reports.status.on_change", [](auto& c) -> auto& { return c.status_on_change; })
      .doc("Whether a change of recording, guard, storage, light, faults or position is reported at once.");
  keys.boolean(
          "reports.log.enabled", [](auto& c) -> auto& { return c.send_log; })
      .doc("Whether the device's own log goes up as log reports.");
}

void checks(Keys& keys) {
  keys.check([](const CameraConfig& c, std::vector<std::string>& mistakes) {
    if (c.model.ptz.pan_min > c.model.ptz.pan_max)
      mistakes.push_back("ptz.pan_min is greater than ptz.pan_max");
    if (c.model.ptz.tilt_min > c.model.ptz.tilt_max)
      mistakes.push_back("ptz.tilt_min is greater than ptz.tilt_max");
    const Duration update = c.model.events.update_every;
    if (update > 0s && update < 100ms)
      mistakes.push_back("events.update_every: expected 0 (none) or at least 100ms");
    for (const auto* list : {&c.motion_regions, &c.masks}) {
      for (const model::Region& r : *list) {
        if (r.x + r.w > 1.0001 || r.y + r.h > 1.0001) {
          mistakes.push_back(std::string(list == &c.masks ? "masks" : "motion.regions") +
                             ": a rectangle reaches out of the picture (x + w and y + h are at most 1)");
        }
      }
    }
  });
}

Keys make_keys() {
  Keys keys;
  identity_keys(keys);
  stream_keys<0>(keys, "main", "main stream");
  stream_keys<1>(keys, "sub", "sub stream");
  image_keys(keys);
  storage_keys(keys);
  event_keys(keys);
  ptz_keys(keys);
  ota_keys(keys);
  network_keys(keys);
  report_keys(keys);
  checks(keys);
  return keys;
}

const config::Value* value_of(const CameraConfig& config, const config::Key& key) {
  const auto at = config.values.find(key.path);
  return at == config.values.end() ? &key.initial : &at->second;
}

}  // namespace

const config::Struct<CameraConfig>& camera_keys() {
  static const Keys keys = make_keys();
  return keys;
}

const config::Schema& camera_schema() {
  static const config::Schema schema = camera_keys().schema();
  return schema;
}

std::vector<std::string> changed_paths(const CameraConfig& before, const CameraConfig& after) {
  std::vector<std::string> out;
  for (const config::Key& key : camera_schema().keys()) {
    if (*value_of(before, key) != *value_of(after, key)) out.push_back(key.path);
  }
  return out;
}

}  // namespace vfleet::devices::ip_camera
