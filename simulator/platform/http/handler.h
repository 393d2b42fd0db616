#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/time.h"
#include "simulator/platform/http/request_head.h"

namespace vfleet::platform::http {

/// A whole request; views are valid during the call.
struct Request {
  RequestHead head;
  std::string_view body;
};

/// What becomes of a connection after a request was handled.
struct Next {
  enum class Then : std::uint8_t {
    keep,   ///< go on when the client wanted that
    close,  ///< in order, once all is written
    cut,    ///< without a word, once what the handler wrote is written
  };
  Then then = Then::keep;
  Duration delay{};  ///< before the bytes go out; requests behind it wait
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Appends the response's bytes to `out`. Called on the loop thread.
  virtual Next handle(const Request& request, std::string& out) = 0;
};

}  // namespace vfleet::platform::http
