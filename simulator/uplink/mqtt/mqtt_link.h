#pragma once

#include <memory>
#include <vector>

#include "simulator/codec/mqtt/session.h"
#include "simulator/uplink/mqtt/mqtt_hub.h"
#include "simulator/uplink/stream_link.h"

namespace vfleet::uplink {

/// One device's MQTT connection. A report leaves at once when the connection takes it; else it waits, and
/// what waits leaves in as few writes as possible. With QoS 0 it is handed over when the kernel has it, with
/// QoS 1 and 2 it is acked by PUBACK and PUBCOMP. What is in flight when a connection is lost goes with it,
/// unless the session is persistent: then it is sent again on the next one.
class MqttLink final : public StreamLink {
 public:
  MqttLink(MqttHub& hub, LinkKey key, const LinkIdentity& identity);
  ~MqttLink() override;

  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override;
  [[nodiscard]] std::size_t pending() const override;
  /// "mqtt.misbehave"; see mqtt_misbehaviour().
  [[nodiscard]] Status act(const LinkCall& call) override;
  [[nodiscard]] bool refuses(std::string_view /*report*/) const override {
    return up() && queue_.refuses(hub_.config.queue_max, hub_.config.when_full);
  }

 private:
  /// Publications of a write whose owner is not told yet: what is lost with the connection in between.
  struct Telling {
    const MqttSent* next;
    const MqttSent* end;
    Telling* outer;
  };

  void connected() override;
  void received(std::string_view bytes) override;
  void flushed() override;
  void woken() override;
  void lost(Fate fate, bool closed) override;
  void parting() override;

  void accepted(const codec::mqtt::Event& event);
  void lose_unsendable();
  [[nodiscard]] bool add_properties(const std::vector<MqttTexts::Property>& texts,
                                    const codec::text::Names& names, const codec::text::ReportText* report,
                                    std::string& out);
  void settled(const codec::mqtt::Event& event);
  void deliver(std::string_view payload);
  [[nodiscard]] bool echoed(const codec::mqtt::Event& event);
  [[nodiscard]] std::string_view prepare(const Message& message, codec::mqtt::Publish& publish);
  [[nodiscard]] Accepted enqueue(const Ticket& ticket, const codec::mqtt::Publish& publish);
  void pump();
  void resume();
  void commit(std::string_view bytes, const MqttSent* begin, const MqttSent* end);
  void tell(const MqttSent* begin, const MqttSent* end);
  void settle_unsent(Telling* telling);
  Wrote put(std::string_view bytes);
  void settle(const Ticket& ticket, Fate fate) { hub_.owner.report_settled(key(), ticket, fate); }
  void look_at_time_by(TimePoint deadline);

  MqttHub& hub_;
  codec::mqtt::ClientSession session_;
  SendQueue queue_;
  std::unique_ptr<std::vector<MqttSent>> kept_;  // in what the socket did not take
  std::unique_ptr<std::string> assigned_id_;     // the client identifier, when the server chose it
  Telling* telling_ = nullptr;                   // innermost
  TimePoint armed_ = kNever;                     // when woken() comes
  std::uint32_t kept_bytes_ = 0;                 // written while the socket took nothing
  bool pumping_ = false;
};

}  // namespace vfleet::uplink
