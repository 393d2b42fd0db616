#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/websocket/message_reader.h"
#include "simulator/platform/down_link.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

struct WebSocketCounts {
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;  ///< handshakes: no WebSocket, or refused by misbehaviour
  std::uint64_t messages = 0;
  std::uint64_t binary = 0;
  std::uint64_t acks = 0;
  std::uint64_t pings = 0;
  std::uint64_t commands = 0;
  std::uint64_t protocol_errors = 0;
};

/// Takes reports as messages of WebSockets, text or binary, on any path. With `acks` each is answered by a
/// text message {"ack":SEQ} (0: it was no report); commands go down as text messages {"id","type","data"}. Of
/// the subprotocols that a client offers it speaks the first.
class WebSocketRole final : public stream::Protocol, public DownLink {
 public:
  static constexpr std::size_t kMessageMax = 4U * 1024 * 1024;

  WebSocketRole(Platform& platform, bool acks) : platform_(platform), acks_(acks) {}
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  std::size_t connected(stream::Client& client) override;
  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) override;
  bool commands_wait(std::uint64_t link, std::string_view device) override;

  [[nodiscard]] const WebSocketCounts& counts() const { return counts_; }

 private:
  struct Socket;

  void open(stream::Client& client, std::string_view data, std::string& out, stream::Taken& taken);
  void happened(stream::Client& client, const codec::websocket::Event& event, std::string& out,
                stream::Taken& taken);
  void message(stream::Client& client, std::string_view text, std::string& out, stream::Taken& taken);
  void break_off(std::uint16_t code, std::string_view why, std::string& out, stream::Taken& taken);
  void deliver(std::string_view device, std::string& out);

  Platform& platform_;
  bool acks_;
  stream::Server* server_ = nullptr;
  WebSocketCounts counts_;
};

}  // namespace vfleet::platform
