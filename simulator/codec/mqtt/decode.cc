#include "simulator/codec/mqtt/decode.h"

#include "simulator/codec/mqtt/bytes.h"
#include "simulator/codec/mqtt/topic.h"

namespace vfleet::codec::mqtt {
namespace {

constexpr Decoded fault(ReasonCode reason) {
  return {0, reason};
}

/// Decodes what follows the fixed header. Each function returns success or the error; a reader that failed is
/// malformed_packet.
class Body {
 public:
  Body(std::string_view bytes, std::uint8_t flags, const DecodeContext& context)
      : reader_(bytes), flags_(flags), v5_(context.version == Version::v5), from_(context.from) {}

  ReasonCode decode(PacketType type, Packet& out) {
    const bool client = from_ == Sender::client;
    ReasonCode result = ReasonCode::protocol_error;
    switch (type) {
      case PacketType::connect:
        if (client) result = connect(out.emplace<Connect>());
        break;
      case PacketType::connack:
        if (!client) result = connack(out.emplace<Connack>());
        break;
      case PacketType::publish:
        result = publish(out.emplace<Publish>());
        break;
      case PacketType::puback:
      case PacketType::pubrec:
      case PacketType::pubrel:
      case PacketType::pubcomp:
        result = ack(type, out.emplace<Ack>());
        break;
      case PacketType::subscribe:
        if (client) result = subscribe(out.emplace<Subscribe>(), true);
        break;
      case PacketType::unsubscribe:
        if (client) result = subscribe(out.emplace<Unsubscribe>(), false);
        break;
      case PacketType::suback:
      case PacketType::unsuback:
        if (!client) result = suback(type, out.emplace<Suback>());
        break;
      case PacketType::pingreq:
        out.emplace<Pingreq>();
        if (client) result = flags(0);
        break;
      case PacketType::pingresp:
        out.emplace<Pingresp>();
        if (!client) result = flags(0);
        break;
      case PacketType::disconnect:
        if (client || v5_) result = disconnect(out.emplace<Disconnect>());
        break;
      case PacketType::auth:
        if (v5_) result = auth(out.emplace<Auth>());
        break;
    }
    if (!reader_.ok()) return ReasonCode::malformed_packet;
    if (result == ReasonCode::success && !reader_.empty()) return ReasonCode::malformed_packet;
    return result;
  }

 private:
  ReasonCode flags(std::uint8_t wanted) const {
    return flags_ == wanted ? ReasonCode::success : ReasonCode::malformed_packet;
  }

  ReasonCode properties(unsigned type, Properties& out) {
    if (!v5_) return ReasonCode::success;
    out = Properties(reader_.take(reader_.variable()));
    if (!reader_.ok()) return ReasonCode::malformed_packet;
    return out.empty() ? ReasonCode::success : check_properties(out.bytes(), type);
  }
  ReasonCode properties(PacketType type, Properties& out) {
    return properties(static_cast<unsigned>(type), out);
  }

  ReasonCode packet_id(std::uint16_t& out) {
    out = reader_.two();
    return out != 0 ? ReasonCode::success : ReasonCode::malformed_packet;
  }

  ReasonCode connect(Connect& out) {
    if (flags(0) != ReasonCode::success) return ReasonCode::malformed_packet;
    const std::string_view name = reader_.text();
    const std::uint8_t level = reader_.byte();
    if (!reader_.ok()) return ReasonCode::malformed_packet;
    if (name != "MQTT" || (level != 4 && level != 5)) {
      return name == "MQTT" || name == "MQIsdp" ? unsupported() : ReasonCode::malformed_packet;
    }
    out.version = static_cast<Version>(level);
    v5_ = out.version == Version::v5;
    const std::uint8_t bits = reader_.byte();
    const bool has_will = (bits & 4) != 0;
    const auto will_qos = static_cast<std::uint8_t>(bits >> 3 & 3);
    const bool will_retain = (bits & 0x20) != 0;
    const bool has_username = (bits & 0x80) != 0;
    const bool has_password = (bits & 0x40) != 0;
    if ((bits & 1) != 0 || will_qos == 3) return ReasonCode::malformed_packet;
    if (!has_will && (will_qos != 0 || will_retain)) return ReasonCode::malformed_packet;
    if (!v5_ && has_password && !has_username) return ReasonCode::malformed_packet;
    out.clean_start = (bits & 2) != 0;
    out.keep_alive_s = reader_.two();
    if (const ReasonCode wrong = properties(PacketType::connect, out.properties); is_error(wrong))
      return wrong;
    out.client_id = reader_.text();
    if (has_will) {
      Will& will = out.will.emplace();
      will.qos = will_qos;
      will.retain = will_retain;
      if (const ReasonCode wrong = properties(kWillProperties, will.properties); is_error(wrong))
        return wrong;
      will.topic = reader_.text();
      will.payload = reader_.binary();
      if (reader_.ok() && !is_topic_name(will.topic)) return ReasonCode::topic_name_invalid;
    }
    if (has_username) out.username = reader_.text();
    if (has_password) out.password = reader_.binary();
    return ReasonCode::success;
  }

  /// Nothing more is read of a CONNECT of another version.
  ReasonCode unsupported() {
    reader_.take_rest();
    return ReasonCode::unsupported_protocol_version;
  }

  ReasonCode connack(Connack& out) {
    if (flags(0) != ReasonCode::success) return ReasonCode::malformed_packet;
    const std::uint8_t bits = reader_.byte();
    const std::uint8_t code = reader_.byte();
    if (!reader_.ok() || bits > 1) return ReasonCode::malformed_packet;
    out.session_present = bits != 0;
    // Two bytes are a CONNACK of 3.1.1: a server that speaks nothing newer may answer a CONNECT of 5 with it.
    const bool older = v5_ && reader_.empty();
    if (older && code == 0) {
      out.reason = ReasonCode::unsupported_protocol_version;
    } else {
      out.reason = v5_ && !older ? static_cast<ReasonCode>(code) : from_return_code(code);
    }
    if (!is_error(out.reason) && out.reason != ReasonCode::success) return ReasonCode::protocol_error;
    if (out.session_present && is_error(out.reason)) return ReasonCode::protocol_error;
    if (older) return ReasonCode::success;
    return properties(PacketType::connack, out.properties);
  }

  ReasonCode publish(Publish& out) {
    out.dup = (flags_ & 8) != 0;
    out.qos = flags_ >> 1 & 3;
    out.retain = (flags_ & 1) != 0;
    if (out.qos == 3 || (out.qos == 0 && out.dup)) return ReasonCode::malformed_packet;
    out.topic = reader_.text();
    if (out.qos > 0) out.packet_id = reader_.two();
    if (!reader_.ok() || (out.qos > 0 && out.packet_id == 0)) return ReasonCode::malformed_packet;
    if (const ReasonCode wrong = properties(PacketType::publish, out.properties); is_error(wrong))
      return wrong;
    out.payload = reader_.take_rest();
    if (out.topic.empty()) {
      const bool aliased = v5_ && out.properties.number(PropertyId::topic_alias).has_value();
      return aliased ? ReasonCode::success
             : v5_   ? ReasonCode::protocol_error
                     : ReasonCode::topic_name_invalid;
    }
    const bool wild = out.topic.find_first_of("+#") != std::string_view::npos;
    return wild ? ReasonCode::topic_name_invalid : ReasonCode::success;
  }

  ReasonCode ack(PacketType type, Ack& out) {
    out.type = type;
    if (flags(type == PacketType::pubrel ? 2 : 0) != ReasonCode::success) return ReasonCode::malformed_packet;
    if (const ReasonCode wrong = packet_id(out.packet_id); is_error(wrong)) return wrong;
    return v5_ ? reason_and_properties(type, out.reason, out.properties) : ReasonCode::success;
  }

  /// Both may be left out at the end of a packet (§3.4.2.1).
  ReasonCode reason_and_properties(PacketType type, ReasonCode& reason, Properties& out) {
    if (reader_.empty()) return ReasonCode::success;
    reason = static_cast<ReasonCode>(reader_.byte());
    return reader_.empty() ? ReasonCode::success : properties(type, out);
  }

  template <class Request>
  ReasonCode subscribe(Request& out, bool with_options) {
    if (flags(2) != ReasonCode::success) return ReasonCode::malformed_packet;
    if (const ReasonCode wrong = packet_id(out.packet_id); is_error(wrong)) return wrong;
    const PacketType type = with_options ? PacketType::subscribe : PacketType::unsubscribe;
    if (const ReasonCode wrong = properties(type, out.properties); is_error(wrong)) return wrong;
    if (reader_.empty()) return ReasonCode::protocol_error;  // §3.8.3: at least one
    out.filters = Filters(reader_.rest(), with_options);
    bool valid = true;
    while (!reader_.empty()) {
      const std::string_view filter = reader_.text();
      const std::uint8_t options = with_options ? reader_.byte() : 0;
      if (!reader_.ok()) return ReasonCode::malformed_packet;
      const bool known = v5_ ? (options & 0xC0) == 0 && (options >> 4 & 3) != 3 : (options & 0xFC) == 0;
      if (!known || (options & 3) == 3) return ReasonCode::malformed_packet;
      if (!is_topic_filter(filter)) valid = false;
    }
    return valid ? ReasonCode::success : ReasonCode::topic_filter_invalid;
  }

  ReasonCode suback(PacketType type, Suback& out) {
    out.type = type;
    if (flags(0) != ReasonCode::success) return ReasonCode::malformed_packet;
    if (const ReasonCode wrong = packet_id(out.packet_id); is_error(wrong)) return wrong;
    if (const ReasonCode wrong = properties(type, out.properties); is_error(wrong)) return wrong;
    const bool has_codes = v5_ || type == PacketType::suback;
    if (has_codes) out.codes = reader_.take_rest();
    return has_codes == out.codes.empty() ? ReasonCode::malformed_packet : ReasonCode::success;
  }

  ReasonCode disconnect(Disconnect& out) {
    if (flags(0) != ReasonCode::success) return ReasonCode::malformed_packet;
    return v5_ ? reason_and_properties(PacketType::disconnect, out.reason, out.properties)
               : ReasonCode::success;
  }

  ReasonCode auth(Auth& out) {
    if (flags(0) != ReasonCode::success) return ReasonCode::malformed_packet;
    return reason_and_properties(PacketType::auth, out.reason, out.properties);
  }

  ByteReader reader_;
  std::uint8_t flags_;
  bool v5_;
  Sender from_;
};

struct Frame {
  std::size_t size = 0;    // of the whole packet; 0: not known yet
  std::size_t header = 0;  // of these, the fixed header
  ReasonCode error = ReasonCode::success;
};

Frame read_frame(std::string_view in, std::size_t packet_max) {
  std::size_t length = 0;
  for (std::size_t i = 1; i <= 4 && i < in.size(); ++i) {
    const auto next = static_cast<std::uint8_t>(in[i]);
    length |= static_cast<std::size_t>(next & 0x7F) << (7 * (i - 1));
    if ((next & 0x80) != 0) {
      if (i == 4) return {.error = ReasonCode::malformed_packet};
      continue;
    }
    if (i > 1 && next == 0) return {.error = ReasonCode::malformed_packet};  // not the shortest form
    const std::size_t size = 1 + i + length;
    if (size > packet_max) return {.error = ReasonCode::packet_too_large};
    return {.size = size, .header = 1 + i};
  }
  return {};
}

}  // namespace

Decoded packet_size(std::string_view in, std::size_t packet_max) {
  const Frame frame = read_frame(in, packet_max);
  return {frame.size, frame.error};
}

Decoded decode(std::string_view in, const DecodeContext& context, Packet& packet) {
  const Frame frame = read_frame(in, context.packet_max);
  if (frame.error != ReasonCode::success) return fault(frame.error);
  if (frame.size == 0 || in.size() < frame.size) return {};
  const auto first = static_cast<std::uint8_t>(in[0]);
  if (first >> 4 == 0) return fault(ReasonCode::malformed_packet);
  Body body(in.substr(frame.header, frame.size - frame.header), first & 0xF, context);
  const ReasonCode error = body.decode(static_cast<PacketType>(first >> 4), packet);
  return error == ReasonCode::success ? Decoded{frame.size, error} : fault(error);
}

}  // namespace vfleet::codec::mqtt
