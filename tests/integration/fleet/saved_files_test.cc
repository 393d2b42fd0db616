// A saved YAML file is a command: validated as a whole, one revision, and whom it does not concern does not
// notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using platform::PlatformProcess;

constexpr int kDevices = 20;

class SavedFiles : public ::testing::Test {
 protected:
  SavedFiles() {
    write_file(profile_, profile("30s"));
    write_file(fleet_file_, fleet_text(kDevices));
    fleet_ = std::make_unique<RunningFleet>(fleet_file_, 2);
    fleet_->start_workers();
    EXPECT_TRUE(fleet_->come_online(std::uint64_t{2} * kDevices));
    pids_ = fleet_->pids();
  }

  static std::string profile(const std::string& period) {
    return "type: charging_pile\nreports: {heartbeat: {every: " + period + "}}\n";
  }
  [[nodiscard]] std::string fleet_text(int cameras) const {
    const std::string uplink =
        "{http: {url: 'http://127.0.0.1:" + std::to_string(platform_.port()) + "/ingest'}}";
    return "fleet: saved\ngroups:\n" +
           group("pile", "charging_pile", kDevices, uplink, "    profile: pile.yaml\n") +
           group("cam", "ip_camera", cameras, uplink);
  }
  [[nodiscard]] std::uint64_t revision() const { return count(fleet_->status(), "/revision"); }
  [[nodiscard]] bool becomes(std::uint64_t wanted) const {
    return eventually([&] { return revision() == wanted; });
  }
  [[nodiscard]] bool all_have(const std::string& selector, const std::string& value) const {
    const auto values = fleet_->values(selector, "reports.heartbeat.every");
    return values.size() == kDevices &&
           std::all_of(values.begin(), values.end(), [&](const auto& each) { return each.second == value; });
  }

  PlatformProcess platform_;
  TempDir folder_;
  std::string profile_ = folder_ / "pile.yaml";
  std::string fleet_file_ = folder_ / "fleet.yaml";
  std::unique_ptr<RunningFleet> fleet_;
  std::vector<pid_t> pids_;
};

TEST_F(SavedFiles, AProfileThatIsSavedIsOneRevisionForItsDevicesOnly) {
  const json camera = fleet_->device("cam-00001");
  write_file(profile_, profile("5s"));
  ASSERT_TRUE(becomes(1)) << fleet_->control_log();
  EXPECT_TRUE(eventually([&] { return all_have("pile-*", "5s"); }));
  EXPECT_NE(fleet_->control_log().find("reports.heartbeat.every"), std::string::npos)
      << "the difference is printed: " << fleet_->control_log();
  EXPECT_EQ(fleet_->pids(), pids_);
  EXPECT_EQ(fleet_->device("cam-00001")["boot"], camera["boot"]);
  EXPECT_EQ(count(platform_.figures(), "/by_type/login"), std::uint64_t{2} * kDevices)
      << "nobody logs in again";
}

TEST_F(SavedFiles, AnEditorThatRenamesIsUnderstood) {
  write_file(profile_ + ".tmp", profile("7s"));
  fs::rename(profile_ + ".tmp", profile_);
  EXPECT_TRUE(becomes(1));
  write_file(profile_ + ".tmp", profile("8s"));
  fs::rename(profile_ + ".tmp", profile_);
  EXPECT_TRUE(becomes(2));
  EXPECT_TRUE(eventually([&] { return all_have("pile-*", "8s"); }));
}

TEST_F(SavedFiles, AMistakeIsShownWithItsPlaceAndChangesNothing) {
  write_file(profile_, "type: charging_pile\nreports: {heartbeet: {every: 5s}}\n");
  ASSERT_TRUE(eventually([&] { return fleet_->control_log().find("pile.yaml:2:") != std::string::npos; }))
      << fleet_->control_log();
  EXPECT_EQ(revision(), 0U);
  EXPECT_TRUE(all_have("pile-*", "30s"));
  write_file(profile_, profile("9s"));
  EXPECT_TRUE(becomes(1)) << "the repaired file is taken";
}

TEST_F(SavedFiles, AFleetFileThatIsSavedAddsAndRemovesDevices) {
  const json stays = fleet_->device("cam-00003");
  write_file(fleet_file_, fleet_text(kDevices + 10));
  ASSERT_TRUE(fleet_->come_online(std::uint64_t{2} * kDevices + 10)) << fleet_->control_log();
  write_file(fleet_file_, fleet_text(5));
  ASSERT_TRUE(fleet_->come_online(kDevices + 5));
  EXPECT_EQ(revision(), 2U);
  EXPECT_EQ(fleet_->device("cam-00003")["boot"], stays["boot"]);
  EXPECT_EQ(fleet_->pids(), pids_);
}

TEST_F(SavedFiles, AFileThatIsSavedWithoutAChangeTakesNoRevision) {
  write_file(profile_, profile("30s") + "# nothing\n");
  ASSERT_TRUE(
      eventually([&] { return fleet_->control_log().find("reload changes nothing") != std::string::npos; }));
  EXPECT_EQ(revision(), 0U);
}

}  // namespace
}  // namespace vfleet::fleet_test
