#pragma once

#include <string>
#include <string_view>

namespace vfleet::devices::ip_camera::json_dialect {

/// Where a member of a config section lives among the keys of a profile.
struct KeyPlace {
  std::string path;         ///< "streams.main.bitrate"
  std::string_view suffix;  ///< unit of a bare number on the wire ("kbps"); empty: the key's base unit
};

/// "video.main.bitrateKbps" -> {"streams.main.bitrate", "kbps"}; keys of a profile stand for themselves.
[[nodiscard]] KeyPlace key_place(std::string_view wire_path);

}  // namespace vfleet::devices::ip_camera::json_dialect
