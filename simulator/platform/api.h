#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "simulator/platform/http/server.h"
#include "simulator/platform/platform.h"

namespace vfleet::platform {

/// What the roles have counted, for the figures.
struct TransportCounts {
  http::ServerCounts http;
  std::uint64_t zmq_messages = 0;
};

/// The figures as a JSON object; its members are listed in simulator/platform/README.md.
[[nodiscard]] std::string figures_json(const Platform& platform, const TransportCounts& transport);
/// The same in a line for people.
[[nodiscard]] std::string figures_line(const Platform& platform);

/// The HTTP API: figures, look-up, commands down, misbehaviour. Errors are {"code","message"}.
class Api final : public http::RequestHandler {
 public:
  Api(Platform& platform, std::function<TransportCounts()> transport)
      : platform_(platform), transport_(std::move(transport)) {}

  http::Next handle(const http::Request& request, std::string& out) override;

  struct Answer {
    std::uint32_t status = 200;
    std::string body;  ///< JSON
  };
  /// The same without HTTP around it.
  [[nodiscard]] Answer answer(std::string_view method, std::string_view target, std::string_view body);

 private:
  Platform& platform_;
  std::function<TransportCounts()> transport_;
};

}  // namespace vfleet::platform
