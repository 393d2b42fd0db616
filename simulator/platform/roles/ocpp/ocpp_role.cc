#include "simulator/platform/roles/ocpp/ocpp_role.h"

#include <algorithm>

#include "simulator/core/utf8.h"
#include "simulator/platform/http/target.h"
#include "simulator/platform/roles/answers.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

namespace websocket = codec::websocket;
using stream::Client;
using stream::Taken;
using websocket::Event;
using websocket::Opcode;

constexpr std::string_view kSubprotocol = "ocpp1.6";

// Messages that no charge point can make sense of.
std::string_view garbage(std::uint64_t draw) {
  constexpr std::string_view kGarbage[] = {"[3", "{\"ack\":1}", "[3,\"no-such-id\",{}]",
                                           "[2,\"\",\"Heartbeat\",null]", "[9,\"x\",{}]"};
  return kGarbage[draw % std::size(kGarbage)];
}

}  // namespace

struct OcppRole::ChargePointSocket final : Socket {
  explicit ChargePointSocket(ocpp::ChargePoint& of) : Socket(kMessageMax), charge_point(of) {}

  Event next(std::span<char>& bytes) override {
    if (!reader.in_message()) early = early_bytes != 0;
    const std::size_t before = bytes.size();
    const Event event = reader.next(bytes);
    early_bytes -= std::min(early_bytes, before - bytes.size());
    left = bytes.size();
    return event;
  }
  // What is here already was sent before the answer that is written now.
  void answered() { early_bytes = left; }

  ocpp::ChargePoint& charge_point;
  /// How many of the next bytes had come before the answer to the last CALL was written.
  std::size_t early_bytes = 0;
  bool early = false;    // the message that is being read began among them
  std::size_t left = 0;  // bytes that are here and not read yet
};

std::unique_ptr<WebSocketProtocol::Socket> OcppRole::let_in(Client& client,
                                                            const websocket::UpgradeRequest& request,
                                                            std::string& out, Taken& taken) {
  const auto refused = [&](std::uint32_t status, std::string_view why) {
    refuse(status, why, out, taken);
    return nullptr;
  };
  const auto target = http::parse_target(request.target);
  if (!target || target->segments.empty() || target->segments.back().empty() ||
      !is_utf8(target->segments.back())) {
    return refused(404, "expected the charge point's identity at the end of the path");
  }
  const std::string& identity = target->segments.back();
  if (refused_on_purpose(identity, out, taken)) return nullptr;
  if (!csms_.lets_in(identity, request.authorization)) {
    ++counts_.unauthorized;
    return refused(401, "wrong credentials: the user is the identity");
  }
  const bool offered = websocket::offers(request.protocols, kSubprotocol);
  if (!offered && !settings_.no_subprotocol) {
    ++counts_.subprotocol_refused;
    return refused(400, "ocpp1.6 is not among the subprotocols that were offered");
  }
  ocpp::ChargePoint* const charge_point = csms_.came(identity, *this, client.number);
  if (charge_point == nullptr) return refused(503, "no room for a charge point of that name");
  websocket::append_answer(request.key, settings_.no_subprotocol ? std::string_view() : kSubprotocol, out);
  platform_.announce(identity, *this, client.number);
  if (platform_.commands().anything_waits()) append_next_call(*charge_point, out);
  return std::make_unique<ChargePointSocket>(*charge_point);
}

void OcppRole::message(Client& client, const Event& event, std::string& out, Taken& taken) {
  if (event.kind == Event::Kind::binary) {
    return protocol_error(websocket::kUnsupportedData, "OCPP-J is text", out, taken);
  }
  auto& socket = static_cast<ChargePointSocket&>(*client.state);
  ocpp::ChargePoint& charge_point = socket.charge_point;
  text_.clear();
  const ocpp::Csms::Taken answer = csms_.take(
      charge_point, event.payload, socket.early,
      {.way = Way::ocpp, .down = this, .link = client.number, .type = {}, .device = charge_point.id}, text_);
  // While answers are late on purpose, what is here may have been sent after the charge point had given up.
  if (answer.call && !platform_.misbehaviour().active()) socket.answered();
  const std::size_t before = out.size();
  if (!text_.empty()) append(Opcode::text, text_, out);
  // A refusal is in the answer.
  Mischief mischief = answer.mischief;
  if (mischief.kind == Mischief::Kind::refuse) mischief.kind = Mischief::Kind::none;
  std::string nonsense;
  if (mischief.kind == Mischief::Kind::garbage) append(Opcode::text, garbage(mischief.draw), nonsense);
  if (spoil(mischief, platform_.misbehaviour().settings(), nonsense, before, out, taken)) return;
  append_next_call(charge_point, out);
}

void OcppRole::append_next_call(ocpp::ChargePoint& charge_point, std::string& out) {
  if (charge_point.own.empty() && !platform_.commands().anything_waits()) return;
  text_.clear();
  if (csms_.next_call(charge_point, text_)) append(Opcode::text, text_, out);
}

void OcppRole::gone(Client& client) {
  if (!client.state) return;
  ocpp::ChargePoint& charge_point = static_cast<ChargePointSocket&>(*client.state).charge_point;
  platform_.withdraw(charge_point.id, client.number);
  if (charge_point.line == this) csms_.gone(charge_point, client.number);
}

bool OcppRole::commands_wait(std::uint64_t link, std::string_view) {
  if (server_->state_of(link) == nullptr) return false;
  call_waits(link);
  return true;
}

void OcppRole::call_waits(std::uint64_t link) {
  auto* const socket = static_cast<ChargePointSocket*>(server_->state_of(link));
  if (socket == nullptr || !server_->can_send(link)) return;
  std::string bytes;
  append_next_call(socket->charge_point, bytes);
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
