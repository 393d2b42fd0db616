#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulator/codec/mqtt/faults.h"
#include "simulator/codec/mqtt/session.h"
#include "simulator/codec/text/field_index.h"
#include "simulator/uplink/mqtt/mqtt_config.h"
#include "simulator/uplink/mqtt/mqtt_texts.h"
#include "simulator/uplink/stream_hub.h"

namespace vfleet::uplink {

/// How often each reason code came.
using ReasonCounts = std::array<std::uint64_t, 256>;

struct MqttTotals {
  std::uint64_t publishes = 0;
  std::uint64_t sent_again = 0;  ///< on another connection
  std::uint64_t sessions_resumed = 0;
  std::uint64_t sessions_forgotten = 0;  ///< the server had none, though reports were in flight
  std::uint64_t evicted = 0;
  std::uint64_t too_large = 0;
  std::uint64_t bad_topics = 0;
  std::uint64_t bad_properties = 0;      ///< not UTF-8, or too long
  std::uint64_t assigned_ids = 0;        ///< client identifiers that the server chose
  std::uint64_t auth_not_supported = 0;  ///< AUTH of the server
  std::uint64_t messages = 0;
  std::uint64_t malformed_commands = 0;
  std::array<std::uint64_t, 3> unsendable{};  ///< by ClientSession::Unsendable
  std::uint64_t echoes = 0;                   ///< reports of the device that came back
  std::uint64_t echoes_unreadable = 0;        ///< they do not tell when they were due, or what they are
  std::uint64_t echoes_foreign = 0;           ///< of another device
  ReasonCounts connack{};
  ReasonCounts answers{};  ///< PUBACK, PUBREC, PUBCOMP
  ReasonCounts subscriptions{};
  ReasonCounts disconnects{};  ///< DISCONNECT of the server
};

/// A publication that is on its way to the kernel.
struct MqttSent {
  Ticket ticket;
  std::uint16_t packet_id = 0;  ///< 0: QoS 0
};

/// What the links of one MQTT uplink have in common.
class MqttHub : public StreamHub {
 public:
  MqttHub(loop::EventLoop& event_loop, net::Network& sockets, StreamSettings stream_settings,
          std::uint64_t fleet_seed, LinkOwner& link_owner, const MqttConfig& mqtt_config,
          MqttTexts mqtt_texts, const codec::mqtt::SessionOptions& session_options);

  const MqttConfig config;
  const MqttTexts texts;
  codec::mqtt::SessionShared sessions;
  codec::mqtt::Faults packet_faults;    ///< what operators asked for
  codec::text::FieldIndex echo_fields;  ///< due, type, device
  WaitingPool pool;
  MqttTotals mqtt_totals;
  std::string scratch;            ///< of one call that calls nobody
  std::string topic;              ///< of the report that is published
  std::string properties;         ///< of the report that is published; of CONNECT
  std::string report_properties;  ///< that all reports have
  std::string will_properties;
  std::vector<std::uint16_t> packet_ids;  ///< of one call that calls nobody

  /// Where it is told that devices hear no commands; may be empty.
  std::function<void(std::string_view)> warn;
  /// Warns of it, at most once a minute.
  void subscription_refused(LinkKey link, codec::mqtt::ReasonCode reason);

  /// `fault` for this link, or none. False: the uplink was made with a misbehaviour of its own.
  [[nodiscard]] bool set_fault(LinkKey link, const std::optional<codec::mqtt::Fault>& fault);

  /// Memory for who calls others while it is used; see MqttLease.
  [[nodiscard]] std::pair<std::string, std::vector<MqttSent>> lend();
  void take_back(std::string bytes, std::vector<MqttSent> sent);

 private:
  std::vector<std::pair<std::string, std::vector<MqttSent>>> lent_;
  std::uint64_t subscriptions_refused_ = 0;
  TimePoint warn_again_{};  // of a subscription
};

/// Bytes to write, and the publications in them.
class MqttLease {
 public:
  explicit MqttLease(MqttHub& hub) : hub_(hub) { std::tie(bytes, sent) = hub.lend(); }
  ~MqttLease() { hub_.take_back(std::move(bytes), std::move(sent)); }
  MqttLease(const MqttLease&) = delete;
  MqttLease& operator=(const MqttLease&) = delete;

  std::string bytes;
  std::vector<MqttSent> sent;

 private:
  MqttHub& hub_;
};

}  // namespace vfleet::uplink
