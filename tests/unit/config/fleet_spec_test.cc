#include "simulator/config/fleet_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/config/fleet_diff.h"
#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

GroupSpec piles() {
  GroupSpec group;
  group.name = "pile";
  group.type = "pile";
  group.id = "pile-{:05}";
  group.count = 600;
  group.labels = {{"vendor", {"acme", "volt"}}, {"site", {"shanghai", "hefei", "beijing"}}};
  group.ordinals = {{0, 500, 0}, {500, 100, 900}};
  group.uplink = "http";
  group.profile = "dc.yaml";
  group.profile_values = {{"rated_power", Value{60e3}}, {"reports.heartbeat.every", Value{Duration(30s)}}};
  group.values = {{"uplink.http.url", Value{std::string("http://x/")}}, {"taper", Value{List{Value{0.5}}}}};
  return group;
}

GroupSpec cams() {
  GroupSpec group;
  group.name = "cam";
  group.type = "cam";
  group.count = 2;
  group.uplink = "null";
  group.rows = {{"cam-x", {{"site", "a"}}, {{"stream.bitrate", Value{2e6}}}}, {"cam-y", {}, {}}};
  return group;
}

FleetSpec fleet() {
  return {"demo", 42, 2.5, "Asia/Shanghai", "http://f/", {piles(), cams()}, {"lost == 0"}};
}

TEST(FleetSpec, SurvivesJson) {
  const Catalogue catalogue = sample_catalogue();
  const auto json = nlohmann::json::parse(to_json(fleet(), catalogue).dump());
  const auto back = fleet_from_json(json, catalogue);
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, fleet());
}

TEST(FleetSpec, WritesValuesAsTextsAndLabelsInTheirOrder) {
  const Catalogue catalogue = sample_catalogue();
  const auto json = to_json(piles(), *catalogue.schema("pile", "http"));
  EXPECT_EQ(json["labels"].dump(), R"([["vendor",["acme","volt"]],["site",["shanghai","hefei","beijing"]]])");
  EXPECT_EQ(json["profile_values"].dump(), R"({"rated_power":"60kW","reports.heartbeat.every":"30s"})");
  EXPECT_EQ(json["values"].dump(), R"({"taper":["50%"],"uplink.http.url":"http://x/"})");
  EXPECT_EQ(json["ordinals"].dump(), "[[0,500,0],[500,100,900]]");
}

TEST(FleetSpec, RefusesJsonThatIsNoGroup) {
  const Catalogue catalogue = sample_catalogue();
  const auto good = to_json(piles(), *catalogue.schema("pile", "http"));
  const std::vector<std::tuple<std::string, std::string, std::string>> wrong{
      {"/name", "17", "name has another type"},
      {"/name", "\"a b\"", "no valid name"},
      {"/type", "\"pil\"", "did you mean 'pile'?"},
      {"/uplink", "\"htpp\"", "did you mean 'http'?"},
      {"/count", "-1", "count has another type"},
      {"/count", "1e30", "count has another type"},
      {"/count", "10000001", "too large"},
      {"/id", "\"pile\"", "expected one place for the number"},
      {"/labels", "{}", "labels is not a list"},
      {"/labels", "[[\"a\",[]]]", "labels are not lists"},
      {"/labels", "[[\"a\",[1]]]", "labels are not lists"},
      {"/ordinals", "[[0,1]]", "ordinals are not lists"},
      {"/ordinals", "[[0,1,-1]]", "ordinals are not lists"},
      {"/values", "{\"rated_powr\":\"1kW\"}", "did you mean 'rated_power'?"},
      {"/values", "{\"rated_power\":\"1V\"}", "expected a number with a unit"},
      {"/values", "[]", "not an object"},
      {"/rows", "[{\"id\":\"x\"}]", "count and rows differ"},
      {"/rows", "[{\"id\":\"x y\"}]", "is no id"},
      {"/rows", "[7]", "not an object"},
  };
  for (const auto& [pointer, value, message] : wrong) {
    auto json = good;
    json[nlohmann::json::json_pointer(pointer)] = nlohmann::json::parse(value);
    const auto group = group_from_json(json, catalogue);
    ASSERT_FALSE(group) << pointer << " = " << value;
    EXPECT_THAT(group.error().detail, HasSubstr(message)) << pointer << " = " << value;
  }
  for (const char* text : {"[]", "7", "null", "{}", "\"x\""}) {
    EXPECT_FALSE(group_from_json(nlohmann::json::parse(text), catalogue)) << text;
    EXPECT_FALSE(fleet_from_json(nlohmann::json::parse(text), catalogue)) << text;
    EXPECT_FALSE(catalogue_from_json(nlohmann::json::parse(text))) << text;
  }
}

TEST(Catalogue, SurvivesJson) {
  const Catalogue catalogue = sample_catalogue();
  const auto back = parse_catalogue(to_json(catalogue).dump());
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(back->version, "1.0");
  EXPECT_EQ(back->types.at("pile").schema, catalogue.types.at("pile").schema);
  EXPECT_EQ(back->types.at("cam").doc, "A camera.");
  EXPECT_EQ(back->uplinks.at("http").schema, catalogue.uplinks.at("http").schema);
}

TEST(Catalogue, RefusesADescriptionThatContradictsItself) {
  for (const char* keys :
       {R"([{"path":"a","kind":"text"},{"path":"a","kind":"text"}])",
        R"([{"path":"a","kind":"text"},{"path":"a.b","kind":"text"}])", R"([{"path":"a","kind":"list"}])",
        R"([{"path":"a","kind":"word"}])", R"([{"path":"a","kind":"integer","default":"x"}])",
        R"([{"kind":"text"}])", R"([1])", "7"}) {
    EXPECT_FALSE(schema_from_json(nlohmann::json::parse(keys))) << keys;
  }
}

TEST(GroupSpec, CombinesLabelsAsAMixedRadixProduct) {
  const GroupSpec group = piles();
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (std::uint64_t i = 0; i < 6; ++i) seen.emplace(*group.label(i, "vendor"), *group.label(i, "site"));
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(group.label(0, "vendor"), "acme");
  EXPECT_EQ(group.label(1, "vendor"), "volt");
  EXPECT_EQ(group.label(1, "site"), "shanghai");
  EXPECT_EQ(group.label(2, "site"), "hefei");
  EXPECT_EQ(group.label(0, "colour"), std::nullopt);
}

TEST(GroupSpec, KnowsIdsAndOrdinalsByIndex) {
  EXPECT_EQ(piles().device_id(41), "pile-00042");
  EXPECT_EQ(cams().device_id(1), "cam-y");
  EXPECT_EQ(cams().label(0, "site"), "a");
  EXPECT_EQ(piles().ordinal(499), 499U);
  EXPECT_EQ(piles().ordinal(500), 900U);
  EXPECT_EQ(piles().ordinal(600), std::nullopt);
}

TEST(IdPattern, ReadsBackTheNumbersThatItFormats) {
  for (const char* text : {"pile-{:05}", "x{}", "{}-x", "a.{:03}_b"}) {
    const auto pattern = IdPattern::parse(text);
    ASSERT_TRUE(pattern) << text;
    for (std::uint64_t number : {0ULL, 1ULL, 9ULL, 10ULL, 99999ULL, 100000ULL, 9999999999ULL}) {
      EXPECT_EQ(pattern->number_of(pattern->format(number)), number) << text;
    }
  }
  const auto pattern = IdPattern::parse("p{:03}");
  for (const char* id : {"p1", "p01", "p0001", "p", "q001", "p-01", "p001x", "p99999999999999999999999"}) {
    EXPECT_EQ(pattern->number_of(id), std::nullopt) << id;
  }
}

TEST(IdPattern, RefusesWhatIsNoPattern) {
  for (const char* text :
       {"", "pile", "{", "}{", "{:5}", "{:0}", "{:0x}", "{:099}", "{5}", "{}{}", "a b{}", "a/{}", "{:05"}) {
    EXPECT_FALSE(IdPattern::parse(text)) << text;
  }
}

TEST(FleetDiff, IsEmptyForTheSameFleet) {
  FleetSpec moved = fleet();
  moved.groups[0].ordinals.clear();
  // The same value from another layer is no change.
  moved.groups[0].values["rated_power"] = Value{60e3};
  EXPECT_THAT(diff(fleet(), moved, sample_catalogue()).lines, IsEmpty());
}

TEST(FleetDiff, TellsEachChangeInALine) {
  FleetSpec after = fleet();
  GroupSpec& pile = after.groups[0];
  pile.profile_values["reports.heartbeat.every"] = Value{Duration(2s)};
  pile.profile_values.erase("rated_power");
  pile.values["uplink.http.token"] = Value{std::string("very secret")};
  pile.count = 800;
  pile.labels.pop_back();
  GroupSpec& cam = after.groups[1];
  cam.rows[0].values["stream.bitrate"] = Value{3e6};
  cam.rows[1].id = "cam-z";
  GroupSpec more = cams();
  more.name = "more";
  after.groups.push_back(more);
  const FleetDiff found = diff(fleet(), after, sample_catalogue());
  EXPECT_THAT(
      found.lines,
      ElementsAre("group pile: devices 600 -> 800",
                  "group pile: labels.site [shanghai, hefei, beijing] -> (none)",
                  "group pile: rated_power 60kW -> 120kW", "group pile: reports.heartbeat.every 30s -> 2s",
                  "group pile: uplink.http.token changed (secret)",
                  "group cam: device cam-x: stream.bitrate 2Mbps -> 3Mbps", "group cam: device cam-z added",
                  "group cam: device cam-y removed", "group more: added, 2 devices"));
  EXPECT_THAT(found.changed, ElementsAre("pile", "cam"));
  EXPECT_THAT(found.added, ElementsAre("more"));
  EXPECT_THAT(found.refused, IsEmpty());
}

TEST(FleetDiff, RefusesWhatARunningFleetCannotFollow) {
  FleetSpec after = fleet();
  after.seed = 43;
  after.groups[0].values["connectors"] = Value{std::int64_t{4}};
  after.groups.pop_back();
  const FleetDiff found = diff(fleet(), after, sample_catalogue());
  EXPECT_THAT(found.lines,
              ElementsAre("seed 42 -> 43", "group cam: removed, 2 devices", "group pile: connectors 2 -> 4"));
  EXPECT_THAT(found.refused, ElementsAre("seed 42 -> 43", "group pile: connectors 2 -> 4"));
  EXPECT_THAT(found.removed, ElementsAre("cam"));
}

TEST(FleetDiff, CountsListedDevicesPastTheFirst) {
  FleetSpec after = fleet();
  GroupSpec& cam = after.groups[1];
  for (int i = 0; i < 50; ++i) cam.rows.push_back({"new-" + std::to_string(i), {}, {}});
  cam.count = cam.rows.size();
  const FleetDiff found = diff(fleet(), after, sample_catalogue());
  EXPECT_EQ(found.lines.size(), 12U);
  EXPECT_EQ(found.lines.back(), "group cam: and 40 more changes of listed devices");
}

}  // namespace
}  // namespace vfleet::config
