#include "simulator/net/stream.h"

namespace vfleet::net {

std::string_view to_string(StreamError error) {
  switch (error) {
    case StreamError::none:
      return "none";
    case StreamError::connection_refused:
      return "connection_refused";
    case StreamError::connect_timed_out:
      return "connect_timed_out";
    case StreamError::unreachable:
      return "unreachable";
    case StreamError::reset:
      return "reset";
    case StreamError::closed_by_peer:
      return "closed_by_peer";
    case StreamError::no_descriptors:
      return "no_descriptors";
    case StreamError::no_ports:
      return "no_ports";
    case StreamError::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace vfleet::net
