#include "control/server/fleet_view.h"

#include <gtest/gtest.h>

#include "control/server/held.h"

namespace vfleet::control::server {
namespace {

config::GroupSpec group(const std::string& name, const std::string& type, std::uint64_t count) {
  config::GroupSpec out;
  out.name = name;
  out.type = type;
  out.id = name + "-{:03}";
  out.count = count;
  out.labels = {{"site", {"a", "b"}}};
  return out;
}

class FleetViewTest : public ::testing::Test {
 protected:
  FleetViewTest() {
    fleet.groups = {group("pile", "charging_pile", 10), group("cam", "ip_camera", 4)};
    config::GroupSpec listed = group("vip", "ip_camera", 2);
    listed.rows.resize(2);
    listed.rows[0].id = "gate";
    listed.rows[1].id = "roof";
    fleet.groups.push_back(listed);
    catalogue = *TypeCatalogue::parse(R"({"version":"1","types":[{"name":"charging_pile"},{"name":"ip_camera"}]})");
    view.emplace(fleet, catalogue);
  }
  std::vector<std::string> reached(const std::string& text) {
    std::vector<std::string> out;
    for (const TypeInfo* type : view->types_reached(*bus::Selector::parse(text))) out.push_back(type->name);
    return out;
  }
  std::uint64_t count(const std::string& text, std::size_t group) {
    return view->count(*bus::Selector::parse(text), fleet.groups[group]);
  }

  config::FleetSpec fleet;
  TypeCatalogue catalogue;
  std::optional<FleetView> view;
};

using Names = std::vector<std::string>;
const Names kBoth = {"charging_pile", "ip_camera"};

TEST_F(FleetViewTest, KnowsTheTypesThatASelectorReaches) {
  EXPECT_EQ(reached("all"), kBoth);
  EXPECT_EQ(reached("pile-003"), Names{"charging_pile"});
  EXPECT_EQ(reached("cam-*"), Names{"ip_camera"});
  EXPECT_EQ(reached("gate"), Names{"ip_camera"});
  EXPECT_EQ(reached("type=ip_camera,site=b"), Names{"ip_camera"});
  EXPECT_EQ(reached("site=a"), kBoth);
}

TEST_F(FleetViewTest, TakesTheWholeFleetWhenItCannotTell) {
  EXPECT_EQ(reached("state.status=charging"), kBoth);
  EXPECT_EQ(reached("nobody"), kBoth);
  EXPECT_EQ(reached("pile-011"), kBoth);
  EXPECT_EQ(reached("cam-*,limit(1)"), kBoth);
}

TEST_F(FleetViewTest, CountsTheDevicesOfAGroup) {
  EXPECT_EQ(count("all", 0), 10U);
  EXPECT_EQ(count("site=a", 0), 5U);
  EXPECT_EQ(count("pile-001..003", 0), 3U);
  EXPECT_EQ(count("pile-001", 1), 0U);
  EXPECT_EQ(count("roof", 2), 1U);
}

TEST_F(FleetViewTest, NamesTheRulesThatHoldAReloadBack) {
  config::FleetSpec after = fleet;
  after.groups[0].values["x"].data = std::int64_t{1};
  after.groups[0].profile_values["y"].data = std::int64_t{1};
  EXPECT_EQ(changed_paths(fleet.groups[0], after.groups[0]), (std::set<std::string>{"x", "y"}));

  DesiredState desired;
  bus::Command command;
  command.verb = bus::Verb::set;
  for (const auto& [selector, args] :
       {std::pair<std::string, std::string>{"site=a", R"({"patch":{"x":5,"y":6}})"},
        {"site=b", R"({"patch":{"z":5}})"},
        {"cam-*", R"({"patch":{"x":5}})"}}) {
    command.selector = selector;
    command.args = args;
    command.revision = desired.revision() + 1;
    desired.record(command);
  }
  EXPECT_EQ(held_lines(fleet, after, FleetView(after, catalogue), desired),
            Names{"2 keys on 5 devices stay as set by revision 1; `vfleet unset 'site=a' x y` to drop"});
  EXPECT_TRUE(held_lines(fleet, fleet, *view, desired).empty());
}

}  // namespace
}  // namespace vfleet::control::server
