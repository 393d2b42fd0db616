#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"
#include "tests/support/probe_device.h"

namespace vfleet::fleet {

/// A whole worker on virtual time, without a bus: probes on the null uplink.
class FleetFixture : public testing::Test {
 protected:
  FleetFixture() {
    types.add(test::make_probe());
    host = std::make_unique<FleetHost>(loop, types, uplink::UplinkEnvironment{.loop = loop});
  }

  static nlohmann::json json_labels() {
    return nlohmann::json::parse(R"([["site",["a","b"]],["vendor",["x","y","z"]]])");
  }

  static nlohmann::json group_json(std::uint32_t count, std::string name = "probe",
                                   std::uint32_t first_ordinal = 0) {
    return {{"name", name},
            {"type", "probe"},
            {"id", name + "-{:05}"},
            {"first", 1},
            {"count", count},
            {"labels", json_labels()},
            {"ordinals", {{0, count, first_ordinal}}},
            {"uplink", "null"},
            {"profile", "profiles/probe.yaml"},
            {"profile_values", {{"gain", "2"}}},
            {"values", {{"reports.beat.every", "10s"}}}};
  }

  void join(const std::vector<nlohmann::json>& groups, std::vector<bus::Command> rules = {},
            std::uint32_t shard = 0, std::uint32_t shards = 1) {
    host->snapshot_begin({.fleet = "test",
                          .seed = 42,
                          .time_scale = time_scale,
                          .start_us = to_us(loop.clock().wall_now()),
                          .shard = shard,
                          .shards = shards,
                          .boot = 1,
                          .time_zone = time_zone});
    std::vector<std::string> texts;
    for (const auto& group : groups) texts.push_back(group.dump());
    host->snapshot_groups(texts);
    host->snapshot_rules(std::move(rules));
    bool done = false;
    host->snapshot_end([&] { done = true; });
    ASSERT_TRUE(loop.run_until([&] { return done; }, std::chrono::seconds(1)));
    ASSERT_EQ(host->problems(), std::vector<std::string>{});
  }

  bus::Command command(bus::Verb verb, std::string selector, nlohmann::json args = nlohmann::json::object()) {
    bus::Command out;
    out.epoch = 1;
    out.seq = ++seq_;
    out.id = "cmd-" + std::to_string(seq_);
    const bool durable_action = verb == bus::Verb::action &&
                                (args.value("action", "") == "break" || args.value("action", "") == "mend");
    const bool groups = verb == bus::Verb::reload || verb == bus::Verb::scale || verb == bus::Verb::rollback;
    out.revision = verb <= bus::Verb::disconnect || durable_action || groups ? seq_ : 0;
    out.selector = std::move(selector);
    out.verb = verb;
    out.args = args.dump();
    return out;
  }

  /// Executes and waits for the answer.
  bus::CommandResult run(const bus::Command& what, Duration limit = std::chrono::seconds(60)) {
    std::optional<bus::CommandResult> result;
    host->execute(
        what, [&](bus::CommandResult r) { result = std::move(r); }, [] {});
    EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }, limit));
    return result.value_or(bus::CommandResult{});
  }
  bus::CommandResult run(bus::Verb verb, std::string selector,
                         nlohmann::json args = nlohmann::json::object()) {
    return run(command(verb, std::move(selector), std::move(args)));
  }

  std::vector<nlohmann::json> query(const std::string& name, const std::string& selector,
                                    const nlohmann::json& args = nlohmann::json::object()) {
    std::vector<nlohmann::json> out;
    bool ended = false;
    host->query(++query_, name, selector, args.dump(), [&](std::vector<std::string> rows, bool last) {
      for (const std::string& row : rows) out.push_back(nlohmann::json::parse(row));
      ended = ended || last;
    });
    EXPECT_TRUE(loop.run_until([&] { return ended; }, std::chrono::seconds(1)));
    return out;
  }

  nlohmann::json figures() { return nlohmann::json::parse(host->statistics()); }
  std::uint64_t sent(const std::string& report) {
    const auto all = figures();
    const auto at = all["reports"].find("probe." + report);
    return at == all["reports"].end() ? 0 : (*at)["sent"].get<std::uint64_t>();
  }

  loop::VirtualLoop loop;
  device::DeviceRegistry types;
  std::unique_ptr<FleetHost> host;
  double time_scale = 1;  // of what join() begins
  std::string time_zone = "UTC";

 private:
  std::uint64_t seq_ = 0;
  std::uint64_t query_ = 0;
};

}  // namespace vfleet::fleet
