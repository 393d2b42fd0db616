#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include "simulator/net/endpoint.h"
#include "simulator/net/stream.h"

/// Asio's words for ours; for the files here that use Asio.
namespace vfleet::net {

[[nodiscard]] StreamError stream_error(const boost::system::error_code& code);
[[nodiscard]] StreamError stream_error(int number);  ///< an errno
[[nodiscard]] boost::asio::ip::address address_of(const Endpoint& endpoint);
[[nodiscard]] Endpoint from_asio(const boost::asio::ip::address& address, std::uint16_t port);

/// `Protocol`: asio::ip::tcp or udp.
template <class Protocol>
[[nodiscard]] typename Protocol::endpoint to_asio(const Endpoint& endpoint) {
  return {address_of(endpoint), endpoint.port};
}

}  // namespace vfleet::net
