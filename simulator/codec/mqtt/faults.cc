#include "simulator/codec/mqtt/faults.h"

#include <algorithm>

#include "simulator/codec/mqtt/encode.h"

namespace vfleet::codec::mqtt {
namespace {

using Kind = Fault::Kind;
using Then = Misbehaviour::Then;

constexpr std::pair<std::string_view, Kind> kWords[] = {
    {"cut", Kind::cut},
    {"flip", Kind::flip},
    {"drop", Kind::drop},
    {"no_ack", Kind::no_ack},
    {"repeat", Kind::repeat},
    {"same_id", Kind::same_id},
    {"zero_id", Kind::zero_id},
    {"wrong_length", Kind::wrong_length},
    {"bad_type", Kind::bad_type},
    {"bad_flags", Kind::bad_flags},
    {"qos_3", Kind::qos_3},
    {"bad_topic", Kind::bad_topic},
    {"wildcard_topic", Kind::wildcard_topic},
    {"early_publish", Kind::early_publish},
    {"second_connect", Kind::second_connect},
    {"bad_version", Kind::bad_version},
    {"bad_name", Kind::bad_name},
    {"reserved_flag", Kind::reserved_flag},
};

constexpr std::string_view kTopic = "vfleet/misbehaves";

/// An encoded packet, and where its parts are.
class Parts {
 public:
  Parts(PacketType type, std::string& bytes, std::size_t start) : type_(type), bytes_(bytes), start_(start) {
    body_ = start + 1;
    while (body_ < bytes.size() && (byte(body_) & 0x80) != 0) ++body_;
    ++body_;
  }

  [[nodiscard]] std::uint8_t byte(std::size_t at) const { return static_cast<std::uint8_t>(bytes_[at]); }
  void set(std::size_t at, unsigned value) { bytes_[at] = static_cast<char>(value); }
  [[nodiscard]] std::size_t body() const { return body_; }
  [[nodiscard]] unsigned qos() const { return byte(start_) >> 1 & 3; }

  /// Of the topic's text and its size; 0: there is none (an alias stands for it).
  [[nodiscard]] std::size_t topic() const { return body_ + 2; }
  [[nodiscard]] std::size_t topic_size() const {
    return static_cast<std::size_t>(byte(body_)) << 8 | byte(body_ + 1);
  }

  /// Where the packet identifier stands.
  [[nodiscard]] std::optional<std::size_t> id() const {
    switch (type_) {
      case PacketType::publish:
        if (qos() == 0) return std::nullopt;
        return topic() + topic_size();
      case PacketType::puback:
      case PacketType::pubrec:
      case PacketType::pubrel:
      case PacketType::pubcomp:
      case PacketType::subscribe:
      case PacketType::unsubscribe:
        return body_;
      default:
        return std::nullopt;
    }
  }

  void lengthen() {
    std::size_t length = bytes_.size() - body_ + 1;
    std::string coded;
    do {
      coded += static_cast<char>((length & 0x7F) | (length >= 128 ? 0x80 : 0));
      length >>= 7;
    } while (length != 0);
    bytes_.replace(start_ + 1, body_ - start_ - 1, coded);
  }

 private:
  PacketType type_;
  std::string& bytes_;
  std::size_t start_;
  std::size_t body_ = 0;
};

bool is_answer(PacketType type) {
  return type == PacketType::puback || type == PacketType::pubrec || type == PacketType::pubcomp;
}

/// Which packets a kind is about, when nobody says.
bool concerns(Kind kind, PacketType type) {
  switch (kind) {
    case Kind::no_ack:
      return is_answer(type);
    case Kind::same_id:
    case Kind::qos_3:
    case Kind::bad_topic:
    case Kind::wildcard_topic:
      return type == PacketType::publish;
    case Kind::bad_flags:
      return type != PacketType::publish;  // all its flags mean something
    case Kind::early_publish:
    case Kind::bad_version:
    case Kind::bad_name:
    case Kind::reserved_flag:
      return type == PacketType::connect;
    default:
      return true;
  }
}

}  // namespace

std::span<const std::pair<std::string_view, Kind>> fault_kinds() {
  return kWords;
}

std::string_view to_string(Kind kind) {
  const auto* const at = std::find_if(std::begin(kWords), std::end(kWords),
                                      [&](const auto& each) { return each.second == kind; });
  return at == std::end(kWords) ? std::string_view("unknown") : at->first;
}

bool is_of_greeting(Kind kind) {
  return concerns(kind, PacketType::connect) && !concerns(kind, PacketType::pingreq) && kind != Kind::no_ack;
}

std::optional<Then> apply(const Fault& fault, Version version, PacketType type, std::string& bytes,
                          std::size_t start) {
  if (!concerns(fault.kind, type) || (fault.packet && *fault.packet != type)) return std::nullopt;
  Parts parts(type, bytes, start);
  constexpr std::size_t kLevel = 6;  // behind "MQTT" and its length
  switch (fault.kind) {
    case Kind::cut:
      bytes.resize(start + std::min<std::uint64_t>(fault.at, bytes.size() - start));
      return Then::cut;
    case Kind::flip:
      if (fault.at >= bytes.size() - start) return std::nullopt;
      parts.set(start + fault.at, ~unsigned{parts.byte(start + fault.at)});
      break;
    case Kind::drop:
    case Kind::no_ack:
      bytes.resize(start);
      break;
    case Kind::repeat:
      bytes.append(bytes.substr(start));
      break;
    case Kind::same_id: {
      const auto id = parts.id();
      if (!id) return std::nullopt;
      const auto number = static_cast<std::uint16_t>(parts.byte(*id) << 8 | parts.byte(*id + 1));
      encode(Publish{.qos = static_cast<std::uint8_t>(parts.qos()),
                     .packet_id = number,
                     .topic = kTopic,
                     .properties = {},
                     .payload = "another one with the same packet identifier"},
             version, bytes);
      break;
    }
    case Kind::zero_id: {
      const auto id = parts.id();
      if (!id) return std::nullopt;
      parts.set(*id, 0);
      parts.set(*id + 1, 0);
      break;
    }
    case Kind::wrong_length:
      parts.lengthen();
      break;
    case Kind::bad_type:
      parts.set(start, parts.byte(start) & 0x0FU);
      break;
    case Kind::bad_flags:
      parts.set(start, parts.byte(start) ^ 0x0FU);
      break;
    case Kind::qos_3:
      parts.set(start, parts.byte(start) | 0x06U);
      break;
    case Kind::bad_topic:
    case Kind::wildcard_topic:
      if (parts.topic_size() == 0) return std::nullopt;
      parts.set(parts.topic(), fault.kind == Kind::bad_topic ? 0xFFU : unsigned{'#'});
      break;
    case Kind::early_publish:
      encode(Publish{.topic = kTopic, .properties = {}, .payload = "before CONNACK"}, version, bytes);
      break;
    case Kind::second_connect: {
      Connect again;
      again.version = version;
      again.client_id = "vfleet-misbehaves";
      encode(again, bytes);
      break;
    }
    case Kind::bad_version:
      parts.set(parts.body() + kLevel, 9);
      break;
    case Kind::bad_name:
      parts.set(parts.body() + 2, 'X');
      break;
    case Kind::reserved_flag:
      parts.set(parts.body() + kLevel + 1, parts.byte(parts.body() + kLevel + 1) | 1U);
      break;
  }
  return Then::go_on;
}

Then Faults::leaving(std::uint32_t key, PacketType type, std::string& bytes, std::size_t start) {
  const auto at = faults_.find(key);
  if (at == faults_.end()) return Then::go_on;
  const auto then = apply(at->second, version_, type, bytes, start);
  if (!then) return Then::go_on;
  ++done_[to_string(at->second.kind)];
  if (at->second.times != 0 && --at->second.times == 0) faults_.erase(at);
  return *then;
}

}  // namespace vfleet::codec::mqtt
