#include "simulator/uplink/stream_hub.h"

#include <utility>

#include "simulator/uplink/credentials_source.h"

namespace vfleet::uplink {

StreamHub::StreamHub(loop::EventLoop& event_loop, net::Network& sockets, StreamSettings stream_settings,
                     std::uint64_t fleet_seed, LinkOwner& link_owner)
    : loop(event_loop),
      network(sockets),
      owner(link_owner),
      settings(std::move(stream_settings)),
      seed(fleet_seed),
      gate(sockets.gate(settings.pacing)) {
  if (auto literal = net::parse_address(settings.host, settings.port)) addresses_ = {*literal};
  may_look_up_ = addresses_.empty();
}

net::StreamPtr StreamHub::make_stream(LinkKey link, net::StreamEvents& events) {
  if (settings.source == nullptr) return network.make_stream(events);
  const bool given_matters = settings.given.roots || settings.given.certificate;
  if (!settings.identity.own() && !given_matters) return network.make_stream(events, *settings.source);
  net::TlsIdentity identity;
  if (settings.identity.own()) identity = settings.identity.of(link, owner.names(link));
  identity.device = link;
  TlsCredentials given;
  if (given_matters) {
    if (auto* source = dynamic_cast<CredentialsSource*>(&owner)) source->credentials(link, given);
    if (!settings.given.roots) given.roots.clear();
    if (!settings.given.certificate) given.certificate.clear();
    identity.given = &given;
    identity.needs_given = settings.given.certificate;
  }
  return network.make_stream(events, *settings.source, identity);
}

void StreamHub::look_up(net::Waiter& waiter) {
  waiting_.push(waiter);
  if (!looking_up_) begin_look_up();
}

void StreamHub::begin_look_up() {
  looking_up_ = true;
  ++totals.lookups;
  network.resolve(settings.host, settings.port,
                  [this, alive = std::weak_ptr(alive_)](std::vector<net::Endpoint> found) {
                    if (!alive.expired()) looked_up(std::move(found));
                  });
}

void StreamHub::distrust_addresses() {
  if (may_look_up_ && !looking_up_ && loop.now() >= looked_up_at_ + kLookupHolds) begin_look_up();
}

void StreamHub::looked_up(std::vector<net::Endpoint> found) {
  looking_up_ = false;
  looked_up_at_ = loop.now();
  // Who cannot be asked may come back: until then the addresses of last time are the best there is.
  if (!found.empty() && found != addresses_) {
    addresses_ = std::move(found);
    preferred_ = 0;
  }
  net::WaitList ready;
  waiting_.move_to(ready);
  while (ready.admit_first()) {
  }
}

const net::Endpoint& StreamHub::address(std::size_t attempt) const {
  return addresses_[(preferred_ + attempt) % addresses_.size()];
}

void StreamHub::add_counters(std::vector<Counter>& out) const {
  out.push_back({"connects_total", totals.connects});
  out.push_back({"bytes_sent_total", totals.bytes_sent});
  out.push_back({"bytes_received_total", totals.bytes_received});
  out.push_back({"name_lookups_total", totals.lookups});
  if (settings.source != nullptr && settings.source->has_tls()) {
    out.push_back({"tls_handshakes_total", settings.source->handshakes()});
    out.push_back({"tls_resumed_total", settings.source->resumed()});
  }
  for (const auto& [kind, n] : faults.done()) {
    out.push_back({"misbehaved_total{kind=\"" + std::string(kind) + "\"}", n});
  }
  for (const auto& [reason, n] : totals.connect_failures) {
    out.push_back({"connect_failures_total{reason=\"" + std::string(reason) + "\"}", n});
  }
  for (const auto& [reason, n] : totals.disconnects) {
    out.push_back({"disconnects_total{reason=\"" + std::string(reason) + "\"}", n});
  }
}

}  // namespace vfleet::uplink
