#include "simulator/uplink/http/http_shared.h"

#include <utility>

namespace vfleet::uplink {

HttpShared::HttpShared(loop::EventLoop& event_loop, net::Network& sockets, HttpConfig settings,
                       codec::http::RequestTemplate request_template, LinkOwner& link_owner)
    : loop(event_loop),
      network(sockets),
      config(std::move(settings)),
      request(std::move(request_template)),
      owner(link_owner),
      gate(sockets.gate(config.pacing)) {
  if (auto literal = net::parse_address(request.url().host, request.url().port)) addresses_ = {*literal};
}

void HttpShared::look_up(net::Waiter& waiter) {
  waiting_.push(waiter);
  if (std::exchange(looking_up_, true)) return;
  ++totals.lookups;
  network.resolve(request.url().host, request.url().port,
                  [this, alive = std::weak_ptr(alive_)](std::vector<net::Endpoint> found) {
                    if (!alive.expired()) looked_up(std::move(found));
                  });
}

void HttpShared::looked_up(std::vector<net::Endpoint> found) {
  looking_up_ = false;
  addresses_ = std::move(found);
  net::WaitList ready;
  waiting_.move_to(ready);
  while (ready.admit_first()) {
  }
}

const net::Endpoint& HttpShared::address(std::size_t attempt) const {
  return addresses_[(preferred_ + attempt) % addresses_.size()];
}

std::unique_ptr<codec::http::ResponseReader> HttpShared::lend_reader() {
  if (readers_.empty()) return std::make_unique<codec::http::ResponseReader>();
  auto reader = std::move(readers_.back());
  readers_.pop_back();
  return reader;
}

void HttpShared::take_back(std::unique_ptr<codec::http::ResponseReader> reader) {
  constexpr std::size_t kKeep = 64;
  if (reader == nullptr || readers_.size() >= kKeep) return;
  reader->reset();
  readers_.push_back(std::move(reader));
}

const std::string& HttpShared::intern(std::string_view name) {
  const auto at = names_.find(name);
  return at != names_.end() ? *at : *names_.emplace(name).first;
}

}  // namespace vfleet::uplink
