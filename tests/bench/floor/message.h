#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/time.h"

namespace vfleet::floor {

enum class Protocol : std::uint8_t { mqtt, http, calls };

/// A report on the wire: a QoS 0 PUBLISH of MQTT 3.1.1, a POST on a keep-alive connection, or a CALL of
/// OCPP-J
/// (`[2,"id","MeterValues",{...}]`) in a frame of WebSocket that is masked with zeros. Worked out once; for
/// each report only numbers of a fixed width are written over, so that its cost is as good as none.
class Message {
 public:
  /// `body_bytes`: of the JSON text (with calls: of the whole CALL), at least 160. `port` is for the Host
  /// header.
  Message(Protocol protocol, std::size_t body_bytes, std::uint16_t port);

  /// The bytes of device `device`'s report `seq`; until the next call.
  [[nodiscard]] std::string_view of(std::uint32_t device, std::uint32_t seq, std::int64_t due_us);
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
  std::size_t topic_at_ = std::string::npos;  // digits of the device in the topic
  std::size_t id_at_ = std::string::npos;     // digits of the CALL's id
  std::size_t device_at_ = 0;
  std::size_t seq_at_ = 0;
  std::size_t due_at_ = 0;
};

/// A CONNECT of MQTT 3.1.1 with a clean session and no keep-alive.
[[nodiscard]] std::string mqtt_connect(std::uint32_t device);

/// The request that makes a connection one of WebSocket, with subprotocol ocpp1.6.
[[nodiscard]] std::string websocket_upgrade(std::uint32_t device, std::uint16_t port);

}  // namespace vfleet::floor
