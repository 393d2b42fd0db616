#include "simulator/config/fleet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/config/yaml_tree.h"
#include "tests/unit/config/memory_files.h"
#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const char* const kFleet = R"(fleet: demo
seed: 42
time_scale: 10
platform: {figures: "http://127.0.0.1:${PORT:-8080}/figures"}
groups:
  - name: pile
    type: pile
    count: 600
    labels: {site: [shanghai, hefei], vendor: acme}
    profile: profiles/dc.yaml
    config:
      reports: {heartbeat: {every: 2s}}
      vehicles:
        - battery: 40kWh
        - {battery: 75kWh, weight: 3}
    uplink: {http: {url: "http://127.0.0.1:${PORT:-8080}/ingest", token: {secret_file: token.txt}}}
  - name: cam
    type: cam
    id: cam{}
    first: 10
    count: 4
    uplink: {null: {}}
limits: {utilisation: 80%, lateness_p99: 1s}
thresholds: ["loss==0", p99(pile.meter.ack) < 300ms]
)";

const char* const kProfile = R"(type: pile
extends: base.yaml
rated_power: 60kW
reports.meter.every: 1min
taper: [50%]
)";

const char* const kBase = R"(type: pile
rated_power: 40kW
vendor: "${VENDOR}"
taper: [80%, 100%]
)";

MemoryFiles sample_files() {
  return {{{"f/demo.yaml", kFleet},
           {"f/profiles/dc.yaml", kProfile},
           {"f/profiles/base.yaml", kBase},
           {"f/token.txt", "s3cret\n"}},
          {{"VENDOR", "a$b"}}};
}

/// The mistakes of loading, one a line.
std::string mistakes_of(const MemoryFiles& files, const std::string& path = "f/demo.yaml") {
  const auto fleet = load_fleet(path, sample_catalogue(), files.options());
  return fleet ? std::string("(none)\n") : to_string(fleet.error());
}

std::string mistakes_of(const std::string& fleet_file) {
  MemoryFiles files = sample_files();
  files.files["f/demo.yaml"] = fleet_file;
  return mistakes_of(files);
}

TEST(FleetFile, NamesTheZoneOfSchedulesThatFollowTheDay) {
  MemoryFiles files = sample_files();
  EXPECT_EQ(load_fleet("f/demo.yaml", sample_catalogue(), files.options())->time_zone, "UTC");
  files.files["f/demo.yaml"] =
      "fleet: x\ntime_zone: Asia/Shanghai\ngroups: [{name: a, type: cam, count: 1, uplink: \"null\"}]\n";
  const auto fleet = load_fleet("f/demo.yaml", sample_catalogue(), files.options());
  ASSERT_TRUE(fleet) << to_string(fleet.error());
  EXPECT_EQ(fleet->time_zone, "Asia/Shanghai");
  EXPECT_EQ(fleet_from_json(to_json(*fleet, sample_catalogue()), sample_catalogue())->time_zone,
            "Asia/Shanghai");
}

TEST(FleetFile, LoadsGroupsWithProfilesAndUplinks) {
  const MemoryFiles files = sample_files();
  const auto fleet = load_fleet("f/demo.yaml", sample_catalogue(), files.options());
  ASSERT_TRUE(fleet) << to_string(fleet.error());
  EXPECT_EQ(fleet->name, "demo");
  EXPECT_EQ(fleet->seed, 42U);
  EXPECT_EQ(fleet->time_scale, 10);
  EXPECT_EQ(fleet->platform_figures, "http://127.0.0.1:8080/figures");
  EXPECT_THAT(fleet->thresholds, ElementsAre("loss == 0", "p99(pile.meter.ack) < 300ms"));
  EXPECT_EQ(fleet->limits.lateness_p99, 1s);
  EXPECT_EQ(fleet->limits.utilisation, 0.8);
  EXPECT_EQ(fleet->devices(), 604U);
  ASSERT_EQ(fleet->groups.size(), 2U);

  const GroupSpec& pile = fleet->groups[0];
  EXPECT_EQ(pile.type, "pile");
  EXPECT_EQ(pile.device_id(0), "pile-00001");
  EXPECT_THAT(pile.labels,
              ElementsAre(LabelList{"site", {"shanghai", "hefei"}}, LabelList{"vendor", {"acme"}}));
  EXPECT_EQ(pile.uplink, "http");
  EXPECT_EQ(pile.profile, "profiles/dc.yaml");
  EXPECT_EQ(pile.profile_values, (Values{{"rated_power", Value{60e3}},
                                         {"reports.meter.every", Value{Duration(1min)}},
                                         {"taper", Value{List{Value{0.5}}}},
                                         {"vendor", Value{std::string("a$b")}}}));
  EXPECT_EQ(pile.values.at("reports.heartbeat.every"), Value{Duration(2s)});
  EXPECT_EQ(pile.values.at("uplink.http.url"), Value{std::string("http://127.0.0.1:8080/ingest")});
  EXPECT_EQ(pile.values.at("uplink.http.token"), Value{std::string("s3cret")});
  EXPECT_EQ(std::get<List>(pile.values.at("vehicles").data).size(), 2U);

  const GroupSpec& cam = fleet->groups[1];
  EXPECT_EQ(cam.device_id(0), "cam10");
  EXPECT_EQ(cam.uplink, "null");
}

TEST(FleetFile, GivesTheSameFleetThroughJson) {
  const MemoryFiles files = sample_files();
  const Catalogue catalogue = sample_catalogue();
  const auto fleet = load_fleet("f/demo.yaml", catalogue, files.options());
  ASSERT_TRUE(fleet);
  const auto back = fleet_from_json(nlohmann::json::parse(to_json(*fleet, catalogue).dump()), catalogue);
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, *fleet);
}

struct Wrong {
  const char* what;
  std::string text;
  std::string mistakes;
};

// A group with `rest` in it; its first line is line 3, `rest` begins in line 6, column 5.
std::string group_with(const std::string& rest) {
  return "fleet: x\ngroups:\n  - name: pile\n    type: pile\n    uplink: {http: {url: u}}\n    " + rest;
}

TEST(FleetFile, TellsEachMistakeWithItsPlace) {
  const std::vector<Wrong> table{
      {"nothing", "", "f/demo.yaml:1:1: the file is empty\n"},
      {"a text", "hello", "f/demo.yaml:1:1: expected a fleet: fleet, groups, ...\n"},
      {"no keys", "{}",
       "f/demo.yaml:1:1: fleet: must be given: the fleet's name\n"
       "f/demo.yaml:1:1: groups: must be given: a list of groups of devices\n"},
      {"an unknown key", group_with("count: 1\nsede: 1\n"),
       "f/demo.yaml:7:1: sede: unknown key; a fleet has fleet, seed, time_scale, time_zone, platform, "
       "groups, "
       "thresholds, limits "
       "(did you mean 'seed'?)\n"},
      {"a negative seed", group_with("count: 1\nseed: -1\n"),
       "f/demo.yaml:7:7: seed: '-1' is out of range: expected at least 0\n"},
      {"a threshold that nobody understands",
       group_with("count: 1\nthresholds: [p99(metre.ack) < 300ms, loss = 0, lost == 0]\n"),
       "f/demo.yaml:7:18: thresholds: 'p99(metre.ack) < 300ms': no report 'metre': there is heartbeat, meter "
       "(did you mean 'meter'?)\n"
       "f/demo.yaml:7:43: thresholds: 'loss = 0': expected <, <=, >, >=, == or != (did you mean '=='?)\n"
       "f/demo.yaml:7:48: thresholds: 'lost == 0': unknown measure 'lost'; expected p50 ... p999, max, mean "
       "or "
       "count of a latency, rate, loss, dropped, errors, not_sent, link_downs, sent, acked, received, "
       "missing, "
       "duplicates, online or utilisation (did you mean 'loss'?)\n"},
      {"limits that are none", group_with("count: 1\nlimits: {utilization: 1, lateness_p99: 2h}\n"),
       "f/demo.yaml:7:10: limits.utilization: unknown key; limits are lateness_p99 and utilisation (did you "
       "mean 'utilisation'?)\n"
       "f/demo.yaml:7:40: limits.lateness_p99: '2h' is out of range: expected 1us to 1h\n"},
      {"a bad fleet name", "fleet: a b\ngroups: []\n",
       "f/demo.yaml:1:8: fleet: 'a b': a fleet's name is 1 to 64 of a-z A-Z 0-9 - _ .\n"
       "f/demo.yaml:2:1: groups: expected a list of at least one group\n"},
      {"an octal count", group_with("count: 010\n"),
       "f/demo.yaml:6:12: groups[0].count: '010': a number with a leading zero may mean an octal one "
       "(did you mean '10'?)\n"},
      {"no count", group_with("first: 1\n"),
       "f/demo.yaml:3:5: groups[0].count: must be given, or devices: {from: FILE.csv}\n"},
      {"a key that is near", group_with("cuont: 1\n    count: 1\n"),
       "f/demo.yaml:6:5: groups[0].cuont: unknown key; a group has name, type, id, first, count, labels, "
       "profile, "
       "config, uplink, devices (did you mean 'count'?)\n"},
      {"a key twice", group_with("count: 1\n    count: 2\n"),
       "f/demo.yaml:7:5: groups[0].count: this key was given before, in line 6\n"},
      {"a merge key", "a: &a {}\n" + group_with("count: 1\n    <<: *a\n"),
       "f/demo.yaml:8:5: groups[0].<<: merge keys are not read here; a profile takes over another with "
       "`extends:`\n"
       "f/demo.yaml:1:1: a: unknown key; a fleet has fleet, seed, time_scale, time_zone, platform, groups, "
       "thresholds, limits\n"},
      {"an unknown setting", group_with("count: 1\n    config: {reports: {heartbeat: {evry: 1s}}}\n"),
       "f/demo.yaml:7:36: groups[0].config.reports.heartbeat.evry: unknown key "
       "(did you mean 'reports.heartbeat.every'?)\n"},
      {"a setting without its section", group_with("count: 1\n    config: {heartbeat.every: 1s}\n"),
       "f/demo.yaml:7:14: groups[0].config.heartbeat.every: unknown key (did you mean "
       "'reports.heartbeat.every'?)\n"},
      {"a wrong section", group_with("count: 1\n    config: {report: {heartbeat: {every: 1s}}}\n"),
       "f/demo.yaml:7:14: groups[0].config.report: unknown key (did you mean 'reports'?)\n"},
      {"a value for a section", group_with("count: 1\n    config: {reports: 1s}\n"),
       "f/demo.yaml:7:23: groups[0].config.reports: expected the keys of this section, not a value\n"},
      {"a section for a value", group_with("count: 1\n    config: {rated_power: {a: 1}}\n"),
       "f/demo.yaml:7:27: groups[0].config.rated_power: expected a power (W, kW, MW), 1kW to 1MW, not a "
       "section\n"},
      {"no value", group_with("count: 1\n    config:\n      vendor:\n      plugged: true\n"),
       "f/demo.yaml:8:7: groups[0].config.vendor: there is no value; expected a text\n"},
      {"no unit", group_with("count: 1\n    config: {rated_power: 120}\n"),
       "f/demo.yaml:7:27: groups[0].config.rated_power: '120': expected a number with a unit (W, kW, MW)\n"},
      {"out of range", group_with("count: 1\n    config: {rated_power: 2MW}\n"),
       "f/demo.yaml:7:27: groups[0].config.rated_power: '2MW' is out of range: expected 1kW to 1MW\n"},
      {"yes for true", group_with("count: 1\n    config: {plugged: yes}\n"),
       "f/demo.yaml:7:23: groups[0].config.plugged: 'yes': expected true or false (did you mean 'true'?)\n"},
      {"a word that is near", group_with("count: 1\n    config: {current: dcc}\n"),
       "f/demo.yaml:7:23: groups[0].config.current: 'dcc': expected one of ac, dc (did you mean 'dc'?)\n"},
      {"a text for a list", group_with("count: 1\n    config: {taper: 10%}\n"),
       "f/demo.yaml:7:21: groups[0].config.taper: expected a list, each a ratio (%) (did you mean "
       "'[10%]'?)\n"},
      {"a wrong element", group_with("count: 1\n    config: {taper: [10%, x, 1]}\n"),
       "f/demo.yaml:7:27: groups[0].config.taper[1]: 'x': expected a ratio such as 10% or 0.1\n"},
      {"wrong records",
       group_with("count: 1\n    config:\n      vehicles:\n        - battery: 1\n        - wieght: 1\n       "
                  " - 7\n"),
       "f/demo.yaml:9:20: groups[0].config.vehicles[0].battery: '1': expected a number with a unit (Wh, kWh, "
       "MWh)\n"
       "f/demo.yaml:10:11: groups[0].config.vehicles[1].wieght: unknown key (did you mean 'weight'?)\n"
       "f/demo.yaml:10:11: groups[0].config.vehicles[1].battery: must be given\n"
       "f/demo.yaml:11:11: groups[0].config.vehicles[2]: expected a record, with keys and values\n"},
      {"flat and nested",
       group_with("count: 1\n    config: {reports.meter.every: 1s, reports: {meter: {every: 2s}}}\n"),
       "f/demo.yaml:7:57: groups[0].config.reports.meter.every: this key was given before, in line 7\n"},
      {"an unknown type", "fleet: x\ngroups: [{name: a, type: pil, count: 1, uplink: http}]\n",
       "f/demo.yaml:2:26: groups[0].type: unknown type 'pil': expected one of cam, pile (did you mean "
       "'pile'?)\n"},
      {"no type", "fleet: x\ngroups: [{name: a, count: 1, uplink: \"null\"}]\n",
       "f/demo.yaml:2:10: groups[0].type: must be given\n"},
      {"an unknown uplink", "fleet: x\ngroups: [{name: a, type: cam, count: 1, uplink: {htpp: {}}}]\n",
       "f/demo.yaml:2:50: groups[0].uplink: unknown uplink 'htpp': expected one of http, null with its "
       "settings, as in "
       "{http: {url: ...}} (did you mean 'http'?)\n"},
      {"no uplink", "fleet: x\ngroups: [{name: a, type: cam, count: 1}]\n",
       "f/demo.yaml:2:10: groups[0].uplink: must be given; expected one of http, null with its settings, as "
       "in {http: "
       "{url: ...}}\n"},
      {"no url", "fleet: x\ngroups: [{name: a, type: cam, count: 1, uplink: {http: {timeout: 1s}}}]\n",
       "f/demo.yaml:2:41: groups[0].uplink.http.url: must be given: Where to.\n"},
      {"a wrong uplink setting",
       "fleet: x\ngroups: [{name: a, type: cam, count: 1, uplink: {http: {url: u, timout: 1s}}}]\n",
       "f/demo.yaml:2:65: groups[0].uplink.http.timout: unknown key (did you mean 'uplink.http.timeout'?)\n"},
      {"a bad pattern", group_with("count: 1\n    id: pile\n"),
       "f/demo.yaml:7:9: groups[0].id: 'pile': expected one place for the number, as in pile-{:05}\n"},
      {"a bad name", "fleet: x\ngroups: [{name: a/b, type: cam, count: 1, uplink: \"null\"}]\n",
       "f/demo.yaml:2:17: groups[0].name: 'a/b': a group's name is 1 to 64 of a-z A-Z 0-9 - _ .\n"},
      {"bad labels", group_with("count: 1\n    labels: {type: a, x: [], y: [b, b, c d], z: {a: 1}}\n"),
       "f/demo.yaml:7:14: groups[0].labels.type: 'type' cannot name a label: selectors use that word\n"
       "f/demo.yaml:7:26: groups[0].labels.x: the list is empty\n"
       "f/demo.yaml:7:37: groups[0].labels.y: 'b' is in the list twice\n"
       "f/demo.yaml:7:40: groups[0].labels.y: 'c d': a label's value has no blanks and none of , ( ) ! = < > "
       "\"\n"
       "f/demo.yaml:7:46: groups[0].labels.z: expected a text or a list of texts\n"},
      {"a group twice",
       "fleet: x\ngroups:\n- {name: a, type: cam, count: 1, uplink: \"null\"}\n- {name: a, type: cam, count: "
       "1, id: \"b{}\", "
       "uplink: \"null\"}\n",
       "f/demo.yaml:4:10: groups: a group 'a' was given before, in line 3\n"},
      {"ids twice",
       "fleet: x\ngroups:\n- {name: a, type: cam, count: 20, id: \"x{}\", uplink: \"null\"}\n"
       "- {name: b, type: cam, count: 5, id: \"x1{}\", uplink: \"null\"}\n",
       "f/demo.yaml:4:38: groups: groups 'a' and 'b' both have a device 'x11'\n"},
      {"a variable that is not set", group_with("count: 1\n    config: {vendor: \"${NOBODY}\"}\n"),
       "f/demo.yaml:7:22: groups[0].config.vendor: the environment variable NOBODY is not set; "
       "${NOBODY:-default} gives "
       "it a default\n"},
      {"no such profile", group_with("count: 1\n    profile: none.yaml\n"),
       "f/demo.yaml:7:14: groups[0].profile: there is no file f/none.yaml\n"},
      {"another type's profile",
       "fleet: x\ngroups: [{name: a, type: cam, count: 1, profile: profiles/base.yaml, uplink: \"null\"}]\n",
       "f/demo.yaml:2:50: groups[0].profile: profiles/base.yaml is for devices of type 'pile', the group's "
       "are of type "
       "'cam'\n"},
      {"no YAML", "a: [1\nb: 2\n", "f/demo.yaml:2:2: this is not YAML: end of sequence flow not found\n"},
      {"a second document", group_with("count: 1\n---\na: 1\n"),
       "f/demo.yaml:8:1: a second document; one file holds one\n"},
      {"a tag", group_with("count: !!int 1\n"),
       "f/demo.yaml:6:12: groups[0].count: the tag 'tag:yaml.org,2002:int' means nothing here\n"},
      {"a key that is a list", "[a, b]: 1\n", "f/demo.yaml:1:1: a key must be a plain word\n"},
      {"an alias in itself", "a: &a [*a]\n",
       "f/demo.yaml:1:8: an alias inside the value that it stands for\n"},
      {"no text", std::string("fleet: a\nseed: \xff\n"), "f/demo.yaml:2:7: this is not UTF-8 text\n"},
      {"a time zone that nobody knows",
       "fleet: x\ntime_zone: Asia/Shangri-La\ngroups: [{name: a, type: cam, count: 1, uplink: \"null\"}]\n",
       "f/demo.yaml:2:12: time_zone: unknown time zone 'Asia/Shangri-La': expected UTC or a name such as "
       "Asia/Shanghai (package tzdata)\n"},
      {"many at once",
       "fleet: x\nseed: x\ntime_scale: 0\ngroups: [{name: a, type: cam, count: x, uplink: {http: {}}, "
       "config: {stream: {bitrate: 1}}}]\n",
       "f/demo.yaml:2:7: seed: 'x': expected a whole number\n"
       "f/demo.yaml:3:13: time_scale: '0' is out of range: expected 0.001 to 100000\n"
       "f/demo.yaml:4:38: groups[0].count: 'x': expected a whole number\n"
       "f/demo.yaml:4:88: groups[0].config.stream.bitrate: '1': expected a number with a unit (bps, kbps, "
       "Mbps, Gbps)\n"
       "f/demo.yaml:4:41: groups[0].uplink.http.url: must be given: Where to.\n"},
  };
  for (const Wrong& row : table) EXPECT_EQ(mistakes_of(row.text), row.mistakes) << row.what;
}

TEST(FleetFile, TellsMistakesInProfilesInTheirOwnFileOnce) {
  MemoryFiles files = sample_files();
  files.files["f/profiles/base.yaml"] = "type: pile\nratd_power: 1kW\n";
  files.files["f/demo.yaml"] =
      "fleet: x\ngroups:\n"
      "- {name: a, count: 1, profile: profiles/dc.yaml, uplink: \"null\"}\n"
      "- {name: b, count: 1, profile: profiles/dc.yaml, uplink: \"null\"}\n";
  EXPECT_EQ(mistakes_of(files),
            "f/profiles/base.yaml:2:1: ratd_power: unknown key (did you mean 'rated_power'?)\n");
}

TEST(FleetFile, RefusesProfilesThatExtendEachOtherInACircle) {
  MemoryFiles files = sample_files();
  files.files["f/profiles/base.yaml"] = "type: pile\nextends: ../profiles/dc.yaml\n";
  EXPECT_EQ(
      mistakes_of(files),
      "f/profiles/base.yaml:2:10: extends: profiles extend each other in a circle: f/profiles/dc.yaml -> "
      "f/profiles/base.yaml -> f/profiles/dc.yaml\n");
}

TEST(FleetFile, RefusesAProfileOfAnotherOrNoType) {
  MemoryFiles files = sample_files();
  files.files["f/profiles/base.yaml"] = "type: cam\n";
  EXPECT_EQ(mistakes_of(files),
            "f/profiles/dc.yaml:1:7: type: 'pile', but the profile that it extends is for 'cam'\n");
  files.files["f/profiles/base.yaml"] = "vendor: x\n";
  EXPECT_EQ(mistakes_of(files),
            "f/profiles/base.yaml:1:1: type: must be given: the type of device that this profile is for\n");
  files.files["f/profiles/base.yaml"] = "type: plie\n";
  EXPECT_EQ(mistakes_of(files),
            "f/profiles/base.yaml:1:7: type: unknown type 'plie' (did you mean 'pile'?)\n");
}

TEST(FleetFile, ReadsAnchorsAndRefusesTheirExplosion) {
  EXPECT_EQ(mistakes_of(group_with("count: &n 3\n    first: *n\n")), "(none)\n");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_THAT(mistakes_of(bomb), testing::HasSubstr("too many values"));
}

TEST(FleetFile, RefusesDeepNesting) {
  const auto repeated = [](int times, const std::string& text) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  std::string steps;
  for (int i = 0; i < 500; ++i) steps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  for (const std::string& text : {repeated(80, "[") + repeated(80, "]"),
                                  repeated(80, "{a: ") + repeated(80, "}"), repeated(20'000, "- "), steps}) {
    EXPECT_THAT(mistakes_of(text), testing::HasSubstr("nested too deeply")) << text.substr(0, 20);
  }
  for (const char* open : {"[", "{", "? ", "- ? ", "{a: ["}) {
    EXPECT_NE(mistakes_of(repeated(100'000, open)), "(none)\n") << open;
  }
}

TEST(FleetFile, RefusesGreatFiles) {
  EXPECT_THAT(mistakes_of(std::string(kYamlBytesMax + 1, ' ')), testing::HasSubstr("too large"));
}

TEST(FleetFile, ShowsTheFirstOfVeryManyMistakes) {
  std::string text = "fleet: x\n";
  for (int i = 0; i < 2000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto fleet =
      load_fleet("f/demo.yaml", sample_catalogue(), MemoryFiles{{{"f/demo.yaml", text}}, {}}.options());
  ASSERT_FALSE(fleet);
  EXPECT_EQ(fleet.error().size(), kMistakesMax);
  EXPECT_EQ(fleet.error().back().message, "there are more mistakes; the first are shown");
}

TEST(FleetFile, MistakesAreJsonToo) {
  const auto fleet = load_fleet("none.yaml", sample_catalogue(), MemoryFiles{}.options());
  ASSERT_FALSE(fleet);
  EXPECT_EQ(
      to_json(fleet.error()).dump(),
      R"([{"column":0,"file":"none.yaml","hint":"","line":0,"message":"there is no file none.yaml","path":""}])");
}

TEST(FleetFile, ReadsRealFilesAndRefusesFolders) {
  EXPECT_TRUE(read_regular_file("CMakeLists.txt", 1 << 20));
  EXPECT_EQ(read_regular_file("CMakeLists.txt", 3).error().code, Errc::too_large);
  EXPECT_EQ(read_regular_file("simulator", 100).error().code, Errc::unavailable);
  EXPECT_EQ(read_regular_file("/dev/zero", 100).error().code, Errc::unavailable);
  EXPECT_EQ(read_regular_file("no/such/file", 100).error().code, Errc::not_found);
}

}  // namespace
}  // namespace vfleet::config
