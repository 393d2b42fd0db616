#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/websocket/message_reader.h"
#include "simulator/platform/down_link.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ocpp/csms.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

struct OcppCounts {
  std::uint64_t opened = 0;
  std::uint64_t handshakes_refused = 0;   ///< no WebSocket, no identity, misbehaviour
  std::uint64_t unauthorized = 0;         ///< those with wrong credentials, or none
  std::uint64_t subprotocol_refused = 0;  ///< those that do not offer ocpp1.6
  std::uint64_t taken_over = 0;           ///< connections ended by a new one of the same charge point
  std::uint64_t messages = 0;
  std::uint64_t pings = 0;
  std::uint64_t protocol_errors = 0;
};

/// The WebSockets of a Csms: OCPP-J 1.6, one connection a charge point, its identity the path's last part.
class OcppRole final : public stream::Protocol, public DownLink, public ocpp::Line {
 public:
  static constexpr std::size_t kMessageMax = 1U << 20;

  /// All outlive it.
  OcppRole(Platform& platform, ocpp::Csms& csms, const OcppSettings& settings)
      : platform_(platform), csms_(csms), settings_(settings) {}
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  std::size_t connected(stream::Client& client) override;
  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) override;
  void gone(stream::Client& client) override;
  bool commands_wait(std::uint64_t link, std::string_view device) override;
  void call_waits(std::uint64_t link) override;
  void end(std::uint64_t link) override;

  [[nodiscard]] const OcppCounts& counts() const { return counts_; }

 private:
  struct Socket;

  void open(stream::Client& client, std::string_view data, std::string& out, stream::Taken& taken);
  bool happened(stream::Client& client, const codec::websocket::Event& event, bool early, std::string& out,
                stream::Taken& taken);
  // Whether it was a CALL.
  bool message(stream::Client& client, std::string_view text, bool early, std::string& out,
               stream::Taken& taken);
  void break_off(std::uint16_t code, std::string_view why, std::string& out, stream::Taken& taken);
  void append_next_call(ocpp::ChargePoint& charge_point, std::string& out);

  Platform& platform_;
  ocpp::Csms& csms_;
  const OcppSettings& settings_;
  stream::Server* server_ = nullptr;
  std::string text_;  // of the message that is being written
  OcppCounts counts_;
};

}  // namespace vfleet::platform
