#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/codec/mqtt/packet.h"
#include "simulator/core/time.h"
#include "simulator/platform/down_link.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

struct MqttCounts {
  std::uint64_t connects = 0;  ///< CONNECTs that were accepted
  std::uint64_t connects_refused = 0;
  std::uint64_t sessions_resumed = 0;
  std::uint64_t taken_over = 0;  ///< clients that another one with their id drove out
  std::uint64_t publishes = 0;
  std::uint64_t qos1 = 0;
  std::uint64_t qos2 = 0;
  std::uint64_t dup = 0;
  std::uint64_t retained = 0;
  std::uint64_t subscriptions = 0;
  std::uint64_t pings = 0;
  std::uint64_t wills = 0;  ///< last wills of clients that went without DISCONNECT
  std::uint64_t commands = 0;
  std::uint64_t protocol_errors = 0;
};

/// An MQTT server (3.1.1 and 5) that takes reports by PUBLISH of any QoS on any topic. It is no broker: what
/// comes goes to the platform and to nobody else. Commands go to the first topic filter that the device's
/// connection has subscribed to ('+' and '#' become "command"), with at most QoS 1, each as
/// {"id","type","data"}. A session outlives its connection when the client wants that: subscriptions, and the
/// QoS 2 messages that are not released.
class MqttRole final : public stream::Protocol, public DownLink {
 public:
  static constexpr std::size_t kPacketMax = 4U * 1024 * 1024;
  static constexpr std::uint16_t kTopicAliasMax = 32;
  static constexpr std::size_t kFiltersMax = 16;        ///< of a client
  static constexpr std::size_t kSessionsMax = 200'000;  ///< of clients that are away; more are not kept

  explicit MqttRole(Platform& platform) : platform_(platform) {}
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  std::size_t connected(stream::Client& client) override;
  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) override;
  void gone(stream::Client& client) override;
  bool commands_wait(std::uint64_t link, std::string_view device) override;

  [[nodiscard]] const MqttCounts& counts() const { return counts_; }

 private:
  struct Session {
    struct Filter {
      std::string text;
      std::uint8_t qos = 0;
    };
    std::vector<Filter> filters;
    std::vector<std::uint16_t> unreleased;  // ids of QoS 2 messages that are counted and may come again
  };
  struct Connected;
  struct Place {
    std::uint64_t number = 0;          // of the client; 0: it is away
    Connected* client = nullptr;       // while it is there
    std::unique_ptr<Session> session;  // while it is away
    TimePoint expires = TimePoint::max();
  };

  stream::Taken::Then connect(stream::Client& client, const codec::mqtt::Connect& packet, std::string& out);
  void publish(stream::Client& client, const codec::mqtt::Publish& packet, std::string& out,
               stream::Taken& taken);
  void acknowledge(Connected& state, const codec::mqtt::Publish& packet, const Arrival& arrival,
                   std::string& out, stream::Taken& taken);
  void subscribe(stream::Client& client, const codec::mqtt::Subscribe& packet, std::string& out);
  void unsubscribe(Connected& state, const codec::mqtt::Unsubscribe& packet, std::string& out);
  void release(Connected& state, const codec::mqtt::Ack& packet, std::string& out);
  stream::Taken::Then handle(stream::Client& client, std::string& out);
  stream::Taken::Then break_off(Connected* state, codec::mqtt::ReasonCode reason, std::string& out);
  void deliver(Connected& state, std::string_view device, std::string& out);
  void keep_session(Connected& state);
  void forget_expired();

  Platform& platform_;
  stream::Server* server_ = nullptr;
  MqttCounts counts_;
  std::unordered_map<std::string, Place, TextHash, std::equal_to<>> places_;  // by client id
  std::size_t away_ = 0;
  TimePoint look_again_{};  // for sessions that are over
  std::uint64_t names_given_ = 0;
  codec::mqtt::Packet packet_;  // the one that is being handled
};

}  // namespace vfleet::platform
