#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/codec/http/request_template.h"
#include "simulator/config/bind.h"
#include "simulator/net/backoff.h"
#include "simulator/net/connection_pacer.h"

namespace vfleet::uplink {

/// What happens to a report when the queue of its link is full.
enum class WhenFull : std::uint8_t {
  refuse,       ///< it is not accepted
  drop_oldest,  ///< it is accepted, and the oldest one that waits is evicted
  drop_newest,  ///< it is accepted and evicted at once
};

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
