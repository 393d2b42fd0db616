#pragma once

#include <string>

#include "simulator/codec/framing/framing.h"
#include "simulator/codec/http/url.h"
#include "simulator/codec/text/template.h"
#include "simulator/uplink/message_config.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

struct TcpConfig {
  std::string url;
  codec::framing::Framing framing;
  std::uint32_t message_max = 0;
  std::string hello;
  MessageConfig messages;
  StreamConfig stream;
};

/// What of a TcpConfig is worked out once for all devices.
struct TcpTarget {
  codec::http::Url url;
  codec::text::Template hello;

  /// Errors: invalid_argument with the setting's name.
  [[nodiscard]] static Result<TcpTarget> make(const TcpConfig& config);
};

[[nodiscard]] const config::Struct<TcpConfig>& tcp_keys();

}  // namespace vfleet::uplink
