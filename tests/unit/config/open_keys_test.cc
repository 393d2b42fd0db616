// Keys that describe any name in their section, and folders that are relative to the file that names them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "simulator/config/bind.h"
#include "simulator/config/fleet_diff.h"
#include "simulator/config/fleet_file.h"
#include "simulator/config/json_schema.h"
#include "simulator/config/layers.h"
#include "simulator/config/reference_yaml.h"
#include "tests/unit/config/memory_files.h"

namespace vfleet::config {
namespace {

using testing::HasSubstr;

struct Tool {
  std::vector<std::string> command;
  std::string directory;
  std::map<std::string, std::string> settings;
};

Struct<Tool> tool_keys() {
  Struct<Tool> keys;
  keys.list(
          "run.command", Kind::text, Unit::none, [](auto& c) -> auto& { return c.command; })
      .doc("What runs.");
  keys.text(
          "run.directory", [](auto& c) -> auto& { return c.directory; })
      .folder_of("run.command")
      .doc("Where.");
  keys.open_texts(
          "settings", [](auto& c) -> auto& { return c.settings; })
      .doc("Its own.");
  return keys;
}

Catalogue tools() {
  Catalogue catalogue;
  catalogue.types["tool"] = {"A tool.", tool_keys().schema()};
  catalogue.uplinks["null"] = {"Nowhere.", Schema()};
  return catalogue;
}

tl::expected<FleetSpec, Mistakes> load(const std::string& config,
                                       const std::string& profile = "type: tool\n") {
  const MemoryFiles files{
      {{"/etc/fleets/fleet.yaml",
        "fleet: f\ngroups:\n- {name: g, count: 1, profile: profiles/p.yaml, uplink: 'null', config: {" +
            config + "}}\n"},
       {"/etc/fleets/profiles/p.yaml", profile}},
      {}};
  return load_fleet("/etc/fleets/fleet.yaml", tools(), files.options());
}

std::string text(const Values& values, const std::string& path) {
  const auto at = values.find(path);
  return at == values.end() ? "(none)" : std::get<std::string>(at->second.data);
}

TEST(OpenKeys, AnyOneWordInTheSectionIsDescribed) {
  const Schema schema = tool_keys().schema();
  ASSERT_NE(schema.find("settings.limit"), nullptr);
  EXPECT_TRUE(is_open(*schema.find("settings.limit")));
  for (const char* path :
       {"settings", "settings.", "settings.*", "settings.a.b", "settings.a b", "setting.a", "a"})
    EXPECT_EQ(schema.find(path), nullptr) << path;
  EXPECT_FALSE(schema.defaults().contains("settings.*"));
  EXPECT_EQ(*schema_from_json(to_json(schema)), schema);
}

TEST(OpenKeys, LayersAddNamesAndTheLaterOneWins) {
  const auto fleet = load("settings: {b: 2, c: 3}", "type: tool\nsettings: {a: 1, b: 1}\n");
  ASSERT_TRUE(fleet) << to_string(fleet.error());
  const Schema schema = tool_keys().schema();
  const Layers layers{schema, &fleet->groups[0]};
  const Values all = effective_values(layers);
  EXPECT_EQ(text(all, "settings.a") + text(all, "settings.b") + text(all, "settings.c"), "123");
  const auto told = explain(layers, "settings");
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[1], (Explained{"settings.b", "1", "profile profiles/p.yaml"}));
  EXPECT_EQ(told[2], (Explained{"settings.b", "2", "fleet file"}));
  const auto built = tool_keys().build(all);
  ASSERT_TRUE(built);
  EXPECT_EQ(built->settings, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

TEST(OpenKeys, MistakesAreNamed) {
  const auto twice = load("settings: {a: 1}, settings.a: 2");
  ASSERT_FALSE(twice);
  EXPECT_THAT(to_string(twice.error()), HasSubstr("settings.a: this key was given before"));
  EXPECT_FALSE(load("settings: {a: [1]}"));
  EXPECT_FALSE(load("settings: {a: {b: 1}}"));
  EXPECT_FALSE(load("settings: {'a b': 1}"));
  EXPECT_TRUE(load("settings: {}"));
}

TEST(OpenKeys, ADifferenceOfTwoFilesNamesTheSetting) {
  const auto before = load("settings: {a: 1, b: 1}");
  const auto after = load("settings: {a: 2, c: 1}");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(diff(*before, *after, tools()).lines,
            (std::vector<std::string>{"group g: settings.a 1 -> 2", "group g: settings.b 1 -> (none)",
                                      "group g: settings.c (none) -> 1"}));
}

TEST(OpenKeys, TheReferenceShowsTheSectionAndEditorsAllowAnyName) {
  EXPECT_THAT(reference_yaml(tools()), HasSubstr("      settings: {}\n"));
  const auto schema = nlohmann::json::parse(json_schema(tools()));
  EXPECT_TRUE(
      schema["definitions"]["type_tool"]["properties"]["settings"]["additionalProperties"].is_object());
}

TEST(Folders, AreThoseOfTheFileThatGivesTheKeyTheyAreFor) {
  EXPECT_EQ(text(load("run: {command: [a]}")->groups[0].values, "run.directory"), "/etc/fleets");
  EXPECT_EQ(text(load("run: {command: [a], directory: bin}")->groups[0].values, "run.directory"),
            "/etc/fleets/bin");
  EXPECT_EQ(text(load("run: {command: [a], directory: /opt}")->groups[0].values, "run.directory"), "/opt");
  EXPECT_EQ(text(load("run: {command: [a], directory: ''}")->groups[0].values, "run.directory"), "");
  EXPECT_EQ(text(load("settings: {a: 1}")->groups[0].values, "run.directory"), "(none)");
  const auto fleet = load("settings: {a: 1}", "type: tool\nrun: {command: [a]}\n");
  EXPECT_EQ(text(fleet->groups[0].profile_values, "run.directory"), "/etc/fleets/profiles");
}

}  // namespace
}  // namespace vfleet::config
