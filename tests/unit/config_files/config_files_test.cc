// The files in configs/, against the device types and uplinks that workers really have.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "devices/all_devices.h"
#include "simulator/config/file_kind.h"
#include "simulator/config/fleet_file.h"
#include "simulator/config/reference_yaml.h"
#include "simulator/worker/describe.h"

namespace vfleet {
namespace {

struct ConfigFiles : testing::Test {
  device::DeviceRegistry types;
  config::Catalogue catalogue;

  ConfigFiles() {
    register_all_devices(types);
    auto parsed = config::parse_catalogue(worker::describe(types, VFLEET_VERSION));
    EXPECT_TRUE(parsed);
    if (parsed) catalogue = std::move(*parsed);
  }

  static std::vector<std::string> files(config::FileKind kind) {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::recursive_directory_iterator("configs")) {
      if (each.path().extension() == ".yaml" && config::file_kind(each.path()) == kind)
        found.push_back(each.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  // Rules across keys hold only when the type's own configuration is built.
  void expect_builds(const std::string& type, const config::Values& values, const std::string& who) const {
    const device::DeviceType* known = types.find(type);
    ASSERT_NE(known, nullptr) << who;
    const auto built = known->build(values);
    EXPECT_TRUE(built) << who << ": " << (built ? "" : built.error().detail);
  }
};

TEST_F(ConfigFiles, FleetsLoadAndTheirGroupsCanBeBuilt) {
  const auto fleets = files(config::FileKind::fleet);
  EXPECT_GE(fleets.size(), 2u);
  for (const std::string& file : fleets) {
    const auto fleet = config::load_fleet(file, catalogue);
    if (!fleet) {
      ADD_FAILURE() << config::to_string(fleet.error());
      continue;
    }
    EXPECT_GT(fleet->devices(), 0u) << file;
    for (const config::GroupSpec& group : fleet->groups) {
      config::Values values = group.profile_values;
      for (const auto& [path, value] : group.values) values.insert_or_assign(path, value);
      expect_builds(group.type, values, file + " " + group.name);
    }
  }
}

TEST_F(ConfigFiles, ProfilesLoadAndCanBeBuilt) {
  const auto profiles = files(config::FileKind::profile);
  EXPECT_GE(profiles.size(), 7u);
  for (const std::string& file : profiles) {
    const auto profile = config::load_profile(file, catalogue);
    if (profile)
      expect_builds(profile->type, profile->values, file);
    else
      ADD_FAILURE() << config::to_string(profile.error());
  }
}

TEST_F(ConfigFiles, TheDemoReportsOftenEnoughForAMinute) {
  const auto demo = config::load_fleet("configs/demo.yaml", catalogue);
  ASSERT_TRUE(demo) << config::to_string(demo.error());
  EXPECT_EQ(demo->devices(), 1000u);
  for (const config::GroupSpec& group : demo->groups) {
    const auto period = group.values.find("reports.heartbeat.every");
    ASSERT_NE(period, group.values.end()) << group.name;
    EXPECT_EQ(std::get<Duration>(period->second.data), std::chrono::seconds(5)) << group.name;
  }
}

TEST_F(ConfigFiles, TheReferenceIsWhatTheProgramsPrint) {
  const auto file = config::read_regular_file("configs/reference.yaml", 4 * 1024 * 1024);
  ASSERT_TRUE(file);
  EXPECT_TRUE(*file == config::reference_yaml(catalogue))
      << "configs/reference.yaml is out of date; write it anew: "
         "build/dev/bin/vfleet describe --reference > configs/reference.yaml";
}

TEST_F(ConfigFiles, EveryKeySaysWhatItIs) {
  const auto check = [](const std::string& name, const config::Catalogue::Entry& entry) {
    EXPECT_FALSE(entry.doc.empty()) << name;
    EXPECT_FALSE(entry.schema.keys().empty() && name != "null") << name;
    for (const config::Key& key : entry.schema.keys()) {
      EXPECT_TRUE(key.doc.size() > 3 && key.doc.ends_with('.')) << name << " " << key.path << ": " << key.doc;
      for (const config::Key& item : key.items) {
        EXPECT_TRUE(item.path.empty() || !item.doc.empty()) << name << " " << key.path << "[]." << item.path;
      }
    }
  };
  EXPECT_GE(catalogue.types.size(), 2u);
  for (const auto& [name, entry] : catalogue.types) check(name, entry);
  for (const auto& [name, entry] : catalogue.uplinks) check(name, entry);
}

}  // namespace
}  // namespace vfleet
