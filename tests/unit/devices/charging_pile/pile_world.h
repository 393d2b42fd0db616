#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "devices/charging_pile/charging_pile.h"
#include "tests/support/fake_device_context.h"

namespace vfleet::pile {

using namespace std::chrono_literals;

inline config::Value integer(std::int64_t value) {
  return {value};
}
inline config::Value number(double value) {
  return {value};
}
inline config::Value text(std::string value) {
  return {std::move(value)};
}
inline config::Value boolean(bool value) {
  return {value};
}
inline config::Value duration(Duration value) {
  return {value};
}

/// A pile in its world, and its messages as JSON.
class PileWorld : public test::FakeDeviceContext {
 public:
  explicit PileWorld(config::Values values = {}, std::uint64_t seed = 42)
      : FakeDeviceContext(make_charging_pile(), std::move(values), "pile-00001", seed) {}

  Status plug(int connector, std::string vehicle = "sedan", double soc = 0.5) {
    return act(
        "plug",
        {{"connector", integer(connector)}, {"vehicle", text(std::move(vehicle))}, {"soc", number(soc)}});
  }
  Status on(std::string_view action, int connector) {
    return act(action, {{"connector", integer(connector)}});
  }
  Status swipe(int connector, std::string card = "1001") {
    return act("swipe", {{"connector", integer(connector)}, {"card", text(std::move(card))}});
  }
  Status fault(std::string code, int connector = 0) {
    return act("fault", {{"code", text(std::move(code))}, {"connector", integer(connector)}});
  }
  Status clear(std::string code = "all", int connector = 0) {
    return act("clear", {{"code", text(std::move(code))}, {"connector", integer(connector)}});
  }

  static nlohmann::json parse(const Message& message) {
    auto tree = nlohmann::json::parse(message.text, nullptr, false);
    EXPECT_FALSE(tree.is_discarded()) << message.text;
    return tree;
  }
  nlohmann::json data(std::string_view report, device::Channel channel = 0) const {
    return parse(last(report, channel)).value("data", nlohmann::json());
  }
  nlohmann::json triggered(std::string_view report, device::Channel channel = 0) {
    auto message = trigger(report, channel);
    EXPECT_TRUE(message);
    return nlohmann::json::parse(*message).at("data");
  }
};

}  // namespace vfleet::pile
