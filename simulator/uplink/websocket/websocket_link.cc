#include "simulator/uplink/websocket/websocket_link.h"

#include <utility>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/core/base64.h"
#include "simulator/uplink/strange_answer.h"

namespace vfleet::uplink {

namespace ws = codec::websocket;

WebSocketHub::WebSocketHub(loop::EventLoop& event_loop, net::Network& sockets, WebSocketConfig websocket,
                           WebSocketTarget websocket_target, StreamSettings stream, std::uint64_t fleet_seed,
                           LinkOwner& link_owner)
    : MessageHub(event_loop, sockets, std::move(stream), websocket.messages, fleet_seed, link_owner),
      config(std::move(websocket)),
      target(std::move(websocket_target)),
      random(fleet_seed, static_cast<std::uint64_t>(event_loop.now().time_since_epoch().count()),
             "websocket.masks") {}

void WebSocketHub::add_own_counters(std::vector<Counter>& out) const {
  out.push_back({"pings_sent_total", frames.pings_sent});
  out.push_back({"pings_received_total", frames.pings_received});
  for (const auto& [status, n] : frames.refusals) {
    out.push_back({"handshakes_refused_total{status=\"" + std::to_string(status) + "\"}", n});
  }
}

struct WebSocketLink::Greeting {
  std::string key;
  std::string head;  // what is here of the answer
};

WebSocketLink::WebSocketLink(WebSocketHub& hub, LinkKey key)
    : MessageLink(hub, key), hub_(hub), reader_(hub.config.limits.message_max) {}

WebSocketLink::~WebSocketLink() = default;

bool WebSocketLink::encode(std::string_view body, std::string& out) {
  ws::append_frame(ws::Role::client, hub_.config.message, body, hub_.mask(), out);
  return true;
}

// The handshake.

void WebSocketLink::connected() {
  reader_ =
      ws::MessageReader(hub_.config.limits.message_max);  // not in lost(): its message may be with the owner
  greeting_ = std::make_unique<Greeting>();
  const std::uint64_t high = hub_.random.next();
  greeting_->key = ws::make_key(high, hub_.random.next());
  const codec::text::Names& names = hub_.owner.names(key());
  codec::Buffer target;
  codec::Buffer headers;
  hub_.target.target.render(names, target);
  hub_.target.headers.render(names, headers);
  if (!hub_.target.user.empty()) {
    codec::Buffer user;
    hub_.target.user.render(names, user);
    headers += "Authorization: Basic " + base64_encode(user) + "\r\n";
  }
  std::string request;
  ws::append_request({.target = target,
                      .authority = hub_.target.url.authority,
                      .key = greeting_->key,
                      .protocols = hub_.target.protocols,
                      .headers = headers},
                     request);
  (void)write(request);
}

void WebSocketLink::received(std::string_view bytes) {
  if (greeting_ != nullptr) {
    greet(bytes);
  } else {
    read_frames(bytes);
  }
}

void WebSocketLink::greet(std::string_view bytes) {
  std::string& head = greeting_->head;
  head += bytes;
  std::size_t size = ws::head_size(head);
  while (size != 0 && ws::is_interim(std::string_view(head).substr(0, size))) {
    head.erase(0, size);
    size = ws::head_size(head);
  }
  if (size == 0 || size > ws::kHandshakeMax) {
    // Who speaks something else may never end a head.
    const std::string_view begin = std::string_view("HTTP/").substr(0, head.size());
    if (!head.starts_with(begin)) tell_strange_answer(hub_, "WebSocket", head);
    if (head.size() > ws::kHandshakeMax || !head.starts_with(begin)) fail("handshake_malformed");
    return;
  }
  const std::string_view rest = bytes.substr(bytes.size() - (head.size() - size));
  if (const std::string_view wrong = judge(std::string_view(head).substr(0, size)); !wrong.empty()) {
    fail(wrong);
    return;
  }
  greeting_.reset();
  const std::uint8_t before = epoch();
  if (hub_.config.limits.ping_every > Duration::zero()) next_ping_ = now() + hub_.config.limits.ping_every;
  agreed();
  if (epoch() == before && !rest.empty()) read_frames(rest);
}

/// Why the server's answer will not do; empty: it will.
std::string_view WebSocketLink::judge(std::string_view head) {
  const auto answer = ws::read_answer(head, greeting_->key, hub_.target.protocols);
  if (!answer) {
    if (!head.starts_with("HTTP/")) {
      tell_strange_answer(hub_, "WebSocket", head);
    } else if (net::StreamSource* const source = hub_.settings.source.get()) {
      source->trouble(net::StreamError::failed, "the WebSocket handshake: " + answer.error().detail);
    }
    return "handshake_malformed";
  }
  if (answer->status != 101) {
    ++hub_.frames.refusals[answer->status];
    switch (answer->status) {
      case 401:
        return "unauthorized";
      case 403:
        return "forbidden";
      case 404:
        return "not_found";
      case 429:
        return "too_many_requests";
      case 503:
        return "service_unavailable";
      default:
        return "handshake_refused";
    }
  }
  return answer->protocol.empty() && !hub_.target.protocols.empty() ? "subprotocol_refused"
                                                                    : std::string_view();
}

// Frames.

void WebSocketLink::read_frames(std::string_view bytes) {
  using Kind = ws::Event::Kind;
  const std::uint8_t before = epoch();
  while (true) {
    const ws::Event event = reader_.next(bytes);
    switch (event.kind) {
      case Kind::none:
        return;
      case Kind::text:
      case Kind::binary:
        if (is_ready()) forgive();  // a login that is refused again and again is no sign of health
        take_message(event.payload);
        break;
      case Kind::ping:
        ++hub_.frames.pings_received;
        // To a peer that pings and does not read, the pongs would only pile up.
        if (!blocked()) {
          std::string& pong = hub_.scratch;
          pong.clear();
          ws::append_frame(ws::Role::client, ws::Opcode::pong, event.payload, hub_.mask(), pong);
          (void)write(pong);
        }
        break;
      case Kind::pong:
        if (is_ready()) forgive();
        if (!std::exchange(pinged_, false)) break;
        next_ping_ = now() + hub_.config.limits.ping_every;
        replan();
        break;
      case Kind::close:
        close_with(event.code, ws::close_reason(event.code));
        return;
      case Kind::error:
        close_with(event.code, event.code == ws::kMessageTooBig             ? "message_too_big"
                               : event.code == ws::kInvalidFramePayloadData ? "invalid_utf8"
                                                                            : "protocol_error");
        return;
    }
    if (epoch() != before) return;
  }
}

void WebSocketLink::close_with(std::uint16_t code, std::string_view reason) {
  const std::uint8_t before = epoch();
  std::string& close = hub_.scratch;
  close.clear();
  ws::append_close(ws::Role::client, code, {}, hub_.mask(), close);
  if (!blocked()) (void)write(close);
  if (epoch() == before) fail(reason);
}

void WebSocketLink::parting() {
  std::string& close = hub_.scratch;
  close.clear();
  ws::append_close(ws::Role::client, ws::kNormalClosure, {}, hub_.mask(), close);
  (void)write(close);
}

// Time and ends.

void WebSocketLink::due() {
  if (pinged_) {
    fail("ping_timed_out", Fate::timed_out);
    return;
  }
  pinged_ = true;
  next_ping_ = now() + hub_.config.limits.ping_timeout;
  ++hub_.frames.pings_sent;
  std::string& ping = hub_.scratch;
  ping.clear();
  ws::append_frame(ws::Role::client, ws::Opcode::ping, {}, hub_.mask(), ping);
  (void)write(ping);
}

void WebSocketLink::lost(Fate fate, bool closed) {
  greeting_.reset();
  next_ping_ = kNever;
  pinged_ = false;
  MessageLink::lost(fate, closed);
}

}  // namespace vfleet::uplink
