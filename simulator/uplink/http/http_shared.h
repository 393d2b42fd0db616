#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/http/request_template.h"
#include "simulator/codec/http/response_reader.h"
#include "simulator/loop/event_loop.h"
#include "simulator/net/network.h"
#include "simulator/uplink/http/http_config.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

struct HttpTotals {
  std::uint64_t connects = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t evicted = 0;
  std::uint64_t messages = 0;
  std::uint64_t malformed_commands = 0;
  std::uint64_t lookups = 0;
  std::map<unsigned, std::uint64_t> answers;  // by status
  std::map<std::string_view, std::uint64_t> connect_failures;
  std::map<std::string_view, std::uint64_t> disconnects;
};

/// What the links of one HTTP uplink have in common. Outlives them.
class HttpShared {
 public:
  HttpShared(loop::EventLoop& event_loop, net::Network& sockets, HttpConfig settings,
             codec::http::RequestTemplate request_template, LinkOwner& link_owner);

  loop::EventLoop& loop;
  net::Network& network;
  const HttpConfig config;
  const codec::http::RequestTemplate request;
  LinkOwner& owner;
  net::ConnectGate& gate;
  HttpTotals totals;
  std::string scratch;  ///< the request that is being written

  /// The platform's addresses; empty until known.
  [[nodiscard]] const std::vector<net::Endpoint>& addresses() const { return addresses_; }
  /// Admits `waiter` when the look-up has ended, well or not.
  void look_up(net::Waiter& waiter);
  /// The address to try, for the n-th attempt in a row.
  [[nodiscard]] const net::Endpoint& address(std::size_t attempt) const;
  /// Attempts start here from now on.
  void prefer(std::size_t attempt) { preferred_ = (preferred_ + attempt) % addresses_.size(); }

  /// Readers are lent for the time of one answer, so that an idle connection holds none.
  [[nodiscard]] std::unique_ptr<codec::http::ResponseReader> lend_reader();
  void take_back(std::unique_ptr<codec::http::ResponseReader> reader);

  /// One copy of each device type's name.
  [[nodiscard]] const std::string& intern(std::string_view name);

 private:
  void looked_up(std::vector<net::Endpoint> found);

  std::vector<net::Endpoint> addresses_;
  std::size_t preferred_ = 0;
  net::WaitList waiting_;  // for the look-up
  bool looking_up_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // a look-up may come back after our end
  std::vector<std::unique_ptr<codec::http::ResponseReader>> readers_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace vfleet::uplink
