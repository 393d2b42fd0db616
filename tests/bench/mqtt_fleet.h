#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulator/loop/virtual_loop.h"
#include "simulator/uplink/uplink.h"
#include "tests/support/swallowing_network.h"

namespace vfleet::bench {

/// MQTT links without a kernel, against a server that answers everything at once.
class MqttFleet {
 public:
  MqttFleet(std::size_t links, int qos, bool persistent, const char* version);
  ~MqttFleet();

  /// A report of 300 bytes of each link, and all answers.
  void round();

  [[nodiscard]] std::size_t links() const { return links_.size(); }
  [[nodiscard]] std::size_t up() const;
  [[nodiscard]] std::size_t settled() const;
  [[nodiscard]] std::size_t bytes_written() const { return network_.bytes_written; }

 private:
  class Owner;
  loop::VirtualLoop loop_;
  test::SwallowingNetwork network_;
  std::unique_ptr<Owner> owner_;
  std::unique_ptr<uplink::Uplink> uplink_;
  std::vector<std::unique_ptr<uplink::Link>> links_;
  std::uint32_t seq_ = 0;
  std::string body_ = std::string(300, 'x');
};

}  // namespace vfleet::bench
