#include "simulator/uplink/http/http_link.h"

namespace vfleet::uplink {

Accepted HttpLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  std::string_view request;
  const Accepted accepted = requests_.take(ticket, message, idle(), request);
  if (!request.empty()) start(request);
  return accepted;
}

void HttpLink::request_answered(unsigned status, std::string_view body) {
  requests_.answered(status, body);
  if (up() || is_draining()) shared_.deliver(key(), *this, body);
}

void HttpLink::free() {
  while (idle()) {
    const std::string_view request = requests_.next();
    if (request.empty()) return;
    start(request);
  }
}

}  // namespace vfleet::uplink
