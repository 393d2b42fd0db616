#include "simulator/config/reference_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/config/fleet_file.h"
#include "simulator/config/json_schema.h"
#include "tests/unit/config/memory_files.h"
#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

using testing::HasSubstr;

TEST(ReferenceYaml, LoadsAndSetsEveryKeyToItsDefault) {
  const Catalogue catalogue = sample_catalogue();
  const MemoryFiles files{{{"reference.yaml", reference_yaml(catalogue)}}, {}};
  const auto fleet = load_fleet("reference.yaml", catalogue, files.options());
  ASSERT_TRUE(fleet) << to_string(fleet.error()) << reference_yaml(catalogue);
  std::set<std::string> types;
  std::set<std::string> uplinks;
  for (const GroupSpec& group : fleet->groups) {
    types.insert(group.type);
    uplinks.insert(group.uplink);
    EXPECT_EQ(group.values, catalogue.schema(group.type, group.uplink)->defaults());
  }
  EXPECT_EQ(types.size(), catalogue.types.size());
  EXPECT_EQ(uplinks.size(), catalogue.uplinks.size());
}

TEST(ReferenceYaml, SaysWhatAKeyIs) {
  const std::string text = reference_yaml(sample_catalogue());
  EXPECT_THAT(text, HasSubstr("      # What the nameplate says.\n"
                              "      # a power (W, kW, MW), 1kW to 1MW; live\n"
                              "      rated_power: 120kW\n"));
  EXPECT_THAT(text, HasSubstr("      # one of ac, dc; boot\n      current: dc\n"));
  EXPECT_THAT(text, HasSubstr("      # - weight: How often it comes. a whole number, 0 to 100; default 1\n"
                              "      vehicles:\n        - {battery: 60kWh, weight: 1}\n"));
  EXPECT_THAT(
      text, HasSubstr("        # a text; secret: masked wherever it is shown; live\n        token: \"\"\n"));
}

TEST(ReferenceYaml, QuotesWhatIsNoPlainWord) {
  for (const char* text :
       {"",    "null", "a: b", "- a",          "-",   "#", "a$b", "${X}", "\"", "a\nb", "%",
        "---", "true", "010",  "\u4e0a\u6d77", "[a]", "{", "*a",  "&a",   "!a", " a "}) {
    const MemoryFiles files{{{"p.yaml", std::string("type: pile\nvendor: ") + yaml_scalar(text) + "\n"}}, {}};
    const auto profile = load_profile("p.yaml", sample_catalogue(), files.options());
    ASSERT_TRUE(profile) << text << to_string(profile.error());
    EXPECT_EQ(profile->values.at("vendor"), Value{std::string(text)});
  }
}

TEST(JsonSchema, NestsKeysAndDescribesThem) {
  const auto schema = nlohmann::json::parse(json_schema(sample_catalogue()));
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  const auto& pile = schema["definitions"]["type_pile"];
  const auto& every = pile["properties"]["reports"]["properties"]["heartbeat"]["properties"]["every"];
  EXPECT_THAT(every["description"].get<std::string>(), HasSubstr("Time between two heartbeats."));
  EXPECT_EQ(every["default"], "30s");
  EXPECT_EQ(pile["additionalProperties"], false);
  EXPECT_EQ(pile["properties"]["current"]["anyOf"][0]["enum"].dump(), R"(["ac","dc"])");
  EXPECT_EQ(pile["properties"]["vehicles"]["items"]["required"].dump(), R"(["battery"])");
  const auto& url = schema["definitions"]["group"]["properties"]["uplink"]["anyOf"][1]["properties"]["http"];
  EXPECT_TRUE(url["properties"].contains("url"));
}

TEST(JsonSchema, DefinesEverythingThatItRefersTo) {
  const auto schema = nlohmann::json::parse(json_schema(sample_catalogue()));
  int references = 0;
  const auto flat = schema.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    if (!pointer.ends_with("/$ref")) continue;
    ++references;
    EXPECT_TRUE(schema.contains(nlohmann::json::json_pointer(value.get<std::string>().substr(1)))) << value;
  }
  EXPECT_GT(references, 5);
}

}  // namespace
}  // namespace vfleet::config
