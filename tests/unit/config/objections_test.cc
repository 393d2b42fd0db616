// What a worker finds wrong is told where the files say it, as every other mistake.
#include <gtest/gtest.h>

#include "simulator/config/fleet_file.h"
#include "tests/unit/config/memory_files.h"
#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

const char* const kFleet = R"(fleet: demo
groups:
  - name: pile
    type: pile
    count: 600
    profile: dc.yaml
    config:
      reports: {heartbeat: {every: 2s}}
      vehicles:
        - battery: 40kWh
    uplink:
      http: {url: "http://h/"}
  - name: same
    type: pile
    count: 5
    profile: dc.yaml
    uplink: {http: {url: "http://h/"}}
  - name: listed
    type: pile
    devices: {from: devices.csv}
    uplink: {http: {url: "http://h/"}}
)";

class Objections : public ::testing::Test {
 protected:
  Objections() {
    files_.files = {{"f/demo.yaml", kFleet},
                    {"f/dc.yaml", "type: pile\nextends: base.yaml\nvendor: acme\n"},
                    {"f/base.yaml", "type: pile\nrated_power: 40kW\n"},
                    {"f/devices.csv", "id,vendor\nd1,acme\nd2,volt\n"}};
  }

  std::string told(std::vector<Objection> found, const std::string& path = "f/demo.yaml") {
    LoadOptions options = files_.options();
    options.check = [this,
                     found](const std::vector<const GroupSpec*>& groups) -> Result<std::vector<Objection>> {
      asked_.clear();
      for (const GroupSpec* group : groups) asked_.push_back(group->name);
      return found;
    };
    if (path == "f/demo.yaml") {
      const auto fleet = load_fleet(path, sample_catalogue(), options);
      return fleet ? "(none)" : to_string(fleet.error());
    }
    const auto profile = load_profile(path, sample_catalogue(), options);
    return profile ? "(none)" : to_string(profile.error());
  }

  MemoryFiles files_;
  std::vector<std::string> asked_;
};

TEST_F(Objections, AreToldWhereTheFleetFileGivesTheKey) {
  EXPECT_EQ(told({{0, {}, "reports.heartbeat.every", "too short"}}),
            "f/demo.yaml:8:36: groups[0].config.reports.heartbeat.every: too short\n");
  EXPECT_EQ(
      told({{0, {}, "uplink.http.url", "unknown {x} (did you mean '{y}'?); there are more"}}),
      "f/demo.yaml:12:19: groups[0].uplink.http.url: unknown {x}; there are more (did you mean '{y}'?)\n");
  EXPECT_EQ(told({{0, {}, "vehicles[0]", "too heavy"}}),
            "f/demo.yaml:9:7: groups[0].config.vehicles[0]: too heavy\n");
}

TEST_F(Objections, AreToldOnceWhereTheProfileGivesTheKey) {
  EXPECT_EQ(told({{0, {}, "vendor", "unknown"}, {1, {}, "vendor", "unknown"}}),
            "f/dc.yaml:3:9: vendor: unknown\n");
  EXPECT_EQ(told({{1, {}, "rated_power", "too much"}}), "f/base.yaml:2:14: rated_power: too much\n");
}

TEST_F(Objections, AreToldAtTheRowThatGivesTheKeyAndElseWithTheDevice) {
  EXPECT_EQ(told({{2, 1, "vendor", "unknown"}}), "f/devices.csv:3:1: vendor: unknown\n");
  EXPECT_EQ(told({{2, 1, "uplink.http.url", "odd"}}),
            "f/demo.yaml:21:26: groups[2].uplink.http.url: odd (device d2)\n");
}

TEST_F(Objections, AreToldAtTheGroupWhenNoFileGivesTheKey) {
  EXPECT_EQ(told({{1, {}, "uplink.http.token", "too long"}}),
            "f/demo.yaml:17:5: groups[1].uplink.http.token: too long\n");
  EXPECT_EQ(told({{1, {}, "connectors", "odd"}}), "f/demo.yaml:13:11: groups[1].config.connectors: odd\n");
  EXPECT_EQ(told({{1, {}, "", "no"}}), "f/demo.yaml:13:11: groups[1]: no\n");
}

TEST_F(Objections, AreAskedForOnceAboutTheGroupsThatAreGoodAsFarAsTheSchemasGo) {
  EXPECT_EQ(told({}), "(none)");
  EXPECT_EQ(asked_, (std::vector<std::string>{"pile", "same", "listed"}));
  std::string text = kFleet;
  text.replace(text.find("every: 2s"), 9, "every: 2x");
  files_.files["f/demo.yaml"] = text;
  const std::string mistakes = told({{0, {}, "vendor", "unknown"}});
  EXPECT_EQ(asked_, (std::vector<std::string>{"same", "listed"}));
  EXPECT_NE(mistakes.find("demo.yaml:8"), std::string::npos) << mistakes;
  EXPECT_NE(mistakes.find("f/dc.yaml:3:9: vendor: unknown"), std::string::npos) << mistakes;
}

TEST_F(Objections, OfAProfileAreOnlyThoseOfKeysThatItGives) {
  EXPECT_EQ(told({{0, {}, "vendor", "unknown"}, {0, {}, "connectors", "odd"}}, "f/dc.yaml"),
            "f/dc.yaml:3:9: vendor: unknown\n");
  EXPECT_EQ(asked_, std::vector<std::string>{"profile"});
}

TEST_F(Objections, ThatCouldNotBeHadAreAMistakeToo) {
  LoadOptions options = files_.options();
  options.check = [](const auto&) -> Result<std::vector<Objection>> {
    return fail(Errc::unavailable, "no worker");
  };
  const auto fleet = load_fleet("f/demo.yaml", sample_catalogue(), options);
  ASSERT_FALSE(fleet);
  EXPECT_EQ(to_string(fleet.error()), "f/demo.yaml: no worker\n");
}

}  // namespace
}  // namespace vfleet::config
