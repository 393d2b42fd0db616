#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "simulator/platform/http/handler.h"
#include "simulator/platform/stream/protocol.h"

namespace vfleet::platform::http {

struct HttpLimits {
  std::size_t head_bytes_max = 16U * 1024;
  std::size_t body_bytes_max = 4U * 1024 * 1024;
  std::size_t output_bytes_max = 256U * 1024;  ///< answers of a connection before they must be written
};

struct HttpCounts {
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;  ///< no HTTP, too large, or of unknown length
};

/// HTTP/1.1 with keep-alive and pipelining, for small requests.
class HttpProtocol final : public stream::Protocol {
 public:
  using Asks = std::function<bool(const RequestHead&)>;

  /// `handler` outlives it.
  explicit HttpProtocol(RequestHandler& handler, HttpLimits limits = {})
      : handler_(handler), limits_(limits) {}

  /// Requests of which this says true make their connection another process's.
  void hand_over_when(Asks asks) { hands_over_ = std::move(asks); }
  /// Targets that are served while the platform pauses.
  void pass_pause_when(std::function<bool(std::string_view target)> asks) { passes_ = std::move(asks); }

  stream::Taken take(stream::Client& client, std::span<char> bytes, std::string& out) override;
  void too_slow(stream::Client& client, std::string& out) override;
  [[nodiscard]] bool passes_pause(std::string_view next) const override;

  [[nodiscard]] const HttpCounts& counts() const { return counts_; }

 private:
  stream::Taken refuse(std::uint32_t status, std::string_view message, std::string& out);

  RequestHandler& handler_;
  HttpLimits limits_;
  HttpCounts counts_;
  Asks hands_over_;
  std::function<bool(std::string_view)> passes_;
};

}  // namespace vfleet::platform::http
