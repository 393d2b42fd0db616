#pragma once

#include <cstdint>

#include "simulator/codec/http/request_template.h"
#include "simulator/config/bind.h"
#include "simulator/net/backoff.h"
#include "simulator/net/connection_pacer.h"
#include "simulator/uplink/send_queue.h"

namespace vfleet::uplink {

struct HttpConfig {
  codec::http::RequestOptions request;
  Duration timeout{};
  Duration connect_timeout{};
  net::BackoffPolicy backoff;
  net::PacerLimits pacing;
  std::uint32_t queue_max = 0;
  WhenFull when_full = WhenFull::refuse;
};

[[nodiscard]] const config::Struct<HttpConfig>& http_keys();

}  // namespace vfleet::uplink
