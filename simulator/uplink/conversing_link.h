#pragma once

#include <string_view>

#include "simulator/uplink/message_link.h"

namespace vfleet::uplink {

/// A link of devices that converse (device::Device::converses): whole messages both ways, and the device's
/// own protocol says what became of a report. `Base`: WebSocketLink or TcpLink; its hub has AckBy::dialect.
template <class Base>
class ConversingLink : public Base {
 public:
  using Base::Base;

  [[nodiscard]] bool converses() const final { return true; }
  [[nodiscard]] Accepted speak(std::string_view bytes) final {
    if (!this->is_ready()) return Accepted::offline;
    const std::uint8_t before = this->epoch();
    if (this->say(bytes)) return Accepted::yes;
    return this->epoch() == before ? Accepted::queue_full : Accepted::offline;
  }
  void conclude(std::uint32_t seq, Fate fate) final { this->answered(seq, fate); }

 protected:
  void take_message(std::string_view message) override { this->deliver(message); }
  /// What an operator sends raw is nothing whose answer the device could know.
  [[nodiscard]] bool aside(const Message& message) const final { return message.report.empty(); }
};

}  // namespace vfleet::uplink
