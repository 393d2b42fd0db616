#include "simulator/platform/roles/websocket_protocol.h"

#include "simulator/platform/http/response.h"
#include "simulator/platform/roles/answers.h"

namespace vfleet::platform {

namespace websocket = codec::websocket;
using stream::Client;
using stream::Taken;
using websocket::Event;
using websocket::Opcode;
using Then = Taken::Then;

std::size_t WebSocketProtocol::connected(Client&) {
  return platform_.misbehaviour().input_limit();
}

Taken WebSocketProtocol::take(Client& client, std::span<char> bytes, std::string& out) {
  Taken taken;
  if (!client.state) {
    open(client, {bytes.data(), bytes.size()}, out, taken);
    if (!client.state || taken.then != Then::keep) return taken;
  }
  auto& socket = static_cast<Socket&>(*client.state);
  std::span<char> rest = bytes.subspan(taken.used);
  std::size_t begun_at = taken.used;  // of the message that may be unfinished at the end
  bool ended = taken.used != 0;
  while (taken.then == Then::keep) {
    if (!rest.empty() && must_be_written(taken, out)) {
      taken.more = true;
      break;
    }
    const Event event = socket.next(rest);
    if (event.kind == Event::Kind::none) break;
    ended = true;
    begun_at = bytes.size() - rest.size();
    // A control frame between two fragments ends nothing.
    if (!socket.reader.in_message()) socket.held = 0;
    happened(client, event, out, taken);
  }
  taken.used = bytes.size() - rest.size();
  socket.held = socket.reader.in_message() ? socket.held + (taken.used - begun_at) : 0;
  taken.held = socket.held;
  taken.unfinished = !ended;
  return taken;
}

void WebSocketProtocol::open(Client& client, std::string_view data, std::string& out, Taken& taken) {
  const std::size_t size = websocket::head_size(data);
  if (size > websocket::kHandshakeMax || (size == 0 && data.size() >= websocket::kHandshakeMax)) {
    return refuse(431, "the head is too large", out, taken);
  }
  if (size == 0) return;
  const auto request = websocket::read_request(data.substr(0, size));
  if (!request) return refuse(400, "this port opens WebSockets: " + request.error().detail, out, taken);
  auto socket = let_in(client, *request, out, taken);
  if (!socket) return;
  client.state = std::move(socket);
  taken.used = size;
  ++sockets_.opened;
}

void WebSocketProtocol::happened(Client& client, const Event& event, std::string& out, Taken& taken) {
  switch (event.kind) {
    case Event::Kind::none:
    case Event::Kind::pong:
      return;
    case Event::Kind::ping:
      ++sockets_.pings;
      return append(Opcode::pong, event.payload, out);
    case Event::Kind::close:
      return close(event.code, {}, out, taken);
    case Event::Kind::error:
      return protocol_error(event.code, event.payload, out, taken);
    case Event::Kind::binary:
    case Event::Kind::text:
      ++sockets_.messages;
      return message(client, event, out, taken);
  }
}

void WebSocketProtocol::refuse(std::uint32_t status, std::string_view why, std::string& out, Taken& taken) {
  ++sockets_.refused;
  http::write_error(out, status, why, false);
  taken.then = Then::close;
}

bool WebSocketProtocol::refused_on_purpose(std::string_view device, std::string& out, Taken& taken) {
  Misbehaviour& misbehaviour = platform_.misbehaviour();
  if (!misbehaviour.refuses_connect(device)) return false;
  refuse(misbehaviour.settings().refuse_status, "refused, as it was asked for", out, taken);
  return true;
}

void WebSocketProtocol::protocol_error(std::uint16_t code, std::string_view why, std::string& out,
                                       Taken& taken) {
  ++sockets_.protocol_errors;
  close(code, why, out, taken);
}

void WebSocketProtocol::close(std::uint16_t code, std::string_view why, std::string& out, Taken& taken) {
  websocket::append_close(websocket::Role::server, code, why, 0, out);
  taken.then = Then::close;
}

void WebSocketProtocol::append(Opcode opcode, std::string_view payload, std::string& out) {
  websocket::append_frame(websocket::Role::server, opcode, payload, 0, out);
}

}  // namespace vfleet::platform
