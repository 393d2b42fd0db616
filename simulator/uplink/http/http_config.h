#pragma once

#include <cstdint>
#include <map>

#include "simulator/codec/http/request_template.h"
#include "simulator/config/bind.h"
#include "simulator/uplink/send_queue.h"
#include "simulator/uplink/stream_config.h"

namespace vfleet::uplink {

enum class Connections : std::uint8_t {
  device,  ///< each device has one
  pool,    ///< all devices of a worker share some
};

/// A report whose answer brings the token that the others carry.
struct HttpLogin {
  std::string report;       ///< its name; empty: there is none
  std::string token;        ///< path of the token in the answer
  std::string expires;      ///< path of its lifetime in seconds; empty: it has none
  Duration renew_before{};  ///< so long before it ends another one is wanted
};

struct HttpConfig {
  codec::http::RequestOptions request;
  Connections connections = Connections::device;
  std::uint32_t pool_size = 0;
  HttpLogin login;
  std::map<std::string, std::string> multipart;  ///< codec::http::Multipart by report
  bool gzip = false;
  std::uint32_t gzip_min = 0;
  Duration timeout{};
  StreamConfig stream;
  std::uint32_t queue_max = 0;
  WhenFull when_full = WhenFull::refuse;
};

[[nodiscard]] const config::Struct<HttpConfig>& http_keys();

}  // namespace vfleet::uplink
