#include "devices/charging_pile/conversation.h"

namespace vfleet::pile {

std::unique_ptr<Conversation> Dialect::converse(std::uint64_t /*seed*/, std::uint64_t /*identity*/,
                                                const PileConfig& /*config*/) const {
  return nullptr;
}

}  // namespace vfleet::pile
