#include "simulator/codec/mqtt/encode.h"

#include <algorithm>

#include "simulator/codec/mqtt/bytes.h"

namespace vfleet::codec::mqtt {
namespace {

/// The body is written first; finish() puts the fixed header before it. For the packets that are rare.
class Frame {
 public:
  Frame(PacketType type, std::uint8_t flags, std::string& out)
      : out_(out),
        start_(out.size()),
        first_(static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags)) {
    out_.append(kHeaderMax, '\0');
  }
  void finish() {
    const std::size_t length = out_.size() - start_ - kHeaderMax;
    const std::size_t spare = kHeaderMax - 1 - variable_size(length);
    out_.erase(start_, spare);
    out_[start_] = static_cast<char>(first_);
    std::size_t rest = length;
    for (std::size_t i = 1; i < kHeaderMax - spare; ++i, rest >>= 7) {
      out_[start_ + i] = static_cast<char>((rest & 0x7F) | (rest >= 128 ? 0x80 : 0));
    }
  }

 private:
  static constexpr std::size_t kHeaderMax = 5;
  std::string& out_;
  std::size_t start_;
  std::uint8_t first_;
};

void put_properties(const Properties& properties, std::string& out) {
  put_variable(out, static_cast<std::uint32_t>(properties.bytes().size()));
  out.append(properties.bytes());
}

/// Both may be left out at the end when they say nothing.
void put_reason(ReasonCode reason, const Properties& properties, std::string& out) {
  if (reason == ReasonCode::success && properties.empty()) return;
  put_byte(out, static_cast<std::uint8_t>(reason));
  if (!properties.empty()) put_properties(properties, out);
}

std::size_t publish_length(const Publish& packet, Version version) {
  std::size_t length = 2 + std::min(packet.topic.size(), kTextMax) + packet.payload.size();
  if (packet.qos > 0) length += 2;
  if (version == Version::v5) {
    const std::size_t properties = packet.properties.bytes().size();
    length += variable_size(properties) + properties;
  }
  return length;
}

}  // namespace

void encode(const Connect& packet, std::string& out) {
  const bool v5 = packet.version == Version::v5;
  Frame frame(PacketType::connect, 0, out);
  put_text(out, "MQTT");
  put_byte(out, static_cast<std::uint8_t>(packet.version));
  unsigned flags = packet.clean_start ? 2 : 0;
  if (packet.will)
    flags |= 4U | static_cast<unsigned>(packet.will->qos) << 3 | (packet.will->retain ? 0x20 : 0);
  if (packet.password) flags |= 0x40;
  if (packet.username) flags |= 0x80;
  put_byte(out, static_cast<std::uint8_t>(flags));
  put_two(out, packet.keep_alive_s);
  if (v5) put_properties(packet.properties, out);
  put_text(out, packet.client_id);
  if (packet.will) {
    if (v5) put_properties(packet.will->properties, out);
    put_text(out, packet.will->topic);
    put_text(out, packet.will->payload);
  }
  if (packet.username) put_text(out, *packet.username);
  if (packet.password) put_text(out, *packet.password);
  frame.finish();
}

void encode(const Connack& packet, Version version, std::string& out) {
  Frame frame(PacketType::connack, 0, out);
  put_byte(out, packet.session_present ? 1 : 0);
  if (version == Version::v5) {
    put_byte(out, static_cast<std::uint8_t>(packet.reason));
    put_properties(packet.properties, out);
  } else {
    put_byte(out, to_return_code(packet.reason));
  }
  frame.finish();
}

std::size_t encoded_size(const Publish& packet, Version version) {
  const std::size_t length = publish_length(packet, version);
  return 1 + variable_size(length) + length;
}

void encode(const Publish& packet, Version version, std::string& out) {
  put_byte(out, static_cast<std::uint8_t>(static_cast<unsigned>(PacketType::publish) << 4 |
                                          (packet.dup ? 8U : 0U) | static_cast<unsigned>(packet.qos) << 1 |
                                          (packet.retain ? 1U : 0U)));
  put_variable(out, static_cast<std::uint32_t>(publish_length(packet, version)));
  put_text(out, packet.topic);
  if (packet.qos > 0) put_two(out, packet.packet_id);
  if (version == Version::v5) put_properties(packet.properties, out);
  out.append(packet.payload);
}

void encode(const Ack& packet, Version version, std::string& out) {
  Frame frame(packet.type, packet.type == PacketType::pubrel ? 2 : 0, out);
  put_two(out, packet.packet_id);
  if (version == Version::v5) put_reason(packet.reason, packet.properties, out);
  frame.finish();
}

void encode(const Subscribe& packet, Version version, std::string& out) {
  Frame frame(PacketType::subscribe, 2, out);
  put_two(out, packet.packet_id);
  if (version == Version::v5) put_properties(packet.properties, out);
  out.append(packet.filters.bytes());
  frame.finish();
}

void encode(const Unsubscribe& packet, Version version, std::string& out) {
  Frame frame(PacketType::unsubscribe, 2, out);
  put_two(out, packet.packet_id);
  if (version == Version::v5) put_properties(packet.properties, out);
  out.append(packet.filters.bytes());
  frame.finish();
}

void encode(const Suback& packet, Version version, std::string& out) {
  Frame frame(packet.type, 0, out);
  put_two(out, packet.packet_id);
  if (version == Version::v5) put_properties(packet.properties, out);
  if (version == Version::v5 || packet.type == PacketType::suback) out.append(packet.codes);
  frame.finish();
}

void encode(const Disconnect& packet, Version version, std::string& out) {
  Frame frame(PacketType::disconnect, 0, out);
  if (version == Version::v5) put_reason(packet.reason, packet.properties, out);
  frame.finish();
}

void encode(const Auth& packet, std::string& out) {
  Frame frame(PacketType::auth, 0, out);
  put_reason(packet.reason, packet.properties, out);
  frame.finish();
}

void encode(Pingreq, std::string& out) {
  out.append("\xC0\0", 2);
}
void encode(Pingresp, std::string& out) {
  out.append("\xD0\0", 2);
}

namespace {

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

}  // namespace

void encode(const Packet& packet, Version version, std::string& out) {
  std::visit(Overloaded{[&](const Connect& each) { encode(each, out); },
                        [&](const Auth& each) { encode(each, out); },
                        [&](const Pingreq& each) { encode(each, out); },
                        [&](const Pingresp& each) { encode(each, out); },
                        [&](const auto& each) { encode(each, version, out); }},
             packet);
}

}  // namespace vfleet::codec::mqtt
