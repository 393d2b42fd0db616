#include "devices/charging_pile/conversation.h"

namespace vfleet::pile {

std::unique_ptr<Conversation> Dialect::converse(std::uint64_t /*seed*/, std::uint64_t /*identity*/,
                                                const PileConfig& /*config*/) const {
  return nullptr;
}

Status Conversation::tamper(Host& /*host*/, std::string_view /*info*/) {
  return fail(Errc::rejected, "this dialect has no word for that");
}

}  // namespace vfleet::pile
