#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/time.h"

namespace vfleet::floor {

enum class Protocol : std::uint8_t { mqtt, http };

/// A report on the wire: a QoS 0 PUBLISH of MQTT 3.1.1, or a POST on a keep-alive connection. Worked out
/// once; for each report only numbers of a fixed width are written over, so that its cost is as good as none.
class Message {
 public:
  /// `body_bytes`: of the JSON text, at least 128. `port` is for the Host header.
  Message(Protocol protocol, std::size_t body_bytes, std::uint16_t port);

  /// The bytes of device `device`'s report `seq`; until the next call.
  [[nodiscard]] std::string_view of(std::uint32_t device, std::uint32_t seq, std::int64_t due_us);
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
  std::size_t topic_at_ = std::string::npos;  // digits of the device in the topic
  std::size_t device_at_ = 0;
  std::size_t seq_at_ = 0;
  std::size_t due_at_ = 0;
};

/// A CONNECT of MQTT 3.1.1 with a clean session and no keep-alive.
[[nodiscard]] std::string mqtt_connect(std::uint32_t device);

}  // namespace vfleet::floor
