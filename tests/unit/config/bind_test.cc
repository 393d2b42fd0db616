#include "simulator/config/bind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vfleet::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

enum class Current { ac, dc };

struct Vehicle {
  double battery_wh = 60e3;
  std::uint16_t weight = 1;
  Current current = Current::ac;
  std::vector<double> taper{0.8, 1.0};

  friend bool operator==(const Vehicle&, const Vehicle&) = default;
};

struct Pile {
  Duration every{30s};
  float jitter = 0.1F;
  double power_w = 120e3;
  std::uint8_t connectors = 2;
  bool plugged = false;
  std::string vendor = "acme";
  Current current = Current::dc;
  std::vector<std::string> tags{"a", "b"};
  std::vector<Vehicle> vehicles{Vehicle{}};
  double per_connector_w = 0;
};

Struct<Vehicle> vehicle_keys() {
  Struct<Vehicle> keys;
  keys.number(
          "battery", Unit::energy, [](auto& v) -> auto& { return v.battery_wh; })
      .range(1e3, 500e3)
      .required();
  keys.integer(
      "weight", [](auto& v) -> auto& { return v.weight; });
  keys.choice("current", [](auto& v) -> auto& { return v.current; },
              {{"ac", Current::ac}, {"dc", Current::dc}});
  keys.list(
      "taper", Kind::number, Unit::ratio, [](auto& v) -> auto& { return v.taper; });
  keys.check([](const Vehicle& v, std::vector<std::string>& mistakes) {
    if (v.weight == 0) mistakes.push_back("weight is 0");
  });
  return keys;
}

Struct<Pile> pile_keys() {
  Struct<Pile> keys;
  keys.duration(
          "reports.heartbeat.every", [](auto& c) -> auto& { return c.every; })
      .range(100ms, 24h)
      .doc("Period.");
  keys.number(
          "reports.heartbeat.jitter", Unit::ratio, [](auto& c) -> auto& { return c.jitter; })
      .range(0, 1);
  keys.number(
          "rated_power", Unit::power, [](auto& c) -> auto& { return c.power_w; })
      .range(1e3, 1e6);
  keys.integer(
          "connectors", [](auto& c) -> auto& { return c.connectors; })
      .effect(Effect::boot);
  keys.boolean(
      "plugged", [](auto& c) -> auto& { return c.plugged; });
  keys.text(
          "vendor", [](auto& c) -> auto& { return c.vendor; })
      .initial("volt");
  keys.choice("kind", [](auto& c) -> auto& { return c.current; }, {{"ac", Current::ac}, {"dc", Current::dc}});
  keys.list(
      "tags", Kind::text, Unit::none, [](auto& c) -> auto& { return c.tags; });
  keys.records(
      "vehicles", [](auto& c) -> auto& { return c.vehicles; }, vehicle_keys());
  keys.derive([](Pile& c) { c.per_connector_w = c.power_w / c.connectors; });
  keys.check([](const Pile& c, std::vector<std::string>& mistakes) {
    if (c.per_connector_w > 200e3) mistakes.push_back("too much power for a connector");
  });
  return keys;
}

TEST(Struct, DescribesItsKeysWithTheDefaultsOfItsMembers) {
  const Schema schema = pile_keys().schema();
  EXPECT_EQ(schema.find("reports.heartbeat.every")->initial, Value{Duration(30s)});
  EXPECT_EQ(schema.find("reports.heartbeat.jitter")->initial, Value{0.1});
  EXPECT_EQ(schema.find("vendor")->initial, Value{std::string("volt")});
  EXPECT_EQ(schema.find("kind")->initial, Value{std::string("dc")});
  EXPECT_EQ(schema.find("connectors")->maximum, 255);
  EXPECT_EQ(schema.find("connectors")->effect, Effect::boot);
  EXPECT_EQ(schema.find("vehicles")->items.size(), 4U);
  EXPECT_EQ(format_value(*schema.find("vehicles"), schema.find("vehicles")->initial),
            R"([{"battery":"60kWh","current":"ac","taper":["80%","100%"],"weight":"1"}])");
}

TEST(Struct, BuildsFromItsDefaultsAlone) {
  const auto pile = pile_keys().build({});
  ASSERT_TRUE(pile);
  EXPECT_EQ(pile->every, Duration(30s));
  EXPECT_FLOAT_EQ(pile->jitter, 0.1F);
  EXPECT_EQ(pile->vendor, "volt");
  EXPECT_EQ(pile->tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(pile->vehicles, std::vector<Vehicle>{Vehicle{}});
  EXPECT_EQ(pile->per_connector_w, 60e3);
}

TEST(Struct, LaysValuesOverItsDefaultsAndLeavesOtherPathsAlone) {
  const Struct<Pile> keys = pile_keys();
  const Schema schema = keys.schema();
  Values values;
  for (auto [path, text] :
       {std::pair{"reports.heartbeat.every", "2s"}, std::pair{"kind", "ac"}, std::pair{"tags", "[x]"},
        std::pair{"vehicles", R"([{"battery":"40kWh"},{"battery":75000,"current":"dc","taper":[0.5]}])"}}) {
    const auto value = parse_value(*schema.find(path), text);
    ASSERT_TRUE(value) << value.error().detail;
    values.emplace(path, *value);
  }
  values.emplace("uplink.http.url", Value{std::string("x")});
  const auto pile = keys.build(values);
  ASSERT_TRUE(pile);
  EXPECT_EQ(pile->every, Duration(2s));
  EXPECT_EQ(pile->current, Current::ac);
  EXPECT_EQ(pile->tags, std::vector<std::string>{"x"});
  ASSERT_EQ(pile->vehicles.size(), 2U);
  EXPECT_EQ(pile->vehicles[0], (Vehicle{40e3, 1, Current::ac, {0.8, 1.0}}));
  EXPECT_EQ(pile->vehicles[1], (Vehicle{75e3, 1, Current::dc, {0.5}}));
}

TEST(Struct, TellsEveryMistakeOfItsChecksThoseOfRecordsToo) {
  const Struct<Pile> keys = pile_keys();
  const Schema schema = keys.schema();
  Values values{{"connectors", Value{std::int64_t{1}}}, {"rated_power", Value{1e6}}};
  values.emplace("vehicles", *parse_value(*schema.find("vehicles"),
                                          R"([{"battery":"1kWh"},{"battery":"1kWh","weight":0}])"));
  const auto pile = keys.build(values);
  ASSERT_FALSE(pile);
  EXPECT_EQ(pile.error().detail, "vehicles[1]: weight is 0; too much power for a connector");
}

TEST(Struct, ReadsBackTheRecordOfAStruct) {
  const Struct<Vehicle> keys = vehicle_keys();
  const Vehicle source{75e3, 3, Current::dc, {0.25}};
  Vehicle target;
  keys.overlay(target, keys.record_of(source));
  EXPECT_EQ(target, source);
}

TEST(Struct, KeepsTheRangeOfItsIntegers) {
  const Schema schema = pile_keys().schema();
  const auto value = parse_value(*schema.find("connectors"), "256");
  ASSERT_FALSE(value);
  EXPECT_THAT(value.error().detail, HasSubstr("connectors: '256' is out of range: expected 0 to 255"));
}

TEST(Struct, ItsSchemaSurvivesJson) {
  const Schema schema = pile_keys().schema();
  const auto back = schema_from_json(nlohmann::json::parse(to_json(schema).dump()));
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, schema);
}

}  // namespace
}  // namespace vfleet::config
