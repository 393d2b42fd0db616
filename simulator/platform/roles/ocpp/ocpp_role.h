#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/platform/down_link.h"
#include "simulator/platform/roles/ocpp/csms.h"
#include "simulator/platform/roles/websocket_protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

struct OcppCounts {
  std::uint64_t unauthorized = 0;         ///< of the refused: those with wrong credentials, or none
  std::uint64_t subprotocol_refused = 0;  ///< of the refused: those that do not offer ocpp1.6
  std::uint64_t taken_over = 0;           ///< connections ended by a new one of the same charge point
};

/// The WebSockets of a Csms: OCPP-J 1.6, one connection a charge point, its identity the path's last part.
class OcppRole final : public WebSocketProtocol, public DownLink, public ocpp::Line {
 public:
  static constexpr std::size_t kMessageMax = 1U << 20;

  /// All outlive it.
  OcppRole(Platform& platform, ocpp::Csms& csms, const OcppSettings& settings)
      : WebSocketProtocol(platform), csms_(csms), settings_(settings) {}
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  void gone(stream::Client& client) override;
  bool commands_wait(std::uint64_t link, std::string_view device) override;
  void call_waits(std::uint64_t link) override;
  void end(std::uint64_t link) override;

  [[nodiscard]] const OcppCounts& counts() const { return counts_; }

 private:
  struct ChargePointSocket;

  std::unique_ptr<Socket> let_in(stream::Client& client, const codec::websocket::UpgradeRequest& request,
                                 std::string& out, stream::Taken& taken) override;
  void message(stream::Client& client, const codec::websocket::Event& event, std::string& out,
               stream::Taken& taken) override;
  void append_next_call(ocpp::ChargePoint& charge_point, std::string& out);

  ocpp::Csms& csms_;
  const OcppSettings& settings_;
  stream::Server* server_ = nullptr;
  std::string text_;  // of the message that is being written
  OcppCounts counts_;
};

}  // namespace vfleet::platform
