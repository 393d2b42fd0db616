#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/server/controller.h"
#include "simulator/bus/messages.h"

/// What surrounds a controller under test: a type with a key that may change and a secret, a fleet of it, and
/// the world outside.
namespace vfleet::control::server {

[[nodiscard]] inline nlohmann::json describe() {
  using nlohmann::json;
  config::Key every;
  every.path = "reports.meter.every";
  every.kind = config::Kind::duration;
  every.unit = Unit::duration;
  every.initial.data = Duration(std::chrono::seconds(30));
  config::Key token;
  token.path = "token";
  token.secret = true;
  token.initial.data = std::string();
  const json type = {{"name", "pile"},
                     {"doc", ""},
                     {"reports", {{{"name", "meter"}, {"fields", {{{"name", "soc"}}}}}}},
                     {"actions", {{{"name", "fault"}, {"durable", true}}}},
                     {"schema", config::to_json(config::Schema({every, token}))}};
  const json uplink = {{"name", "null"}, {"doc", ""}, {"schema", config::to_json(config::Schema())}};
  return {{"version", "test"}, {"types", json::array({type})}, {"uplinks", json::array({uplink})}};
}

/// Devices d0, d1, ...
[[nodiscard]] inline config::FleetSpec fleet(Duration meter_every = std::chrono::seconds(30),
                                             std::uint64_t count = 10) {
  config::GroupSpec group;
  group.name = "pile";
  group.type = "pile";
  group.id = "d{}";
  group.first = 0;
  group.count = count;
  group.uplink = "null";
  group.values["reports.meter.every"].data = meter_every;
  config::FleetSpec out;
  out.name = "test";
  out.groups.push_back(group);
  return out;
}

/// Notes what workers and operators are told; a reload reads `next_fleet`.
class World final : public Ports {
 public:
  struct Frame {
    std::string to;
    nlohmann::json body;
  };

  /// `post` runs a task later, as the loop would.
  explicit World(std::function<void(std::function<void()>)> post) : post_(std::move(post)) {}

  void publish(std::string_view topic, const std::string& body) override {
    if (topic == bus::kTopicCommand) published.push_back(*bus::decode_command(body));
  }
  void to_worker(std::uint32_t, const bus::ToWorker& message) override { told.push_back(message); }
  void to_operator(const std::string& identity, const std::string& frame) override {
    if (!identity.empty()) frames.push_back({identity, nlohmann::json::parse(frame)});
  }
  void fetch(const std::string&, std::function<void(Result<std::string>)> done) override {
    fetches.push_back(std::move(done));
  }
  void load_fleet(const std::string& file, std::function<void(LoadedFleet)> done) override {
    post_([this, file, done = std::move(done)] { done({next_fleet, {file}}); });
  }

  std::vector<bus::Command> published;
  std::vector<bus::ToWorker> told;
  std::vector<Frame> frames;
  std::vector<std::function<void(Result<std::string>)>> fetches;  ///< that nobody has answered
  Result<config::FleetSpec> next_fleet = fleet();

 private:
  std::function<void(std::function<void()>)> post_;
};

}  // namespace vfleet::control::server
