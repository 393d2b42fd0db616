#include "simulator/platform/roles/websocket_role.h"

#include <memory>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/platform/http/response.h"
#include "simulator/platform/roles/ack_text.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

namespace websocket = codec::websocket;
using stream::Client;
using stream::Taken;
using websocket::Event;
using websocket::Opcode;
using Then = Taken::Then;

constexpr std::size_t kAnswersMax = 256U * 1024;  // of a connection before they must be written

void append(Opcode opcode, std::string_view payload, std::string& out) {
  websocket::append_frame(websocket::Role::server, opcode, payload, 0, out);
}

// Answers that no client can make sense of.
std::string_view garbage(std::uint64_t draw) {
  constexpr std::string_view kGarbage[] = {
      std::string_view("\xf1\x02hi", 4),                  // bits of extensions that nobody agreed on
      std::string_view("\x83\x02hi", 4),                  // an opcode that is reserved
      std::string_view("\x81\x82\x00\x00\x00\x00hi", 8),  // masked, which a server never does
      std::string_view("\x81\x02\xff\xfe", 4),            // no UTF-8
  };
  return kGarbage[draw % std::size(kGarbage)];
}

}  // namespace

struct WebSocketRole::Socket final : stream::ClientState {
  websocket::MessageReader reader{kMessageMax};
  std::string name;      // the last part of the path: whose a message without an envelope is
  std::size_t held = 0;  // bytes of an unfinished message that the reader keeps
};

std::size_t WebSocketRole::connected(Client&) {
  const std::size_t limit = platform_.misbehaviour().input_limit();
  return limit == 0 ? kNoLimit : limit;
}

Taken WebSocketRole::take(Client& client, std::span<char> bytes, std::string& out) {
  const std::string_view data(bytes.data(), bytes.size());
  Taken taken;
  if (!client.state) {
    open(client, data, out, taken);
    if (!client.state || taken.then != Then::keep) return taken;
  }
  auto& socket = static_cast<Socket&>(*client.state);
  std::span<char> rest = bytes.subspan(taken.used);
  std::size_t begun_at = taken.used;  // of the message that may be unfinished at the end
  bool ended = taken.used != 0;
  while (taken.then == Then::keep) {
    if (!rest.empty() && (taken.delay > Duration::zero() || out.size() > kAnswersMax)) {
      taken.more = true;
      break;
    }
    const Event event = socket.reader.next(rest);
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

void WebSocketRole::open(Client& client, std::string_view data, std::string& out, Taken& taken) {
  const std::size_t size = websocket::head_size(data);
  const auto refuse = [&](std::uint32_t status, std::string_view why) {
    ++counts_.refused;
    http::write_error(out, status, why, false);
    taken.then = Then::close;
  };
  if (size > websocket::kHandshakeMax || (size == 0 && data.size() >= websocket::kHandshakeMax)) {
    return refuse(431, "the head is too large");
  }
  if (size == 0) return;
  const auto request = websocket::read_request(data.substr(0, size));
  if (!request) return refuse(400, "this port opens WebSockets: " + request.error().detail);
  const std::string_view path = request->target.substr(0, request->target.find('?'));
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (platform_.misbehaviour().refuses_connect(name)) {
    return refuse(platform_.misbehaviour().settings().refuse_status, "refused, as it was asked for");
  }
  std::string_view protocol = request->protocols.substr(0, request->protocols.find(','));
  while (protocol.ends_with(' ')) protocol.remove_suffix(1);
  websocket::append_answer(request->key, protocol, out);
  auto socket = std::make_unique<Socket>();
  socket->name = name;
  client.state = std::move(socket);
  taken.used = size;
  ++counts_.opened;
}

void WebSocketRole::happened(Client& client, const Event& event, std::string& out, Taken& taken) {
  switch (event.kind) {
    case Event::Kind::none:
    case Event::Kind::pong:
      return;
    case Event::Kind::ping:
      ++counts_.pings;
      return append(Opcode::pong, event.payload, out);
    case Event::Kind::close:
      return break_off(event.code, {}, out, taken);
    case Event::Kind::error:
      ++counts_.protocol_errors;
      return break_off(event.code, event.payload, out, taken);
    case Event::Kind::binary:
      ++counts_.binary;
      break;
    case Event::Kind::text:
      break;
  }
  message(client, event.payload, out, taken);
}

void WebSocketRole::message(Client& client, std::string_view text, std::string& out, Taken& taken) {
  ++counts_.messages;
  const Arrival arrival = platform_.take(text, {.way = Way::websocket,
                                                .down = this,
                                                .link = client.number,
                                                .type = {},
                                                .device = static_cast<Socket&>(*client.state).name});
  taken.delay = arrival.mischief.delay;
  const std::size_t before = out.size();
  if (acks_) {
    ++counts_.acks;
    append(Opcode::text, AckText(arrival.checked ? arrival.head.seq : 0).text(), out);
  }
  switch (arrival.mischief.kind) {
    case Mischief::Kind::none:
      if (platform_.commands().anything_waits()) deliver(arrival.device, out);
      return;
    case Mischief::Kind::refuse:
      out.resize(before);
      return break_off(websocket::kTryAgainLater, "refused, as it was asked for", out, taken);
    case Mischief::Kind::cut: {
      const std::string_view answer = std::string_view(out).substr(before);
      out.resize(before + platform_.misbehaviour().settings().cut_part(answer).size());
      taken.then = Then::cut;
      return;
    }
    case Mischief::Kind::garbage:
      out.resize(before);
      out += garbage(arrival.mischief.draw);
      return;
  }
}

void WebSocketRole::break_off(std::uint16_t code, std::string_view why, std::string& out, Taken& taken) {
  websocket::append_close(websocket::Role::server, code, why, 0, out);
  taken.then = Then::close;
}

void WebSocketRole::deliver(std::string_view device, std::string& out) {
  for (const std::string& command : platform_.commands().take(device)) {
    ++counts_.commands;
    append(Opcode::text, command, out);
  }
}

bool WebSocketRole::commands_wait(std::uint64_t link, std::string_view device) {
  if (!server_->can_send(link)) return false;
  std::string bytes;
  deliver(device, bytes);
  return bytes.empty() || server_->send(link, bytes);
}

}  // namespace vfleet::platform
