#include "simulator/platform/roles/websocket_role.h"

#include "simulator/platform/roles/ack_text.h"
#include "simulator/platform/roles/answers.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

namespace websocket = codec::websocket;
using stream::Client;
using stream::Taken;
using websocket::Opcode;

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

struct WebSocketRole::NamedSocket final : Socket {
  explicit NamedSocket(std::string_view of) : Socket(kMessageMax), name(of) {}
  std::string name;  // the last part of the path: whose a message without an envelope is
};

std::unique_ptr<WebSocketProtocol::Socket> WebSocketRole::let_in(Client&,
                                                                 const websocket::UpgradeRequest& request,
                                                                 std::string& out, Taken& taken) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (refused_on_purpose(name, out, taken)) return nullptr;
  std::string_view protocol = request.protocols.substr(0, request.protocols.find(','));
  while (protocol.ends_with(' ')) protocol.remove_suffix(1);
  websocket::append_answer(request.key, protocol, out);
  return std::make_unique<NamedSocket>(name);
}

void WebSocketRole::message(Client& client, const websocket::Event& event, std::string& out, Taken& taken) {
  if (event.kind == websocket::Event::Kind::binary) ++counts_.binary;
  const Arrival arrival =
      platform_.take(event.payload, {.way = Way::websocket,
                                     .down = this,
                                     .link = client.number,
                                     .type = {},
                                     .device = static_cast<NamedSocket&>(*client.state).name});
  const std::size_t before = out.size();
  if (acks_) {
    ++counts_.acks;
    append(Opcode::text, AckText(arrival.checked ? arrival.head.seq : 0).text(), out);
  }
  const Mischief& mischief = arrival.mischief;
  if (spoil(mischief, platform_.misbehaviour().settings(), garbage(mischief.draw), before, out, taken)) {
    if (mischief.kind == Mischief::Kind::refuse) {
      close(websocket::kTryAgainLater, "refused, as it was asked for", out, taken);
    }
    return;
  }
  if (platform_.commands().anything_waits()) deliver(arrival.device, out);
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
