#include "devices/ip_camera/dialects/json/wire_paths.h"

#include <array>

namespace vfleet::devices::ip_camera::json_dialect {
namespace {

struct Row {
  std::string_view wire;
  std::string_view path;
  std::string_view suffix;
};

constexpr std::array kRows{
    Row{"video.main.bitrateKbps", "streams.main.bitrate", "kbps"},
    Row{"video.sub.bitrateKbps", "streams.sub.bitrate", "kbps"},
    Row{"image.dayNight", "day_night.mode", ""},
    Row{"motion.enable", "motion.enabled", ""},
    Row{"record.recycle", "storage.recycle", ""},
    Row{"heartbeat.everyMs", "reports.heartbeat.every", "ms"},
    Row{"heartbeat.statusEveryMs", "reports.status.every", "ms"},
    Row{"ntp.timezone", "timezone", ""},
};

}  // namespace

KeyPlace key_place(std::string_view wire_path) {
  for (const Row& row : kRows) {
    if (row.wire == wire_path) return {std::string(row.path), row.suffix};
  }
  constexpr std::string_view kVideo = "video.";
  if (wire_path.starts_with(kVideo)) return {"streams." + std::string(wire_path.substr(kVideo.size())), {}};
  return {std::string(wire_path), {}};
}

}  // namespace vfleet::devices::ip_camera::json_dialect
