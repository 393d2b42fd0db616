#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/http/request_template.h"
#include "simulator/codec/http/response_reader.h"
#include "simulator/uplink/http/http_config.h"
#include "simulator/uplink/stream_hub.h"

namespace vfleet::uplink {

struct HttpTotals {
  std::uint64_t requests = 0;
  std::uint64_t evicted = 0;
  std::uint64_t messages = 0;
  std::uint64_t malformed_commands = 0;
  std::map<unsigned, std::uint64_t> answers;  // by status
};

/// What the links of one HTTP uplink have in common. Outlives them.
class HttpShared : public StreamHub {
 public:
  HttpShared(loop::EventLoop& event_loop, net::Network& sockets, HttpConfig http,
             codec::http::RequestTemplate request_template, StreamSettings stream, std::uint64_t fleet_seed,
             LinkOwner& link_owner);

  const HttpConfig config;
  const codec::http::RequestTemplate request;
  HttpTotals counts;
  WaitingPool waiting;
  std::string scratch;  ///< the request that is being written

  /// Readers are lent for the time of one answer, so that an idle connection holds none.
  [[nodiscard]] std::unique_ptr<codec::http::ResponseReader> lend_reader();
  void take_back(std::unique_ptr<codec::http::ResponseReader> reader);

  /// One copy of each device type's name.
  [[nodiscard]] const std::string& intern(std::string_view name);

 private:
  std::vector<std::unique_ptr<codec::http::ResponseReader>> readers_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace vfleet::uplink
