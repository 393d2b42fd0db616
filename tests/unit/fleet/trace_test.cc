// What `vfleet trace` gets from a worker: devices on the null uplink, which takes everything.
#include <gtest/gtest.h>

#include "simulator/core/base64.h"
#include "simulator/fleet/tracer.h"
#include "tests/bench/counting_new.h"
#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class TraceTest : public FleetFixture {
 protected:
  // Who speak only when they are told to.
  static json quiet(std::uint32_t count) {
    json group = group_json(count);
    group["values"]["reports.beat.every"] = "0";
    group["values"]["reports.pair.every"] = "0";
    return group;
  }
  void trace(const std::string& selector, const json& args = json::object(), std::uint64_t id = 77) {
    host->query(id, "trace", selector, args.dump(), [this](std::vector<std::string> more, bool last) {
      EXPECT_FALSE(last) << "it ends when it is cancelled";
      for (const std::string& row : more) rows.push_back(json::parse(row));
    });
    loop.run_for(1ms);
  }
  // The rows about devices, and none of the rest.
  [[nodiscard]] std::vector<json> events() const {
    std::vector<json> out;
    for (const json& row : rows) {
      if (row.contains("kind")) out.push_back(row);
    }
    return out;
  }
  [[nodiscard]] std::uint64_t dropped() const {
    std::uint64_t sum = 0;
    for (const json& row : rows) sum += row.value("dropped", std::uint64_t{0});
    return sum;
  }

  std::vector<json> rows;
};

TEST_F(TraceTest, ShowsTheBytesOfChosenDevicesOnly) {
  join({quiet(5)});
  trace("probe-00002");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0], (json{{"tracing", 1}, {"shard", 0}, {"shards", 1}}));
  run(bus::Verb::trigger, "all", {{"report", "poked"}, {"fields", {{"pokes", "77"}}}});
  run(bus::Verb::trigger, "all", {{"report", "poked"}, {"payload", "AP8="}});
  loop.run_for(100ms);
  const auto seen = events();
  ASSERT_EQ(seen.size(), 2u) << json(rows).dump();
  EXPECT_EQ(seen[0]["id"], "probe-00002");
  EXPECT_EQ(seen[0]["direction"], "out");
  EXPECT_EQ(seen[0]["kind"], "report");
  EXPECT_EQ(seen[0]["uplink"], "null");
  EXPECT_EQ(seen[0]["report"], "poked");
  EXPECT_EQ(seen[0]["seq"], 1);
  const json message = json::parse(seen[0]["text"].get<std::string>());
  EXPECT_EQ(message["data"]["pokes"], 77);
  EXPECT_EQ(seen[0]["size"], seen[0]["text"].get<std::string>().size());
  EXPECT_EQ(seen[1]["hex"], "00FF") << "no UTF-8";
  EXPECT_FALSE(seen[1].contains("seq")) << "raw bytes carry no number";
}

TEST_F(TraceTest, ShowsThePayloadThatATemplateMade) {
  json group = quiet(1);
  group["values"]["uplink.null.payload"] = "hello from {device.id}";
  join({group});
  trace("all");
  run(bus::Verb::trigger, "all", {{"report", "poked"}});
  loop.run_for(100ms);
  ASSERT_EQ(events().size(), 1u);
  EXPECT_EQ(events()[0]["text"], "hello from probe-00001");
}

TEST_F(TraceTest, ShowsWhatBecameOfReportsAndOfTheLinkWhenAsked) {
  join({quiet(1)});
  trace("all", {{"settled", true}});
  run(bus::Verb::trigger, "all", {{"report", "poked"}});
  run(bus::Verb::disconnect, "all");
  loop.run_for(100ms);
  run(bus::Verb::connect, "all");
  loop.run_for(100ms);
  std::vector<std::string> kinds;
  for (const json& each : events()) {
    kinds.push_back(each["kind"].get<std::string>() + " " + each.value("report", "") +
                    each.value("word", ""));
  }
  std::sort(kinds.begin(), kinds.end());  // the null uplink settles a report before it says that it took it
  EXPECT_EQ(kinds,
            (std::vector<std::string>{"down closed", "report poked", "settled pokedhanded_over", "up "}));
}

TEST_F(TraceTest, ADeviceThatJoinsLaterIsTracedToo) {
  join({quiet(1)});
  trace("probe-*");
  run(bus::Verb::scale, "all",
      {{"counts", json::object()}, {"groups", {quiet(2)}}, {"removed", json::array()}});
  loop.run_for(100ms);
  rows.clear();
  run(bus::Verb::trigger, "probe-00002", {{"report", "poked"}});
  loop.run_for(100ms);
  ASSERT_FALSE(events().empty());
  EXPECT_EQ(events().back()["id"], "probe-00002");
}

TEST_F(TraceTest, EndsWhenItIsCancelledAndTheOthersGoOn) {
  join({quiet(2)});
  std::size_t others = 0;
  trace("all");
  host->query(78, "trace", "all", "{}", [&](std::vector<std::string> more, bool) { others += more.size(); });
  loop.run_for(1ms);
  host->cancel_query(77);
  rows.clear();
  others = 0;
  run(bus::Verb::trigger, "all", {{"report", "poked"}});
  loop.run_for(100ms);
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(others, 2u);
  host->cancel_query(78);
  run(bus::Verb::trigger, "all", {{"report", "poked"}});
  loop.run_for(100ms);
  EXPECT_EQ(others, 2u);
}

TEST_F(TraceTest, WhatIsMoreThanItsRateIsDroppedAndCounted) {
  join({quiet(50)});
  trace("all", {{"rate", 20}});
  run(bus::Verb::trigger, "all", {{"report", "poked"}});
  loop.run_for(100ms);
  EXPECT_EQ(events().size(), 20u);
  EXPECT_EQ(dropped(), 30u);
  loop.run_for(2s);
  rows.clear();
  run(bus::Verb::trigger, "probe-00001", {{"report", "poked"}});
  loop.run_for(100ms);
  EXPECT_EQ(events().size(), 1u) << "a second later there is room again";
}

TEST_F(TraceTest, WhatWaitsAtOnceIsBoundedAndALongMessageIsCut) {
  // Each character takes two bytes, and the cut falls within one.
  std::string long_text = "x";
  while (long_text.size() < 2 * Tracer::kMessageBytesMax) long_text += "\xc3\xa9";
  join({quiet(40)});
  trace("all");
  run(bus::Verb::trigger, "all", {{"report", "poked"}, {"payload", base64_encode(long_text)}});
  loop.run_for(100ms);
  ASSERT_FALSE(events().empty());
  EXPECT_EQ(events()[0]["size"], long_text.size());
  EXPECT_EQ(events()[0]["text"].get<std::string>().size(), Tracer::kMessageBytesMax - 1);
  EXPECT_EQ(events().size() + dropped(), 40u);
  EXPECT_LE(events().size(), Tracer::kWaitingBytesMax / Tracer::kMessageBytesMax + 2);
}

TEST_F(TraceTest, DevicesThatAreNotTracedAllocateNothingForIt) {
  join({group_json(20)});
  run(bus::Verb::pause, "probe-00001");
  const auto allocated = [this] {
    const std::uint64_t before = bench::allocations();
    loop.run_for(100s);
    return bench::allocations() - before;
  };
  (void)allocated();  // buffers grow to their size
  const std::uint64_t without = allocated();
  const std::uint64_t reports = sent("beat");
  trace("probe-00001");
  EXPECT_EQ(allocated(), without);
  EXPECT_GT(sent("beat"), reports);
  EXPECT_TRUE(events().empty());
}

}  // namespace
}  // namespace vfleet::fleet
