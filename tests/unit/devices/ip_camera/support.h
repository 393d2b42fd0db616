#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "devices/ip_camera/ip_camera.h"
#include "tests/support/fake_device_context.h"

namespace vfleet::devices::ip_camera {

using Json = nlohmann::json;
using test::FakeDeviceContext;

inline config::Value text(std::string value) {
  return {std::move(value)};
}
inline config::Value integer(std::int64_t value) {
  return {value};
}
inline config::Value number(double value) {
  return {value};
}
inline config::Value boolean(bool value) {
  return {value};
}
inline config::Value duration(Duration value) {
  return {value};
}

/// Nothing happens by itself.
inline config::Values quiet(config::Values more = {}) {
  for (const char* kind : {"motion", "person", "vehicle", "face", "plate", "intrusion", "tripwire",
                           "loitering", "audio", "tamper", "covered", "video_lost"}) {
    more.try_emplace("events." + std::string(kind) + ".rate", number(0));
  }
  return more;
}

inline Json data(const FakeDeviceContext::Message& message) {
  const Json root = Json::parse(message.text, nullptr, false);
  EXPECT_TRUE(root.is_object()) << message.text;
  return root.is_object() && root.contains("data") ? root["data"] : Json::object();
}

}  // namespace vfleet::devices::ip_camera
