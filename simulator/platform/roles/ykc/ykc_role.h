#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/frame.h"
#include "simulator/platform/down_link.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ykc/ykc_platform.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform {

namespace stream {
class Server;
}

/// The TCP connections of a YkcPlatform: frames of either CRC order, of one pile or of several behind a
/// concentrator.
class YkcRole final : public stream::Protocol, public DownLink, public ykc::Line {
 public:
  struct Counts {
    std::uint64_t frames = 0;
    std::uint64_t skipped_bytes = 0;  ///< that belonged to no frame
    std::uint64_t bad_crcs = 0;
    std::uint64_t taken_over = 0;  ///< connections ended by a new one of the same pile
  };

  /// Both outlive it.
  YkcRole(Platform& platform, ykc::YkcPlatform& ykc) : platform_(platform), ykc_(ykc) {}
  /// Where its clients are; before the first one comes. Outlives the clients.
  void serve_on(stream::Server& server) { server_ = &server; }

  std::size_t connected(stream::Client& client) override;
  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) override;
  void gone(stream::Client& client) override;
  bool commands_wait(std::uint64_t link, std::string_view device) override;
  bool send(std::uint64_t link, std::string_view bytes) override;
  void end(std::uint64_t link) override;

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Socket;

  void frame(stream::Client& client, std::string_view bytes, std::string& out, stream::Taken& taken);

  Platform& platform_;
  ykc::YkcPlatform& ykc_;
  stream::Server* server_ = nullptr;
  Counts counts_;
};

}  // namespace vfleet::platform
