#pragma once

#include <memory>
#include <string>

#include "simulator/uplink/all_uplinks.h"
#include "tests/support/link_recorder.h"
#include "tests/support/loop_fixture.h"

namespace vfleet::test {

/// An uplink on the real loop, with an owner that writes everything down.
class UplinkFixture : public LoopFixture {
 protected:
  void make_uplink(std::string_view kind, const config::Values& values) {
    uplink::UplinkEnvironment environment{loop_, network_.get(), 42};
    environment.warn = [this](std::string_view text) { warnings_.emplace_back(text); };
    auto made = uplink::find_uplink(kind)->make(environment, values, owner_);
    ASSERT_TRUE(made) << made.error().detail;
    uplink_ = std::move(*made);
  }

  std::unique_ptr<uplink::Link> make_link(uplink::LinkKey key) {
    const std::string id = "pile-" + std::to_string(key);
    return uplink_->make_link(key, {.device_id = id, .type = "charging_pile", .seed = key});
  }

  std::uint64_t counter(std::string_view name) const {
    for (const uplink::Counter& each : uplink_->counters()) {
      if (each.name == name) return each.value;
    }
    return 0;
  }

  LinkRecorder owner_;
  std::vector<std::string> warnings_;  // what would be in the worker's log
  std::unique_ptr<uplink::Uplink> uplink_;
};

}  // namespace vfleet::test
