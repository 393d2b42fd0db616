#include "simulator/platform/roles/ocpp/ocpp_role.h"

#include <algorithm>
#include <memory>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/core/utf8.h"
#include "simulator/platform/http/response.h"
#include "simulator/platform/http/target.h"
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
constexpr std::string_view kSubprotocol = "ocpp1.6";

void append(Opcode opcode, std::string_view payload, std::string& out) {
  websocket::append_frame(websocket::Role::server, opcode, payload, 0, out);
}

// Messages that no charge point can make sense of.
std::string_view garbage(std::uint64_t draw) {
  constexpr std::string_view kGarbage[] = {"[3", "{\"ack\":1}", "[3,\"no-such-id\",{}]",
                                           "[2,\"\",\"Heartbeat\",null]", "[9,\"x\",{}]"};
  return kGarbage[draw % std::size(kGarbage)];
}

}  // namespace

struct OcppRole::Socket final : stream::ClientState {
  websocket::MessageReader reader{kMessageMax};
  ocpp::ChargePoint* charge_point = nullptr;
  std::size_t held = 0;  // bytes of an unfinished message that the reader keeps
  /// How many of the next bytes had come before the answer to the last CALL was written.
  std::size_t early_bytes = 0;
  bool early = false;  // the message that is being read began among them
};

std::size_t OcppRole::connected(Client&) {
  const std::size_t limit = platform_.misbehaviour().input_limit();
  return limit == 0 ? kNoLimit : limit;
}

Taken OcppRole::take(Client& client, std::span<char> bytes, std::string& out) {
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
    if (!socket.reader.in_message()) socket.early = socket.early_bytes != 0;
    const std::size_t before = rest.size();
    const Event event = socket.reader.next(rest);
    socket.early_bytes -= std::min(socket.early_bytes, before - rest.size());
    if (event.kind == Event::Kind::none) break;
    ended = true;
    begun_at = bytes.size() - rest.size();
    // A control frame between two fragments ends nothing.
    if (!socket.reader.in_message()) socket.held = 0;
    // What is here already was sent before the answer to this. While answers are late on purpose it may have
    // been sent after the charge point had given up.
    if (happened(client, event, socket.early, out, taken) && !platform_.misbehaviour().active())
      socket.early_bytes = rest.size();
  }
  taken.used = bytes.size() - rest.size();
  socket.held = socket.reader.in_message() ? socket.held + (taken.used - begun_at) : 0;
  taken.held = socket.held;
  taken.unfinished = !ended;
  return taken;
}

void OcppRole::open(Client& client, std::string_view data, std::string& out, Taken& taken) {
  const std::size_t size = websocket::head_size(data);
  const auto refuse = [&](std::uint32_t status, std::string_view why) {
    ++counts_.handshakes_refused;
    http::write_error(out, status, why, false);
    taken.then = Then::close;
  };
  if (size > websocket::kHandshakeMax || (size == 0 && data.size() >= websocket::kHandshakeMax)) {
    return refuse(431, "the head is too large");
  }
  if (size == 0) return;
  const auto request = websocket::read_request(data.substr(0, size));
  if (!request) return refuse(400, "charge points open WebSockets here: " + request.error().detail);
  const auto target = http::parse_target(request->target);
  if (!target || target->segments.empty() || target->segments.back().empty() ||
      !is_utf8(target->segments.back())) {
    return refuse(404, "expected the charge point's identity at the end of the path");
  }
  const std::string& identity = target->segments.back();
  if (platform_.misbehaviour().refuses_connect(identity)) {
    return refuse(platform_.misbehaviour().settings().refuse_status, "refused, as it was asked for");
  }
  if (!csms_.lets_in(identity, request->authorization)) {
    ++counts_.unauthorized;
    return refuse(401, "wrong credentials: the user is the identity");
  }
  const bool offered = websocket::offers(request->protocols, kSubprotocol);
  if (!offered && !settings_.no_subprotocol) {
    ++counts_.subprotocol_refused;
    return refuse(400, "ocpp1.6 is not among the subprotocols that were offered");
  }
  auto socket = std::make_unique<Socket>();
  socket->charge_point = csms_.came(identity, *this, client.number);
  if (socket->charge_point == nullptr) return refuse(503, "no room for a charge point of that name");
  websocket::append_answer(request->key, settings_.no_subprotocol ? std::string_view() : kSubprotocol, out);
  platform_.announce(identity, *this, client.number);
  taken.used = size;
  ++counts_.opened;
  if (platform_.commands().anything_waits()) append_next_call(*socket->charge_point, out);
  client.state = std::move(socket);
}

bool OcppRole::happened(Client& client, const Event& event, bool early, std::string& out, Taken& taken) {
  switch (event.kind) {
    case Event::Kind::none:
    case Event::Kind::pong:
      return false;
    case Event::Kind::ping:
      ++counts_.pings;
      append(Opcode::pong, event.payload, out);
      return false;
    case Event::Kind::close:
      break_off(event.code, {}, out, taken);
      return false;
    case Event::Kind::error:
      ++counts_.protocol_errors;
      break_off(event.code, event.payload, out, taken);
      return false;
    case Event::Kind::binary:
      ++counts_.protocol_errors;
      break_off(websocket::kUnsupportedData, "OCPP-J is text", out, taken);
      return false;
    case Event::Kind::text:
      return message(client, event.payload, early, out, taken);
  }
  return false;
}

bool OcppRole::message(Client& client, std::string_view text, bool early, std::string& out, Taken& taken) {
  ++counts_.messages;
  ocpp::ChargePoint& charge_point = *static_cast<Socket&>(*client.state).charge_point;
  text_.clear();
  const ocpp::Csms::Taken answer = csms_.take(
      charge_point, text, early,
      {.way = Way::ocpp, .down = this, .link = client.number, .type = {}, .device = charge_point.id}, text_);
  taken.delay = answer.mischief.delay;
  const std::size_t before = out.size();
  switch (answer.mischief.kind) {
    case Mischief::Kind::none:
    case Mischief::Kind::refuse:
      if (!text_.empty()) append(Opcode::text, text_, out);
      break;
    case Mischief::Kind::cut: {
      append(Opcode::text, text_, out);
      const std::string_view whole = std::string_view(out).substr(before);
      out.resize(before + platform_.misbehaviour().settings().cut_part(whole).size());
      taken.then = Then::cut;
      return answer.call;
    }
    case Mischief::Kind::garbage:
      append(Opcode::text, garbage(answer.mischief.draw), out);
      return answer.call;
  }
  append_next_call(charge_point, out);
  return answer.call;
}

void OcppRole::append_next_call(ocpp::ChargePoint& charge_point, std::string& out) {
  if (charge_point.own.empty() && !platform_.commands().anything_waits()) return;
  text_.clear();
  if (csms_.next_call(charge_point, text_)) append(Opcode::text, text_, out);
}

void OcppRole::break_off(std::uint16_t code, std::string_view why, std::string& out, Taken& taken) {
  websocket::append_close(websocket::Role::server, code, why, 0, out);
  taken.then = Then::close;
}

void OcppRole::gone(Client& client) {
  if (!client.state) return;
  ocpp::ChargePoint& charge_point = *static_cast<Socket&>(*client.state).charge_point;
  platform_.withdraw(charge_point.id, client.number);
  if (charge_point.line == this) csms_.gone(charge_point, client.number);
}

bool OcppRole::commands_wait(std::uint64_t link, std::string_view) {
  if (server_->state_of(link) == nullptr) return false;
  call_waits(link);
  return true;
}

void OcppRole::call_waits(std::uint64_t link) {
  auto* const socket = static_cast<Socket*>(server_->state_of(link));
  if (socket == nullptr || !server_->can_send(link)) return;
  std::string bytes;
  append_next_call(*socket->charge_point, bytes);
  if (!bytes.empty()) (void)server_->send(link, bytes);
}

void OcppRole::end(std::uint64_t link) {
  ++counts_.taken_over;
  std::string last_words;
  websocket::append_close(websocket::Role::server, websocket::kPolicyViolation,
                          "another connection of this charge point has come", 0, last_words);
  server_->end(link, std::move(last_words));
}

}  // namespace vfleet::platform
