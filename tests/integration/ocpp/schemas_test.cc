#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/fleet/process.h"
#include "tests/integration/ocpp/node.h"
#include "tests/support/ocpp_examples.h"

namespace vfleet::ocpp_test {
namespace {

using codec::ocpp::Message;
using codec::ocpp::messages;
using codec::ocpp::Object;
using Json = nlohmann::ordered_json;

/// Every example of every message as check_examples.mjs reads it, a line each.
std::string examples() {
  std::string lines;
  for (const Message& each : messages()) {
    const std::string request = test::minimal_example(each.request);
    for (const bool response : {false, true}) {
      const Object& object = response ? each.response : each.request;
      const auto add = [&](const std::string& name, const std::string& payload, bool good) {
        lines += Json{{"action", each.name}, {"response", response}, {"request", request},
                      {"name", name},        {"payload", payload},   {"good", good}}
                     .dump(-1, ' ', false, Json::error_handler_t::replace) +
                 "\n";
      };
      add("minimal", test::minimal_example(object), true);
      add("maximal", test::maximal_example(object), true);
      for (const test::Mistake& mistake : test::mistakes(object))
        add(mistake.name, mistake.payload, mistake.limit);
    }
  }
  return lines;
}

TEST(OcppSchemas, TwoLibrariesThinkOfEveryExampleAndEveryMistakeWhatOurTablesThink) {
  const fleet_test::TempDir folder;
  fleet_test::write_file(folder / "examples", examples());
  fleet_test::Process check(node("check_examples.mjs", {folder / "examples"}), folder / "out",
                            folder / "err");
  ASSERT_EQ(check.wait(std::chrono::seconds(60)), 0) << fleet_test::read_file(folder / "err");
  const Json verdict = Json::parse(fleet_test::read_file(folder / "out"));
  EXPECT_GT(verdict["checked"], 2000);
  std::string told;
  for (const Json& each : verdict["disagree"]) told += each.dump() + "\n";
  EXPECT_EQ(told, "");
}

}  // namespace
}  // namespace vfleet::ocpp_test
