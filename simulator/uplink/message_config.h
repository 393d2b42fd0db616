#pragma once

#include <cstdint>
#include <string>

#include "simulator/config/bind.h"
#include "simulator/uplink/queue_keys.h"

namespace vfleet::uplink {

/// What acknowledges a report on a way that has no acknowledgement of its own.
enum class AckBy : std::uint8_t {
  none,     ///< nothing: reports are handed over
  any,      ///< each message of the platform the oldest report in flight
  member,   ///< a JSON message with a member that is the report's seq
  dialect,  ///< what the dialect says, by MessageLink::answered(); no choice of the config
};

/// The settings of uplinks that carry messages: WebSocket, TCP, UDP.
struct MessageConfig {
  AckBy ack = AckBy::none;
  std::string member = "ack";
  Duration ack_timeout = std::chrono::seconds(10);
  std::uint32_t in_flight_max = 64;
  std::uint32_t queue_max = 64;
  WhenFull when_full = WhenFull::refuse;
};

/// Adds the keys ack.*, in_flight_max and queue.*; `get`: the MessageConfig in the struct.
template <class T, class Get>
void add_message_keys(config::Struct<T>& keys, Get get) {
  using config::Effect;
  using namespace std::chrono_literals;
  keys.choice("ack.by", [get](auto& c) -> auto& { return get(c).ack; },
              {{"none", AckBy::none}, {"any", AckBy::any}, {"member", AckBy::member}})
      .initial(AckBy::none)
      .effect(Effect::connection)
      .doc(
          "What acknowledges a report: none (it counts as done when it has left), any (each message of the "
          "platform is for the oldest report that waits) or member (a JSON message whose member ack.member "
          "is "
          "the seq of the report). Other messages go to the device.");
  keys.text(
          "ack.member", [get](auto& c) -> auto& { return get(c).member; })
      .initial("ack")
      .effect(Effect::connection)
      .doc("Where the seq stands in an answer, dots between levels; with ack.by: member.");
  keys.duration(
          "ack.timeout", [get](auto& c) -> auto& { return get(c).ack_timeout; })
      .initial(10s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("How long a report may wait for its answer. With ack.by: any the connection is dropped then.");
  keys.integer(
          "in_flight_max", [get](auto& c) -> auto& { return get(c).in_flight_max; })
      .initial(64)
      .range(1.0, 65535)
      .effect(Effect::connection)
      .doc("Reports of a device that may wait for their answers at once; more of them queue.");
  add_queue_keys(
      keys, "to be sent", [get](auto& c) -> auto& { return get(c).queue_max; },
      [get](auto& c) -> auto& { return get(c).when_full; });
  keys.check([get](const T& c, std::vector<std::string>& mistakes) {
    const MessageConfig& config = get(c);
    if (config.ack == AckBy::member && config.member.empty()) {
      mistakes.emplace_back("ack.by: member needs ack.member");
    }
  });
}

/// Adds the key answer_timeout of an uplink whose dialect converses: nothing but the dialect acknowledges.
/// `sends` is what waits for an answer ("A CALL"), `despite` what might say otherwise; `get`: the
/// MessageConfig.
template <class T, class Get>
void add_conversing_keys(config::Struct<T>& keys, const std::string& sends, const std::string& despite,
                         Get get) {
  using namespace std::chrono_literals;
  keys.duration(
          "answer_timeout", [get](auto& c) -> auto& { return get(c).ack_timeout; })
      .initial(2min)
      .range(1s, 1h)
      .effect(config::Effect::connection)
      .doc(sends + " that waits so long for its answer counts as timed out, whatever " + despite + ".");
  keys.derive([get](T& c) { get(c).ack = AckBy::dialect; });
}

}  // namespace vfleet::uplink
