#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/mqtt/packet.h"
#include "simulator/codec/mqtt/packet_reader.h"

namespace vfleet::test {

/// The server's side of MQTT for tests, without IO: is told what clients send, says what goes back, and
/// writes everything down. It keeps sessions (a restart may forget them) and counts a QoS 2 message once.
class MqttServer {
 public:
  struct Received {
    std::string client;
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    bool retain = false;
    bool dup = false;
    std::string properties;

    friend bool operator==(const Received&, const Received&) = default;
  };
  struct Connected {
    codec::mqtt::Version version{};
    bool clean_start = false;
    std::uint16_t keep_alive_s = 0;
    std::string client;
    std::string username;
    std::string password;
    std::string will;             ///< "TOPIC PAYLOAD QOS RETAIN", or nothing
    std::string properties;       ///< as on the wire
    std::string will_properties;  ///< the same
  };
  struct Answer {
    std::string bytes;
    bool close = false;  ///< behind them
  };
  using Connection = std::size_t;

  [[nodiscard]] Connection connected();
  [[nodiscard]] Answer take(Connection connection, std::string_view bytes);
  void gone(Connection connection);

  /// What goes to the client now: a message, or a goodbye (MQTT 5).
  [[nodiscard]] std::string publish(std::string_view client, std::string_view topic, std::string_view payload,
                                    std::uint8_t qos);
  /// The connection that this client has; 0: none.
  [[nodiscard]] Connection connection_of(std::string_view client) const;

  /// Every connection is gone; without `keep_sessions` everything is forgotten.
  void restart(bool keep_sessions);

  // How it behaves.
  codec::mqtt::ReasonCode connack = codec::mqtt::ReasonCode::success;
  std::string connack_properties;
  codec::mqtt::ReasonCode puback = codec::mqtt::ReasonCode::success;
  codec::mqtt::ReasonCode suback = codec::mqtt::ReasonCode::granted_qos_1;
  bool answer_connect = true;
  bool answer_publish = true;
  bool answer_release = true;  ///< PUBREL by PUBCOMP
  bool answer_ping = true;
  /// Called with each publication before it is answered.
  std::function<void(const Received&)> on_publish = [](const Received&) {};

  // What it saw.
  std::vector<Received> received;  ///< a QoS 2 message once
  std::vector<Connected> connects;
  std::vector<std::string> subscriptions;            ///< "CLIENT FILTER QOS"
  std::vector<codec::mqtt::ReasonCode> disconnects;  ///< DISCONNECT of clients
  std::size_t duplicates = 0;                        ///< with the DUP flag
  std::size_t repeated_qos2 = 0;
  std::size_t pings = 0;
  std::size_t acks = 0;                         ///< of messages that it sent: PUBACK, PUBCOMP
  std::size_t most_in_flight = 0;               ///< unanswered publications of one client
  std::vector<codec::mqtt::ReasonCode> broken;  ///< rules that clients broke

 private:
  struct Session {
    std::set<std::uint16_t> unreleased;  // QoS 2
    std::uint16_t next_id = 1;
  };
  struct Client {
    codec::mqtt::PacketReader reader;
    codec::mqtt::Version version = codec::mqtt::Version::v3_1_1;
    std::string id;
    bool welcome = false;
    bool keep = false;
    std::map<std::uint16_t, std::string> aliases;
    std::size_t unanswered = 0;
  };
  void take(Client& client, const codec::mqtt::Packet& packet, Answer& answer);
  void connect(Client& client, const codec::mqtt::Connect& packet, Answer& answer);
  void publish(Client& client, const codec::mqtt::Publish& packet, Answer& answer);

  std::map<Connection, std::unique_ptr<Client>> clients_;
  std::map<std::string, Session, std::less<>> sessions_;
  Connection next_ = 1;
};

}  // namespace vfleet::test
