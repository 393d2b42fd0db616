#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "simulator/loop/virtual_loop.h"
#include "simulator/uplink/all_uplinks.h"
#include "tests/support/link_recorder.h"
#include "tests/support/simulated_network.h"

namespace vfleet::test {

/// An uplink on virtual time and the simulated network, with an owner that writes everything down.
class SimulatedUplink : public testing::Test {
 protected:
  void make_uplink(std::string_view kind, const config::Values& values) {
    const uplink::UplinkEnvironment environment{
        .loop = loop_, .network = &network_, .seed = 42, .warn = [this](std::string_view text) {
          warnings_.emplace_back(text);
        }};
    auto made = uplink::find_uplink(kind)->make(environment, values, owner_);
    ASSERT_TRUE(made) << made.error().detail;
    uplink_ = std::move(*made);
  }

  [[nodiscard]] std::unique_ptr<uplink::Link> make_link(uplink::LinkKey key = 1) {
    const std::string id = "pile-" + std::to_string(key);
    return uplink_->make_link(key, {.device_id = id, .type = "charging_pile", .seed = key});
  }

  [[nodiscard]] std::uint64_t counter(std::string_view name) const {
    for (const uplink::Counter& each : uplink_->counters()) {
      if (each.name == name) return each.value;
    }
    return 0;
  }

  loop::VirtualLoop loop_;
  SimulatedNetwork network_{loop_};
  LinkRecorder owner_;
  std::vector<std::string> warnings_;
  std::unique_ptr<uplink::Uplink> uplink_;
};

}  // namespace vfleet::test
