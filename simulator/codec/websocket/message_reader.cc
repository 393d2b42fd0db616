#include "simulator/codec/websocket/message_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "simulator/core/utf8.h"

namespace vfleet::codec::websocket {
namespace {

Event broken(std::uint16_t code, std::string_view why) {
  return {.kind = Event::Kind::error, .code = code, .payload = why};
}

bool is_control(Opcode opcode) {
  return opcode >= Opcode::close;
}

Event data_event(Opcode opcode, std::string_view payload) {
  return {.kind = opcode == Opcode::text ? Event::Kind::text : Event::Kind::binary, .payload = payload};
}

Event control_event(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::ping) return {.kind = Event::Kind::ping, .payload = payload};
  if (opcode == Opcode::pong) return {.kind = Event::Kind::pong, .payload = payload};
  if (payload.empty()) return {.kind = Event::Kind::close, .code = kNoStatusReceived};
  if (payload.size() == 1) return broken(kProtocolError, "half a close code");
  const auto code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                               static_cast<std::uint8_t>(payload[1]));
  if (!may_be_sent(code)) return broken(kProtocolError, "a close code that may not be sent");
  if (!is_utf8(payload.substr(2)))
    return broken(kInvalidFramePayloadData, "a close reason that is not UTF-8");
  return {.kind = Event::Kind::close, .code = code, .payload = payload.substr(2)};
}

}  // namespace

struct MessageReader::Head {
  bool fin = false;
  bool masked = false;
  std::uint8_t reserved = 0;
  std::uint8_t code = 0;
  std::uint32_t mask = 0;
  std::uint64_t length = 0;
  bool shortest = true;

  [[nodiscard]] Opcode opcode() const { return static_cast<Opcode>(code); }

  /// How many bytes the head has, as far as its first `size` tell; at least 2.
  static std::size_t need(const char* at, std::size_t size) {
    if (size < 2) return 2;
    const int length = at[1] & 0x7f;
    return 2U + (length == 126 ? 2U : length == 127 ? 8U : 0U) + ((at[1] & 0x80) != 0 ? 4U : 0U);
  }

  void read(const char* at) {
    const auto byte = [at](std::size_t i) { return static_cast<std::uint8_t>(at[i]); };
    const auto number = [byte](std::size_t from, std::size_t bytes) {
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | byte(from + i);
      return value;
    };
    fin = (byte(0) & 0x80) != 0;
    reserved = byte(0) & 0x70;
    code = byte(0) & 0x0f;
    masked = (byte(1) & 0x80) != 0;
    length = byte(1) & 0x7f;
    std::size_t used = 2;
    if (length == 126) {
      length = number(2, 2);
      shortest = length > 125;
      used = 4;
    } else if (length == 127) {
      length = number(2, 8);
      shortest = length > 0xffff;
      used = 10;
    }
    if (masked) mask = static_cast<std::uint32_t>(number(used, 4));
  }
};

struct MessageReader::Part {
  std::array<char, kHeadMax> head_bytes{};
  std::uint8_t head_size = 0;  // of the next head, when it came in parts
  bool in_payload = false;     // head holds
  bool told = false;           // message was handed out and is not needed any more
  bool in_message = false;
  Opcode kind = Opcode::text;  // of the message
  Utf8Check utf8;
  Head head;
  std::uint64_t left = 0;  // of the frame's payload
  std::string message;
  std::array<char, kControlPayloadMax> control{};
};

struct MessageReader::Input {
  const char* at;
  std::size_t size;
  char* writable;  // the same place; null: nothing is masked here
  Role sender;

  void skip(std::size_t n) {
    at += n;
    size -= n;
    if (writable != nullptr) writable += n;
  }
};

MessageReader::MessageReader(std::size_t message_max) : message_max_(message_max) {}
MessageReader::~MessageReader() = default;
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;

bool MessageReader::in_message() const {
  return part_ != nullptr && !part_->told;
}

Event MessageReader::next(std::string_view& bytes) {
  Input in{bytes.data(), bytes.size(), nullptr, Role::server};
  const Event event = step(in);
  bytes = {in.at, in.size};
  return event;
}

Event MessageReader::next(std::span<char>& bytes) {
  Input in{bytes.data(), bytes.size(), bytes.data(), Role::client};
  const Event event = step(in);
  bytes = {in.writable, in.size};
  return event;
}

MessageReader::Part& MessageReader::part() {
  if (part_ == nullptr) part_ = std::make_unique<Part>();
  return *part_;
}

Event MessageReader::step(Input& in) {
  if (part_ != nullptr && part_->told) part_.reset();
  while (true) {
    if (part_ == nullptr || !part_->in_payload) {
      Head head;
      if (!read_head(in, head)) return {};
      if (const Event wrong = check(head, in.sender); wrong.kind != Event::Kind::none) return wrong;
      const bool alone = is_control(head.opcode()) || (head.fin && !in_fragments());
      if (alone && in.size >= head.length) return whole(in, head);
      begin(head);
    }
    const Event event = take(in);
    if (event.kind != Event::Kind::none || part_->in_payload) return event;
  }
}

bool MessageReader::in_fragments() const {
  return part_ != nullptr && part_->in_message;
}

bool MessageReader::read_head(Input& in, Head& head) {
  if (in.size == 0) return false;
  if (part_ == nullptr || part_->head_size == 0) {
    const std::size_t need = Head::need(in.at, in.size);
    if (in.size >= need) {
      head.read(in.at);
      in.skip(need);
      return true;
    }
  }
  Part& begun = part();
  while (begun.head_size < Head::need(begun.head_bytes.data(), begun.head_size)) {
    if (in.size == 0) return false;
    begun.head_bytes[begun.head_size++] = *in.at;
    in.skip(1);
  }
  begun.head_size = 0;
  head.read(begun.head_bytes.data());
  return true;
}

Event MessageReader::check(const Head& head, Role sender) const {
  if (head.reserved != 0) return broken(kProtocolError, "a reserved bit is set");
  if (head.masked != (sender == Role::client)) {
    return broken(kProtocolError, head.masked ? "a server masks" : "a client does not mask");
  }
  if (!head.shortest) return broken(kProtocolError, "a length that is not the shortest");
  switch (head.opcode()) {
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!head.fin) return broken(kProtocolError, "a control frame in fragments");
      if (head.length > kControlPayloadMax) return broken(kProtocolError, "a control frame that is too long");
      return {};
    case Opcode::text:
    case Opcode::binary:
      if (in_fragments()) return broken(kProtocolError, "a message inside another");
      break;
    case Opcode::continuation:
      if (!in_fragments()) return broken(kProtocolError, "the continuation of nothing");
      break;
    default:
      return broken(kProtocolError, "a reserved opcode");
  }
  const std::size_t here = in_fragments() ? part_->message.size() : 0;
  if (head.length > message_max_ - here) return broken(kMessageTooBig, "a message that is too long");
  return {};
}

/// A control frame, or a message of one frame, that is here to its end.
Event MessageReader::whole(Input& in, const Head& head) {
  const auto size = static_cast<std::size_t>(head.length);
  if (head.masked) apply_mask(in.writable, size, head.mask);
  const std::string_view payload(in.at, size);
  in.skip(size);
  if (!in_fragments()) part_.reset();
  if (is_control(head.opcode())) return control_event(head.opcode(), payload);
  if (head.opcode() == Opcode::text && !is_utf8(payload)) {
    return broken(kInvalidFramePayloadData, "a text that is not UTF-8");
  }
  return data_event(head.opcode(), payload);
}

void MessageReader::begin(const Head& head) {
  Part& begun = part();
  begun.head = head;
  begun.left = head.length;
  begun.in_payload = true;
  if (is_control(head.opcode()) || head.opcode() == Opcode::continuation) return;
  begun.kind = head.opcode();
  begun.in_message = true;
}

/// Takes what is here of the payload that was begun.
Event MessageReader::take(Input& in) {
  Part& now = *part_;
  const bool control = is_control(now.head.opcode());
  const auto offset = static_cast<std::size_t>(now.head.length - now.left);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(now.left, in.size));
  if (!control) now.message.append(in.at, size);
  char* const copy = control ? now.control.data() + offset : now.message.data() + now.message.size() - size;
  if (control && size != 0) std::memcpy(copy, in.at, size);
  if (now.head.masked) apply_mask(copy, size, now.head.mask, offset);
  in.skip(size);
  now.left -= size;
  if (!control && now.kind == Opcode::text && !now.utf8.feed({copy, size})) {
    return broken(kInvalidFramePayloadData, "a text that is not UTF-8");
  }
  if (now.left != 0) return {};
  now.in_payload = false;
  if (control) {
    now.told = !now.in_message;
    return control_event(now.head.opcode(), {now.control.data(), static_cast<std::size_t>(now.head.length)});
  }
  if (!now.head.fin) return {};
  if (now.kind == Opcode::text && !now.utf8.complete()) {
    return broken(kInvalidFramePayloadData, "a text that ends within a character");
  }
  now.told = true;
  return data_event(now.kind, now.message);
}

}  // namespace vfleet::codec::websocket
