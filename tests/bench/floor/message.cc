#include "tests/bench/floor/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace vfleet::floor {
namespace {

constexpr std::size_t kDeviceDigits = 7;
constexpr std::size_t kSeqDigits = 10;
constexpr std::size_t kDueDigits = 16;
// JSON numbers have no leading zeros.
constexpr std::uint64_t kFirstSeq = 1'000'000'000;

void digits(char* at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

std::string body_of(std::size_t bytes) {
  std::string body = fmt::format(
      R"({{"v":1,"dev":"dev-0000000","boot":1,"seq":{},"due_us":{:016},"type":"meter","data":{{"energy_wh":)",
      kFirstSeq, 1'000'000'000'000'000);
  const std::string_view end = R"("}})";
  const std::string_view pad = R"(12345678,"pad":")";
  const std::size_t fixed = body.size() + pad.size() + end.size();
  if (bytes < fixed) throw std::invalid_argument(fmt::format("a body has at least {} bytes", fixed));
  body += pad;
  body.append(bytes - fixed, 'x');
  body += end;
  return body;
}

}  // namespace

Message::Message(Protocol protocol, std::size_t body_bytes, std::uint16_t port) {
  std::string body;
  if (protocol == Protocol::calls) {
    const std::string call = fmt::format(R"([2,"{}","MeterValues",)", kFirstSeq);
    if (body_bytes <= call.size()) throw std::invalid_argument("a body has at least 160 bytes");
    body = call + body_of(body_bytes - call.size() - 1) + "]";
  } else {
    body = body_of(body_bytes);
  }
  if (protocol == Protocol::mqtt) {
    const std::string_view topic = "vfleet/dev-0000000/meter";
    std::size_t left = 2 + topic.size() + body.size();
    text_ += '\x30';
    do {
      const std::size_t low = left % 128;
      left /= 128;
      text_ += static_cast<char>(low | (left != 0 ? 0x80 : 0));
    } while (left != 0);
    text_ += '\0';
    text_ += static_cast<char>(topic.size());
    topic_at_ = text_.size() + topic.find('0');
    text_ += topic;
  } else if (protocol == Protocol::calls) {
    if (body.size() < 126 || body.size() > 0xffff)
      throw std::invalid_argument("a CALL has up to 65,535 bytes");
    text_ = {'\x81', '\xfe', static_cast<char>(body.size() >> 8), static_cast<char>(body.size() & 0xff)};
    text_.append(4, '\0');
    id_at_ = text_.size() + std::string_view(R"([2,")").size();
  } else {
    text_ = fmt::format(
        "POST /ingest HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n",
        port, body.size());
  }
  const std::size_t at = text_.size();
  text_ += body;
  const auto after = [&](std::string_view key) { return text_.find(key, at) + key.size(); };
  device_at_ = after("\"dev\":\"dev-");
  seq_at_ = after("\"seq\":");
  due_at_ = after("\"due_us\":");
}

std::string_view Message::of(std::uint32_t device, std::uint32_t seq, std::int64_t due_us) {
  if (topic_at_ != std::string::npos) digits(&text_[topic_at_], kDeviceDigits, device);
  if (id_at_ != std::string::npos) digits(&text_[id_at_], kSeqDigits, kFirstSeq + seq);
  digits(&text_[device_at_], kDeviceDigits, device);
  digits(&text_[seq_at_], kSeqDigits, kFirstSeq + seq);
  digits(&text_[due_at_], kDueDigits, static_cast<std::uint64_t>(std::max<std::int64_t>(due_us, 0)));
  return text_;
}

std::string mqtt_connect(std::uint32_t device) {
  const std::string id = fmt::format("dev-{:07}", device);
  std::string out = {'\x10', static_cast<char>(12 + id.size()), 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0};
  out += static_cast<char>(id.size());
  return out + id;
}

std::string websocket_upgrade(std::uint32_t device, std::uint16_t port) {
  return fmt::format(
      "GET /ocpp/dev-{:07} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
      device, port);
}

}  // namespace vfleet::floor
