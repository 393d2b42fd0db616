#include "simulator/net/network.h"

namespace vfleet::net {

ConnectGate& Network::gate(const PacerLimits& limits) {
  std::unique_ptr<ConnectGate>& gate = gates_[limits];
  if (gate == nullptr) gate = std::make_unique<ConnectGate>(loop_, limits);
  return *gate;
}

}  // namespace vfleet::net
