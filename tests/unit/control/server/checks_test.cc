#include "control/server/checks.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vfleet::control::server {
namespace {

using nlohmann::json;

config::Key key(const std::string& path, config::Kind kind, double maximum = 1e9) {
  config::Key out;
  out.path = path;
  out.kind = kind;
  out.maximum = maximum;
  switch (kind) {
    case config::Kind::duration:
      out.unit = Unit::duration;
      out.initial.data = Duration(0);
      break;
    case config::Kind::integer:
      out.initial.data = std::int64_t{0};
      break;
    default:
      out.initial.data = std::string();
  }
  return out;
}

json type(const std::string& name, std::vector<config::Key> keys) {
  config::Key connector = key("connector", config::Kind::integer, 16);
  connector.required = true;
  return {{"name", name},
          {"reports", {{{"name", "meter"}, {"fields", {{{"name", "soc"}}, {{"name", "objects"}}}}}}},
          {"actions",
           {{{"name", "fault"}, {"durable", true}, {"args", config::to_json(config::Schema({connector}))}},
            {{"name", "plug"}, {"durable", false}}}},
          {"schema", config::to_json(config::Schema(std::move(keys)))}};
}

class Checks : public ::testing::Test {
 protected:
  void SetUp() override {
    config::Key fixed = key("seed", config::Kind::integer);
    fixed.effect = config::Effect::fleet;
    json described = {{"version", "1.2"}, {"types", json::array()}, {"uplinks", json::array()}};
    described["types"].push_back(
        type("pile", {key("reports.meter.every", config::Kind::duration, 60), fixed}));
    described["types"].push_back(type("cam", {key("channels", config::Kind::integer, 8)}));
    described["uplinks"].push_back(
        {{"name", "http"}, {"schema", config::to_json(config::Schema({key("url", config::Kind::text)}))}});
    auto parsed = TypeCatalogue::parse(described.dump());
    ASSERT_TRUE(parsed) << parsed.error().detail;
    catalogue = std::move(*parsed);
    for (const TypeInfo& each : catalogue.types()) types.push_back(&each);
    types_json = described["types"].dump();
  }

  TypeCatalogue catalogue;
  Types types;
  std::string types_json;
};

TEST_F(Checks, TakeWhatAnyTypeKnows) {
  EXPECT_TRUE(check_patch(types, {{"reports.meter.every", "\"2s\""}}));
  EXPECT_TRUE(check_patch(types, {{"channels", "4"}, {"uplink.http.url", "\"http://localhost\""}}));
}

TEST_F(Checks, RefuseAPathThatNobodyKnowsAndSayWhatWasMeant) {
  const Status status = check_patch(types, {{"reports.meter.evry", "\"2s\""}});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().detail.find("did you mean 'reports.meter.every'"), std::string::npos)
      << status.error().detail;
}

TEST_F(Checks, SayWhereToLookOrWhatThereIsWhenNothingSimilarIsKnown) {
  const auto said = [](const Status& status) { return status ? std::string("good") : status.error().detail; };
  EXPECT_EQ(said(check_patch({types[0]}, {{"zzz", "1"}})),
            "no key 'zzz' in pile (see `vfleet describe pile`)");
  EXPECT_EQ(said(check_paths(types, {"zzz"})), "no key 'zzz' in pile, cam (see `vfleet describe TYPE`)");
  EXPECT_EQ(said(check_report({types[1]}, "zzz")), "cam has no report 'zzz' (see `vfleet describe cam`)");
  EXPECT_EQ(said(check_fields(types, "meter", {{"zzz", "1"}})),
            "report 'meter' has no field 'zzz' (it has objects, soc)");
  const auto argument = [&](const char* action) {
    const auto checked = check_action({types[0]}, action, {{"zzz", "1"}});
    return checked ? std::string("good") : checked.error().detail;
  };
  EXPECT_EQ(argument("fault"), "action 'fault' has no argument 'zzz' (it has connector)");
  EXPECT_EQ(argument("plug"), "action 'plug' has no argument 'zzz' (it has none)");
  EXPECT_EQ(argument("zzz"), "pile has no action 'zzz' (see `vfleet describe pile`)");
}

TEST_F(Checks, RefuseAValueThatNoneTakes) {
  EXPECT_FALSE(check_patch(types, {{"reports.meter.every", "\"2h\""}}));
  EXPECT_FALSE(check_patch(types, {{"channels", "\"many\""}}));
}

TEST_F(Checks, RefuseWhatOnlyANewFleetCanChange) {
  EXPECT_FALSE(check_patch(types, {{"seed", "3"}}));
}

TEST_F(Checks, LookAtPathsAndSections) {
  EXPECT_TRUE(check_paths(types, {"channels"}));
  EXPECT_FALSE(check_paths(types, {"reports.meter"}));
  EXPECT_TRUE(check_shown_path(types, "reports.meter"));
  EXPECT_TRUE(check_shown_path(types, ""));
  EXPECT_FALSE(check_shown_path(types, "report"));
}

TEST_F(Checks, LookAtReportsAndFields) {
  EXPECT_TRUE(check_report(types, "meter"));
  EXPECT_FALSE(check_report(types, "metre"));
  EXPECT_TRUE(check_fields(types, "meter", {{"soc", "1"}, {"objects.0.score", "1"}, {"$.type", "\"x\""}}));
  EXPECT_FALSE(check_fields(types, "meter", {{"sock", "1"}}));
}

TEST_F(Checks, LookAtActionsAndTheirArguments) {
  EXPECT_EQ(check_action(types, "fault", {{"connector", "1"}}), true);
  EXPECT_EQ(check_action(types, "plug", {}), false);
  EXPECT_FALSE(check_action(types, "plugg", {}));
  EXPECT_FALSE(check_action(types, "fault", {}));
  EXPECT_FALSE(check_action(types, "fault", {{"connector", "17"}}));
  EXPECT_FALSE(check_action(types, "fault", {{"conector", "1"}}));
}

TEST_F(Checks, TellOneDescriptionFromAnother) {
  EXPECT_TRUE(catalogue.same_types(types_json));
  EXPECT_TRUE(catalogue.same_types(json::parse(types_json).dump(2)));
  EXPECT_FALSE(catalogue.same_types("[]"));
  EXPECT_FALSE(catalogue.same_types("nonsense"));
}

TEST(TypeCatalogue, RefusesWhatIsNoDescription) {
  for (const char* text :
       {"", "[]", R"({"types":[{}]})", R"({"types":[{"name":"a","schema":7}]})", R"({"uplinks":[1]})"}) {
    EXPECT_FALSE(TypeCatalogue::parse(text)) << text;
  }
}

TEST_F(Checks, AnOpenTypeLetsItsDevicesDecide) {
  EXPECT_FALSE(check_report(types, "dance"));
  EXPECT_FALSE(check_action(types, "dance", {}));
  json described = {{"types", {type("program", {})}}, {"uplinks", json::array()}};
  described["types"][0]["open"] = true;
  const auto open = TypeCatalogue::parse(described.dump());
  ASSERT_TRUE(open);
  Types reached = types;
  reached.push_back(open->find("program"));
  EXPECT_TRUE(check_report(reached, "dance"));
  EXPECT_TRUE(check_fields(reached, "dance", {{"how", "\"well\""}}));
  const auto durable = check_action(reached, "dance", {{"with", "\"me\""}});
  ASSERT_TRUE(durable);
  EXPECT_FALSE(*durable);
  EXPECT_TRUE(*check_action(reached, "fault", {{"connector", "1"}}))
      << "what is described stays as described";
}

}  // namespace
}  // namespace vfleet::control::server
