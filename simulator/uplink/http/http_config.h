#pragma once

#include <cstdint>

#include "simulator/codec/http/request_template.h"
#include "simulator/config/bind.h"
#include "simulator/uplink/send_queue.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

struct HttpConfig {
  codec::http::RequestOptions request;
  Duration timeout{};
  StreamConfig stream;
  std::uint32_t queue_max = 0;
  WhenFull when_full = WhenFull::refuse;
};

[[nodiscard]] const config::Struct<HttpConfig>& http_keys();

}  // namespace vfleet::uplink
