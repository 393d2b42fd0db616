#include "simulator/uplink/http/http_shared.h"

#include <utility>

namespace vfleet::uplink {

HttpShared::HttpShared(loop::EventLoop& event_loop, net::Network& sockets, HttpConfig http,
                       codec::http::RequestTemplate request_template, StreamSettings stream,
                       std::uint64_t fleet_seed, LinkOwner& link_owner)
    : StreamHub(event_loop, sockets, std::move(stream), fleet_seed, link_owner),
      config(std::move(http)),
      request(std::move(request_template)) {}

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
