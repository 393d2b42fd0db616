#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/http/gzip.h"
#include "simulator/codec/http/known_answer.h"
#include "simulator/codec/http/multipart.h"
#include "simulator/codec/http/request_template.h"
#include "simulator/codec/http/response_reader.h"
#include "simulator/codec/text/field_index.h"
#include "simulator/uplink/http/http_config.h"
#include "simulator/uplink/send_queue.h"
#include "simulator/uplink/stream_hub.h"

namespace vfleet::uplink {

struct HttpTotals {
  static constexpr unsigned kStatuses = 1000;

  std::uint64_t requests = 0;
  std::uint64_t evicted = 0;
  std::uint64_t messages = 0;
  std::uint64_t malformed_commands = 0;
  std::uint64_t idle_closes = 0;
  std::uint64_t logins_wanted = 0;
  std::uint64_t logins_failed = 0;
  std::array<std::uint64_t, kStatuses> answers{};  // by status

  void answered(unsigned status) { ++answers[status < kStatuses ? status : 0]; }
};

/// What the answer to a login tells. Empty: nothing.
struct LoginAnswer {
  std::string token;
  Duration lifetime{0};  ///< 0: for ever
};

/// What the links of one HTTP uplink have in common. Outlives them.
class HttpShared : public StreamHub {
 public:
  /// `http` has been checked.
  HttpShared(loop::EventLoop& event_loop, net::Network& sockets, HttpConfig http,
             codec::http::RequestTemplate request_template, StreamSettings stream, std::uint64_t fleet_seed,
             LinkOwner& link_owner);

  const HttpConfig config;
  HttpTotals counts;
  WaitingPool waiting;
  codec::http::KnownAnswer known;
  std::string scratch;     ///< the request that is being written
  std::string authorized;  ///< the same, with a token

  /// Writes the request for `message` of device `key` to scratch. False: what should be a file in it is none.
  [[nodiscard]] bool render(LinkKey key, const Message& message);

  [[nodiscard]] LoginAnswer read_login(std::string_view body) const;
  /// Counts a login that brought no token, and tells of it, at most once a minute: reports wait for it.
  void login_failed(LinkKey key, unsigned status);
  std::function<void(std::string_view)> warn;  ///< the worker's log; may be empty
  /// Hands the commands in an answer to the device, while its link is up or drains.
  void deliver(LinkKey key, const Link& link, std::string_view body);

  /// Readers are lent for the time of one answer, so that an idle connection holds none.
  [[nodiscard]] std::unique_ptr<codec::http::ResponseReader> lend_reader();
  void take_back(std::unique_ptr<codec::http::ResponseReader> reader);

 private:
  codec::http::RequestTemplate request_;
  std::map<std::string, codec::http::Multipart, std::less<>> multipart_;  // by report
  std::unique_ptr<codec::http::Gzip> gzip_;
  std::string body_;  // that is made of a report
  TimePoint warn_of_login_again_ = TimePoint::min();
  codec::text::FieldIndex login_fields_;
  std::vector<std::unique_ptr<codec::http::ResponseReader>> readers_;
};

}  // namespace vfleet::uplink
