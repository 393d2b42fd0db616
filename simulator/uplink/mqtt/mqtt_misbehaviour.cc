#include "simulator/uplink/mqtt/mqtt_misbehaviour.h"

#include <optional>
#include <utility>

#include "simulator/codec/mqtt/faults.h"
#include "simulator/uplink/mqtt/mqtt_link.h"
#include "simulator/uplink/stream_faults.h"

namespace vfleet::uplink {
namespace {

using codec::mqtt::Fault;
using codec::mqtt::PacketType;

// Of the stream, not of a packet.
constexpr std::string_view kOfStream[] = {"none", "deaf", "raw", "hang_up"};

constexpr std::pair<std::string_view, PacketType> kPackets[] = {
    {"connect", PacketType::connect},       {"publish", PacketType::publish},
    {"puback", PacketType::puback},         {"pubrec", PacketType::pubrec},
    {"pubrel", PacketType::pubrel},         {"pubcomp", PacketType::pubcomp},
    {"subscribe", PacketType::subscribe},   {"ping", PacketType::pingreq},
    {"disconnect", PacketType::disconnect},
};

template <class T>
const T& argument(const LinkCall& call, std::string_view name) {
  return std::get<T>(call.args.find(name)->second.data);
}

std::optional<Fault::Kind> fault_kind(std::string_view word) {
  for (const auto& [each, kind] : codec::mqtt::fault_kinds()) {
    if (each == word) return kind;
  }
  return std::nullopt;
}

std::optional<PacketType> packet_type(std::string_view word) {
  for (const auto& [each, type] : kPackets) {
    if (each == word) return type;
  }
  return std::nullopt;  // any
}

}  // namespace

LinkAction mqtt_misbehaviour() {
  std::vector<std::string> kinds;
  for (const auto& [word, kind] : codec::mqtt::fault_kinds()) kinds.emplace_back(word);
  for (const std::string_view word : kOfStream) kinds.emplace_back(word);
  std::vector<std::string> packets = {"any"};
  for (const auto& [word, type] : kPackets) packets.emplace_back(word);
  return {
      "mqtt.misbehave",
      "The client breaks a rule with the next packet that has what it takes; docs/uplinks.md has the kinds. "
      "deaf (reads nothing), raw bytes and hang_up are done at once; none ends what goes on.",
      {choice_key("kind", std::move(kinds), "cut", "What goes wrong."),
       choice_key("packet", std::move(packets), "any", "Only with packets of this type."),
       number_key("after_bytes", 0, 1e9, "cut, flip: a place in the packet, counted from 0."),
       number_key("times", 1, 1e9, "How many packets; 0: until kind=none."),
       text_key("bytes", "raw: what is sent, hexadecimal."),
       flag_key("reconnect", "Connect anew first: for what is about CONNECT.")}};
}

Status MqttLink::act(const LinkCall& call) {
  const std::string& word = argument<std::string>(call, "kind");
  const bool anew = argument<bool>(call, "reconnect");
  std::optional<Fault> fault;
  if (const auto kind = fault_kind(word)) {
    fault.emplace();
    fault->kind = *kind;
    fault->at = static_cast<std::uint64_t>(argument<std::int64_t>(call, "after_bytes"));
    fault->times = static_cast<std::uint32_t>(argument<std::int64_t>(call, "times"));
    fault->packet = packet_type(argument<std::string>(call, "packet"));
    if (is_of_greeting(*kind) && fault->packet && *fault->packet != PacketType::connect) {
      return vfleet::fail(Errc::invalid_argument, word + " is about CONNECT, not about packet=" +
                                                      argument<std::string>(call, "packet"));
    }
    if (!hub_.set_fault(key(), fault)) return vfleet::fail(Errc::rejected, "misbehaves already");
    if (Status status = misbehave({}); !status) return status;
  } else {
    StreamFault of_stream;
    of_stream.kind = stream_fault(word).value_or(StreamFault::Kind::none);
    auto bytes = bytes_of_hex(argument<std::string>(call, "bytes"));
    if (!bytes) return tl::unexpected(bytes.error());
    of_stream.bytes = std::move(*bytes);
    const bool none = of_stream.kind == StreamFault::Kind::none;
    if (Status status = misbehave(std::move(of_stream)); !status) return status;
    if (none) (void)hub_.set_fault(key(), std::nullopt);
  }
  if (anew) connect_anew();
  return {};
}

}  // namespace vfleet::uplink
