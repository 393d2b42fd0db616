#include "control/results/compare.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/results/verdict.h"
#include "tests/unit/control/results/sample_run.h"

namespace vfleet::control::results {
namespace {

using nlohmann::json;

json run_of(std::int64_t ack_us, std::uint64_t failed) {
  SampleRun run(ack_us);
  run.run(10);
  if (failed > 0) run.run_failing(failed);
  json document = run.document();
  judge(document, {});
  return document;
}

json row(const json& comparison, const std::string& name) {
  for (const json& each : comparison["rows"]) {
    if (each["name"] == name) return each;
  }
  return nullptr;
}

config::Change change(const char* text) {
  auto read = config::parse_change(text);
  EXPECT_TRUE(read) << text;
  return *read;
}

TEST(Compare, OfARunWithItselfNothingDiffers) {
  const json run = run_of(2'000, 3);
  const json comparison = compare(run, run);
  ASSERT_FALSE(comparison["rows"].empty());
  for (const json& each : comparison["rows"]) EXPECT_EQ(each["change"], 0) << each.dump();
}

TEST(Compare, ComputesPercentilesFromTheHistogramsOfBoth) {
  json a = run_of(2'000, 0);
  json b = run_of(3'000, 0);
  // What a file says of itself does not count, what it measured does.
  b["latencies"][0]["ack"]["p99"] = 1;
  const json comparison = compare(a, b);
  const json p99 = row(comparison, "p99(http/pile.meter.ack)");
  ASSERT_FALSE(p99.is_null());
  EXPECT_NEAR(p99["a"].get<double>(), 0.002, 1e-5);
  EXPECT_NEAR(p99["b"].get<double>(), 0.003, 1e-5);
  EXPECT_NEAR(p99["change"].get<double>(), 0.5, 0.01);
  EXPECT_EQ(row(comparison, "rate")["change"], 0);
}

TEST(Compare, FailsWhenAChangeIsTooMuch) {
  const json a = run_of(2'000, 0);
  const json b = run_of(3'000, 7);
  const json comparison = compare(a, b,
                                  {change("p99(meter.ack) > +10%"), change("p99(meter.ack) > +60%"),
                                   change("max(ack) > 500us"), change("errors > +10%"), change("errors > 10"),
                                   change("rate < -50%"), change("p99(heartbeat.ack) > +1%")});
  const json& checks = comparison["checks"];
  EXPECT_EQ(checks[0]["failed"], true);
  EXPECT_EQ(checks[1]["failed"], false);
  EXPECT_EQ(checks[2]["failed"], true);
  EXPECT_EQ(checks[3]["failed"], true) << "from none to some is more than any part";
  EXPECT_EQ(checks[4]["failed"], false);
  EXPECT_EQ(checks[5]["failed"], false);
  EXPECT_TRUE(checks[6]["failed"].is_null());
  EXPECT_EQ(checks[6]["why"], "not measured in both");
}

TEST(Compare, TakesDocumentsThatHoldAnything) {
  const json nothing = json::object();
  const json odd = json::parse(R"x({"totals":7,"latencies":[1,{"uplink":"a b","type":"(","report":")"}],
    "ack":{"hist":{"count":-1}},"rates":[],"series":null})x");
  EXPECT_TRUE(compare(nothing, odd)["rows"].is_array());
  EXPECT_TRUE(compare(odd, run_of(1, 0))["rows"].is_array());
}

}  // namespace
}  // namespace vfleet::control::results
