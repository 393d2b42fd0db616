#include "control/server/scale_groups.h"

#include <gtest/gtest.h>

namespace vfleet::control::server {
namespace {

config::GroupSpec group(const std::string& name, std::uint64_t count, const std::string& id) {
  config::GroupSpec out;
  out.name = name;
  out.type = "charging_pile";
  out.id = id;
  out.count = count;
  return out;
}

class ScaleGroups : public ::testing::Test {
 protected:
  ScaleGroups() {
    fleet.groups = {group("pile", 600, "pile-{:05}"), group("late", 10, "pile-{:05}")};
    fleet.groups[1].first = 5001;
    config::GroupSpec listed = group("vip", 1, "");
    listed.rows.resize(1);
    listed.rows[0].id = "pile-04000";
    fleet.groups.push_back(listed);
  }
  std::string mistake(const std::map<std::string, std::optional<std::uint64_t>>& counts) {
    config::FleetSpec copy = fleet;
    const auto done = scale_groups(copy, counts);
    return done ? "" : done.error().detail;
  }
  config::FleetSpec fleet;
};

TEST_F(ScaleGroups, KeepsWhatTheFileSays) {
  ASSERT_TRUE(scale_groups(fleet, {{"pile", 1000}}));
  ASSERT_TRUE(scale_groups(fleet, {{"pile", 2000}}));
  EXPECT_EQ(fleet.groups[0].count, 2000U);
  EXPECT_EQ(fleet.groups[0].file_count, 600U);
  ASSERT_TRUE(scale_groups(fleet, {{"pile", std::nullopt}}));
  EXPECT_EQ(fleet.groups[0].count, 600U);
  EXPECT_EQ(fleet.groups[0].file_count, std::nullopt);
}

TEST_F(ScaleGroups, RefusesWhatCannotBe) {
  EXPECT_EQ(mistake({{"piel", 5}}),
            "there is no group 'piel' (did you mean 'pile'?); a new one is added to the fleet file, then "
            "`vfleet reload`");
  EXPECT_EQ(mistake({{"vip", 5}}),
            "group vip lists its devices one by one: edit its devices file, then `vfleet reload`");
  EXPECT_EQ(mistake({{"pile", 3999}}), "");
  EXPECT_EQ(mistake({{"pile", 4000}}), "groups pile and vip would both have a device 'pile-04000'");
  EXPECT_EQ(mistake({{"late", 9'999'999}}),
            "the fleet would have 10000600 devices, at most 10000000 are possible");
}

TEST_F(ScaleGroups, RefusesIdsThatAnotherGroupHas) {
  fleet.groups.pop_back();
  EXPECT_EQ(mistake({{"pile", 5000}}), "");
  EXPECT_NE(mistake({{"pile", 5001}}).find("groups pile and late would both have a device 'pile-05001'"),
            std::string::npos);
}

TEST_F(ScaleGroups, AReloadKeepsTheScaledNumberAndSaysSo) {
  config::FleetSpec file = fleet;
  ASSERT_TRUE(scale_groups(fleet, {{"pile", 1000}}));
  EXPECT_EQ(keep_scaled(fleet, file), std::vector<std::string>{}) << "the file is as it was";
  EXPECT_EQ(file.groups[0].count, 1000U);
  EXPECT_EQ(only_file_count_changed(fleet, file), std::vector<std::string>{});
  file.groups[0].count = 700;
  file.groups[0].file_count.reset();
  EXPECT_EQ(keep_scaled(fleet, file),
            std::vector<std::string>{"group pile stays at 1000 devices as scaled, the file says 700; "
                                     "`vfleet scale pile=file` to drop"});
  EXPECT_EQ(only_file_count_changed(fleet, file), std::vector<std::string>{"pile"});
}

TEST_F(ScaleGroups, SaysHowManyComeAndGo) {
  config::GroupSpec more = fleet.groups[0];
  more.count = 1000;
  more.file_count = 600;
  EXPECT_EQ(scale_line(fleet.groups[0], more),
            "group pile: 600 devices -> 1000, 400 come (the file says 600)");
  EXPECT_EQ(scale_line(more, fleet.groups[0]), "group pile: 1000 devices -> 600, 400 go, as the file says");
  EXPECT_EQ(scale_line(more, more), "");
}

}  // namespace
}  // namespace vfleet::control::server
