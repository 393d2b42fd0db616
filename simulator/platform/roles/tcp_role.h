#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/framing/framing.h"
#include "simulator/platform/down_link.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

struct TcpCounts {
  std::uint64_t frames = 0;
  std::uint64_t acks = 0;
  std::uint64_t commands = 0;
  std::uint64_t protocol_errors = 0;  ///< frames that are too long
};

/// Takes reports as frames of a TCP connection. With `acks` each is answered by a frame {"ack":SEQ} (0: it
/// was no report); commands go down as frames {"id","type","data"}.
class TcpRole final : public stream::Protocol, public DownLink {
 public:
  static constexpr std::size_t kFrameMax = 4U * 1024 * 1024;

  TcpRole(Platform& platform, codec::framing::Kind framing, bool acks);
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  std::size_t connected(stream::Client& client) override;
  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) override;
  bool commands_wait(std::uint64_t link, std::string_view device) override;

  [[nodiscard]] const TcpCounts& counts() const { return counts_; }

 private:
  struct Socket;

  void answer(const Arrival& arrival, std::string& out, stream::Taken& taken);
  void append(std::string_view content, std::string& out);
  void deliver(std::string_view device, std::string& out);

  Platform& platform_;
  codec::framing::Framing framing_;
  bool acks_;
  std::string garbage_;  // a frame that no client can make sense of
  stream::Server* server_ = nullptr;
  TcpCounts counts_;
};

}  // namespace vfleet::platform
