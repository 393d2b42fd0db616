#include "simulator/net/asio_endpoint.h"

#include <algorithm>
#include <boost/asio/error.hpp>

namespace vfleet::net {

namespace asio = boost::asio;
using Code = boost::system::error_code;

StreamError stream_error(const Code& code) {
  if (!code) return StreamError::none;
  if (code == asio::error::eof) return StreamError::closed_by_peer;
  if (code == asio::error::connection_refused) return StreamError::connection_refused;
  if (code == asio::error::connection_reset || code == asio::error::broken_pipe ||
      code == asio::error::connection_aborted) {
    return StreamError::reset;
  }
  if (code == asio::error::timed_out) return StreamError::connect_timed_out;
  if (code == asio::error::no_descriptors || code.value() == ENFILE) return StreamError::no_descriptors;
  if (code.value() == EADDRNOTAVAIL || code == asio::error::address_in_use) return StreamError::no_ports;
  if (code == asio::error::no_buffer_space) return StreamError::no_buffers;
  if (code == asio::error::host_unreachable || code == asio::error::network_unreachable ||
      code == asio::error::network_down) {
    return StreamError::unreachable;
  }
  return StreamError::failed;
}

StreamError stream_error(int number) {
  return stream_error(Code(number, boost::system::system_category()));
}

asio::ip::address address_of(const Endpoint& endpoint) {
  if (!endpoint.v6) {
    asio::ip::address_v4::bytes_type bytes;
    std::copy_n(endpoint.address.begin(), bytes.size(), bytes.begin());
    return asio::ip::address_v4(bytes);
  }
  asio::ip::address_v6::bytes_type bytes;
  std::copy_n(endpoint.address.begin(), bytes.size(), bytes.begin());
  return asio::ip::address_v6(bytes, endpoint.scope);
}

Endpoint from_asio(const asio::ip::address& address, std::uint16_t port) {
  Endpoint endpoint;
  endpoint.port = port;
  endpoint.v6 = address.is_v6();
  if (endpoint.v6) {
    const auto bytes = address.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), endpoint.address.begin());
    endpoint.scope = static_cast<std::uint32_t>(address.to_v6().scope_id());
  } else {
    const auto bytes = address.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), endpoint.address.begin());
  }
  return endpoint;
}

std::optional<Endpoint> parse_address(std::string_view text, std::uint16_t port) {
  Code code;
  const asio::ip::address address = asio::ip::make_address(text, code);
  if (code) return std::nullopt;
  return from_asio(address, port);
}

}  // namespace vfleet::net
