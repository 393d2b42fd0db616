#include "simulator/uplink/http/http_link.h"

namespace vfleet::uplink {

Accepted HttpLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  std::string_view request;
  const Accepted accepted = requests_.take(ticket, message, idle(), request);
  if (!request.empty()) {
    start(request);
  } else {
    wait_for_login();
  }
  return accepted;
}

void HttpLink::request_answered(unsigned status, std::string_view body) {
  requests_.answered(status, body);
  if (up() || is_draining()) shared_.deliver(key(), *this, body);
}

void HttpLink::free() {
  while (idle()) {
    const std::string_view request = requests_.next();
    if (request.empty()) return wait_for_login();
    start(request);
  }
}

void HttpLink::wait_for_login() {
  if (const TimePoint at = requests_.asks_again(); at != kNever && idle()) look_at(at);
}

}  // namespace vfleet::uplink
