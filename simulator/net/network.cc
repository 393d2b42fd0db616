#include "simulator/net/network.h"

#include "simulator/net/stream_source.h"
#include "simulator/net/tls_stream.h"

namespace vfleet::net {

StreamPtr Network::make_stream(StreamEvents& events, StreamSource& source, const TlsIdentity& identity) {
  if (source.tls() == nullptr) return make_plain(events, &source.addresses());
  return make_tls_stream(loop_, source, identity, events, [this, &source](StreamEvents& carried) {
    return make_plain(carried, &source.addresses());
  });
}

DatagramPtr Network::make_datagram(DatagramEvents& events, StreamSource& source) {
  return make_datagram(events, &source.addresses());
}

ConnectGate& Network::gate(const PacerLimits& limits) {
  std::unique_ptr<ConnectGate>& gate = gates_[limits];
  if (gate == nullptr) gate = std::make_unique<ConnectGate>(loop_, limits);
  return *gate;
}

}  // namespace vfleet::net
