#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/platform/down_link.h"
#include "simulator/platform/roles/websocket_protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

struct WebSocketCounts {
  std::uint64_t binary = 0;  ///< of the messages
  std::uint64_t acks = 0;
  std::uint64_t commands = 0;
};

/// Takes reports as messages of WebSockets, text or binary, on any path. With `acks` each is answered by a
/// text message {"ack":SEQ} (0: it was no report); commands go down as text messages {"id","type","data"}. Of
/// the subprotocols that a client offers it speaks the first.
class WebSocketRole final : public WebSocketProtocol, public DownLink {
 public:
  static constexpr std::size_t kMessageMax = 4U * 1024 * 1024;

  WebSocketRole(Platform& platform, bool acks) : WebSocketProtocol(platform), acks_(acks) {}
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  bool commands_wait(std::uint64_t link, std::string_view device) override;

  [[nodiscard]] const WebSocketCounts& counts() const { return counts_; }

 private:
  struct NamedSocket;

  std::unique_ptr<Socket> let_in(stream::Client& client, const codec::websocket::UpgradeRequest& request,
                                 std::string& out, stream::Taken& taken) override;
  void message(stream::Client& client, const codec::websocket::Event& event, std::string& out,
               stream::Taken& taken) override;
  void deliver(std::string_view device, std::string& out);

  bool acks_;
  stream::Server* server_ = nullptr;
  WebSocketCounts counts_;
};

}  // namespace vfleet::platform
