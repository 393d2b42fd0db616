#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/fleet/process.h"

namespace vfleet::test {

/// The real mosquitto with a configuration, a port and a folder of its own, and MQTT clients there that are
/// not ours.
class Mosquitto {
 public:
  /// `more` and `listener`: lines of its configuration, for all and for its listener. Starts with launch().
  explicit Mosquitto(const std::string& more = "allow_anonymous true\n", const std::string& listener = {});

  /// Starts it (again) and waits until it runs.
  void launch();
  /// Tells it to go, and waits until it is gone.
  void stop(int signal);
  void signal(int number) { server_->signal(number); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// A file of the folder.
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }

  /// Starts mqtt_listener.py, which lives as long as this, and waits until it is subscribed. `version`: 3
  /// or 5.
  void listen(const std::string& name, const std::string& version, const std::string& filter);
  /// Ends that one at once; its session stays with the server.
  void leave(const std::string& name) { listeners_.erase(name); }
  /// What that one has heard, since it was started last: {"topic","payload","qos","retain","user"}.
  [[nodiscard]] std::vector<nlohmann::json> heard(const std::string& name) const;
  /// Publishes by mosquitto_pub; whether that went well.
  [[nodiscard]] bool publish(const std::string& topic, const std::string& payload,
                             const std::string& qos) const;

 private:
  fleet_test::TempDir folder_;
  std::uint16_t port_;
  std::unique_ptr<fleet_test::Process> server_;
  std::map<std::string, std::unique_ptr<fleet_test::Process>> listeners_;
};

}  // namespace vfleet::test
