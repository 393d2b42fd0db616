#include <gtest/gtest.h>

#include "simulator/config/fleet_file.h"
#include "tests/unit/devices/ip_camera/support.h"

namespace vfleet::devices::ip_camera {
namespace {

TEST(CameraProfiles, AreAllValid) {
  const auto type = make_ip_camera();
  config::Catalogue catalogue;
  catalogue.types["ip_camera"] = {"", type->description().schema};
  for (const char* name : {"camera-1080p", "camera-4k", "nvr-8ch"}) {
    const auto profile = config::load_profile("configs/profiles/" + std::string(name) + ".yaml", catalogue);
    ASSERT_TRUE(profile) << name << ": " << profile.error().front().message;
    EXPECT_TRUE(type->build(profile->values)) << name;
  }
}

}  // namespace
}  // namespace vfleet::devices::ip_camera
