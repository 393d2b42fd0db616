#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/codec/websocket/message_reader.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform {

struct SocketCounts {
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;  ///< handshakes: no WebSocket, or refused by the role or by misbehaviour
  std::uint64_t messages = 0;
  std::uint64_t pings = 0;
  std::uint64_t protocol_errors = 0;
};

/// The server's end of WebSockets (RFC 6455), of which a role makes its own: it reads handshakes, puts
/// messages together from bytes in any slices, and answers control frames. Whom it lets in and what a message
/// means is the role's.
class WebSocketProtocol : public stream::Protocol {
 public:
  std::size_t connected(stream::Client& client) final;
  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) final;

  [[nodiscard]] const SocketCounts& sockets() const { return sockets_; }

 protected:
  /// What is kept of a client that was let in; a role adds its own.
  struct Socket : stream::ClientState {
    explicit Socket(std::size_t message_max) : reader(message_max) {}
    /// Takes the next event from the front of `bytes`.
    virtual codec::websocket::Event next(std::span<char>& bytes) { return reader.next(bytes); }

    codec::websocket::MessageReader reader;
    std::size_t held = 0;  ///< bytes of an unfinished message that the reader keeps
  };

  /// `platform` outlives it.
  explicit WebSocketProtocol(Platform& platform) : platform_(platform) {}

  /// A client asks to be let in: appends the answer and what follows it at once; nullptr: it was refused.
  virtual std::unique_ptr<Socket> let_in(stream::Client& client,
                                         const codec::websocket::UpgradeRequest& request, std::string& out,
                                         stream::Taken& taken) = 0;
  /// A whole message came, text or binary.
  virtual void message(stream::Client& client, const codec::websocket::Event& event, std::string& out,
                       stream::Taken& taken) = 0;

  /// Refuses a handshake.
  void refuse(std::uint32_t status, std::string_view why, std::string& out, stream::Taken& taken);
  /// Refuses it when misbehaviour says so; whether it did.
  bool refused_on_purpose(std::string_view device, std::string& out, stream::Taken& taken);
  /// Counts a peer's breach of the protocol and ends the connection.
  void protocol_error(std::uint16_t code, std::string_view why, std::string& out, stream::Taken& taken);
  /// Ends the connection.
  static void close(std::uint16_t code, std::string_view why, std::string& out, stream::Taken& taken);
  static void append(codec::websocket::Opcode opcode, std::string_view payload, std::string& out);

  Platform& platform_;

 private:
  void open(stream::Client& client, std::string_view data, std::string& out, stream::Taken& taken);
  void happened(stream::Client& client, const codec::websocket::Event& event, std::string& out,
                stream::Taken& taken);

  SocketCounts sockets_;
};

}  // namespace vfleet::platform
