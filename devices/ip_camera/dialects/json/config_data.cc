#include "devices/ip_camera/dialects/json/data.h"

namespace vfleet::devices::ip_camera::json_dialect {
namespace {

constexpr std::array<std::string_view, 3> kDayNight{"auto", "day", "night"};

std::int64_t ms(Duration d) {
  return d.count() / 1'000'000;
}

void write_video(Writer& w, const CameraConfig& config) {
  w.begin_object();
  for (std::size_t i = 0; i < 2; ++i) {
    const model::StreamSettings& stream = config.model.streams[i];
    w.key(i == 0 ? "main" : "sub").begin_object();
    w.key("enabled").boolean(stream.enabled);
    w.key("codec").text(stream.codec == model::Codec::h264 ? "h264" : "h265");
    w.key("width").integer(stream.width);
    w.key("height").integer(stream.height);
    w.key("fps").integer(stream.fps);
    w.key("gop").integer(stream.gop);
    w.key("bitrateKbps").number(stream.bitrate_bps / 1000, 3);
    w.end_object();
  }
  w.end_object();
}

void write_rectangle(Writer& w, const model::Region& region) {
  w.key("x").number(region.x, 4);
  w.key("y").number(region.y, 4);
  w.key("w").number(region.w, 4);
  w.key("h").number(region.h, 4);
}

void write_section(Writer& w, Section section, const View& view) {
  const CameraConfig& config = view.config;
  w.key(kSections[static_cast<std::size_t>(section)]);
  switch (section) {
    case Section::all:
      w.null();
      return;  // written by sections
    case Section::video:
      return write_video(w, config);
    case Section::osd:
      w.begin_object();
      w.key("time").boolean(config.osd.time);
      w.key("title").text(config.osd.title);
      w.key("x").number(config.osd.x, 4);
      w.key("y").number(config.osd.y, 4);
      break;
    case Section::image:
      w.begin_object();
      w.key("mirror").boolean(config.mirror);
      w.key("wdr").boolean(config.wdr);
      w.key("dayNight").text(kDayNight[static_cast<std::size_t>(config.model.day_night.mode)]);
      break;
    case Section::motion:
      w.begin_object();
      w.key("enable").boolean(config.model.motion_enabled);
      w.key("sensitivity").integer(config.model.motion_sensitivity);
      w.key("regions").begin_array();
      for (const model::Region& region : config.motion_regions) {
        w.begin_object();
        w.key("id").integer(region.id);
        write_rectangle(w, region);
        w.end_object();
      }
      w.end_array();
      break;
    case Section::masks:
      w.begin_array();
      for (const model::Region& mask : config.masks) {
        w.begin_object();
        write_rectangle(w, mask);
        w.end_object();
      }
      w.end_array();
      return;
    case Section::record:
      w.begin_object();
      w.key("mode").text(model::kRecordModes[static_cast<std::size_t>(config.model.record_mode)]);
      w.key("recycle").boolean(config.model.storage.recycle);
      break;
    case Section::heartbeat:
      w.begin_object();
      w.key("everyMs").integer(ms(config.heartbeat.period));
      w.key("statusEveryMs").integer(ms(config.status.period));
      break;
    case Section::network:
      w.begin_object();
      w.key("address").text(config.address);
      break;
    case Section::ntp:
      w.begin_object();
      w.key("enabled").boolean(config.model.ntp);
      w.key("server").text(config.ntp_server);
      w.key("timezone").number(config.model.timezone_hours, 2);
      break;
  }
  w.end_object();
}

}  // namespace

void write_config(Writer& w, const View& view) {
  const auto* told = std::get_if<ConfigTale>(&view.tale);
  const Section section = told != nullptr ? told->section : Section::all;
  w.begin_object();
  w.key("section").text(kSections[static_cast<std::size_t>(section)]);
  w.key("version").integer(view.camera.config_version());
  if (section != Section::all) {
    write_section(w, section, view);
  } else {
    for (std::size_t i = 1; i < kSections.size(); ++i) write_section(w, static_cast<Section>(i), view);
  }
  w.end_object();
}

void write_config_changed(Writer& w, const View& view) {
  const auto* told = std::get_if<ChangeTale>(&view.tale);
  w.begin_object();
  w.key("version").integer(view.camera.config_version());
  w.key("changed").begin_object();
  if (told != nullptr) {
    for (const std::string& path : told->paths) {
      const config::Key* key = camera_schema().find(path);
      if (key == nullptr) continue;
      const auto value = view.config.values.find(path);
      w.key(path).text(
          config::format_value(*key, value == view.config.values.end() ? key->initial : value->second));
    }
  }
  w.end_object();
  w.end_object();
}

}  // namespace vfleet::devices::ip_camera::json_dialect
