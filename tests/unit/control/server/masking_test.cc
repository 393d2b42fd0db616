#include "control/server/masking.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vfleet::control::server {
namespace {

using nlohmann::json;

class MaskingTest : public ::testing::Test {
 protected:
  MaskingTest() {
    const auto key = [](const char* path, bool secret) {
      config::Key out;
      out.path = path;
      out.secret = secret;
      out.initial = config::Value{std::string()};
      return out;
    };
    config::Key users = key("users", false);
    users.kind = config::Kind::list;
    users.items = {key("name", false), key("password", true)};
    users.initial = config::Value{config::List{}};
    const json type = {
        {"name", "cam"},
        {"schema", config::to_json(config::Schema({key("secret", true), key("site", false), users}))},
        {"actions", {{{"name", "login"}, {"args", config::to_json(config::Schema({key("pin", true)}))}}}}};
    auto parsed = TypeCatalogue::parse(json{{"version", "1"}, {"types", {type}}}.dump());
    EXPECT_TRUE(parsed) << parsed.error().detail;
    if (parsed) catalogue = std::move(*parsed);
  }
  json masked(bus::Verb verb, const json& args) const {
    bus::Command command;
    command.verb = verb;
    command.selector = "all";
    command.args = args.dump();
    return Masking(catalogue).args(command);
  }
  TypeCatalogue catalogue;
};

TEST_F(MaskingTest, HidesSecretsOfAPatchAndNothingElse) {
  EXPECT_EQ(masked(bus::Verb::set, {{"patch", {{"secret", "hush"}, {"site", "hefei"}}}}),
            (json{{"patch", {{"secret", "***"}, {"site", "hefei"}}}}));
  EXPECT_EQ(masked(bus::Verb::set, {{"patch", {{"users", {{{"name", "eve"}, {"password", "hush"}}}}}}}),
            (json{{"patch", {{"users", {{{"name", "eve"}, {"password", "***"}}}}}}}));
}

TEST_F(MaskingTest, HidesSecretsOfGroupsRowsActionsAndOfTheRulesOfARollback) {
  const json group = {{"name", "g"},
                      {"profile_values", {{"secret", "hush"}}},
                      {"values", {{"secret", "hush"}}},
                      {"rows", {{{"id", "a"}, {"values", {{"secret", "hush"}}}}}}};
  const json rule = {{"verb", "set"}, {"args", {{"patch", {{"secret", "hush"}}}}}};
  const json action = {{"verb", "action"}, {"args", {{"action", "login"}, {"args", {{"pin", "hush"}}}}}};
  for (const bus::Verb verb : {bus::Verb::reload, bus::Verb::scale, bus::Verb::rollback}) {
    const std::string text = masked(verb, {{"groups", {group}}, {"rules", {rule, action}}}).dump();
    EXPECT_EQ(text.find("hush"), std::string::npos) << text;
    EXPECT_NE(text.find("***"), std::string::npos);
  }
  EXPECT_EQ(masked(bus::Verb::action, {{"action", "login"}, {"args", {{"pin", "hush"}}}})["args"]["pin"],
            "***");
}

TEST_F(MaskingTest, ALineForPeopleHoldsNoSecretEither) {
  bus::Command command;
  command.selector = "pile-*";
  command.args = R"({"patch":{"secret":"hush","site":"hefei"}})";
  EXPECT_EQ(Masking(catalogue).line(command), "set pile-* secret=*** site=hefei");
  command.verb = bus::Verb::action;
  command.args = R"({"action":"login","args":{"pin":"hush"}})";
  EXPECT_EQ(Masking(catalogue).line(command), "do pile-* login pin=***");
}

TEST_F(MaskingTest, ALineOfATriggerSaysWhatIsSent) {
  bus::Command command;
  command.verb = bus::Verb::trigger;
  command.selector = "pile-7";
  command.args = R"({"report":"meter","fields":{"power_w":7200,"objects.0.kind":"cat"},"count":1})";
  EXPECT_EQ(Masking(catalogue).line(command), "trigger pile-7 meter objects.0.kind=cat power_w=7200");
  command.args = R"({"report":"meter","fields":{},"payload":"e2Jyb2tlbgo=","count":10})";
  EXPECT_EQ(Masking(catalogue).line(command), "trigger pile-7 meter --payload ... --count 10");
}

TEST_F(MaskingTest, ALineOfACancelNamesTheJob) {
  bus::Command command;
  command.verb = bus::Verb::cancel;
  command.selector = "all";
  command.args = R"({"job":"5f0c3a"})";
  EXPECT_EQ(Masking(catalogue).line(command), "cancel 5f0c3a");
}

TEST_F(MaskingTest, GarbageIsNoCrash) {
  for (const char* args : {"", "7", "[]", R"({"patch":7})", R"({"groups":[7,[]]})", R"({"rules":{"a":7}})"}) {
    bus::Command command;
    command.args = args;
    EXPECT_TRUE(Masking(catalogue).args(command).is_structured() || std::string(args) == "7") << args;
    for (const bus::Verb verb : {bus::Verb::set, bus::Verb::reload, bus::Verb::scale, bus::Verb::rollback}) {
      command.verb = verb;
      EXPECT_FALSE(Masking(catalogue).line(command).empty());
    }
  }
}

TEST_F(MaskingTest, ALineOfWhatChangesGroupsNamesThem) {
  bus::Command command;
  command.selector = "all";
  command.verb = bus::Verb::scale;
  command.args = R"({"groups":[{"name":"pile","count":900,"file_count":600},{"name":"cam","count":5}]})";
  EXPECT_EQ(Masking(catalogue).line(command), "scale pile=900 cam=file");
  command.verb = bus::Verb::reload;
  command.args = R"({"groups":[{"name":"pile"}],"removed":["cam"]})";
  EXPECT_EQ(Masking(catalogue).line(command), "reload pile -cam");
  command.verb = bus::Verb::rollback;
  command.args = R"({"to":6})";
  EXPECT_EQ(Masking(catalogue).line(command), "rollback 6");
}

}  // namespace
}  // namespace vfleet::control::server
